//! What a receipt costs, and how many customers the shop's one till bears at once.

use std::time::{Duration, Instant};

use rehearsal::bench::Bencher;

#[rehearsal::bench(args = [1, 10, 100], throughput = Throughput::Elements(things))]
fn receipt(b: &mut Bencher, things: u64) {
    let prices: Vec<u64> = (0..things).map(|thing| 99 + 7 * thing).collect();
    b.iter(|| prices.iter().map(|price| format!("{price:>8} ct\n")).collect::<String>());
}

struct Till {
    sold: u64,
}

#[rehearsal::actor]
impl Till {
    #[start]
    fn new() -> Self {
        Till { sold: 0 }
    }

    /// Prints a receipt; in a thousand customers one has forgotten the card.
    #[command]
    fn sell(&mut self) -> Result<u64, String> {
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_micros(40) {
            std::hint::spin_loop();
        }
        self.sold += 1;
        if self.sold % 1_000 == 0 { Err("card declined".to_owned()) } else { Ok(self.sold) }
    }
}

async fn till() -> Result<TillProxy, String> {
    Till::spawn().await.map_err(|error| error.to_string())
}

#[rehearsal::load(setup = till, concurrency = [1, 2, 4, 8, 16, 32, 64], duration = "1s")]
async fn checkout(till: &TillProxy) -> Result<u64, String> {
    tokio::time::sleep(Duration::from_millis(1)).await; // looks for the purse
    till.sell().await.map_err(|error| error.to_string())
}

rehearsal::main!();
