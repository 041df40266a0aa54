//! The wire between processes: a frame is a little-endian `u32` length and that many bytes, of one value or several.
//!
//! [`encode`] and [`decode`] make and read frames, [`FrameReader`] cuts a byte stream into them (many a system call),
//! [`BlockingSender`] puts one on a socket and returns when the kernel has all of it: what was sent so survives the
//! death of the sender, which is what blaming the right trial rests on.

use std::io;
use std::ops::Range;
use std::time::Duration;

use serde_core::Serialize;
use serde_core::de::DeserializeOwned;
use tokio::io::AsyncRead;

pub use self::flaw::Flaw;
use self::reader::Reader;
#[cfg(feature = "json")]
pub(crate) use self::shape::absent;
pub(crate) use self::shape::wired;
use self::writer::Writer;
pub use super::platform::sender::BlockingSender;

mod fill;
mod flaw;
mod reader;
pub(crate) mod shape;
mod writer;

/// The most bytes the body of a frame may have: 256 MiB.
pub const MAX_FRAME: usize = 256 << 20;

/// Bytes of the length before each body.
pub const PREFIX: usize = 4;

/// The reader's buffer when it is at rest, bytes.
const BUFFER: usize = 32 << 10;

/// A buffer that grew beyond this for one large frame is given back once it is empty, bytes.
const KEEP: usize = 1 << 20;

/// What can go wrong on the wire.
#[derive(Debug)]
#[non_exhaustive]
pub enum WireError {
    /// A frame, to be sent or announced by the peer, is over the limit.
    TooLarge {
        /// Bytes of the body; when encoding, as far as it got.
        len: u64,
        /// Bytes it may have.
        limit: u64,
    },
    /// The bytes are not a value of the type that was expected.
    Decode {
        /// Name of the type.
        what: &'static str,
        /// Bytes of the body.
        len: usize,
        /// What is wrong with it.
        source: Flaw,
    },
    /// The value cannot be written (its `Serialize` failed, or needs a self-describing format).
    Encode {
        /// Name of the type.
        what: &'static str,
        /// What is wrong with it.
        source: Flaw,
    },
    /// The system failed.
    Io {
        /// What was being done.
        doing: &'static str,
        /// What the system says.
        source: io::Error,
    },
    /// The peer has closed its end.
    Closed,
    /// The peer closed its end, or died, in the middle of a frame.
    MidFrame {
        /// Bytes that came, prefix included.
        have: usize,
        /// Bytes the frame has, prefix included; the prefix alone where not even that came.
        want: usize,
    },
    /// The peer did not read for too long; the wire is given up, because part of a frame may be on it.
    Stalled {
        /// Bytes of the frame that went out.
        written: usize,
        /// Bytes of the frame.
        len: usize,
        /// How long was waited.
        waited: Duration,
    },
}

impl std::fmt::Display for WireError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            WireError::TooLarge { len, limit } => write!(
                f,
                "a frame of {len} bytes or more is over the wire's limit of {limit} bytes: send it in pieces, or pass a file"
            ),
            WireError::Decode { what, len, source } => write!(
                f,
                "a frame of {len} bytes is not a valid `{what}` ({source}): does the peer run the same binary?"
            ),
            WireError::Encode { what, source } => {
                write!(f, "a value of `{what}` cannot be written to the wire: {source}")
            }
            WireError::Io { doing, source } => write!(f, "{doing} failed: {source}"),
            WireError::Closed => f.write_str("the peer has closed its end of the wire"),
            WireError::MidFrame { have, want } => {
                write!(f, "the wire ended in the middle of a frame: {have} of {want} bytes came")
            }
            WireError::Stalled { written, len, waited } => write!(
                f,
                "the peer took {written} of {len} bytes in {waited:?} and then no more: it hangs or is stopped"
            ),
        }
    }
}

impl std::error::Error for WireError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            WireError::Decode { source, .. } => Some(source),
            WireError::Encode { source, .. } => Some(source),
            WireError::Io { source, .. } => Some(source),
            _ => None,
        }
    }
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
    frame(buffer, limit, std::any::type_name::<T>(), &|writer| value.serialize(writer))
}

/// What making a frame is for every type, compiled once.
fn frame(
    buffer: &mut Vec<u8>,
    limit: usize,
    what: &'static str,
    write: &dyn Fn(&mut Writer<'_>) -> Result<(), Flaw>,
) -> Result<(), WireError> {
    let before = buffer.len();
    buffer.extend_from_slice(&[0; PREFIX]);
    let body = before + PREFIX;
    let mut writer = Writer { buffer: &mut *buffer, end: body + limit, overflow: 0 };
    let written = write(&mut writer);
    let overflow = writer.overflow;
    if let Err(source) = written {
        buffer.truncate(before);
        return Err(match overflow {
            0 => WireError::Encode { what, source },
            len => WireError::TooLarge { len: (len - body) as u64, limit: limit as u64 },
        });
    }
    let len = u32::try_from(buffer.len() - body).expect("the limit of a frame fits its length prefix");
    buffer[before..body].copy_from_slice(&len.to_le_bytes());
    Ok(())
}

/// Reads the body of a frame (without its prefix) back into a value; every byte of it must belong to the value.
///
/// # Errors
/// [`WireError::Decode`].
pub fn decode<T: DeserializeOwned>(body: &[u8]) -> Result<T, WireError> {
    match take(body)? {
        (value, []) => Ok(value),
        (_, left) => Err(WireError::Decode {
            what: std::any::type_name::<T>(),
            len: body.len(),
            source: Flaw::LeftOver { bytes: left.len() },
        }),
    }
}

/// Reads the value at the front of a frame's body, and gives the bytes behind it: where a header says what follows.
///
/// # Errors
/// [`WireError::Decode`].
pub fn take<T: DeserializeOwned>(body: &[u8]) -> Result<(T, &[u8]), WireError> {
    let mut reader = Reader(body);
    match T::deserialize(&mut reader) {
        Ok(value) => Ok((value, reader.0)),
        Err(source) => Err(WireError::Decode { what: std::any::type_name::<T>(), len: body.len(), source }),
    }
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

    /// The stream alone. The buffer is neither read nor freed: in a fork that would copy it first.
    pub fn into_stream(self) -> R {
        std::mem::forget(self.buffer);
        self.source
    }

    /// Whether the next frame has arrived already.
    pub fn has_frame(&self) -> bool {
        matches!(self.complete(), Ok(Some(_)))
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
            let came = match fill::read(&mut self.source, &mut self.buffer).await {
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
