//! With `#[rehearsal::program]` an actor can be placed in a process of its own.

use programs::Counter;

#[rehearsal::program]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let counter = Counter::spawn(40).process().await?;
    let (sum, pid) = counter.add(2).await?;
    println!("sum {sum}, in {} process", if pid == std::process::id() { "this" } else { "another" });
    counter.stop().await?;
    Ok(())
}
