//! Writes whole frames on the calling thread.
#![allow(unsafe_code)]

use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::process::StdSocket;
use crate::sys::wire::WireError;

/// Puts whole frames on a socket, from any thread: when [`BlockingSender::send`] returns, the kernel has the frame, and
/// the peer gets it even if this process dies with its next instruction.
///
/// Clones write to the same socket, one frame after another. Nothing else may write to that socket, frames would
/// tear; reading from it elsewhere (tokio) is fine, and that it is non-blocking for that is why this waits by `poll`.
#[derive(Debug, Clone)]
pub struct BlockingSender {
    shared: Arc<Mutex<Sending>>,
}

#[derive(Debug)]
struct Sending {
    socket: OwnedFd,
    /// Part of a frame is on the wire, or the peer is known not to read: nothing more may follow.
    given_up: bool,
}

impl BlockingSender {
    /// A sender over a duplicate of this socket.
    ///
    /// # Errors
    /// Where this process may not open more files.
    pub fn new(socket: &StdSocket) -> io::Result<BlockingSender> {
        let socket = OwnedFd::from(socket.try_clone()?);
        Ok(BlockingSender { shared: Arc::new(Mutex::new(Sending { socket, given_up: false })) })
    }

    /// Writes the whole of `frame` (one or more frames as [`encode`](crate::sys::wire::encode) makes them). Waits up
    /// to `within` for a peer that does not read; a thread that waits for another one's frame adds that one's wait.
    ///
    /// # Errors
    /// [`WireError::Closed`] where the peer is gone, [`WireError::Stalled`] where it did not read in time: then the
    /// wire is given up, and every later call gets [`WireError::Closed`]. [`WireError::Io`] where a trial closed the
    /// descriptor under us, for one.
    pub fn send(&self, frame: &[u8], within: Duration) -> Result<(), WireError> {
        let mut sending = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        if sending.given_up {
            return Err(WireError::Closed);
        }
        let result = sending.write_all(frame, within);
        sending.given_up = result.is_err();
        result
    }
}

impl Sending {
    fn write_all(&self, frame: &[u8], within: Duration) -> Result<(), WireError> {
        let mut written = 0;
        let mut deadline = None;
        while written < frame.len() {
            match send_some(&self.socket, &frame[written..]) {
                Ok(some) => written += some,
                Err(error) => match error.kind() {
                    io::ErrorKind::Interrupted => {}
                    io::ErrorKind::WouldBlock => {
                        // The clock is read only where the peer is behind.
                        let deadline = *deadline.get_or_insert_with(|| after(within));
                        if !writable_by(&self.socket, deadline)? {
                            return Err(WireError::Stalled { written, len: frame.len(), waited: within });
                        }
                    }
                    io::ErrorKind::BrokenPipe
                    | io::ErrorKind::ConnectionReset
                    | io::ErrorKind::NotConnected => return Err(WireError::Closed),
                    _ => return Err(WireError::Io { doing: "writing a frame to the wire", source: error }),
                },
            }
        }
        Ok(())
    }
}

/// The instant so much later; for ever is a year.
fn after(wait: Duration) -> Instant {
    let now = Instant::now();
    now.checked_add(wait).unwrap_or(now + Duration::from_secs(365 * 24 * 3600))
}

/// One `send`: never raises SIGPIPE, and refuses a descriptor that was closed and now names somebody's file.
pub(super) fn send_some(socket: &impl AsRawFd, bytes: &[u8]) -> io::Result<usize> {
    #[cfg(not(target_vendor = "apple"))]
    let flags = libc::MSG_NOSIGNAL | libc::MSG_DONTWAIT;
    // There the standard library has set SO_NOSIGPIPE on the socket.
    #[cfg(target_vendor = "apple")]
    let flags = libc::MSG_DONTWAIT;
    // SAFETY: the buffer is valid for its length during the call.
    let sent = unsafe { libc::send(socket.as_raw_fd(), bytes.as_ptr().cast(), bytes.len(), flags) };
    super::call::check(sent).map(|sent| sent as usize)
}

/// Waits until the socket takes more, or has failed; false where `deadline` comes first.
pub(super) fn writable_by(socket: &OwnedFd, deadline: Instant) -> Result<bool, WireError> {
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        // Rounded up, so that less than a millisecond left does not spin.
        let timeout_ms = i32::try_from(left.as_micros().div_ceil(1000)).unwrap_or(i32::MAX);
        let mut poll = libc::pollfd { fd: socket.as_raw_fd(), events: libc::POLLOUT, revents: 0 };
        // SAFETY: one valid entry.
        match super::call::check(unsafe { libc::poll(&mut poll, 1, timeout_ms) }) {
            Ok(0) if left.is_zero() => return Ok(false),
            Ok(0) => {}
            Ok(_) => return Ok(true),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(source) => return Err(WireError::Io { doing: "waiting to write to the wire", source }),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;
    use crate::sys::wire::encode;

    fn pair() -> (BlockingSender, StdSocket) {
        let (ours, theirs) = StdSocket::pair().expect("a socketpair");
        ours.set_nonblocking(true).expect("set");
        (BlockingSender::new(&ours).expect("a sender"), theirs)
    }

    #[rehearsal::test]
    fn frames_of_many_threads_arrive_whole() {
        let (sender, mut peer) = pair();
        const EACH: usize = 20;
        std::thread::scope(|scope| {
            for thread in 0..8u8 {
                let sender = sender.clone();
                scope.spawn(move || {
                    for _ in 0..EACH {
                        // Large enough that the peer is behind most of the time.
                        let frame = encode(&vec![thread; 20_000]).expect("encodes");
                        sender.send(&frame, Duration::from_secs(30)).expect("sent");
                    }
                });
            }
            drop(sender);
            let mut counts = [0; 8];
            let frame_len = encode(&vec![0u8; 20_000]).expect("encodes").len();
            let mut frame = vec![0; frame_len];
            for _ in 0..8 * EACH {
                peer.read_exact(&mut frame).expect("a frame");
                let body: Vec<u8> = crate::sys::wire::decode(&frame[4..]).expect("decodes");
                assert!(body.iter().all(|byte| *byte == body[0]), "torn");
                counts[usize::from(body[0])] += 1;
            }
            assert_eq!(counts, [EACH; 8]);
        });
    }

    #[rehearsal::test]
    fn a_peer_that_does_not_read_costs_the_wait_once() {
        let (sender, peer) = pair();
        let frame = vec![0; 8 << 20];
        let started = Instant::now();
        let error = sender.send(&frame, Duration::from_millis(50)).expect_err("nobody reads");
        assert!(
            matches!(error, WireError::Stalled { written, len, .. } if 0 < written && written < len),
            "{error:?}"
        );
        assert!(started.elapsed() >= Duration::from_millis(50));
        let error = sender.send(&frame, Duration::MAX).expect_err("given up");
        assert!(matches!(error, WireError::Closed), "{error:?}");
        drop(peer);
    }

    #[rehearsal::test]
    fn a_peer_that_is_gone_is_told_from_one_that_hangs() {
        let (sender, peer) = pair();
        drop(peer);
        let error = sender.send(b"anything", Duration::from_secs(30)).expect_err("nobody is there");
        assert!(matches!(error, WireError::Closed), "{error:?}");
    }

    #[rehearsal::test]
    fn what_was_sent_is_there_after_the_sender_is_gone() {
        let (sender, mut peer) = pair();
        sender.send(&encode(&7u8).expect("encodes"), Duration::ZERO).expect("sent");
        drop(sender);
        let mut bytes = Vec::new();
        peer.read_to_end(&mut bytes).expect("read");
        assert_eq!(bytes, [1, 0, 0, 0, 7]);
    }
}
