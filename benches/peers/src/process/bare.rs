//! Two processes and a socket.

use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream as StdSocket;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use futures_util::{SinkExt, StreamExt};
use tokio::net::UnixStream;
use tokio::runtime::Builder;
use tokio_util::codec::{Framed, LengthDelimitedCodec};

use super::ours::{BYTES, Small};

/// The argument that makes this program the other end.
pub const ECHO: &str = "--echo-on-stdin";

type Wire = Framed<UnixStream, LengthDelimitedCodec>;

/// The other process; killed when this is dropped.
pub struct Echo(Child);

impl Drop for Echo {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts this program again and gives a wire to it.
pub fn start() -> (Echo, Wire) {
    let (ours, theirs) = StdSocket::pair().expect("a socketpair");
    let mut command = Command::new("/proc/self/exe");
    command.arg(ECHO).stdin(Stdio::from(OwnedFd::from(theirs)));
    let echo = Echo(command.spawn().expect("it starts"));
    (echo, wire(ours))
}

fn wire(socket: StdSocket) -> Wire {
    socket.set_nonblocking(true).expect("set");
    let socket = UnixStream::from_std(socket).expect("registered");
    LengthDelimitedCodec::builder().little_endian().max_frame_length(256 << 20).new_framed(socket)
}

/// What the other process does: every message comes back.
pub fn echo() {
    let stdin = std::os::fd::AsFd::as_fd(&std::io::stdin()).try_clone_to_owned().expect("the socket");
    let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async move {
        let task = tokio::spawn(async move {
            let mut wire = wire(stdin.into());
            while let Some(Ok(frame)) = wire.next().await {
                let answer = encode(&decode(&frame));
                // Written out at once only where nothing more has come: pipelined messages go in batches.
                SinkExt::<Bytes>::feed(&mut wire, answer).await.expect("written");
                if wire.read_buffer().is_empty() {
                    SinkExt::<Bytes>::flush(&mut wire).await.expect("written");
                }
            }
        });
        task.await.expect("no panic");
    });
}

fn encode(message: &Small) -> Bytes {
    postcard::to_allocvec(message).expect("encodes").into()
}

fn decode(frame: &BytesMut) -> Small {
    postcard::from_bytes(frame).expect("decodes")
}

/// One message at a time, there and back.
pub async fn ping_pong(wire: &mut Wire, count: u64) -> Duration {
    let begun = Instant::now();
    for _ in 0..count {
        wire.send(encode(&[7; BYTES])).await.expect("written");
        let frame = wire.next().await.expect("an answer").expect("read");
        assert_eq!(decode(&frame), [7; BYTES]);
    }
    begun.elapsed()
}

/// As many on their way as the sockets take.
pub async fn pipelined(wire: Wire, count: u64) -> Duration {
    let (mut sink, mut stream) = wire.split();
    let begun = Instant::now();
    let writing = tokio::spawn(async move {
        for _ in 0..count {
            sink.feed(encode(&[7; BYTES])).await.expect("written");
        }
        SinkExt::<Bytes>::flush(&mut sink).await.expect("written");
        sink
    });
    for _ in 0..count {
        let frame = stream.next().await.expect("an answer").expect("read");
        assert_eq!(decode(&frame), [7; BYTES]);
    }
    drop(writing.await.expect("no panic"));
    begun.elapsed()
}
