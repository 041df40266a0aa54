//! Working directory, environment and threads of this process, looked at in three glances where nothing has changed.
#![allow(unsafe_code)]

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::time::{Duration, Instant};

use super::limit::thread_count;
use crate::sys::surroundings::Change;

/// How long a thread that was joined, or is told to end, gets to be gone.
const SETTLE: Duration = Duration::from_millis(100);

/// Looks that yield before one sleeps: most threads that are seen a last time are gone in some microseconds.
const YIELDS: u32 = 50;

/// How the harness's own threads are called.
const OWN: &str = "rehearsal-";

/// Bytes of a path that are compared without asking for memory.
const PATH_LENGTH: usize = libc::PATH_MAX as usize;

type Tid = libc::pid_t;

/// What was there when it was looked at last.
#[derive(Debug)]
pub struct Surroundings {
    directory: OsString,
    environment: Vec<(OsString, OsString)>,
    /// Of the environment as the C library has it.
    places: u64,
    /// Threads that stay, or have been told of.
    known: Vec<Tid>,
    /// The thread that looked last; it may be about to end.
    looked: Tid,
}

impl Surroundings {
    /// What there is now.
    pub fn now() -> Surroundings {
        let directory = with_directory(OsStr::to_owned);
        let known = threads().into_iter().map(|(tid, _)| tid).collect();
        let (places, environment) = (places(), sorted_environment());
        Surroundings { directory, environment, places, known, looked: 0 }
    }

    /// What has changed since the last look, but for threads of the harness. To be called by the thread of a test when
    /// that is over; one that called it before and is about to end is no change. Where threads are not `told`, those
    /// that have come are known from now on, and none is waited for.
    pub fn change(&mut self, told: bool) -> Change {
        let mut change = Change::default();
        if !with_directory(|now| now == self.directory) {
            let now = with_directory(OsStr::to_owned);
            let (from, to) = (self.directory.to_string_lossy(), now.to_string_lossy());
            change.replaced.push(format!("the working directory, from {from} to {to}"));
            self.directory = now;
        }
        if places() != self.places {
            let now = sorted_environment();
            let names = differing(&self.environment, &now);
            if !names.is_empty() {
                change.replaced.push(format!("environment variables: {}", names.join(", ")));
            }
            (self.environment, self.places) = (now, places());
        }
        let own = own_tid();
        if self.has_more_threads(own) {
            let new = self.new_threads(own, if told { SETTLE } else { Duration::ZERO });
            change.threads = if told { new } else { Vec::new() };
        }
        self.looked = own;
        change
    }

    fn has_more_threads(&mut self, own: Tid) -> bool {
        let Some(count) = thread_count() else { return false };
        if count <= self.known.len() {
            // One that was known has ended, and must not stand for another one.
            let all = threads();
            self.known.retain(|known| all.iter().any(|(tid, _)| tid == known));
        }
        let expected = self.known.len() + 1;
        count > expected && count > expected + usize::from(own != self.looked && is_there(self.looked))
    }

    /// Those that are not gone within that time.
    fn new_threads(&mut self, own: Tid, within: Duration) -> Vec<String> {
        let until = Instant::now() + within;
        let mut looks = 0;
        loop {
            let all = threads();
            self.known.retain(|known| all.iter().any(|(tid, _)| tid == known));
            self.known.extend(all.iter().filter(|(_, name)| name.starts_with(OWN)).map(|(tid, _)| *tid));
            self.known.sort_unstable();
            self.known.dedup();
            let is_new = |tid| tid != own && tid != self.looked && !self.known.contains(&tid);
            let new: Vec<_> = all.into_iter().filter(|(tid, _)| is_new(*tid)).collect();
            if new.is_empty() || Instant::now() >= until {
                self.known.extend(new.iter().map(|(tid, _)| *tid));
                return new.into_iter().map(|(_, name)| name).collect();
            }
            looks += 1;
            if looks < YIELDS { std::thread::yield_now() } else { std::thread::sleep(SETTLE / 100) }
        }
    }
}

/// The number of the calling thread; 0 where the system does not tell.
pub(super) fn own_tid() -> Tid {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    // SAFETY: has no precondition.
    return unsafe { libc::gettid() };
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    0
}

/// Whether this process has a thread of this number.
fn is_there(tid: Tid) -> bool {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    // SAFETY: signal 0 is sent to nobody; the call looks whether it could be.
    return tid > 0 && unsafe { libc::syscall(libc::SYS_tgkill, std::process::id(), tid, 0) } == 0;
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    {
        let _ = tid;
        false
    }
}

/// Number and name of each thread; none where the system does not tell.
fn threads() -> Vec<(Tid, String)> {
    let tasks = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let read = |task: std::fs::DirEntry| {
        let tid = task.file_name().to_str()?.parse().ok()?;
        let name = std::fs::read_to_string(task.path().join("comm")).ok()?;
        Some((tid, name.trim_end().to_owned()))
    };
    tasks.filter_map(read).collect()
}

/// Hands out the working directory, empty where there is none any more.
fn with_directory<T>(body: impl FnOnce(&OsStr) -> T) -> T {
    let mut buffer = [std::mem::MaybeUninit::<u8>::uninit(); PATH_LENGTH];
    // SAFETY: the buffer has room for as many bytes as are said; what is returned ends in a zero byte in it.
    unsafe {
        let path = libc::getcwd(buffer.as_mut_ptr().cast(), buffer.len());
        if path.is_null() {
            return body(OsStr::new(""));
        }
        body(OsStr::from_bytes(std::ffi::CStr::from_ptr(path).to_bytes()))
    }
}

/// A number made of where the C library has the variables: another one after each change, for every value that is set
/// has a place of its own. The same where nothing was set.
fn places() -> u64 {
    unsafe extern "C" {
        static environ: *const *const libc::c_char;
    }
    let mut sum = 0u64;
    // SAFETY: the list ends in null. Who changes it from one thread while another one reads has broken the promise
    // that `set_var` asks for; the threads of the harness do not.
    unsafe {
        let mut at = environ;
        while !at.is_null() && !(*at).is_null() {
            sum = sum.rotate_left(5).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ (*at).addr() as u64;
            at = at.add(1);
        }
    }
    sum
}

fn sorted_environment() -> Vec<(OsString, OsString)> {
    let mut all: Vec<_> = std::env::vars_os().collect();
    all.sort_unstable();
    all
}

/// The names of variables that are in one of two sorted lists and not so in the other.
fn differing(before: &[(OsString, OsString)], now: &[(OsString, OsString)]) -> Vec<String> {
    let gone = before.iter().filter(|pair| now.binary_search(pair).is_err());
    let come = now.iter().filter(|pair| before.binary_search(pair).is_err());
    let mut names: Vec<_> = gone.chain(come).map(|(name, _)| name.to_string_lossy().into_owned()).collect();
    names.sort_unstable();
    names.dedup();
    names
}

#[cfg(test)]
mod tests {
    use super::differing;

    #[rehearsal::test]
    fn variables_that_came_went_or_changed_are_named_once() {
        let pairs = |text: &str| {
            let pair = |pair: &str| pair.split_once('=').map(|(name, value)| (name.into(), value.into()));
            text.split(' ').filter_map(pair).collect::<Vec<_>>()
        };
        let table = [
            ("A=1 B=2", "A=1 B=2", ""),
            ("A=1 B=2", "A=1 B=3", "B"),
            ("A=1 B=2", "B=2", "A"),
            ("", "A=", "A"),
            ("A=1 B=2 D=4", "A=2 C=3 D=4", "A B C"),
        ];
        for (before, now, names) in table {
            assert_eq!(differing(&pairs(before), &pairs(now)).join(" "), names, "{before} then {now}");
        }
    }
}
