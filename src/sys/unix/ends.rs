//! The two ends of a socket on a runtime, each woken only for what it waits for.
//!
//! A socket that is registered for both wakes its process whenever the peer has read something, because there is room
//! again: a second wake-up for every message, which nobody waits for. An end that is read may look for what comes next
//! by itself for a moment, before it sleeps (`lookout`).
#![allow(unsafe_code)]

use std::future::Future;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::unix::AsyncFd;
use tokio::io::{AsyncRead, AsyncWrite, Interest, ReadBuf};

use super::call::check;
use super::lookout::Lookout;
use super::process::StdSocket;
use super::sender::send_some;
use crate::sys::seam;

/// How long a write waits for room where it cannot be told of it: there is no descriptor left for that.
const BLIND: Duration = Duration::from_millis(1);

/// How long one that looks out looks without giving other tasks their turn, nanoseconds: a turn of the runtime costs
/// as much as several looks.
const GLANCE_NS: u64 = 4_000;

/// The end that is read.
#[derive(Debug)]
pub struct ReadEnd {
    socket: AsyncFd<Arc<StdSocket>>,
    lookout: Option<Arc<Lookout>>,
}

/// The end that is written to.
pub struct WriteEnd {
    socket: Arc<StdSocket>,
    /// What says when the socket has room again, while it is full.
    room: Option<Room>,
}

enum Room {
    Told(AsyncFd<OwnedFd>),
    Blind(Pin<Box<dyn Future<Output = ()> + Send>>),
}

/// Both ends, on the current runtime. The socket must be non-blocking.
pub(super) fn split(socket: StdSocket) -> io::Result<(ReadEnd, WriteEnd)> {
    let socket = Arc::new(socket);
    // SAFETY: the descriptor is open for as long as the socket, which goes into the registration.
    let read = unsafe { AsyncFd::register_with_interest(socket.clone(), Interest::READABLE) }?;
    Ok((ReadEnd { socket: read, lookout: None }, WriteEnd { socket, room: None }))
}

impl ReadEnd {
    /// Gives the socket to the current runtime, to be read from there. It must be non-blocking.
    ///
    /// # Errors
    /// Where the runtime cannot register it.
    ///
    /// # Panics
    /// Outside of a runtime with i/o enabled.
    pub fn from_std(socket: StdSocket) -> io::Result<ReadEnd> {
        split(socket).map(|(read, _)| read)
    }

    /// Has it look for what comes next by itself when `lookout` says so.
    pub(crate) fn looking_out(self, lookout: Arc<Lookout>) -> ReadEnd {
        ReadEnd { lookout: Some(lookout), ..self }
    }

    /// What is there, without being told of it, if it looks out. `Pending` while it goes on.
    fn poll_look(&self, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Option<Poll<io::Result<()>>> {
        let lookout = self.lookout.as_ref().filter(|lookout| lookout.resumes())?;
        let until_ns = seam::monotonic_ns().saturating_add(GLANCE_NS);
        loop {
            match receive(&**self.socket.get_ref(), into) {
                Ok(_) => {
                    lookout.came();
                    return Some(Poll::Ready(Ok(())));
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    lookout.came();
                    return Some(Poll::Ready(Err(error)));
                }
            }
            if !lookout.goes_on() {
                return None;
            }
            if seam::monotonic_ns() >= until_ns {
                let_others(cx);
                return Some(Poll::Pending);
            }
        }
    }
}

impl AsyncRead for ReadEnd {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if let Some(seen) = self.poll_look(cx, into) {
            return seen;
        }
        loop {
            let Poll::Ready(ready) = self.socket.poll_read_ready(cx) else {
                if let Some(lookout) = &self.lookout
                    && lookout.waits(cx.waker())
                {
                    let_others(cx);
                }
                return Poll::Pending;
            };
            let mut ready = ready?;
            let room = into.remaining();
            match receive(&**self.socket.get_ref(), into) {
                Ok(came) => {
                    if let Some(lookout) = &self.lookout {
                        lookout.came();
                    }
                    // Less than there was room for: it is empty now, and whatever comes is an event of its own.
                    if 0 < came && came < room {
                        ready.clear_ready();
                    }
                    return Poll::Ready(Ok(()));
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => ready.clear_ready(),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
    }
}

/// Has the task that is polled be polled again when the others of its runtime, and its i/o, have had their turn. Unlike
/// waking it, this has no other thread of the runtime come for it.
fn let_others(cx: &mut Context<'_>) {
    // Its first poll asks for the second, which is that of the whole task.
    let _ = pin!(tokio::task::yield_now()).poll(cx);
}

pub(super) fn receive(socket: &impl AsRawFd, into: &mut ReadBuf<'_>) -> io::Result<usize> {
    // SAFETY: the kernel writes to this memory and nothing is taken out of it.
    let room = unsafe { into.unfilled_mut() };
    // SAFETY: the buffer is valid for its length during the call.
    let came = check(unsafe {
        libc::recv(socket.as_raw_fd(), room.as_mut_ptr().cast(), room.len(), libc::MSG_DONTWAIT)
    })? as usize;
    // SAFETY: so many bytes were written by the kernel.
    unsafe { into.assume_init(came) };
    into.advance(came);
    Ok(came)
}

impl AsyncWrite for WriteEnd {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        loop {
            if let Some(room) = &mut self.room {
                ready!(room.poll(cx));
                self.room = None;
            }
            match send_some(&*self.socket, bytes) {
                Ok(sent) => return Poll::Ready(Ok(sent)),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.room = Some(Room::of(&self.socket));
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(self.socket.shutdown(std::net::Shutdown::Write))
    }
}

impl Room {
    /// A duplicate, because one descriptor can be registered once.
    fn of(socket: &StdSocket) -> Room {
        let told = socket.try_clone().and_then(|socket| {
            // SAFETY: the descriptor is open for as long as the socket, which goes into the registration.
            Ok(unsafe { AsyncFd::register_with_interest(OwnedFd::from(socket), Interest::WRITABLE) }?)
        });
        told.map_or_else(|_| Room::Blind(Box::pin(seam::sleep(BLIND))), Room::Told)
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        match self {
            // A socket that failed is ready too: the next write says how.
            Room::Told(socket) => socket.poll_write_ready(cx).map(drop),
            Room::Blind(moment) => moment.as_mut().poll(cx),
        }
    }
}

impl std::fmt::Debug for WriteEnd {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WriteEnd").field("socket", &self.socket).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    fn ends() -> ((ReadEnd, WriteEnd), (ReadEnd, WriteEnd)) {
        let (ours, theirs) = StdSocket::pair().expect("a socketpair");
        let end = |socket: StdSocket| {
            socket.set_nonblocking(true).expect("set");
            split(socket).expect("on the runtime")
        };
        (end(ours), end(theirs))
    }

    #[rehearsal::test]
    async fn more_than_fits_goes_through_and_the_end_is_seen() {
        let ((mut from, to), (_, mut into)) = ends();
        let bytes: Vec<u8> = (0..4 << 20).map(|at: u32| (at >> 7) as u8).collect();
        let writing = tokio::spawn({
            let bytes = bytes.clone();
            async move { into.write_all(&bytes).await.expect("written") }
        });
        let mut got = Vec::new();
        from.read_to_end(&mut got).await.expect("read");
        writing.await.expect("no panic");
        assert!(got == bytes);
        drop(to);
    }

    /// Lets this process open no more files until this is dropped.
    struct NoMoreFiles(libc::rlimit);

    impl NoMoreFiles {
        fn new() -> NoMoreFiles {
            let mut before = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
            // SAFETY: a valid place for the call to write to, and a valid limit to read, which is no higher.
            unsafe {
                check(libc::getrlimit(libc::RLIMIT_NOFILE, &mut before)).expect("a limit");
                let none = libc::rlimit { rlim_cur: 0, ..before };
                check(libc::setrlimit(libc::RLIMIT_NOFILE, &none)).expect("lowered");
            }
            NoMoreFiles(before)
        }
    }

    impl Drop for NoMoreFiles {
        fn drop(&mut self) {
            // SAFETY: a valid limit, the one that was.
            unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &self.0) };
        }
    }

    #[rehearsal::test(isolation = "process")]
    async fn a_full_socket_waits_without_a_descriptor_too() {
        let ((mut from, _to), (_back, mut into)) = ends();
        let bytes = vec![7; 1 << 20];
        let limit = NoMoreFiles::new();
        let writing = tokio::spawn(async move { into.write_all(&bytes).await });
        tokio::task::yield_now().await;
        let mut got = vec![0; 1 << 20];
        from.read_exact(&mut got).await.expect("read");
        drop(limit);
        writing.await.expect("no panic").expect("written");
        assert!(got.iter().all(|byte| *byte == 7));
    }

    #[rehearsal::test]
    fn what_comes_while_it_is_looked_out_for_is_seen() {
        let lookout = Lookout::no_longer_than(u64::MAX);
        let resting = lookout.clone();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .on_thread_park(move || resting.rest())
            .build()
            .expect("a runtime");
        let (ours, mut theirs) = StdSocket::pair().expect("a socketpair");
        ours.set_nonblocking(true).expect("set");
        let (asked, is_asked) = std::sync::mpsc::channel();
        let watching = lookout.clone();
        let peer = std::thread::spawn(move || {
            for looks in [false, true, true] {
                is_asked.recv().expect("an answer");
                while looks && !watching.looks() {
                    std::thread::yield_now();
                }
                theirs.write_all(b".").expect("written");
            }
        });
        let reading = runtime.spawn(async move {
            let end = ReadEnd::from_std(ours).expect("on the runtime");
            let mut end = end.looking_out(lookout.clone());
            for _ in 0..3 {
                lookout.expect();
                asked.send(()).expect("the peer waits");
                assert_eq!(end.read_u8().await.expect("read"), b'.');
                assert!(!lookout.looks());
            }
            assert_eq!(end.read(&mut [0]).await.expect("read"), 0, "the end is seen too");
        });
        runtime.block_on(reading).expect("no panic");
        peer.join().expect("no panic");
    }

    /// One thread: what is written comes from a task that has its turn only while the reader gives it up.
    #[rehearsal::test]
    async fn who_asks_looks_by_itself_and_others_have_their_turn_meanwhile() {
        let lookout = Lookout::no_longer_than(u64::MAX);
        let (ours, mut theirs) = StdSocket::pair().expect("a socketpair");
        ours.set_nonblocking(true).expect("set");
        let (asking, mut is_asked) = tokio::sync::mpsc::channel(1);
        let watching = lookout.clone();
        let writing = tokio::spawn(async move {
            for looks in [false, true, true] {
                is_asked.recv().await.expect("an ask");
                while looks && !watching.looks() {
                    tokio::task::yield_now().await;
                }
                theirs.write_all(b".").expect("written");
            }
        });
        let mut end = ReadEnd::from_std(ours).expect("on the runtime").looking_out(lookout.clone());
        for _ in 0..3 {
            asking.send(()).await.expect("the task waits");
            lookout.expect();
            assert_eq!(end.read_u8().await.expect("read"), b'.');
        }
        writing.await.expect("no panic");
    }

    #[rehearsal::test]
    async fn a_peer_that_is_gone_fails_a_write() {
        let ((_from, mut to), theirs) = ends();
        drop(theirs);
        let error = to.write_all(b"anything").await.expect_err("nobody is there");
        assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
    }
}
