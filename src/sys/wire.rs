//! The wire between processes: a frame is a little-endian `u32` length and that many bytes of postcard.
//!
//! [`encode`] and [`decode`] make and read frames, [`FrameReader`] cuts a byte stream into them (many a system call),
//! [`BlockingSender`] puts one on a socket and returns when the kernel has all of it: what was sent so survives the
//! death of the sender, which is what blaming the right trial rests on.

use std::io;
use std::ops::Range;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::io::{AsyncRead, AsyncReadExt};

pub use super::platform::sender::BlockingSender;

/// The most bytes the body of a frame may have: 256 MiB.
pub const MAX_FRAME: usize = 256 << 20;

/// Bytes of the length before each body.
pub const PREFIX: usize = 4;

/// The reader's buffer when it is at rest, bytes.
const BUFFER: usize = 32 << 10;

/// A buffer that grew beyond this for one large frame is given back once it is empty, bytes.
const KEEP: usize = 1 << 20;

/// What can go wrong on the wire.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WireError {
    /// A frame, to be sent or announced by the peer, is over the limit.
    #[error(
        "a frame of {len} bytes or more is over the wire's limit of {limit} bytes: send it in pieces, or pass a file"
    )]
    TooLarge {
        /// Bytes of the body; when encoding, as far as it got.
        len: u64,
        /// Bytes it may have.
        limit: u64,
    },
    /// The bytes are not a value of the type that was expected.
    #[error("a frame of {len} bytes is not a valid `{what}` ({source}): does the peer run the same binary?")]
    Decode {
        /// Name of the type.
        what: &'static str,
        /// Bytes of the body.
        len: usize,
        /// What postcard says.
        source: postcard::Error,
    },
    /// The value cannot be written (its `Serialize` failed, or needs a self-describing format).
    #[error("a value of `{what}` cannot be written to the wire: {source}")]
    Encode {
        /// Name of the type.
        what: &'static str,
        /// What postcard says.
        source: postcard::Error,
    },
    /// The system failed.
    #[error("{doing} failed: {source}")]
    Io {
        /// What was being done.
        doing: &'static str,
        /// What the system says.
        source: io::Error,
    },
    /// The peer has closed its end.
    #[error("the peer has closed its end of the wire")]
    Closed,
    /// The peer closed its end, or died, in the middle of a frame.
    #[error("the wire ended in the middle of a frame: {have} of {want} bytes came")]
    MidFrame {
        /// Bytes that came, prefix included.
        have: usize,
        /// Bytes the frame has, prefix included; the prefix alone where not even that came.
        want: usize,
    },
    /// The peer did not read for too long; the wire is given up, because part of a frame may be on it.
    #[error("the peer took {written} of {len} bytes in {waited:?} and then no more: it hangs or is stopped")]
    Stalled {
        /// Bytes of the frame that went out.
        written: usize,
        /// Bytes of the frame.
        len: usize,
        /// How long was waited.
        waited: Duration,
    },
}

/// Makes a frame, length prefix included.
///
/// # Errors
/// [`WireError::TooLarge`], [`WireError::Encode`].
pub fn encode<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, WireError> {
    let mut frame = Vec::with_capacity(64);
    encode_onto(&mut frame, value)?;
    Ok(frame)
}

/// Appends a frame to `buffer`, length prefix included; on an error the buffer is as it was.
///
/// # Errors
/// [`WireError::TooLarge`], [`WireError::Encode`].
pub fn encode_onto<T: Serialize + ?Sized>(buffer: &mut Vec<u8>, value: &T) -> Result<(), WireError> {
    encode_within(buffer, value, MAX_FRAME)
}

fn encode_within<T: Serialize + ?Sized>(
    buffer: &mut Vec<u8>,
    value: &T,
    limit: usize,
) -> Result<(), WireError> {
    let before = buffer.len();
    buffer.extend_from_slice(&[0; PREFIX]);
    let body = before + PREFIX;
    let mut overflow = 0;
    let flavor = Body { buffer, end: body + limit, overflow: &mut overflow };
    match postcard::serialize_with_flavor(value, flavor) {
        Ok(()) => {}
        Err(_) if overflow > 0 => {
            buffer.truncate(before);
            return Err(WireError::TooLarge { len: (overflow - body) as u64, limit: limit as u64 });
        }
        Err(source) => {
            buffer.truncate(before);
            return Err(WireError::Encode { what: std::any::type_name::<T>(), source });
        }
    }
    let len = u32::try_from(buffer.len() - body).expect("the limit of a frame fits its length prefix");
    buffer[before..body].copy_from_slice(&len.to_le_bytes());
    Ok(())
}

/// Where postcard writes to: the end of a buffer, up to a limit, so that a value without end fails early.
struct Body<'a> {
    buffer: &'a mut Vec<u8>,
    end: usize,
    /// Set to the length that would have been needed, where that was over the limit.
    overflow: &'a mut usize,
}

impl Body<'_> {
    fn room_for(&mut self, more: usize) -> postcard::Result<()> {
        let len = self.buffer.len() + more;
        if len > self.end {
            *self.overflow = len;
            return Err(postcard::Error::SerializeBufferFull);
        }
        Ok(())
    }
}

impl postcard::ser_flavors::Flavor for Body<'_> {
    type Output = ();

    fn try_push(&mut self, byte: u8) -> postcard::Result<()> {
        self.room_for(1)?;
        self.buffer.push(byte);
        Ok(())
    }

    fn try_extend(&mut self, bytes: &[u8]) -> postcard::Result<()> {
        self.room_for(bytes.len())?;
        self.buffer.extend_from_slice(bytes);
        Ok(())
    }

    fn finalize(self) -> postcard::Result<()> {
        Ok(())
    }
}

/// Reads the body of a frame (without its prefix) back into a value; every byte of it must belong to the value.
///
/// # Errors
/// [`WireError::Decode`].
pub fn decode<T: DeserializeOwned>(body: &[u8]) -> Result<T, WireError> {
    let failed = |source| WireError::Decode { what: std::any::type_name::<T>(), len: body.len(), source };
    match postcard::take_from_bytes(body) {
        Ok((value, [])) => Ok(value),
        Ok(_) => Err(failed(postcard::Error::DeserializeBadEncoding)),
        Err(source) => Err(failed(source)),
    }
}

/// Reads the value at the front of a frame's body, and gives the bytes behind it: where a header says what follows.
///
/// # Errors
/// [`WireError::Decode`].
pub fn take<T: DeserializeOwned>(body: &[u8]) -> Result<(T, &[u8]), WireError> {
    postcard::take_from_bytes(body).map_err(|source| WireError::Decode {
        what: std::any::type_name::<T>(),
        len: body.len(),
        source,
    })
}

/// Cuts a byte stream into frames.
///
/// Cancel-safe: a `next()` that is dropped has lost nothing, what it read waits in the buffer. Memory grows with the
/// bytes that came, not with the length that was announced, so a peer that writes garbage costs nothing. After an
/// error the stream is out of step: every further `next()` reports an error too.
#[derive(Debug)]
pub struct FrameReader<R> {
    source: R,
    buffer: Vec<u8>,
    /// Where the first frame that was not handed out yet begins.
    start: usize,
    limit: usize,
}

impl<R> FrameReader<R> {
    /// A reader with the wire's own limit, [`MAX_FRAME`].
    pub fn new(source: R) -> FrameReader<R> {
        FrameReader::with_limit(source, MAX_FRAME)
    }

    /// A reader that refuses bodies of more than `limit` bytes.
    pub fn with_limit(source: R, limit: usize) -> FrameReader<R> {
        FrameReader { source, buffer: Vec::with_capacity(BUFFER), start: 0, limit }
    }

    /// The stream, for writing to it or asking it things; reading from it would tear frames apart.
    pub fn get_ref(&self) -> &R {
        &self.source
    }

    /// A frame that has arrived already, without asking the system; `None` where none is complete.
    ///
    /// # Errors
    /// [`WireError::TooLarge`].
    pub fn buffered(&mut self) -> Result<Option<&[u8]>, WireError> {
        match self.complete()? {
            None => Ok(None),
            Some(body) => {
                self.start = body.end;
                Ok(Some(&self.buffer[body]))
            }
        }
    }

    /// Where the body of the next frame is, once all of it is there.
    fn complete(&self) -> Result<Option<Range<usize>>, WireError> {
        let Some(frame) = self.wanted()? else { return Ok(None) };
        let body = self.start + PREFIX..self.start + frame;
        Ok((body.end <= self.buffer.len()).then_some(body))
    }

    /// Length of the next frame with its prefix, once that prefix is there.
    fn wanted(&self) -> Result<Option<usize>, WireError> {
        let Some(prefix) = self.buffer[self.start..].first_chunk::<PREFIX>() else { return Ok(None) };
        let len = u32::from_le_bytes(*prefix) as usize;
        if len > self.limit {
            return Err(WireError::TooLarge { len: len as u64, limit: self.limit as u64 });
        }
        Ok(Some(PREFIX + len))
    }

    /// Moves what is left to the front and makes room for more of it.
    fn make_room(&mut self) -> Result<(), WireError> {
        let have = self.buffer.len() - self.start;
        if have == 0 && self.buffer.capacity() > KEEP {
            self.buffer = Vec::with_capacity(BUFFER);
        } else {
            self.buffer.drain(..self.start);
        }
        self.start = 0;
        let missing = self.wanted()?.unwrap_or(PREFIX).saturating_sub(have);
        self.buffer.reserve(missing.clamp(1, have.max(BUFFER)));
        Ok(())
    }
}

impl<R: AsyncRead + Unpin> FrameReader<R> {
    /// The body of the next frame; `None` where the peer closed its end between two frames.
    ///
    /// # Errors
    /// [`WireError::TooLarge`], [`WireError::MidFrame`], [`WireError::Io`].
    pub async fn next(&mut self) -> Result<Option<&[u8]>, WireError> {
        loop {
            if let Some(body) = self.complete()? {
                self.start = body.end;
                return Ok(Some(&self.buffer[body]));
            }
            self.make_room()?;
            let came = match self.source.read_buf(&mut self.buffer).await {
                Ok(came) => came,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                // A peer that dies with something unread in its own queue resets the socket instead of closing it;
                // the system reports that after the last byte the peer had written.
                Err(error) if error.kind() == io::ErrorKind::ConnectionReset => 0,
                Err(source) => return Err(WireError::Io { doing: "reading a frame from the wire", source }),
            };
            if came == 0 && self.buffer.is_empty() {
                return Ok(None);
            }
            if came == 0 {
                let want = self.wanted()?.unwrap_or(PREFIX);
                return Err(WireError::MidFrame { have: self.buffer.len(), want });
            }
        }
    }
}

#[cfg(test)]
mod tests;
