//! Forking, and cleaning up behind forks.
#![allow(unsafe_code)]

use std::io::{self, Write as _};
use std::mem::ManuallyDrop;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::pin::Pin;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tokio::io::{AsyncRead, ReadBuf};

use super::bell::Bell;
use super::call::{check, retry};
use super::eager::{self, Asked};
use super::process::{StdSocket, kill_group, open_pidfd, wait_readable};
use super::{boot, ends, inherited, letter, limit, nearness, offspring, profile};
use crate::sys::fork::{ForkError, Side, Tie, Wish};
use crate::sys::process::ExitStatus;

pub use super::letter::Letter;
pub use super::nearness::roam;

/// How often a fork is looked at where the system does not tell of its end.
const LOOK: Duration = Duration::from_millis(1);

/// Name of the guardian's process: one that a fork had leaves by itself.
const GUARD: &str = "rehearsal-guard";

/// The process that outlives this one to kill the group of the fork that ran.
///
/// It is a fork too, made before anything else is in this process, and waits for the end of a socket. The guardian that
/// the arbiter has would have to be told of each group; this one reads it from shared memory when the time has come,
/// and is never woken before.
#[derive(Debug)]
pub struct Keeper {
    pid: u32,
    /// Ends with this process.
    _alive: StdSocket,
    /// The group of the fork that runs; 0 where none does. Shared with the keeper.
    group: NonNull<AtomicU32>,
}

impl Keeper {
    /// Starts it.
    ///
    /// # Errors
    /// [`ForkError`], as for [`Keeper::fork`].
    pub fn start() -> Result<Keeper, ForkError> {
        one_thread()?;
        let failed = |error| ForkError::System { source: limit::told(error) };
        let (ours, theirs) = StdSocket::pair().map_err(failed)?;
        let group = letter::shared().map_err(failed)?;
        // SAFETY: this process has one thread, so that the copy is whole; it goes no further than `keep`.
        match unsafe { quiet_fork() }.map_err(failed)? {
            0 => keep(&theirs, group),
            pid => {
                // Both sides do it: whoever kills the group of this process must not hit a keeper that has not run yet.
                // SAFETY: changes the group of a child of ours.
                unsafe { libc::setpgid(pid as libc::pid_t, pid as libc::pid_t) };
                Ok(Keeper { pid, _alive: ours, group })
            }
        }
    }

    /// Forks this process. In the fork, `ear` and keeper are only there to be dropped, and everything else is as it was;
    /// but it is kept to the processor that this process is on, with the threads that it starts, until they [`roam`].
    ///
    /// # Errors
    /// [`ForkError::Threads`] where this process has more than one thread, [`ForkError::System`] where the system has
    /// no process to give.
    pub fn fork(&self) -> Result<Side, ForkError> {
        one_thread()?;
        let failed = |error| ForkError::System { source: limit::told(error) };
        let (ours, theirs) = StdSocket::pair()
            .and_then(|(ours, theirs)| {
                ours.set_nonblocking(true)?;
                Ok((ours, theirs))
            })
            .map_err(failed)?;
        let parent = std::process::id();
        let asked = eager::before_fork();
        nearness::stay();
        // SAFETY: this process has one thread: no lock is held and nothing is half done in the copy. It shares no
        // runtime with it, for this process has none.
        let forked = check(unsafe { libc::fork() });
        if !matches!(forked, Ok(0)) {
            nearness::roam();
        }
        match forked {
            Err(error) => Err(failed(error)),
            Ok(0) => {
                self.become_fork(parent);
                asked.let_go();
                Ok(Side::Child(Bond { tie: ManuallyDrop::new(theirs), asked }))
            }
            Ok(pid) => {
                // Both sides do it, so that whoever is first finds it done.
                // SAFETY: changes the group of a child of ours.
                unsafe { libc::setpgid(pid, pid) };
                let pid = pid as u32;
                self.cell().store(pid, Ordering::SeqCst);
                Ok(Side::Parent(Forked { pid, descriptor: open_pidfd(pid).ok(), tie: ours }))
            }
        }
    }

    fn become_fork(&self, parent: u32) {
        // SAFETY: changes attributes of this process.
        unsafe {
            libc::setpgid(0, 0);
            #[cfg(any(target_os = "linux", target_os = "android"))]
            libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
        }
        // SAFETY: has no precondition.
        if unsafe { libc::getppid() } as u32 != parent {
            super::exit::leave_at_once(1);
        }
        self.cell().store(std::process::id(), Ordering::SeqCst);
        profile::begin_fork();
        boot::adopt_orphans();
        crate::sys::boot::adopt();
    }

    /// Kills everything that forks left behind, for so long at most, and names what ran. Call it when a fork is
    /// reaped; it costs one system call where nothing was left.
    pub fn clear(&self, within: Duration) -> Vec<String> {
        eager::after_fork();
        let deadline = Instant::now() + within;
        let (mut known, mut names) = (Vec::new(), Vec::new());
        while reap_all() {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            for child in offspring::children().into_iter().filter(|child| child.pid != self.pid) {
                if !child.finished && !known.contains(&child.pid) {
                    known.push(child.pid);
                    names.extend(offspring::name_of(child.pid).filter(|name| name != GUARD));
                }
                // SAFETY: signals a child of ours that is not reaped: its id is its own.
                unsafe { libc::kill(child.pid as libc::pid_t, libc::SIGKILL) };
            }
            // What they leave in turn comes here when they are gone.
            wait_for_a_child(left);
        }
        self.cell().store(0, Ordering::SeqCst);
        names
    }

    fn cell(&self) -> &AtomicU32 {
        // SAFETY: the mapping is never undone, and holds a number that is accessed by atomics alone.
        unsafe { self.group.as_ref() }
    }
}

/// Fails where this process has other threads; where the system does not tell, it is believed to have none.
fn one_thread() -> Result<(), ForkError> {
    match limit::thread_count() {
        None | Some(1) => Ok(()),
        Some(count) => Err(ForkError::Threads { count }),
    }
}

/// A fork whose end is announced by no signal, so that waiting for any child does not find it: then one call tells
/// whether a trial left anything.
///
/// # Safety
/// This process has one thread, and the fork calls nothing that asks C's library who it is.
#[cfg(any(target_os = "linux", target_os = "android"))]
unsafe fn quiet_fork() -> io::Result<u32> {
    // SAFETY: without flags and a stack this is a plain fork, on every architecture.
    check(unsafe { libc::syscall(libc::SYS_clone, 0usize, 0usize, 0usize, 0usize, 0usize) })
        .map(|pid| pid as u32)
}

/// A fork; elsewhere what was left is looked for in the list of children.
///
/// # Safety
/// This process has one thread.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
unsafe fn quiet_fork() -> io::Result<u32> {
    // SAFETY: as the caller says.
    check(unsafe { libc::fork() }).map(|pid| pid as u32)
}

/// What the keeper does until its end.
fn keep(alive: &StdSocket, group: NonNull<AtomicU32>) -> ! {
    // SAFETY: attributes and descriptors of this process, which has one thread and does nothing else. No standard
    // stream of the suite's may be held open by it: standard input is `/dev/null` in a worker.
    unsafe {
        libc::setpgid(0, 0);
        for signal in [libc::SIGINT, libc::SIGQUIT, libc::SIGTERM, libc::SIGHUP, libc::SIGPIPE] {
            libc::signal(signal, libc::SIG_IGN);
        }
        libc::dup2(libc::STDIN_FILENO, libc::STDOUT_FILENO);
        libc::dup2(libc::STDIN_FILENO, libc::STDERR_FILENO);
        libc::dup2(alive.as_raw_fd(), 3);
        inherited::close_from(4);
    }
    limit::set_title("rehearsal-keep");
    let mut byte = 0u8;
    // SAFETY: one byte of room; nobody ever writes, so that this returns when the other end is gone.
    let _ = retry(|| unsafe { libc::read(3, (&raw mut byte).cast(), 1) });
    // SAFETY: the mapping is there for the life of the process.
    let group = unsafe { group.as_ref() }.load(Ordering::SeqCst);
    if group > 1 {
        // One that is gone by itself is what we want anyway.
        let _ = kill_group(group, libc::SIGKILL);
    }
    super::exit::leave_at_once(0)
}

/// Takes the exit status of all children that have ended; true where others run.
fn reap_all() -> bool {
    loop {
        // SAFETY: a null status is allowed; takes the status of a child of ours.
        match retry(|| unsafe { libc::waitpid(-1, std::ptr::null_mut(), libc::WNOHANG) }) {
            Err(_) => return false,
            Ok(0) => return true,
            Ok(_) => {}
        }
    }
}

fn wait_for_a_child(within: Duration) {
    offspring::wait_for_an_end(within.min(Duration::from_millis(20)));
}

/// A fork, as the process has it that made it.
#[derive(Debug)]
pub struct Forked {
    pid: u32,
    descriptor: Option<OwnedFd>,
    /// Its other end is in the fork, which says nothing there.
    tie: StdSocket,
}

impl Forked {
    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// How it ended, if it has; asked once more after that it is [`ExitStatus::Lost`].
    pub fn try_reap(&self) -> Option<ExitStatus> {
        let mut status = 0;
        // SAFETY: `status` is a valid place for the call to write to.
        match retry(|| unsafe { libc::waitpid(self.pid as libc::pid_t, &mut status, libc::WNOHANG) }) {
            Ok(0) => None,
            Ok(_) if libc::WIFEXITED(status) => Some(ExitStatus::Exited(libc::WEXITSTATUS(status))),
            Ok(_) => Some(ExitStatus::Signaled(libc::WTERMSIG(status))),
            Err(_) => Some(ExitStatus::Lost),
        }
    }

    /// What became of the socket by which it hangs together with this process.
    pub fn tie(&self) -> Tie {
        let mut byte = 0u8;
        // SAFETY: one byte of room.
        let came = retry(|| unsafe {
            libc::recv(self.tie.as_raw_fd(), (&raw mut byte).cast(), 1, libc::MSG_DONTWAIT)
        });
        match came {
            Ok(0) => Tie::Cut,
            Ok(_) => Tie::Soiled,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Tie::Whole,
            Err(_) => Tie::Cut,
        }
    }

    /// Tells it and all that is in its group to end: politely, or with a signal that nobody survives. To be called
    /// before it is reaped.
    pub fn end(&self, hard: bool) {
        let signal = if hard { libc::SIGKILL } else { libc::SIGTERM };
        // It may have left its group for another one; it is not reaped, so its process id is its own.
        if kill_group(self.pid, signal).is_err() || hard {
            // SAFETY: sends a signal to a process, touches no memory.
            unsafe { libc::kill(self.pid as libc::pid_t, signal) };
        }
    }

    /// Asks it for something, which it has to listen for ([`Bond::wait`]); false where it cannot be asked any more.
    pub fn ask_for(&self, wish: Wish) -> bool {
        (&self.tie).write(&[wish as u8]).is_ok_and(|sent| sent == 1)
    }
}

/// A fork's end of the socket by which it hangs together with the process that made it. It stays open until the process
/// has ended or becomes another program, whoever drops this.
#[derive(Debug)]
pub struct Bond {
    tie: ManuallyDrop<StdSocket>,
    asked: Asked,
}

impl Bond {
    /// Waits until the other process asks this one for something; `None` where the bell rings, or nobody can be heard.
    pub fn wait(&self, bell: &Bell) -> Option<Wish> {
        loop {
            match wait_readable(&[self.tie.as_fd(), bell.descriptor()], None) {
                Ok(_) if bell.has_rung() => return None,
                Ok(_) => return self.heard(),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // The trial closed everything.
                Err(_) => return None,
            }
        }
    }

    fn heard(&self) -> Option<Wish> {
        let mut byte = 0u8;
        // SAFETY: one byte of room.
        let came = retry(|| unsafe {
            libc::recv(self.tie.as_raw_fd(), (&raw mut byte).cast(), 1, libc::MSG_DONTWAIT)
        });
        match (came, byte) {
            (Ok(1), 1) => Some(Wish::End),
            (Ok(1), 2) => Some(Wish::Tell),
            // The other process is gone, and this one in a moment; or it is no socket any more.
            _ => None,
        }
    }

    /// Says what the other process may like to know of this one, whose trial is over.
    pub fn part(&self) {
        self.asked.note();
    }

    /// Ends this process and its group as the other process would, with a signal that can be heard.
    pub fn end_group(&self) {
        profile::write();
        // A signal to this process itself has come when the call returns; where it is ignored, the other one knows more.
        let _ = kill_group(std::process::id(), libc::SIGTERM);
    }
}

/// Waits for the end of a thread, for so long at most; the thread, where it goes on. A panic of it is nobody's news here.
///
/// As cheap as waiting for ever, where the system can do that; elsewhere only one that has ended by now is waited for.
#[cfg(all(target_os = "linux", any(target_env = "gnu", target_env = "musl")))]
pub fn join_within(thread: JoinHandle<()>, within: Duration) -> Option<JoinHandle<()>> {
    use std::os::unix::thread::JoinHandleExt as _;
    use std::time::{SystemTime, UNIX_EPOCH};

    let until = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default() + within;
    // SAFETY: all zeros is a valid time.
    let mut until_at: libc::timespec = unsafe { std::mem::zeroed() };
    until_at.tv_sec = until.as_secs() as _;
    until_at.tv_nsec = until.subsec_nanos() as _;
    // SAFETY: the handle is that of a thread that was neither joined nor detached, and its result is not asked for.
    let joined =
        unsafe { libc::pthread_timedjoin_np(thread.as_pthread_t() as _, std::ptr::null_mut(), &until_at) };
    if joined != 0 {
        return Some(thread);
    }
    // It was joined: nobody may do that, or let go of it, once more.
    let _ = thread.into_pthread_t();
    None
}

/// The same.
#[cfg(not(all(target_os = "linux", any(target_env = "gnu", target_env = "musl"))))]
pub fn join_within(thread: JoinHandle<()>, _: Duration) -> Option<JoinHandle<()>> {
    if !thread.is_finished() {
        return Some(thread);
    }
    let _ = thread.join();
    None
}

/// Waits until there is something to hear or the fork has ended, for so long at most. May return early.
///
/// # Errors
/// What the system says.
pub fn wait(ear: &Ear, forked: Option<&Forked>, within: Duration) -> io::Result<()> {
    let end = forked.and_then(|forked| forked.descriptor.as_ref());
    let blind = forked.is_some() && end.is_none();
    let within = if blind { within.min(LOOK) } else { within };
    let fds: [BorrowedFd<'_>; 2] = [ear.0.as_fd(), end.map_or(ear.0.as_fd(), AsFd::as_fd)];
    wait_readable(if end.is_some() { &fds } else { &fds[..1] }, Some(within)).map(drop)
}

/// Waits until there is something to hear or the bell has rung, for so long at most. May return early.
///
/// # Errors
/// What the system says.
pub fn wait_for_bell(ear: &Ear, bell: &Bell, within: Duration) -> io::Result<()> {
    wait_readable(&[ear.0.as_fd(), bell.descriptor()], Some(within)).map(drop)
}

/// A non-blocking socket that is read without a runtime: where nothing has come it is pending, and nobody is woken.
#[derive(Debug)]
pub struct Ear(StdSocket);

impl Ear {
    /// Reads from this socket, which must be non-blocking.
    pub fn new(socket: StdSocket) -> Ear {
        Ear(socket)
    }
}

impl AsyncRead for Ear {
    fn poll_read(self: Pin<&mut Self>, _: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match ends::receive(&self.0, into) {
            Ok(_) => Poll::Ready(Ok(())),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Poll::Pending,
            Err(error) => Poll::Ready(Err(error)),
        }
    }
}
