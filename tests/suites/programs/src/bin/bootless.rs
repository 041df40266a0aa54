//! Without `#[rehearsal::program]` this binary, run again as a worker, would only start itself over and over.

use programs::Counter;

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        match Counter::spawn(40).process().await {
            Ok(_) => println!("placed"),
            Err(error) => {
                println!("refused: {error}");
                std::process::exit(9);
            }
        }
    });
}
