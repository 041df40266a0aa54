//! Whatever children this process has: its own, and in a worker also the orphans it was given.
#![allow(unsafe_code)]

use std::io;
use std::os::fd::AsFd;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::call::retry;
use super::process::{open_pidfd, wait_readable};
use crate::sys::process::ChildProcess;

/// Process ids of children that somebody here waits for: those of `Child` values, and the guardian.
static AWAITED: Mutex<Vec<u32>> = Mutex::new(Vec::new());
/// Programs that fixtures keep from trial to trial.
#[cfg(any(feature = "server", feature = "bench"))]
static KEPT: Mutex<Vec<u32>> = Mutex::new(Vec::new());
/// The guardian alone: it holds no file of ours and is nobody's leftover.
static GUARDIAN: Mutex<Option<u32>> = Mutex::new(None);

pub(super) fn await_child(pid: u32) {
    AWAITED.lock().unwrap_or_else(PoisonError::into_inner).push(pid);
}

pub(super) fn forget_child(pid: u32) {
    AWAITED.lock().unwrap_or_else(PoisonError::into_inner).retain(|awaited| *awaited != pid);
    #[cfg(any(feature = "server", feature = "bench"))]
    KEPT.lock().unwrap_or_else(PoisonError::into_inner).retain(|kept| *kept != pid);
}

/// Starts a program that is nobody's leftover; nobody counts children between its start and our knowing which it is.
#[cfg(any(feature = "server", feature = "bench"))]
pub(super) fn start_kept(start: impl FnOnce() -> io::Result<u32>) -> io::Result<u32> {
    let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    let pid = start()?;
    kept.push(pid);
    Ok(pid)
}

/// Starts the guardian; nobody counts children between its start and our knowing who it is.
pub(super) fn start_guardian(start: impl FnOnce() -> io::Result<u32>) -> io::Result<u32> {
    let mut guardian = GUARDIAN.lock().unwrap_or_else(PoisonError::into_inner);
    let pid = start()?;
    *guardian = Some(pid);
    await_child(pid);
    Ok(pid)
}

/// The guardian is no more, and reaped.
pub(super) fn end_guardian(pid: u32) {
    forget_child(pid);
    *GUARDIAN.lock().unwrap_or_else(PoisonError::into_inner) = None;
}

/// How many children of this process are running: `None` where there is none, which costs one system call. Children
/// that have ended but were not waited for do not count, they can write nothing any more; nor does the guardian.
///
/// In a worker these are what trials left behind, orphans of their children included.
pub fn leaves_children() -> Option<usize> {
    if !any_child() {
        return None;
    }
    let Some(children) = list() else {
        // There are some, and the system does not tell which.
        return Some(1);
    };
    let running = children.iter().filter(|child| !child.finished).count();
    (running > 0).then_some(running)
}

/// Waits until no child of this process runs any more, for so long at most, and says how many still do; takes the exit
/// status of those that have ended, as [`reap_finished`] does. Costs one system call where there is no child. Blocks the
/// calling thread.
///
/// For the end of a trial: a process that was killed, or whose parent was, takes a moment to be gone, and one that was
/// never waited for would be looked at again after every later trial.
pub fn settle_children(within: Duration) -> Option<usize> {
    if !any_child() {
        return None;
    }
    let deadline = Instant::now() + within;
    loop {
        let running = leaves_children();
        let left = deadline.saturating_duration_since(Instant::now());
        if running.is_none() || left.is_zero() {
            reap_finished();
            return running;
        }
        wait_for_an_end(left);
    }
}

/// Waits until one of the children that run now ends, for so long at most. May return early.
pub(super) fn wait_for_an_end(within: Duration) {
    let running = children().into_iter().filter(|child| !child.finished);
    let watched: Vec<_> = running.map_while(|child| open_pidfd(child.pid).ok()).collect();
    let borrowed: Vec<_> = watched.iter().map(AsFd::as_fd).collect();
    if watched.is_empty() || wait_readable(&borrowed, Some(within)).is_err() {
        // No descriptors of processes here, or none to spare: asked again and again.
        std::thread::sleep(within.min(Duration::from_millis(1)));
    }
}

/// The children of this process, ended ones included, the guardian left out. Empty where the system does not tell.
pub fn children() -> Vec<ChildProcess> {
    if any_child() { list().unwrap_or_default() } else { Vec::new() }
}

/// The children of this process that run and that nobody here waits for, neither a [`Child`](super::process::Child) nor
/// who keeps a program. Empty where the system does not tell.
pub fn strays() -> Vec<ChildProcess> {
    let children = children();
    let awaited = AWAITED.lock().unwrap_or_else(PoisonError::into_inner);
    children.into_iter().filter(|child| !child.finished && !awaited.contains(&child.pid)).collect()
}

/// Takes the exit status of every child that has ended and that no [`Child`](super::process::Child) stands for, and
/// says how many there were. For the time between two trials, when nobody can still be waiting for one: an adopted
/// orphan would be listed for ever otherwise.
pub fn reap_finished() -> usize {
    let awaited = AWAITED.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let finished = children().into_iter().filter(|child| child.finished && !awaited.contains(&child.pid));
    finished
        .filter(|child| {
            // SAFETY: a null status is allowed; takes the status of a child of ours.
            let reaped = retry(|| unsafe {
                libc::waitpid(child.pid as libc::pid_t, std::ptr::null_mut(), libc::WNOHANG)
            });
            matches!(reaped, Ok(pid) if pid > 0)
        })
        .count()
}

/// Whether this process has any child at all, running or not.
fn any_child() -> bool {
    // SAFETY: all zeros is a valid value, and a valid place for the call to write to. WNOWAIT takes nothing away.
    let result = retry(|| unsafe {
        let mut info: libc::siginfo_t = std::mem::zeroed();
        libc::waitid(libc::P_ALL, 0, &mut info, libc::WEXITED | libc::WNOHANG | libc::WNOWAIT)
    });
    !matches!(result, Err(error) if error.raw_os_error() == Some(libc::ECHILD))
}

/// The children of this process, the guardian and what is kept left out; `None` where the system does not tell.
fn list() -> Option<Vec<ChildProcess>> {
    let guardian = GUARDIAN.lock().unwrap_or_else(PoisonError::into_inner);
    #[cfg(any(feature = "server", feature = "bench"))]
    let kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    let mut children = listed_by_threads().or_else(|_| found_in_proc()).ok()?;
    children.retain(|child| *guardian != Some(child.pid));
    #[cfg(any(feature = "server", feature = "bench"))]
    children.retain(|child| !kept.contains(&child.pid));
    Some(children)
}

/// What the kernel lists as children of each thread of this process.
fn listed_by_threads() -> io::Result<Vec<ChildProcess>> {
    let mut children: Vec<ChildProcess> = Vec::new();
    for thread in std::fs::read_dir("/proc/self/task")? {
        let thread = thread?.path();
        match std::fs::read_to_string(thread.join("children")) {
            Ok(pids) => {
                for child in pids.split_whitespace().filter_map(|pid| look_at(pid.parse().ok()?)) {
                    // A thread that ended meanwhile has left its children to one that is looked at later.
                    if !children.iter().any(|known| known.pid == child.pid) {
                        children.push(child);
                    }
                }
            }
            // Where the thread still is there is no such list in this kernel; otherwise the thread has ended since,
            // and its children were given to another one.
            Err(error) if thread.join("stat").exists() => return Err(error),
            Err(_) => {}
        }
    }
    Ok(children)
}

/// For kernels built without that list: every process there is, asked for its parent.
fn found_in_proc() -> io::Result<Vec<ChildProcess>> {
    let me = std::process::id();
    let processes = std::fs::read_dir("/proc")?;
    let pids = processes.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok());
    Ok(pids.filter(|pid| stat(*pid).is_some_and(|(_, parent)| parent == me)).filter_map(look_at).collect())
}

fn look_at(pid: u32) -> Option<ChildProcess> {
    let (state, _) = stat(pid)?;
    Some(ChildProcess { pid, finished: matches!(state, 'Z' | 'X' | 'x') })
}

/// What listings call this process.
pub fn name_of(pid: u32) -> Option<String> {
    let name = std::fs::read(format!("/proc/{pid}/comm")).ok()?;
    Some(String::from_utf8_lossy(name.trim_ascii_end()).into_owned())
}

/// Whether there is no process of this number any more.
pub fn is_gone(pid: u32) -> bool {
    // A number that none can have is nobody's; 0 and those below would mean groups.
    let Some(pid) = libc::pid_t::try_from(pid).ok().filter(|pid| *pid > 0) else { return true };
    // SAFETY: signal 0 is sent to nobody; the call looks whether it could be.
    let looked = super::call::check(unsafe { libc::kill(pid, 0) });
    looked.is_err_and(|error| error.raw_os_error() == Some(libc::ESRCH))
}

/// State and parent of a process. Its name, between parentheses, may contain anything, parentheses too.
fn stat(pid: u32) -> Option<(char, u32)> {
    let bytes = std::fs::read(format!("/proc/{pid}/stat")).ok()?;
    let after_name = bytes.iter().rposition(|byte| *byte == b')')? + 1;
    let mut fields = std::str::from_utf8(&bytes[after_name..]).ok()?.split_whitespace();
    Some((fields.next()?.chars().next()?, fields.next()?.parse().ok()?))
}
