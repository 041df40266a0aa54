//! The process that outlives this one to clean up behind it.
//!
//! It is this binary again, in a process group of its own where no Ctrl-C reaches it, started behind the first child.
//! It is told of every process group that comes and goes, eight bytes each; when its socket ends, because this process
//! has exited or was killed, it kills the groups that are left, and ends.
#![allow(unsafe_code)]

use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::process::Stdio;
use std::time::{Duration, Instant};

use super::boot::{GUARDIAN_MARK, Mark};
use super::process::{StdSocket, kill_group, open_pidfd, wait_readable};
use super::{boot, inherited, limit, offspring, preamble, sender, spawner};

/// How long a guardian may take to read what it is told, before it is given up and replaced by another.
const PATIENCE: Duration = Duration::from_secs(1);

/// A guardian that has died more often than this is not replaced at once any more.
const MANY_DEATHS: u32 = 5;

/// Bytes of one piece of news.
const NEWS: usize = 8;

/// What the guardian is told: a group that is there (`added`), or is no more.
fn news(pid: u32, added: bool) -> [u8; NEWS] {
    let mut bytes = [0; NEWS];
    bytes[..4].copy_from_slice(&pid.to_le_bytes());
    bytes[4] = u8::from(added);
    bytes
}

/// Our side of it; lives on the spawner's thread, which alone may have to wait for it.
#[derive(Debug, Default)]
pub(super) struct Guardian {
    groups: Vec<u32>,
    link: Option<Link>,
    deaths: u32,
}

#[derive(Debug)]
struct Link {
    pid: u32,
    socket: OwnedFd,
}

impl Guardian {
    /// Has this group guarded from now on. Starts the guardian where there is none.
    pub(super) fn add(&mut self, pid: u32) -> io::Result<()> {
        self.groups.push(pid);
        self.tell(news(pid, true))
    }

    /// Has this group forgotten.
    pub(super) fn remove(&mut self, pid: u32) -> io::Result<()> {
        self.groups.retain(|group| *group != pid);
        if self.link.is_none() { Ok(()) } else { self.tell(news(pid, false)) }
    }

    /// What becomes readable when the guardian dies; it never says anything.
    pub(super) fn socket(&self) -> Option<BorrowedFd<'_>> {
        self.link.as_ref().map(|link| link.socket.as_fd())
    }

    /// The guardian is dead: has another take its place, if there is something to guard.
    pub(super) fn replace(&mut self) -> io::Result<()> {
        self.link = None;
        self.deaths += 1;
        if self.groups.is_empty() {
            return Ok(());
        }
        if self.deaths > MANY_DEATHS {
            let text = format!("it died {} times; another is started with the next child", self.deaths);
            return Err(io::Error::other(text));
        }
        self.link = Some(Link::start(&self.groups)?);
        Ok(())
    }

    /// Tells the guardian; one that is dead or does not listen is replaced, and told everything.
    fn tell(&mut self, news: [u8; NEWS]) -> io::Result<()> {
        if let Some(link) = &self.link
            && link.tell(&news).is_ok()
        {
            return Ok(());
        }
        self.link = None;
        if !self.groups.is_empty() {
            self.link = Some(Link::start(&self.groups)?);
        }
        Ok(())
    }
}

impl Link {
    /// Starts a guardian that finds the news of all these groups on its socket.
    fn start(groups: &[u32]) -> io::Result<Link> {
        let (ours, theirs) = StdSocket::pair()?;
        ours.set_nonblocking(true)?;
        let mut command = spawner::this_binary(GUARDIAN_MARK, &ours, theirs.into(), &[], Vec::new())?;
        // No standard stream of ours: it must not keep a pipe open that somebody reads to its end.
        command.arg0("rehearsal-guardian").process_group(0).stdout(Stdio::null()).stderr(Stdio::null());
        let all: Vec<u8> = groups.iter().flat_map(|pid| news(*pid, true)).collect();
        (&ours).write_all(&all)?;
        let pid = offspring::start_guardian(|| spawner::execute(command))?;
        Ok(Link { pid, socket: ours.into() })
    }

    fn tell(&self, news: &[u8; NEWS]) -> io::Result<()> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match sender::send_some(&self.socket, news) {
                // So few bytes are written all or not at all.
                Ok(_) => return Ok(()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    match sender::writable_by(&self.socket, deadline) {
                        Ok(true) => {}
                        Ok(false) => return Err(io::ErrorKind::TimedOut.into()),
                        Err(error) => return Err(io::Error::other(error)),
                    }
                }
                Err(error) => return Err(error),
            }
        }
    }
}

impl Drop for Link {
    /// A guardian that is given up must not act on what it knew.
    fn drop(&mut self) {
        // SAFETY: signals and reaps a child that nobody else reaps; a null status is allowed.
        unsafe {
            libc::kill(self.pid as libc::pid_t, libc::SIGKILL);
            let _ = super::call::retry(|| libc::waitpid(self.pid as libc::pid_t, std::ptr::null_mut(), 0));
        }
        offspring::end_guardian(self.pid);
    }
}

/// What the guardian process does, from its boot to its end.
pub(super) fn serve(mark: Mark) -> ! {
    stand_apart();
    // SAFETY: the process is at its first steps and has opened nothing; the socket is its standard input. What some
    // library of the arbiter left open for us is let go of here.
    unsafe { inherited::close_from(3) };
    limit::set_title("rehearsal-guard");
    // While the arbiter lives it holds the other end, so this cannot be missed; a descriptor of the process besides,
    // because a fork of the arbiter may hold that end for longer than the arbiter lives.
    let arbiter = open_pidfd(mark.arbiter_pid).ok();
    let arbiter_is_parent = std::os::unix::process::parent_id() == mark.arbiter_pid;
    let Ok(socket) = boot::take_stdin() else { leave() };
    if preamble::receive(socket.as_fd()).is_err() {
        leave();
    }
    let groups = listen(StdSocket::from(socket), arbiter.filter(|_| arbiter_is_parent));
    for group in groups {
        // One that is gone by itself is what we want anyway.
        let _ = kill_group(group, libc::SIGKILL);
    }
    leave()
}

/// Lets no polite signal and no directory of the arbiter's touch this process.
fn stand_apart() {
    // SAFETY: changes attributes of this process, which has one thread and no handlers; the path ends in a zero byte.
    unsafe {
        for signal in [libc::SIGINT, libc::SIGQUIT, libc::SIGTERM, libc::SIGHUP, libc::SIGPIPE] {
            libc::signal(signal, libc::SIG_IGN);
        }
        libc::chdir(c"/".as_ptr());
    }
}

/// Keeps the books until the arbiter is gone, and gives the groups that are left.
fn listen(mut socket: StdSocket, arbiter: Option<OwnedFd>) -> Vec<u32> {
    let mut groups = Vec::new();
    let mut buffer = Vec::new();
    if socket.set_nonblocking(true).is_err() {
        return groups;
    }
    let arbiter = arbiter.as_ref().map(OwnedFd::as_fd);
    loop {
        // Looked at before the socket is read, so that all that a dead arbiter has said is read.
        let is_dead = |arbiter| matches!(wait_readable(&[arbiter], Some(Duration::ZERO)), Ok(true));
        let died = arbiter.is_some_and(is_dead);
        let ended = read_all(&mut socket, &mut buffer);
        for news in buffer.chunks_exact(NEWS) {
            let pid = u32::from_le_bytes([news[0], news[1], news[2], news[3]]);
            groups.retain(|group| *group != pid);
            if news[4] == 1 {
                groups.push(pid);
            }
        }
        buffer.drain(..buffer.len() / NEWS * NEWS);
        if ended || died {
            return groups;
        }
        let watched: Vec<_> = [socket.as_fd()].into_iter().chain(arbiter).collect();
        if wait_readable(&watched, None).is_err() {
            // No memory for a moment; the arbiter's end can wait so long.
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

/// Reads what is there; true where nothing more will come.
fn read_all(socket: &mut StdSocket, buffer: &mut Vec<u8>) -> bool {
    match socket.read_to_end(buffer) {
        Ok(_) => true,
        Err(error) => error.kind() != io::ErrorKind::WouldBlock,
    }
}

fn leave() -> ! {
    // SAFETY: ends the process at once, without the hooks of a program that never ran.
    unsafe { libc::_exit(0) }
}
