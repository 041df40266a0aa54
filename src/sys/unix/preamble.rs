//! The first bytes on a worker's socket: they prove who made it, and carry the files that are passed.
//!
//! The arbiter writes them before the worker exists, so the worker never waits for them.
#![allow(unsafe_code)]

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};

use crate::sys::process::MAX_PASSED;

const MAGIC: [u8; 4] = *b"RHL1";
/// Magic, nonce, number of files.
const LEN: usize = 4 + 8 + 4;

/// Room for the control message of as many files as can be passed. Aligned as the kernel wants it.
#[repr(C, align(8))]
struct Control([u8; CONTROL_LEN]);
// SAFETY: only computes a size.
const CONTROL_LEN: usize = unsafe { libc::CMSG_SPACE((MAX_PASSED * size_of::<RawFd>()) as u32) } as usize;

fn bytes(nonce: u64, files: usize) -> [u8; LEN] {
    let mut bytes = [0; LEN];
    bytes[..4].copy_from_slice(&MAGIC);
    bytes[4..12].copy_from_slice(&nonce.to_le_bytes());
    bytes[12..].copy_from_slice(&(files as u32).to_le_bytes());
    bytes
}

/// Puts the preamble on a fresh socket.
///
/// # Panics
/// With more than `MAX_PASSED` files.
pub(super) fn send(socket: impl AsFd, nonce: u64, files: &[OwnedFd]) -> io::Result<()> {
    assert!(files.len() <= MAX_PASSED, "checked by the caller");
    let mut bytes = bytes(nonce, files.len());
    let mut control = Control([0; CONTROL_LEN]);
    let mut part = libc::iovec { iov_base: bytes.as_mut_ptr().cast(), iov_len: LEN };
    let message = message(&mut part, &mut control, files.len());
    if !files.is_empty() {
        let raw: Vec<RawFd> = files.iter().map(AsRawFd::as_raw_fd).collect();
        let data_len = size_of_val(raw.as_slice());
        // SAFETY: the control buffer has room for a header and this many descriptors, by the assertion above, and
        // the header pointer is not null because the buffer's length says so.
        unsafe {
            let header = libc::CMSG_FIRSTHDR(&message);
            (*header).cmsg_level = libc::SOL_SOCKET;
            (*header).cmsg_type = libc::SCM_RIGHTS;
            (*header).cmsg_len = libc::CMSG_LEN(data_len as u32) as _;
            std::ptr::copy_nonoverlapping(raw.as_ptr().cast::<u8>(), libc::CMSG_DATA(header), data_len);
        }
    }
    // SAFETY: `message` points to a part and a control buffer that outlive the call.
    let sent = super::call::retry(|| unsafe { libc::sendmsg(socket.as_fd().as_raw_fd(), &message, 0) })?;
    if sent as usize == LEN {
        Ok(())
    } else {
        Err(io::Error::other("the preamble did not fit a fresh socket"))
    }
}

/// Whether the next bytes on the socket are this nonce's preamble; leaves them there.
pub(super) fn is_next(socket: BorrowedFd<'_>, nonce: u64) -> bool {
    let mut have = [0u8; LEN];
    // SAFETY: the buffer is valid for its length during the call.
    let got = super::call::retry(|| unsafe {
        libc::recv(socket.as_raw_fd(), have.as_mut_ptr().cast(), LEN, libc::MSG_PEEK | libc::MSG_DONTWAIT)
    });
    matches!(got, Ok(got) if got as usize == LEN) && have[..12] == bytes(nonce, 0)[..12]
}

/// Takes the preamble off the socket and gives the files that came with it.
pub(super) fn receive(socket: BorrowedFd<'_>) -> io::Result<Vec<OwnedFd>> {
    let mut have = [0u8; LEN];
    let mut control = Control([0; CONTROL_LEN]);
    let mut part = libc::iovec { iov_base: have.as_mut_ptr().cast(), iov_len: LEN };
    let mut message = message(&mut part, &mut control, MAX_PASSED);
    #[cfg(any(target_os = "linux", target_os = "android"))]
    let flags = libc::MSG_CMSG_CLOEXEC | libc::MSG_DONTWAIT;
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    let flags = libc::MSG_DONTWAIT;
    // SAFETY: `message` points to a part and a control buffer that outlive the call.
    super::call::retry(|| unsafe { libc::recvmsg(socket.as_raw_fd(), &mut message, flags) })?;
    let files = received(&message);
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    for file in &files {
        super::inherited::close_on_exec(file.as_raw_fd());
    }
    let announced = u32::from_le_bytes(have[12..].try_into().expect("four bytes")) as usize;
    if message.msg_flags & libc::MSG_CTRUNC != 0 || files.len() != announced {
        let text = format!(
            "{} of {announced} files that were passed arrived; {}",
            files.len(),
            crate::sys::limit::LimitKind::OpenFiles(super::limit::open_files())
        );
        return Err(io::Error::other(text));
    }
    Ok(files)
}

fn message(part: &mut libc::iovec, control: &mut Control, files: usize) -> libc::msghdr {
    // SAFETY: all zeros is a valid message header, one without a name, parts and control data.
    let mut message: libc::msghdr = unsafe { std::mem::zeroed() };
    message.msg_iov = part;
    message.msg_iovlen = 1;
    if files > 0 {
        message.msg_control = control.0.as_mut_ptr().cast();
        // SAFETY: only computes a size.
        message.msg_controllen = unsafe { libc::CMSG_SPACE((files * size_of::<RawFd>()) as u32) } as _;
    }
    message
}

fn received(message: &libc::msghdr) -> Vec<OwnedFd> {
    let mut files = Vec::new();
    // SAFETY: the kernel has filled in the header and its control buffer, which is walked with its own macros; each
    // descriptor in it is new, and ours alone.
    unsafe {
        let mut header = libc::CMSG_FIRSTHDR(message);
        while !header.is_null() {
            if (*header).cmsg_level == libc::SOL_SOCKET && (*header).cmsg_type == libc::SCM_RIGHTS {
                let data_len = (*header).cmsg_len as usize - libc::CMSG_LEN(0) as usize;
                let data = libc::CMSG_DATA(header).cast::<RawFd>();
                for index in 0..data_len / size_of::<RawFd>() {
                    files.push(OwnedFd::from_raw_fd(data.add(index).read_unaligned()));
                }
            }
            header = libc::CMSG_NXTHDR(message, header);
        }
    }
    files
}
