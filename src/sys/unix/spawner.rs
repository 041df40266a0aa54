//! The one thread that starts every child of this process and lives as long as it does.
//!
//! On Linux a child that asked to die with its parent dies when the *thread* that started it ends, so no other thread
//! may start one. The same thread talks to the guardian, so that nobody else ever waits for it, and reaps children
//! that were killed, or dropped, while they were still dying.

use std::io::{self, Read};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::boot::{Mark, WORKER_MARK};
use super::guardian::Guardian;
use super::process::{Child, Process, StdSocket, wait_readable};
use super::{limit, preamble, sender};
use crate::sys::boot::is_bootstrapped;
use crate::sys::process::{MAX_PASSED, Output, ProcessError, SpawnOptions};
use crate::sys::{seam, thread};

enum Request {
    Start {
        options: SpawnOptions,
        reply: Reply,
    },
    #[cfg(any(feature = "server", feature = "bench"))]
    Program {
        title: String,
        command: Box<Command>,
        reply: Reply,
    },
    Ended {
        pid: u32,
    },
    Reap(Arc<Process>),
}

static DOOR: Mutex<Option<Door>> = Mutex::new(None);
static GUARDIAN_FAILURE: Mutex<Option<String>> = Mutex::new(None);

/// Why there is no guardian, where there should be one: then what workers started may outlive this process if it is
/// killed. It is tried again with every child that is started.
pub fn guardian_failure() -> Option<String> {
    GUARDIAN_FAILURE.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

pub(super) fn spawn(options: SpawnOptions) -> Result<Child, ProcessError> {
    let title = options.title.clone();
    if !is_bootstrapped() {
        return Err(ProcessError::NotBootstrapped { title });
    }
    if options.pass.len() > MAX_PASSED {
        return Err(ProcessError::TooManyFiles { title, count: options.pass.len() });
    }
    asked(&title, |reply| Request::Start { options, reply })
}

/// Starts another program, in a process group of its own that is guarded as a worker's is.
#[cfg(any(feature = "server", feature = "bench"))]
pub(super) fn spawn_program(title: String, mut command: Command) -> Result<Child, ProcessError> {
    command.process_group(0);
    let command = Box::new(command);
    asked(&title.clone(), |reply| Request::Program { title, command, reply })
}

fn asked(title: &str, make: impl FnOnce(Reply) -> Request) -> Result<Child, ProcessError> {
    let reply = Reply::default();
    let answer = Arc::clone(&reply.0);
    let gone = || Err(io::Error::other("the thread that starts processes is gone"));
    request(make(reply))
        .and_then(|()| answer.wait().map_or_else(gone, Ok))
        .map_err(|error| failed(title, "starting the thread that starts processes", error))?
}

/// Tells the guardian that this group's id may soon be somebody else's.
pub(super) fn tell_ended(pid: u32) {
    let door = DOOR.lock().unwrap_or_else(PoisonError::into_inner);
    // Without a spawner there is no guardian.
    if let Some(door) = &*door {
        let _ = door.hand_in(Request::Ended { pid });
    }
}

/// Has a process reaped that was killed but is not dead yet.
pub(super) fn reap_later(process: Arc<Process>) {
    let _ = request(Request::Reap(process));
}

/// What the thread answers a start with. Dropped without an answer, as when the thread is gone, it says so.
#[derive(Default)]
struct Reply(Arc<Slot>);

/// Where an answer is waited for.
#[derive(Default)]
struct Slot {
    told: Mutex<Option<Told>>,
    changed: Condvar,
}

/// `None` where there will be no answer.
type Told = Option<Result<Child, ProcessError>>;

impl Reply {
    fn send(self, result: Result<Child, ProcessError>) {
        self.0.tell(Some(result));
    }
}

impl Drop for Reply {
    fn drop(&mut self) {
        self.0.tell(None);
    }
}

impl Slot {
    /// The first to tell is believed.
    fn tell(&self, told: Told) {
        locked(&self.told).get_or_insert(told);
        self.changed.notify_one();
    }

    fn wait(&self) -> Told {
        let told = self.changed.wait_while(locked(&self.told), |told| told.is_none());
        told.unwrap_or_else(PoisonError::into_inner).take().flatten()
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What is asked of the thread and has not been taken by it; `None` once the thread is gone.
type Inbox = Mutex<Option<Vec<Request>>>;

/// The thread's end of an inbox: nothing is put in once it is gone, and who waits for what is in it learns that.
struct Served(Arc<Inbox>);

impl Drop for Served {
    fn drop(&mut self) {
        let left = locked(&self.0).take();
        drop(left);
    }
}

/// How to reach the thread.
struct Door {
    requests: Arc<Inbox>,
    /// What is written here wakes it.
    bell: OwnedFd,
}

impl Door {
    /// Starts the thread.
    fn open() -> io::Result<Door> {
        let (bell, rung) = StdSocket::pair()?;
        bell.set_nonblocking(true)?;
        rung.set_nonblocking(true)?;
        let requests = Arc::new(Mutex::new(Some(Vec::new())));
        let inbox = Served(Arc::clone(&requests));
        thread::start("rehearsal-spawn".into(), move || serve(&inbox, rung))?;
        Ok(Door { requests, bell: bell.into() })
    }

    fn hand_in(&self, request: Request) -> Result<(), Request> {
        match &mut *locked(&self.requests) {
            Some(waiting) => waiting.push(request),
            None => return Err(request),
        }
        // Where the bell takes no more it has been rung enough.
        let _ = sender::send_some(&self.bell, &[0]);
        Ok(())
    }
}

/// Hands a request to the thread, and starts that where it is the first.
fn request(request: Request) -> io::Result<()> {
    let mut door = DOOR.lock().unwrap_or_else(PoisonError::into_inner);
    let request = match &*door {
        None => request,
        Some(door) => match door.hand_in(request) {
            Ok(()) => return Ok(()),
            Err(request) => request,
        },
    };
    let new = Door::open()?;
    let _ = new.hand_in(request);
    *door = Some(new);
    Ok(())
}

/// The thread: waits for requests, for the guardian's death, and for those who take their time to die.
fn serve(inbox: &Served, mut rung: StdSocket) {
    let mut guardian = Guardian::default();
    let mut dying: Vec<Arc<Process>> = Vec::new();
    loop {
        // A killed process is dead within a moment; where it is not, asking ten times a second is often enough.
        let patience = (!dying.is_empty()).then_some(Duration::from_millis(100));
        let mut watched = vec![rung.as_fd()];
        watched.extend(guardian.socket());
        if wait_readable(&watched, patience).is_err() {
            // No memory for a moment. This thread must not end: every child would be killed with it.
            std::thread::sleep(Duration::from_millis(10));
        }
        // Emptied before the inbox is: a request that comes later rings again.
        while matches!(rung.read(&mut [0; 64]), Ok(1..)) {}
        let requests = locked(&inbox.0).as_mut().map(std::mem::take).unwrap_or_default();
        requests.into_iter().for_each(|request| handle(request, &mut guardian, &mut dying));
        dying.retain(|process| process.try_reap_killed().is_none());
        let is_dead = guardian
            .socket()
            .is_some_and(|socket| matches!(wait_readable(&[socket], Some(Duration::ZERO)), Ok(true)));
        if is_dead {
            note(guardian.replace());
        }
    }
}

fn handle(request: Request, guardian: &mut Guardian, dying: &mut Vec<Arc<Process>>) {
    match request {
        Request::Start { options, reply } => hand_out(start(options), reply, guardian),
        #[cfg(any(feature = "server", feature = "bench"))]
        Request::Program { title, command, reply } => {
            hand_out(start_program(&title, *command), reply, guardian)
        }
        Request::Ended { pid } => {
            // Good news of this kind says nothing of what failed before.
            let removed = guardian.remove(pid);
            if removed.is_err() {
                note(removed);
            }
        }
        Request::Reap(process) => {
            if !dying.iter().any(|known| Arc::ptr_eq(known, &process)) {
                dying.push(process);
            }
        }
    }
}

fn hand_out(result: Result<Child, ProcessError>, reply: Reply, guardian: &mut Guardian) {
    let pid = result.as_ref().map(|child| child.pid).ok();
    reply.send(result);
    if let Some(pid) = pid {
        note(guardian.add(pid));
    }
}

#[cfg(any(feature = "server", feature = "bench"))]
fn start_program(title: &str, command: Command) -> Result<Child, ProcessError> {
    let pid = super::offspring::start_kept(|| execute(command))
        .map_err(|error| failed(title, "executing it", error))?;
    Child::new(pid, None).map_err(|error| failed(title, "watching it", error))
}

fn note(result: io::Result<()>) {
    *GUARDIAN_FAILURE.lock().unwrap_or_else(PoisonError::into_inner) = result.err().map(|error| {
        let why = limit::explain(&error);
        format!("there is no guardian process, which would clean up if this one were killed: {why}")
    });
}

fn start(options: SpawnOptions) -> Result<Child, ProcessError> {
    let SpawnOptions { title, output, pass, args, env } = options;
    let (ours, mut command) = prepare(&title, output, &pass, env)
        .map_err(|error| failed(&title, "preparing its socket and files", error))?;
    command.args(args);
    let pid = execute(command).map_err(|error| failed(&title, "executing this binary again", error))?;
    Child::new(pid, Some(ours)).map_err(|error| failed(&title, "watching it", error))
}

fn prepare(
    title: &str,
    output: Output,
    pass: &[OwnedFd],
    env: Vec<(std::ffi::OsString, std::ffi::OsString)>,
) -> io::Result<(StdSocket, Command)> {
    let (ours, theirs) = StdSocket::pair()?;
    ours.set_nonblocking(true)?;
    let mut command = this_binary(WORKER_MARK, &ours, theirs.into(), pass, env)?;
    command.process_group(0);
    if !title.is_empty() {
        command.arg0(title);
    }
    match output {
        Output::Inherit => {}
        Output::Null => {
            command.stdout(Stdio::null()).stderr(Stdio::null());
        }
        Output::File(file) => {
            command.stdout(file.try_clone()?).stderr(file);
        }
    }
    Ok((ours, command))
}

/// A command that executes this binary with a mark, and with `theirs` as its standard input, on which the preamble is.
pub(super) fn this_binary(
    mark_name: &str,
    ours: &StdSocket,
    theirs: OwnedFd,
    pass: &[OwnedFd],
    env: Vec<(std::ffi::OsString, std::ffi::OsString)>,
) -> io::Result<Command> {
    let nonce = seam::random_u64();
    preamble::send(ours, nonce, pass)?;
    let mark = Mark { arbiter_pid: std::process::id(), nonce };
    let mut command = Command::new(image()?);
    command.envs(env).env(mark_name, mark.to_text()).stdin(theirs);
    Ok(command)
}

/// The running image. `/proc/self/exe` is it even when cargo has put another file in its place since.
///
/// # Errors
/// What the system says where it does not tell which file that is.
pub(crate) fn image() -> io::Result<PathBuf> {
    let proc = PathBuf::from("/proc/self/exe");
    if proc.exists() || proc.is_symlink() { Ok(proc) } else { std::env::current_exe() }
}

/// Starts a command and gives its process id; whoever calls sees to reaping it.
pub(super) fn execute(mut command: Command) -> io::Result<u32> {
    Ok(command.spawn()?.id())
}

fn failed(title: &str, doing: &'static str, source: io::Error) -> ProcessError {
    let title = title.to_owned();
    match limit::behind(&source) {
        Some(limit) => ProcessError::Limit { title, limit, source },
        None => ProcessError::Spawn { title, doing, source },
    }
}
