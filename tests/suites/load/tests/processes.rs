//! Clients that are processes: some that go well, and one for each thing that can become of such a process.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, id};

use serde::{Deserialize, Serialize};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What clients know of the server, and what stays with who made it.
#[derive(Serialize, Deserialize)]
pub struct Server {
    address: SocketAddr,
    measuring: u32,
    #[serde(skip)]
    answers: Option<tokio::task::JoinHandle<()>>,
}

async fn server() -> std::io::Result<Server> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let answers = tokio::spawn(async move {
        while let Ok((mut connection, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut bytes = [0; 64];
                while let Ok(count @ 1..) = connection.read(&mut bytes).await {
                    if connection.write_all(&bytes[..count]).await.is_err() {
                        break;
                    }
                }
            });
        }
    });
    println!("a server is made");
    Ok(Server { address, measuring: id(), answers: Some(answers) })
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(answers) = &self.answers {
            answers.abort();
            println!("a server is dropped");
        }
    }
}

async fn connect(server: &Server) -> std::io::Result<TcpStream> {
    TcpStream::connect(server.address).await
}

#[rehearsal::load(
    setup = server, client = connect, clients = "processes", processes = 3, concurrency = [1, 2, 5], duration = "200ms",
    warm_up = "20ms"
)]
async fn echo(server: &Server, connection: &mut TcpStream) -> std::io::Result<()> {
    assert!(server.measuring != id() && server.answers.is_none());
    let mut answer = [0; 4];
    connection.write_all(b"ping").await?;
    connection.read_exact(&mut answer).await?;
    assert_eq!(&answer, b"ping");
    Ok(())
}

#[rehearsal::load(clients = "processes", concurrency = [1, 3], count = 1_000, warm_up = "0s")]
fn counts() {}

#[rehearsal::load(clients = "processes", concurrency = [1, 4], rate = 500, duration = "400ms", warm_up = "50ms")]
async fn at_a_rate() {}

pub struct Counter {
    n: u64,
}

#[rehearsal::actor]
impl Counter {
    #[start]
    pub fn new() -> Self {
        Counter { n: 0 }
    }

    #[command]
    pub fn add(&mut self, by: u64) -> u64 {
        self.n += by;
        self.n
    }
}

/// An actor of the process that measures, by name.
#[derive(Serialize, Deserialize)]
pub struct Named {
    name: String,
    #[serde(skip)]
    counter: Option<CounterProxy>,
}

async fn named() -> Result<Named, String> {
    let name = "the counter".to_owned();
    let counter = Counter::spawn().name(name.as_str()).await.map_err(|error| error.to_string())?;
    Ok(Named { name, counter: Some(counter) })
}

async fn looked_up(named: &Named) -> Result<CounterProxy, String> {
    assert!(named.counter.is_none(), "this is another process");
    Counter::lookup(named.name.as_str()).await.map_err(|error| error.to_string())
}

#[rehearsal::load(
    setup = named, client = looked_up, clients = "processes", concurrency = [1, 3], count = 300, warm_up = "0s"
)]
async fn asks_an_actor(_: &Named, counter: &mut CounterProxy) -> Result<u64, String> {
    counter.add(1).await.map_err(|error| error.to_string())
}

/// A place where what is to happen once happens once, whichever process it is in.
async fn place() -> std::io::Result<PathBuf> {
    // A process measures one benchmark.
    let place = std::env::temp_dir().join(format!("rehearsal-load-{}", id()));
    std::fs::create_dir(&place)?;
    Ok(place)
}

/// Whether this is the first who asks: only one can take it away.
fn is_first(place: &Path) -> bool {
    std::fs::remove_dir(place).is_ok()
}

fn signal_oneself(signal: &str) {
    let sent = Command::new("kill").args([signal, &id().to_string()]).status();
    assert!(sent.is_ok_and(|sent| sent.success()));
}

#[rehearsal::load(setup = place, clients = "processes", concurrency = 2, duration = "200ms", warm_up = "0s")]
async fn one_is_killed(place: &PathBuf) {
    if is_first(place) {
        signal_oneself("-KILL");
    }
    tokio::time::sleep(std::time::Duration::from_millis(1)).await;
}

#[rehearsal::load(
    setup = place, clients = "processes", concurrency = 3, duration = "100ms", warm_up = "0s", stuck = "3s"
)]
async fn one_stands_still(place: &PathBuf) {
    if is_first(place) {
        signal_oneself("-STOP");
    }
    tokio::time::sleep(std::time::Duration::from_millis(1)).await;
}

#[rehearsal::load(
    setup = place, clients = "processes", concurrency = 3, duration = "100ms", warm_up = "0s", stuck = "3s"
)]
async fn one_blocks(place: &PathBuf) {
    if is_first(place) {
        loop {
            std::thread::park();
        }
    }
    tokio::time::sleep(std::time::Duration::from_millis(1)).await;
}

#[rehearsal::load(clients = "processes", processes = 1, concurrency = 2, duration = "100ms", warm_up = "0s")]
async fn exits() {
    std::process::exit(0);
}

#[rehearsal::load(clients = "processes", concurrency = 2, duration = "100ms", warm_up = "0s")]
async fn panics() {
    panic!("one is too many");
}

/// Nobody waits for the task that panics.
#[rehearsal::load(clients = "processes", concurrency = 1, count = 1, warm_up = "0s")]
async fn panics_beside() {
    let beside = tokio::spawn(async { panic!("beside the operation") });
    while !beside.is_finished() {
        tokio::task::yield_now().await;
    }
}

#[rehearsal::load(clients = "processes", concurrency = 2, count = 1_000, warm_up = "0s")]
async fn all_fail() -> Result<(), String> {
    Err("the database is not there".to_owned())
}

async fn refused() -> Result<(), String> {
    Err("no more connections".to_owned())
}

#[rehearsal::load(client = refused, clients = "processes", concurrency = 2)]
async fn client_fails(_: &mut ()) {}

async fn never() {
    std::future::pending().await
}

#[rehearsal::load(client = never, clients = "processes", concurrency = 2, stuck = "500ms")]
async fn never_ready(_: &mut ()) {}

/// A mebibyte an operation, which stays in the client's process.
#[rehearsal::load(clients = "processes", concurrency = 2, duration = "1h", warm_up = "0s", memory = "64MiB")]
async fn grows() {
    static KEPT: std::sync::Mutex<Vec<Vec<u8>>> = std::sync::Mutex::new(Vec::new());
    KEPT.lock().unwrap().push(vec![1; 1 << 20]);
    tokio::time::sleep(std::time::Duration::from_millis(1)).await;
}

/// What can be written and not be read.
#[derive(Serialize)]
pub struct OneWay;

impl<'de> Deserialize<'de> for OneWay {
    fn deserialize<D: serde::Deserializer<'de>>(_: D) -> Result<OneWay, D::Error> {
        Err(serde::de::Error::custom("it is of no use elsewhere"))
    }
}

async fn one_way() -> OneWay {
    OneWay
}

#[rehearsal::load(setup = one_way, clients = "processes", concurrency = 2)]
async fn cannot_be_read(_: &OneWay) {}
