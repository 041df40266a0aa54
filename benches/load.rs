//! What the harness itself adds to an operation under load, and how well it keeps a rate: operations that do nothing. Beside
//! them an actor that many clients ask.
//!
//!     cargo bench --bench load --features bench

/// The time of one of these is what an operation costs beside itself.
#[rehearsal::load(concurrency = [1, 2, 4, 8, 64], duration = "1s", flavor = "current_thread")]
async fn nothing() {}

#[rehearsal::load(concurrency = [1, 2], duration = "1s", clients = "threads")]
async fn nothing_on_threads() {}

#[rehearsal::load(concurrency = [1, 2], duration = "1s", clients = "processes")]
async fn nothing_in_processes() {}

/// How late these start is the error of the clock that they are started by.
#[rehearsal::load(concurrency = [1, 8, 64], rate = 100_000, duration = "2s")]
async fn a_hundred_thousand_a_second() {}

#[rehearsal::load(concurrency = [1, 8], rate = 100_000, duration = "2s", clients = "threads")]
async fn a_hundred_thousand_a_second_on_threads() {}

#[rehearsal::load(concurrency = [1, 8], rate = 100_000, duration = "2s", clients = "processes")]
async fn a_hundred_thousand_a_second_in_processes() {}

#[rehearsal::load(concurrency = 8, rate = 1_000, duration = "2s")]
async fn a_thousand_a_second() {}

struct Counter {
    n: u64,
}

#[rehearsal::actor]
impl Counter {
    #[start]
    fn new(n: u64) -> Self {
        Counter { n }
    }

    /// Adds, and gives the sum.
    #[command]
    fn add(&mut self, by: u64) -> u64 {
        self.n += by;
        self.n
    }
}

async fn counter() -> Result<CounterProxy, String> {
    Counter::spawn(0).await.map_err(|error| error.to_string())
}

/// One actor, which does one thing at a time.
#[rehearsal::load(setup = counter, concurrency = [1, 2, 4, 8, 64, 512], duration = "1s")]
async fn asks_of_one_actor(counter: &CounterProxy) -> Result<(), String> {
    counter.add(1).await.map(drop).map_err(|error| error.to_string())
}

rehearsal::main!();
