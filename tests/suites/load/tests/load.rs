//! Operations of load benchmarks: some that go well, and one for each thing that can go wrong.

mod lent;
mod processes;

mod well {
    use std::sync::atomic::{AtomicU64, Ordering};

    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::{TcpListener, TcpStream};

    #[rehearsal::load(concurrency = [1, 2, 4, 8], duration = "200ms", warm_up = "20ms")]
    async fn nothing() {}

    #[rehearsal::load(concurrency = 2, duration = "100ms", warm_up = "0s", clients = "threads")]
    async fn on_threads() -> u32 {
        tokio::task::yield_now().await;
        7
    }

    async fn counter() -> AtomicU64 {
        println!("a counter is made in process {}", std::process::id());
        AtomicU64::new(0)
    }

    #[rehearsal::load(setup = counter, concurrency = [1, 3], count = 1_000, warm_up = "0s")]
    fn counts(counter: &AtomicU64) {
        counter.fetch_add(1, Ordering::Relaxed);
    }

    #[rehearsal::load(setup = counter, concurrency = 1, count = 10, warm_up = "0s")]
    fn counts_in_another_process(counter: &AtomicU64) {
        counter.fetch_add(1, Ordering::Relaxed);
    }

    pub struct Server(std::net::SocketAddr);

    /// Sends back what it gets, until it is dropped with its runtime.
    async fn server() -> std::io::Result<Server> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        tokio::spawn(async move {
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
        Ok(Server(address))
    }

    async fn connect(server: &Server) -> std::io::Result<TcpStream> {
        TcpStream::connect(server.0).await
    }

    #[rehearsal::load(setup = server, client = connect, concurrency = [1, 4, 16], duration = "300ms", warm_up = "50ms")]
    async fn echo(_: &Server, connection: &mut TcpStream) -> std::io::Result<()> {
        let mut answer = [0; 4];
        connection.write_all(b"ping").await?;
        connection.read_exact(&mut answer).await?;
        assert_eq!(&answer, b"ping");
        Ok(())
    }

    #[rehearsal::load(concurrency = [1, 8], rate = 500, duration = "400ms", warm_up = "50ms")]
    async fn at_a_rate() {}

    #[rehearsal::load(concurrency = 3, rate = 500, duration = "200ms", clients = "threads")]
    async fn at_a_rate_on_threads() {}
}

mod wrong {
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::time::Duration;

    #[rehearsal::load(concurrency = [1, 2], duration = "100ms", warm_up = "0s")]
    async fn all_fail() -> Result<(), String> {
        Err("the database is\nnot there".to_owned())
    }

    async fn tally() -> AtomicU64 {
        AtomicU64::new(0)
    }

    #[rehearsal::load(setup = tally, concurrency = [2], count = 1_000, warm_up = "0s")]
    async fn some_fail(tally: &AtomicU64) -> Result<(), std::io::Error> {
        match tally.fetch_add(1, Ordering::Relaxed) % 10 {
            0 => Err(std::io::ErrorKind::TimedOut.into()),
            5 => Err(std::io::ErrorKind::ConnectionRefused.into()),
            _ => Ok(()),
        }
    }

    #[derive(Default)]
    pub struct Accounts {
        clients: AtomicU64,
        left: tokio::sync::Mutex<()>,
        right: tokio::sync::Mutex<()>,
    }

    async fn accounts() -> Accounts {
        Accounts::default()
    }

    async fn number(accounts: &Accounts) -> u64 {
        accounts.clients.fetch_add(1, Ordering::SeqCst)
    }

    /// Two locks, taken in the one order by even clients and in the other by odd ones: with one client all is well.
    #[rehearsal::load(
        setup = accounts, client = number, concurrency = [1, 2], duration = "100ms", warm_up = "0s", stuck = "3s"
    )]
    async fn deadlock(accounts: &Accounts, number: &mut u64) {
        let (first, second) = match *number % 2 {
            0 => (&accounts.left, &accounts.right),
            _ => (&accounts.right, &accounts.left),
        };
        let _first = first.lock().await;
        if accounts.clients.load(Ordering::SeqCst) > 1 {
            // Until the other one has its first, so that this goes wrong each time.
            while second.try_lock().is_ok() {
                tokio::task::yield_now().await;
            }
        }
        let _second = second.lock().await;
    }

    #[rehearsal::load(concurrency = [1, 2], rate = 2_000_000_000, duration = "100ms", warm_up = "0s")]
    async fn too_fast() {}

    #[rehearsal::load(setup = tally, concurrency = [2], count = 1_000, warm_up = "0s")]
    async fn panics(tally: &AtomicU64) {
        assert!(tally.fetch_add(1, Ordering::Relaxed) != 40, "number 40 is one too many");
    }

    #[rehearsal::load(setup = tally, concurrency = [2], count = 1_000, warm_up = "0s", clients = "threads")]
    async fn panics_on_a_thread(tally: &AtomicU64) {
        assert!(tally.fetch_add(1, Ordering::Relaxed) != 40, "number 40 is one too many");
    }

    async fn kept() -> Mutex<Vec<Vec<u8>>> {
        Mutex::default()
    }

    /// A mebibyte an operation, which stays.
    #[rehearsal::load(setup = kept, concurrency = [1, 2], duration = "1h", warm_up = "0s", memory = "64MiB")]
    async fn grows(kept: &Mutex<Vec<Vec<u8>>>) {
        kept.lock().unwrap().push(vec![1; 1 << 20]);
        tokio::time::sleep(Duration::from_millis(1)).await;
    }

    /// It keeps the one thread of its runtime, so that nothing else of the benchmark runs.
    #[rehearsal::load(concurrency = [1], duration = "100ms", warm_up = "0s", flavor = "current_thread", timeout = "2s")]
    async fn blocks() {
        loop {
            std::thread::park();
        }
    }

    #[rehearsal::load(concurrency = [1], count = 3, warm_up = "0s")]
    async fn prints() {
        println!("test wrong::prints ... FAILED");
    }

    async fn no_server() -> Result<(), String> {
        Err("no server".to_owned())
    }

    #[rehearsal::load(setup = no_server)]
    async fn without_a_server(_: &()) {}

    async fn never() {
        std::future::pending().await
    }

    #[rehearsal::load(setup = never, stuck = "500ms")]
    async fn set_up_hangs(_: &()) {}

    #[rehearsal::load(client = refused, concurrency = 2)]
    async fn client_fails(_: &mut ()) {}

    async fn refused() -> Result<(), String> {
        Err("no more connections".to_owned())
    }
}

rehearsal::main!();
