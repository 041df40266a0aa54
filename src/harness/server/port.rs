//! A port that nobody else is given meanwhile.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, TcpListener, TcpStream};

/// A free port of 127.0.0.1.
///
/// A connection to it was made and closed from its side, so it is in TIME_WAIT: for about a minute the system gives it to
/// nobody who asks for any port, while a server that asks for this very one, with SO_REUSEADDR as servers do, gets it.
pub(super) fn reserve() -> io::Result<SocketAddr> {
    let listener = TcpListener::bind(SocketAddrV4::new(Ipv4Addr::LOCALHOST, 0))?;
    let address = listener.local_addr()?;
    let client = TcpStream::connect(address)?;
    let (accepted, _) = listener.accept()?;
    // Who closes first has the wait.
    drop(accepted);
    drop(client);
    Ok(address)
}
