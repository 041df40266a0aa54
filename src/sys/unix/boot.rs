//! From the first instruction of `main` to a role.
#![allow(unsafe_code)]

use std::ffi::OsString;
use std::fs::File;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

use super::call::check;
use super::process::StdSocket;
use super::{guardian, inherited, limit, preamble, profile};
use crate::sys::boot::{Boot, Role, WorkerBoot};
use crate::sys::fork;
use crate::sys::process::program_name;

/// The mark of a worker: `<arbiter pid>:<nonce in hex>`.
pub(super) const WORKER_MARK: &str = "REHEARSAL_WORKER";
/// The mark of a guardian, of the same form.
pub(super) const GUARDIAN_MARK: &str = "REHEARSAL_GUARDIAN";

/// Exit code of a worker that could not boot (`EX_OSERR` of sysexits.h).
const CANNOT_BOOT: i32 = 71;

/// What a mark says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mark {
    pub(super) arbiter_pid: u32,
    pub(super) nonce: u64,
}

impl Mark {
    pub(super) fn to_text(self) -> String {
        format!("{}:{:016x}", self.arbiter_pid, self.nonce)
    }

    fn parse(text: &OsString) -> Option<Mark> {
        let (pid, nonce) = text.to_str()?.split_once(':')?;
        Some(Mark { arbiter_pid: pid.parse().ok()?, nonce: u64::from_str_radix(nonce, 16).ok()? })
    }
}

pub(in crate::sys) fn enter() -> Boot {
    let threads = limit::thread_count();
    let worker = take_mark(WORKER_MARK);
    let guardian = take_mark(GUARDIAN_MARK);
    let forks = take_text(fork::MARK).is_some();
    receive_child_signals();
    inherited::shield();
    if let Some(mark) = guardian.filter(|mark| is_ours(*mark)) {
        guardian::serve(mark);
    }
    let role = match worker.filter(|mark| is_ours(*mark)) {
        Some(mark) => Role::Worker(become_worker(mark, forks)),
        None => Role::Arbiter,
    };
    Boot { role, threads }
}

/// Takes a mark out of the environment, whatever it says: no child of ours may find it.
fn take_mark(name: &str) -> Option<Mark> {
    Mark::parse(&take_text(name)?)
}

fn take_text(name: &str) -> Option<OsString> {
    let text = std::env::var_os(name)?;
    // SAFETY: the caller of `enter` has started no thread yet. Where a constructor of some library has, it would have
    // to read the environment in C in this very instant; Rust code is kept apart by the standard library's lock.
    unsafe { std::env::remove_var(name) };
    Some(text)
}

/// Whether standard input is a socket that the marked arbiter made, with the mark's nonce on it.
fn is_ours(mark: Mark) -> bool {
    // SAFETY: borrowed only to be looked at; a closed descriptor 0 gives errors, not harm.
    let stdin = unsafe { BorrowedFd::borrow_raw(libc::STDIN_FILENO) };
    maker_of(stdin).is_none_or(|pid| pid == mark.arbiter_pid) && preamble::is_next(stdin, mark.nonce)
}

/// Process id of the one that made a socketpair, where the system tells; 0 for what is no such socket.
fn maker_of(socket: BorrowedFd<'_>) -> Option<u32> {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    {
        let mut peer = libc::ucred { pid: 0, uid: 0, gid: 0 };
        let mut len = size_of_val(&peer) as libc::socklen_t;
        // SAFETY: `peer` is a valid place of `len` bytes for the call to write to.
        let result = check(unsafe {
            libc::getsockopt(
                socket.as_raw_fd(),
                libc::SOL_SOCKET,
                libc::SO_PEERCRED,
                (&raw mut peer).cast(),
                &mut len,
            )
        });
        Some(if result.is_ok() { peer.pid as u32 } else { 0 })
    }
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    {
        let _ = socket;
        None
    }
}

/// A title, or what tells it from others where all of it does not fit.
fn short(title: &str) -> &str {
    let rest = title.strip_prefix(&program_name()).and_then(|rest| rest.strip_prefix('-'));
    if title.len() > limit::LONGEST_TITLE { rest.unwrap_or(title) } else { title }
}

fn become_worker(mark: Mark, forks: bool) -> WorkerBoot {
    die_with_arbiter(mark);
    adopt_orphans();
    profile::begin_worker(forks);
    if let Some(title) = std::env::args().next() {
        limit::set_title(short(&title));
    }
    let booted = take_stdin().and_then(|socket| {
        let passed = preamble::receive(socket.as_fd())?;
        let socket = StdSocket::from(socket);
        socket.set_nonblocking(true)?;
        Ok(WorkerBoot { socket, passed, arbiter_pid: mark.arbiter_pid, forks })
    });
    booted.unwrap_or_else(|error| {
        let why = limit::explain(&error);
        eprintln!("rehearsal: worker process {} cannot start: {why}", std::process::id());
        std::process::exit(CANNOT_BOOT)
    })
}

/// Sees to it that this process does not outlive its arbiter, and ends it if the arbiter is gone already.
fn die_with_arbiter(mark: Mark) {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    // SAFETY: sets an attribute of this process. It is the main thread that asks, and the thread that started us
    // lives as long as the arbiter does.
    unsafe {
        libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
    }
    if std::os::unix::process::parent_id() != mark.arbiter_pid {
        // SAFETY: ends the process at once: whoever would want to hear of it is dead.
        unsafe { libc::_exit(CANNOT_BOOT) }
    }
}

/// Makes what outlives its own parent beneath this process a child of this process, so that none of it is overlooked.
pub(super) fn adopt_orphans() {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    // SAFETY: sets an attribute of this process.
    unsafe {
        libc::prctl(libc::PR_SET_CHILD_SUBREAPER, 1);
    }
}

/// Children that end must wait for us to ask: whoever started us may have left their signal ignored.
fn receive_child_signals() {
    // SAFETY: all zeros is a valid value and a valid place for the first call to write to; the second call puts the
    // default in the place of nothing but "ignored".
    unsafe {
        let mut now: libc::sigaction = std::mem::zeroed();
        libc::sigaction(libc::SIGCHLD, std::ptr::null(), &mut now);
        if now.sa_sigaction == libc::SIG_IGN || now.sa_flags & libc::SA_NOCLDWAIT != 0 {
            libc::signal(libc::SIGCHLD, libc::SIG_DFL);
        }
    }
}

/// Moves standard input out of the way of programs that read theirs, and puts `/dev/null` in its place.
pub(super) fn take_stdin() -> std::io::Result<OwnedFd> {
    // SAFETY: duplicates a descriptor; the new one is ours alone.
    let stdin = unsafe {
        let fd = check(libc::fcntl(libc::STDIN_FILENO, libc::F_DUPFD_CLOEXEC, 3))?;
        OwnedFd::from_raw_fd(fd)
    };
    let null = File::open("/dev/null")?;
    // SAFETY: replaces descriptor 0, which nobody owns as a Rust value.
    super::call::retry(|| unsafe { libc::dup2(null.as_raw_fd(), libc::STDIN_FILENO) })?;
    Ok(stdin)
}

#[cfg(test)]
mod tests {
    use super::Mark;

    #[rehearsal::test]
    fn a_mark_reads_back_as_written() {
        let mark = Mark { arbiter_pid: 4711, nonce: 0x0123_4567_89ab_cdef };
        assert_eq!(Mark::parse(&mark.to_text().into()), Some(mark));
    }

    #[rehearsal::test]
    fn what_is_no_mark_is_none() {
        for text in ["", ":", "1", "1:", "x:1", "1:g", "-1:1", "99999999999:1", "1:1:1"] {
            assert_eq!(Mark::parse(&text.into()), None, "{text}");
        }
    }
}
