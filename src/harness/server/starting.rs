//! From a program's name to a server that answers.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::directory::Directory;
use super::error::ServerError;
use super::port::reserve;
use super::running::{Running, Server};
use crate::harness::skip::skip;
use crate::sys::process::{ProcessError, spawn_program};

/// How often a server is started that ends before it is ready, each time on another port.
const TRIES: u32 = 3;

/// How long it is waited for one that does not say.
const WITHIN: Duration = Duration::from_secs(30);

/// How long is waited between two looks whether it is ready, of which nothing tells.
const STEP: Duration = Duration::from_millis(5);

/// What stands for the port in arguments and variables.
const PORT: &str = "{port}";
/// What stands for the server's directory.
const DIRECTORY: &str = "{dir}";

/// A server that is asked for and not yet started; [`Server::of`] makes one.
#[derive(Debug)]
#[must_use = "nothing is started before `start`"]
pub struct Starting {
    program: String,
    arguments: Vec<OsString>,
    variables: Vec<(OsString, OsString)>,
    sign: Option<String>,
    within: Duration,
    or_skip: bool,
}

impl Starting {
    pub(super) fn of(program: String) -> Starting {
        Starting {
            program,
            arguments: Vec::new(),
            variables: Vec::new(),
            sign: None,
            within: WITHIN,
            or_skip: false,
        }
    }

    /// Adds arguments. In each, `{port}` stands for the server's port and `{dir}` for its directory.
    pub fn args<T: Into<OsString>>(mut self, arguments: impl IntoIterator<Item = T>) -> Starting {
        self.arguments.extend(arguments.into_iter().map(Into::into));
        self
    }

    /// Sets a variable of its environment beside those it inherits; `{port}` and `{dir}` mean the same in its value.
    pub fn env(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Starting {
        self.variables.push((name.into(), value.into()));
        self
    }

    /// It is ready when this text is in what it has written, rather than when its port takes a connection: for one that
    /// listens before it can answer.
    pub fn ready_when_it_says(mut self, text: impl Into<String>) -> Starting {
        self.sign = Some(text.into());
        self
    }

    /// How long it may take to be ready, half a minute unless said otherwise.
    pub fn within(mut self, limit: Duration) -> Starting {
        self.within = limit;
        self
    }

    /// Where the program is not installed, the fixture that calls this is skipped with that reason, and so is every test
    /// that depends on it; otherwise that is an error.
    pub fn or_skip(mut self) -> Starting {
        self.or_skip = true;
        self
    }

    /// Starts it and waits until it is ready.
    ///
    /// It gets a free port of 127.0.0.1 and a new empty directory, which is its working directory too. One that ends
    /// before it is ready is started again on another port, three times in all.
    ///
    /// # Errors
    /// [`ServerError`]: it is not installed, could not be started, ended early, or was not ready in time. The last two
    /// come with the end of what it wrote.
    ///
    /// # Panics
    /// Outside of a runtime with i/o and time; and with [`or_skip`](Starting::or_skip), where it is not called by a
    /// fixture or a test.
    pub async fn start(self) -> Result<Server, ServerError> {
        match self.tried().await {
            Err(ServerError::NotInstalled { program }) if self.or_skip => {
                skip(format_args!("`{program}` is not installed"))
            }
            result => result,
        }
    }

    async fn tried(&self) -> Result<Server, ServerError> {
        let until = Instant::now() + self.within;
        let mut tries = 0;
        loop {
            tries += 1;
            let address = reserve().map_err(|source| ServerError::Port { source })?;
            let running = self.launch(address)?;
            match self.wait(&running, address, until).await {
                Ok(()) => return Ok(Server::of_running(running, address)),
                // Somebody may have had its port, whatever it says of it.
                Err(ServerError::EndedEarly { .. }) if tries < TRIES && Instant::now() < until => {}
                Err(ServerError::EndedEarly { program, status, output, .. }) => {
                    return Err(ServerError::EndedEarly { program, status, tries, output });
                }
                Err(error) => return Err(error),
            }
        }
    }

    fn launch(&self, address: SocketAddr) -> Result<Running, ServerError> {
        let directory = Directory::make(&self.program)?;
        let output = directory.open_output()?;
        let filled = |text: &OsString| fill(text, address.port(), directory.path());
        let mut command = Command::new(&self.program);
        command.args(self.arguments.iter().map(filled));
        command.envs(self.variables.iter().map(|(name, value)| (name, filled(value))));
        command.current_dir(directory.path()).stdin(Stdio::null());
        let shared = |file: &File| {
            let source = |source| ServerError::Directory { path: directory.path().to_owned(), source };
            file.try_clone().map(Stdio::from).map_err(source)
        };
        command.stdout(shared(&output)?).stderr(shared(&output)?);
        let child = spawn_program(self.program.clone(), command).map_err(|error| match error {
            ProcessError::Spawn { source, .. } if source.kind() == io::ErrorKind::NotFound => {
                ServerError::NotInstalled { program: self.program.clone() }
            }
            source => ServerError::Start { source },
        })?;
        Ok(Running { program: self.program.clone(), child, directory })
    }

    async fn wait(&self, running: &Running, address: SocketAddr, until: Instant) -> Result<(), ServerError> {
        loop {
            let is_ready = match &self.sign {
                Some(text) => running.directory.output().contains(text.as_str()),
                None => takes_connections(address).await,
            };
            // Looked at afterwards: another program may have taken the connection.
            if let Some(status) = running.child.try_wait() {
                let (program, output) = (self.program.clone(), running.directory.output_end());
                return Err(ServerError::EndedEarly { program, status, tries: 1, output });
            }
            if is_ready {
                return Ok(());
            }
            if Instant::now() >= until {
                return Err(ServerError::NotReady {
                    program: self.program.clone(),
                    address,
                    waited_for: match &self.sign {
                        Some(text) => format!("{text:?} in what it writes"),
                        None => "a connection to its port".to_owned(),
                    },
                    within: self.within,
                    output: running.directory.output_end(),
                });
            }
            tokio::time::sleep(STEP).await;
        }
    }
}

/// Whether somebody listens there. A connection to a port of the range that clients are given theirs from may, once in
/// thousands of tries, connect to itself.
async fn takes_connections(address: SocketAddr) -> bool {
    match tokio::net::TcpStream::connect(address).await {
        Ok(stream) => stream.local_addr().is_ok_and(|own| own != address),
        Err(_) => false,
    }
}

/// The text with port and directory in it. What is no Unicode has no marks.
fn fill(text: &OsStr, port: u16, directory: &Path) -> OsString {
    let Some(text) = text.to_str() else { return text.to_owned() };
    let mut filled = OsString::new();
    for (at, part) in text.replace(PORT, &port.to_string()).split(DIRECTORY).enumerate() {
        if at > 0 {
            filled.push(directory);
        }
        filled.push(part);
    }
    filled
}
