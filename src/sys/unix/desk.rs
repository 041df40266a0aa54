//! A socket with a name, by which processes of this machine and user find each other.
#![allow(unsafe_code)]

use std::io;
use std::os::unix::net::{SocketAddr, UnixListener as StdListener};

use tokio::net::{UnixListener, UnixStream};

use super::ends::split;
use super::process::StdSocket;
use crate::sys::process::{ReadEnd, WriteEnd};

/// Where others connect to. On Linux its name goes with the last process that has it open.
#[derive(Debug)]
pub(crate) struct Desk(UnixListener);

fn address(name: &str) -> io::Result<SocketAddr> {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    {
        #[cfg(target_os = "android")]
        use std::os::android::net::SocketAddrExt;
        #[cfg(target_os = "linux")]
        use std::os::linux::net::SocketAddrExt;
        SocketAddr::from_abstract_name(name)
    }
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    SocketAddr::from_pathname(std::env::temp_dir().join(name))
}

impl Desk {
    /// Opens it on the current runtime.
    pub(crate) fn open(name: &str) -> io::Result<Desk> {
        let listener = StdListener::bind_addr(&address(name)?)?;
        listener.set_nonblocking(true)?;
        UnixListener::from_std(listener).map(Desk)
    }

    /// The next caller of the same user; others are hung up on.
    pub(crate) async fn next(&self) -> io::Result<(ReadEnd, WriteEnd)> {
        loop {
            let (socket, _) = self.0.accept().await?;
            if let Ok(ends) = ends_of(socket) {
                return Ok(ends);
            }
        }
    }
}

/// Connects to the desk of this name, on the current runtime.
pub(crate) fn connect(name: &str) -> io::Result<(ReadEnd, WriteEnd)> {
    let socket = StdSocket::connect_addr(&address(name)?)?;
    socket.set_nonblocking(true)?;
    ends_of(UnixStream::from_std(socket)?)
}

fn ends_of(socket: UnixStream) -> io::Result<(ReadEnd, WriteEnd)> {
    // SAFETY: asks for a number of this process, and cannot fail.
    let own = unsafe { libc::geteuid() };
    if socket.peer_cred()?.uid() != own {
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, "it belongs to another user"));
    }
    split(socket.into_std()?)
}
