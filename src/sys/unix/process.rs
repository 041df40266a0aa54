//! A child and its process group.
#![allow(unsafe_code)]

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::time::Duration;

use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::sync::watch;

use super::call::{check, retry};
use super::{ends, offspring, spawner};
use crate::sys::process::{Blow, ExitStatus, ProcessError, SpawnOptions};
use crate::sys::thread;

pub use super::ends::{ReadEnd, WriteEnd};
pub use super::offspring::{
    children, is_gone, leaves_children, name_of, reap_finished, settle_children, strays,
};
pub use super::spawner::guardian_failure;
#[cfg(feature = "bench")]
pub(crate) use super::spawner::image;

/// An open file of the system.
pub use std::os::fd::OwnedFd;
/// A socket as the standard library has it, before a runtime takes it.
pub use std::os::unix::net::UnixStream as StdSocket;
/// A socket on a runtime.
pub use tokio::net::UnixStream as Socket;

/// Why no process can be started from here; `None` where one can.
pub const UNSUPPORTED: Option<&str> = None;

/// Sends SIGTERM to the process group of the [`Child`] with this process id. Nothing happens where there is none, or
/// it has ended: a process id that is nobody's, or somebody else's by now, is never signalled.
pub fn terminate_group(pid: u32) {
    let process = live().iter().find(|process| process.0 == pid).and_then(|process| process.1.upgrade());
    if let Some(process) = process {
        // A group that is gone is not an error that anyone could act on.
        let _ = process.signal_group(libc::SIGTERM);
    }
}

/// Tells this process, which leads its group, and all that is in that to end: politely, or with a signal that nobody
/// survives.
pub fn end_own_group(hard: bool) {
    // Where it leads none there is none of this number, and whoever waits for the end of this process knows more.
    let _ = kill_group(std::process::id(), if hard { libc::SIGKILL } else { libc::SIGTERM });
}

/// The processes behind all `Child` values, until they are reaped.
static LIVE: Mutex<Vec<(u32, Weak<Process>)>> = Mutex::new(Vec::new());

fn live() -> MutexGuard<'static, Vec<(u32, Weak<Process>)>> {
    LIVE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Starts this binary again as a worker.
///
/// Returns when the child executes; it has not run its `main` yet. It takes about a millisecond, on another thread,
/// and blocks the calling one for that long.
///
/// # Errors
/// [`ProcessError::NotBootstrapped`], [`ProcessError::TooManyFiles`], [`ProcessError::Limit`],
/// [`ProcessError::Spawn`].
pub fn spawn_self(options: SpawnOptions) -> Result<Child, ProcessError> {
    spawner::spawn(options)
}

/// Starts another program than this one, with the standard streams that the command says, as leader of a process group
/// of its own. It is kept from trial to trial: no trial that ends beside it is said to have left it behind. `title` is
/// what errors call it.
///
/// # Errors
/// [`ProcessError::Limit`], [`ProcessError::Spawn`].
#[cfg(any(feature = "server", feature = "bench"))]
pub fn spawn_program(title: String, command: std::process::Command) -> Result<Child, ProcessError> {
    spawner::spawn_program(title, command)
}

/// A child process, leader of a process group of its own.
///
/// When it ends, or when this is dropped, everything that is in its group is killed. All methods may be called while
/// another task waits in [`Child::wait`].
#[derive(Debug)]
pub struct Child {
    /// Its process id, which is its group's id too.
    pub pid: u32,
    socket: Mutex<Option<StdSocket>>,
    process: Arc<Process>,
    watch: Watch,
}

/// The end of a process, as an event.
#[derive(Debug)]
enum Watch {
    /// A descriptor that becomes readable, on the runtime that waited first.
    Descriptor {
        /// Declared, and so dropped, before the descriptor that it watches.
        registered: OnceLock<AsyncFd<RawFd>>,
        descriptor: OwnedFd,
    },
    /// A thread that waits, where the system has no such descriptor.
    Thread(watch::Receiver<bool>),
}

impl Child {
    /// Puts together what the spawner has made; kills the child again where it cannot be watched.
    pub(super) fn new(pid: u32, socket: Option<StdSocket>) -> io::Result<Child> {
        offspring::await_child(pid);
        let process = Arc::new(Process::new(pid));
        live().push((pid, Arc::downgrade(&process)));
        match Watch::new(&process) {
            Ok(watch) => Ok(Child { pid, socket: Mutex::new(socket), process, watch }),
            Err(error) => {
                process.abandon();
                Err(error)
            }
        }
    }

    /// Our end of the child's socket; the first call takes it.
    ///
    /// # Errors
    /// Where it was taken before, or the runtime cannot register it.
    ///
    /// # Panics
    /// Outside of a runtime with i/o enabled.
    pub fn socket(&self) -> Result<Socket, ProcessError> {
        self.take_socket(Socket::from_std)
    }

    /// The same as two ends, each woken only for what it waits for: half the wake-ups a message.
    ///
    /// # Errors
    /// As above.
    ///
    /// # Panics
    /// As above.
    pub fn ends(&self) -> Result<(ReadEnd, WriteEnd), ProcessError> {
        self.take_socket(ends::split)
    }

    fn take_socket<T>(&self, register: fn(StdSocket) -> io::Result<T>) -> Result<T, ProcessError> {
        let socket = self.socket.lock().unwrap_or_else(PoisonError::into_inner).take();
        let taken = || io::Error::other("it was taken before");
        let socket = socket.ok_or_else(taken).and_then(register);
        socket.map_err(|source| ProcessError::Child { pid: self.pid, doing: "taking its socket", source })
    }

    /// Sends a signal to the child and all that is in its group. Nothing happens where the child has ended.
    ///
    /// # Errors
    /// Where the system refuses, as for a signal that does not exist.
    pub fn signal_group(&self, signal: i32) -> Result<(), ProcessError> {
        let sent = self.process.signal_group(signal);
        if signal == libc::SIGKILL {
            self.see_to_its_end();
        }
        sent.map_err(|source| ProcessError::Child {
            pid: self.pid,
            doing: "sending a signal to its process group",
            source,
        })
    }

    /// Kills the child and all that is in its group, also when it is stopped. [`Child::wait`] then tells that it is
    /// gone.
    pub fn kill_group(&self) {
        // A group that we lead and that is not reaped can always be signalled by us, unless it runs as another user
        // by now: nothing that can be done from here.
        let _ = self.process.signal_group(libc::SIGKILL);
        self.see_to_its_end();
    }

    /// Who waits for one that was killed is woken by its end, which may need help to come.
    fn see_to_its_end(&self) {
        if self.process.is_ours() && self.process.try_reap().is_none() {
            spawner::reap_later(self.process.clone());
        }
    }

    /// Waits until the child has ended, kills what is left in its group, and tells how the child ended. Cancel-safe;
    /// tells the same again when called again.
    ///
    /// # Panics
    /// Outside of a runtime with i/o enabled.
    pub async fn wait(&self) -> ExitStatus {
        loop {
            if let Some(status) = self.process.try_reap() {
                return status;
            }
            self.watch.ended().await;
        }
    }

    /// How the child ended, if it has; what is left in its group is killed then.
    pub fn try_wait(&self) -> Option<ExitStatus> {
        self.process.try_reap()
    }
}

impl Drop for Child {
    /// Kills the group. Waits a moment for the child's death, so that it does not count as left behind.
    fn drop(&mut self) {
        if !self.process.is_ours() {
            return;
        }
        let _ = self.process.signal_group(libc::SIGKILL);
        if let Watch::Descriptor { descriptor, .. } = &self.watch
            && self.process.try_reap().is_none()
        {
            let _ = wait_readable(&[descriptor.as_fd()], Some(DYING));
        }
        self.process.abandon();
    }
}

/// How long a killed process may take to be gone before somebody else waits for it. It takes a millisecond or less.
const DYING: Duration = Duration::from_millis(100);

impl Watch {
    fn new(process: &Arc<Process>) -> io::Result<Watch> {
        match open_pidfd(process.pid) {
            Ok(descriptor) => Ok(Watch::Descriptor { registered: OnceLock::new(), descriptor }),
            Err(error) if super::limit::behind(&error).is_some() => Err(error),
            Err(_) => Watch::by_thread(process),
        }
    }

    fn by_thread(process: &Arc<Process>) -> io::Result<Watch> {
        let (sender, receiver) = watch::channel(false);
        let pid = process.pid;
        thread::start(format!("rehearsal-wait-{pid}"), move || {
            // An error says that it was reaped already.
            let _ = peek(pid, 0);
            let _ = sender.send(true);
        })?;
        Ok(Watch::Thread(receiver))
    }

    /// Resolves when the process has ended. May resolve early.
    async fn ended(&self) {
        match self {
            Watch::Descriptor { registered, descriptor } => {
                if let Ok(registered) = register(registered, descriptor)
                    && registered.readable().await.is_ok()
                {
                    // Stays readable for ever, so the readiness is never cleared.
                    return;
                }
                // The system watches no more descriptors, or the runtime that watched this one is gone: the one wait
                // here that has to ask again and again.
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            Watch::Thread(receiver) => {
                let _ = receiver.clone().wait_for(|ended| *ended).await;
            }
        }
    }
}

/// Watches a descriptor on the current runtime, from the first call on.
fn register<'a>(
    registered: &'a OnceLock<AsyncFd<RawFd>>,
    descriptor: &OwnedFd,
) -> io::Result<&'a AsyncFd<RawFd>> {
    if let Some(registered) = registered.get() {
        return Ok(registered);
    }
    // SAFETY: the caller keeps the descriptor open for longer than what watches it; it is in the same `Watch`.
    let new = unsafe { AsyncFd::register_with_interest(descriptor.as_raw_fd(), Interest::READABLE) }?;
    Ok(registered.get_or_init(|| new))
}

#[cfg(any(target_os = "linux", target_os = "android"))]
pub(super) fn open_pidfd(pid: u32) -> io::Result<OwnedFd> {
    use std::os::fd::FromRawFd;
    // SAFETY: makes a new descriptor, always close-on-exec.
    let fd = check(unsafe { libc::syscall(libc::SYS_pidfd_open, pid as libc::pid_t, 0) })?;
    // SAFETY: the call just gave us this descriptor; nobody else owns it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd as i32) })
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub(super) fn open_pidfd(_pid: u32) -> io::Result<OwnedFd> {
    Err(io::Error::from(io::ErrorKind::Unsupported))
}

/// Asks how a child ended, and leaves it unreaped: its process id, and so its group's, stays taken. `None` where it
/// runs and the flags say not to wait.
fn peek(pid: u32, flags: libc::c_int) -> io::Result<Option<ExitStatus>> {
    let mut info = std::mem::MaybeUninit::<libc::siginfo_t>::zeroed();
    let flags = libc::WEXITED | libc::WNOWAIT | flags;
    // SAFETY: `info` is a valid place for the call to write to.
    retry(|| unsafe { libc::waitid(libc::P_PID, pid as libc::id_t, info.as_mut_ptr(), flags) })?;
    // SAFETY: all zeros is a valid value, and the call has filled it in or left it so; the fields asked for are those
    // that this call sets.
    let (code, ended_pid, status) = unsafe {
        let info = info.assume_init();
        (info.si_code, info.si_pid(), info.si_status())
    };
    if ended_pid == 0 {
        return Ok(None);
    }
    Ok(Some(if code == libc::CLD_EXITED { ExitStatus::Exited(status) } else { ExitStatus::Signaled(status) }))
}

/// What outlives a `Child` until it is reaped.
#[derive(Debug)]
pub(super) struct Process {
    pid: u32,
    /// The process whose child it is. A fork of that one has a copy of this, and no say in it.
    parent: u32,
    /// How it ended, once it was reaped: from then on its process id may be somebody else's.
    ended: Mutex<Option<ExitStatus>>,
}

impl Process {
    fn new(pid: u32) -> Process {
        Process { pid, parent: std::process::id(), ended: Mutex::new(None) }
    }

    fn is_ours(&self) -> bool {
        self.parent == std::process::id()
    }

    fn signal_group(&self, signal: i32) -> io::Result<()> {
        let ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        if ended.is_some() || !self.is_ours() {
            return Ok(());
        }
        let sent = kill_group(self.pid, signal);
        let no_group = matches!(&sent, Err(error) if error.raw_os_error() == Some(libc::ESRCH));
        if no_group || signal == libc::SIGKILL {
            // It may have left its group for another one. It is not reaped, so its process id is its own.
            // SAFETY: sends a signal to a process, touches no memory.
            unsafe { libc::kill(self.pid as libc::pid_t, signal) };
        }
        if no_group { Ok(()) } else { sent }
    }

    /// How the process ended, if it has. What is left in its group is killed before it is reaped: up to then nobody
    /// else can have the group's id.
    pub(super) fn try_reap(&self) -> Option<ExitStatus> {
        let mut ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        if ended.is_some() {
            return *ended;
        }
        let status = match peek(self.pid, libc::WNOHANG) {
            Ok(None) => return None,
            Ok(Some(status)) => {
                // First of all: the next child may be given the same id as soon as this one is reaped.
                self.forget();
                let _ = kill_group(self.pid, libc::SIGKILL);
                // SAFETY: a null status is allowed; takes the status of a child of ours.
                let _ = retry(|| unsafe { libc::waitpid(self.pid as libc::pid_t, std::ptr::null_mut(), 0) });
                status
            }
            // Somebody has reaped it behind our back; its group's id may be anybody's, so it is left alone.
            Err(_) => {
                self.forget();
                ExitStatus::Lost
            }
        };
        *ended = Some(status);
        Some(status)
    }

    /// The same of one that was killed. A thread of it that asked to be traced by its parent (`PTRACE_TRACEME`) has made this
    /// process its tracer, without a word; dead, it keeps the whole process from having ended until its tracer takes note.
    pub(super) fn try_reap_killed(&self) -> Option<ExitStatus> {
        let status = self.try_reap();
        #[cfg(any(target_os = "linux", target_os = "android"))]
        if status.is_none() {
            let tasks = std::fs::read_dir(format!("/proc/{}/task", self.pid)).into_iter().flatten().flatten();
            let threads = tasks.filter_map(|task| task.file_name().to_str()?.parse::<libc::pid_t>().ok());
            for thread in threads.filter(|thread| *thread != self.pid as libc::pid_t) {
                // SAFETY: a null status is allowed. Whom this process does not trace is not its to wait for, which is an
                // error and nothing else.
                unsafe { libc::waitpid(thread, std::ptr::null_mut(), libc::WNOHANG | libc::__WALL) };
            }
            return self.try_reap();
        }
        status
    }

    fn forget(&self) {
        live().retain(|process| process.0 != self.pid);
        offspring::forget_child(self.pid);
        spawner::tell_ended(self.pid);
    }

    /// Kills the group, and has it reaped here or, where it takes a moment to die, by the spawner's thread.
    fn abandon(self: &Arc<Process>) {
        let _ = self.signal_group(libc::SIGKILL);
        if self.try_reap().is_none() {
            spawner::reap_later(self.clone());
        }
    }
}

pub(super) fn kill_group(pid: u32, signal: i32) -> io::Result<()> {
    let pid = libc::pid_t::try_from(pid).expect("a process id of the system's");
    assert!(pid > 1, "0 is our own group, and 1 would be everybody");
    // SAFETY: sends a signal to processes, touches no memory.
    check(unsafe { libc::kill(-pid, signal) })?;
    Ok(())
}

/// Sends a signal to one process, whoever started it: what happens to an actor's process from outside.
///
/// # Errors
/// Where there is no such process, or it is not ours to signal.
pub fn hit(pid: u32, blow: Blow) -> io::Result<()> {
    let pid = libc::pid_t::try_from(pid).ok().filter(|pid| *pid > 1).ok_or(io::ErrorKind::InvalidInput)?;
    let signal = match blow {
        Blow::Stop => libc::SIGSTOP,
        Blow::Continue => libc::SIGCONT,
        Blow::Kill => libc::SIGKILL,
    };
    // SAFETY: sends a signal to a process, touches no memory.
    check(unsafe { libc::kill(pid, signal) })?;
    Ok(())
}

/// Waits for one of the descriptors to have something to read or to be closed by its peer, for so long at most; false
/// where none has.
pub(super) fn wait_readable(fds: &[BorrowedFd<'_>], within: Option<Duration>) -> io::Result<bool> {
    let entry = |fd: &BorrowedFd<'_>| libc::pollfd { fd: fd.as_raw_fd(), events: libc::POLLIN, revents: 0 };
    let mut polls: Vec<libc::pollfd> = fds.iter().map(entry).collect();
    // Rounded up; a signal starts the wait over, which is as good here.
    let timeout_ms = within.map_or(-1, |within| within.as_micros().div_ceil(1000).min(1 << 30) as i32);
    // SAFETY: as many valid entries as the call is told.
    let ready = retry(|| unsafe { libc::poll(polls.as_mut_ptr(), polls.len() as libc::nfds_t, timeout_ms) })?;
    Ok(ready > 0)
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::CommandExt;
    use std::process::Command;

    use super::*;

    fn process(program: &str, argument: &str) -> Arc<Process> {
        let mut command = Command::new(program);
        command.arg(argument).process_group(0);
        let pid = spawner::execute(command).expect("starts");
        Arc::new(Process::new(pid))
    }

    fn ended(watch: &Watch, process: &Process) -> ExitStatus {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            loop {
                if let Some(status) = process.try_reap() {
                    return status;
                }
                watch.ended().await;
            }
        })
    }

    #[rehearsal::test]
    fn an_end_is_seen_with_and_without_descriptors_of_processes() {
        type Make = fn(&Arc<Process>) -> io::Result<Watch>;
        let ends: [Make; 2] = [Watch::new, Watch::by_thread];
        for watch in ends {
            let process = process("false", "");
            let watch = watch(&process).expect("watched");
            assert_eq!(ended(&watch, &process), ExitStatus::Exited(1));
        }
        for watch in ends {
            let process = process("sleep", "1000");
            let watch = watch(&process).expect("watched");
            assert_eq!(process.try_reap(), None);
            process.signal_group(libc::SIGTERM).expect("sent");
            assert_eq!(ended(&watch, &process), ExitStatus::Signaled(libc::SIGTERM));
            process.signal_group(libc::SIGTERM).expect("nothing to do");
        }
    }

    #[rehearsal::test]
    fn a_status_that_somebody_else_took_is_lost_and_said_to_be() {
        let process = process("true", "");
        // SAFETY: a null status is allowed; takes the status of a child of ours.
        retry(|| unsafe { libc::waitpid(process.pid as libc::pid_t, std::ptr::null_mut(), 0) })
            .expect("reaped behind its back");
        assert_eq!(process.try_reap(), Some(ExitStatus::Lost));
    }

    #[rehearsal::test]
    fn a_child_can_be_shared_between_threads() {
        fn shared<T: Send + Sync>() {}
        shared::<Child>();
    }
}
