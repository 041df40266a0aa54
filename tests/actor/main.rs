//! Floor 1 with real faults: actors that panic, are killed, stop answering, in each placement where it applies.
//!
//! `cast` has the actors; the rest are tests by subject.

// Actors are public as they would be in a library.
#![allow(unreachable_pub)]

mod ask;
mod cast;
mod death;
mod event;
mod open;
mod place;
mod process;
mod start;
mod stop;
mod supervise;

use std::process::ExitCode;

use rehearsal::harness::outcome::Verdict;
use rehearsal::harness::registry::Registry;
use rehearsal::harness::trial::{TrialSettings, run_here};
use rehearsal::sys::boot::{self, Role};

/// Runs the trials one after another, each on a thread of its name.
fn main() -> ExitCode {
    if let Role::Worker(worker) = boot::enter().role {
        rehearsal::actor::spawn::worker::serve(worker);
    }
    let filters: Vec<String> =
        std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let registry = Registry::collect();
    let mut failed = Vec::new();
    for id in registry.sorted() {
        let entry = registry.get(*id).expect("an id of the registry");
        let name = entry.name();
        if !filters.is_empty() && !filters.iter().any(|filter| name.contains(filter)) {
            continue;
        }
        let settings = TrialSettings { alone: true, ..TrialSettings::default() };
        let run = move || run_here(entry, &settings);
        let thread = std::thread::Builder::new().name(name.to_owned()).spawn(run).expect("a thread");
        let attempt = thread.join().expect("run_here does not panic");
        println!("test {name} ... {:?} in {:.3} s", attempt.verdict, attempt.duration_ns as f64 / 1e9);
        if !matches!(attempt.verdict, Verdict::Passed) {
            failed.push(name);
        }
    }
    println!("{} failed: {failed:?}", failed.len());
    if failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(101) }
}
