//! A server as tests have it, and its end.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_core::de::Error as _;
use serde_core::{Deserialize, Deserializer, Serialize, Serializer};

use super::directory::{Directory, output_in};
use super::error::ServerError;
use super::starting::Starting;
use crate::sys::process::{Child, ExitStatus, terminate_group};
use crate::sys::signal::signal_name;

/// How long a server may take to end once it is told to.
const ENDING: Duration = Duration::from_secs(5);

/// A program that serves tests, started by a fixture on a port of its own.
///
/// ```
/// use rehearsal::server::{Server, ServerError};
///
/// #[rehearsal::fixture(scope = "run", teardown = Server::stop)]
/// async fn redis() -> Result<Server, ServerError> {
///     Server::of("redis-server").args(["--port", "{port}", "--save", ""]).or_skip().start().await
/// }
/// ```
///
/// Workers get a copy of it by serde, that says where it is; the program belongs to the value that was started. When that
/// is stopped or dropped the program is gone, with whatever it has started in its process group, and its directory too.
/// If this process is killed a guardian process kills it.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    directory: PathBuf,
    pid: u32,
    /// What was started, where this is no copy.
    pub(super) running: Option<Running>,
}

/// The program, then its directory: dropped in this order.
#[derive(Debug)]
pub(super) struct Running {
    pub(super) program: String,
    pub(super) child: Child,
    pub(super) directory: Directory,
}

impl Server {
    /// A server to be started: a program by its name on the `PATH`, or by an absolute path.
    pub fn of(program: impl Into<String>) -> Starting {
        Starting::of(program.into())
    }

    pub(super) fn of_running(running: Running, address: SocketAddr) -> Server {
        let (directory, pid) = (running.directory.path().to_owned(), running.child.pid);
        Server { address, directory, pid, running: Some(running) }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The port of that address.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// Its own directory, in which it was started; removed with it.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// What it has written to stdout and stderr so far.
    pub fn output(&self) -> String {
        output_in(&self.directory)
    }

    /// Asks it to end with SIGTERM, and kills it where it has not after five seconds: a fixture's `teardown`. Of a copy
    /// this does nothing.
    ///
    /// # Errors
    /// [`ServerError::Gone`] where it had ended by itself or crashed as it ended, and [`ServerError::Killed`]: of a fixture either makes the run
    /// red.
    ///
    /// # Panics
    /// Outside of a runtime with i/o and time.
    pub async fn stop(self) -> Result<(), ServerError> {
        let Some(Running { program, child, directory }) = self.running else { return Ok(()) };
        let by_itself = child.try_wait();
        terminate_group(child.pid);
        let told = tokio::time::timeout(ENDING, child.wait()).await;
        drop(child);
        match (by_itself, told) {
            // One that crashes as it ends, or was just about to.
            (Some(status), _) | (None, Ok(status)) if by_itself.is_some() || is_crash(status) => {
                Err(ServerError::Gone { program, status, output: directory.output_end() })
            }
            (_, Ok(_)) => Ok(()),
            (_, Err(_)) => {
                Err(ServerError::Killed { program, within: ENDING, output: directory.output_end() })
            }
        }
    }
}

/// Whether a signal ended it that is not the one it was told to end by.
fn is_crash(status: ExitStatus) -> bool {
    matches!(status, ExitStatus::Signaled(signal) if signal_name(signal) != "SIGTERM")
}

impl Serialize for Server {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let directory = self.directory.to_string_lossy();
        (self.address.to_string(), directory, self.pid).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Server {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Server, D::Error> {
        let (address, directory, pid) = <(String, String, u32)>::deserialize(deserializer)?;
        let address = address.parse().map_err(D::Error::custom)?;
        Ok(Server { address, directory: PathBuf::from(directory), pid, running: None })
    }
}
