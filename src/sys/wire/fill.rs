//! Reading without tokio's `io-util`, which would cost a clean build a second and a half for these few lines.
#![allow(unsafe_code)]

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::ready;

use tokio::io::{AsyncRead, ReadBuf};

/// Reads once into the room that `buffer` has beyond its length, and tells how many bytes came. Cancel-safe.
pub(super) async fn read<R: AsyncRead + Unpin>(source: &mut R, buffer: &mut Vec<u8>) -> io::Result<usize> {
    poll_fn(|cx| {
        let room = buffer.spare_capacity_mut();
        let start = room.as_ptr().cast::<u8>();
        let mut into = ReadBuf::uninit(room);
        ready!(Pin::new(&mut *source).poll_read(cx, &mut into))?;
        let came = into.filled();
        assert_eq!(came.as_ptr(), start, "the source has put another buffer in the place of ours");
        let len = came.len();
        // SAFETY: the buffer's room was handed out, and came back with its first `len` bytes filled.
        unsafe { buffer.set_len(buffer.len() + len) };
        Ok(len).into()
    })
    .await
}
