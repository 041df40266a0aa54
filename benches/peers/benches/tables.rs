//! Rehearsal's actors beside ractor, kameo, actix, xtra and bare tokio channels: one run, the tables of
//! the README.
//!
//!     cargo bench --manifest-path benches/peers/Cargo.toml
//!
//! After `--`: words of column titles to measure only those (`ask` `bytes`), or `process`
//! and words of row names for what goes between processes, `--rounds 21` for more samples,
//! `--quick` for a run that only shows that it runs.

use peers::table::{self, Effort};
use peers::{memory, process};

#[global_allocator]
static ALLOCATOR: memory::Counting = memory::Counting;

#[rehearsal::program]
fn main() {
    if std::env::args().nth(1).as_deref() == Some(process::bare::ECHO) {
        return process::bare::echo();
    }
    let measures = std::env::args().any(|argument| argument == "--bench");
    if !measures {
        // `cargo test --all-targets` starts benchmarks too, and nobody there asked for minutes of measuring.
        return println!("tables: runs under `cargo bench` only");
    }
    let mut effort = Effort { rounds: 11, sample_ms: 40.0 };
    let mut words = Vec::new();
    let mut arguments = std::env::args().skip(1);
    let mut quick = false;
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--bench" => {}
            "--quick" => (quick, effort) = (true, Effort { rounds: 1, sample_ms: 0.0 }),
            "--rounds" => {
                let rounds = arguments.next().and_then(|rounds| rounds.parse().ok());
                effort.rounds = rounds.expect("--rounds takes a number");
            }
            _ => words.push(argument),
        }
    }
    let between_processes = words.first().is_some_and(|word| word == "process");
    if !between_processes {
        table::print(effort, |column| {
            words.is_empty() || words.iter().any(|word| column.title().contains(word.as_str()))
        });
    }
    if between_processes || words.is_empty() {
        process::print(effort, quick, words.get(1..).unwrap_or_default());
    }
}
