//! Which threads are looked at.

use super::text;
use crate::harness::outcome::Output;
use crate::sys::page::Page;
use crate::sys::stack;

/// Bytes that the system keeps of a thread's name.
const NAME_LENGTH: usize = 15;

/// How threads of the harness are called, and workers that are threads of the arbiter's process.
const OWN: &str = "rehearsal-";
const WORKER: &str = "worker-";

/// A trial that is to be looked at.
pub(crate) struct Look {
    /// The process of its worker.
    pub(crate) pid: u32,
    /// What that shares.
    pub(crate) page: Page,
    /// Its name, which its thread has too.
    pub(crate) trial: String,
    /// Trials beside it in its process.
    pub(crate) beside: Vec<String>,
}

impl Look {
    /// Says what its threads are in, from a heading to a line's end; nothing where the system does not tell. Waits for
    /// answers, for two seconds at most.
    pub(crate) fn take(&self) -> String {
        let pid = self.page.process().unwrap_or(self.pid);
        let beside: Vec<String> = self.beside.iter().map(|name| cut(name)).collect();
        let is_own = pid == std::process::id();
        let own = cut(&self.trial);
        // The main thread of a worker and of a fork waits for what the others do, unless the trial has it.
        let leave = |name: &str, is_main: bool| {
            (is_main && name != own)
                || name.starts_with(OWN)
                || (is_own && name.starts_with(WORKER))
                || beside.iter().any(|other| other == name)
        };
        text::of(&stack::look(pid, &self.page, &leave), &own, &self.trial)
    }
}

/// A name as the system keeps it of a thread.
fn cut(name: &str) -> String {
    let bytes = name.as_bytes();
    String::from_utf8_lossy(&bytes[..bytes.len().min(NAME_LENGTH)]).into_owned()
}

/// Puts what was seen behind what the trial wrote.
pub(crate) fn append(output: &mut Output, seen: &str) {
    if !seen.is_empty() {
        if output.bytes.last().is_some_and(|last| *last != b'\n') {
            output.bytes.push(b'\n');
        }
        output.bytes.extend_from_slice(seen.as_bytes());
    }
}
