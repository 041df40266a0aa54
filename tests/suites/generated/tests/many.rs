//! As many trials as the environment asks for. Each time they are made, a line is added to the file that `GENERATED_LOG`
//! names.

use rehearsal::Trial;
use std::io::Write;

#[rehearsal::generate]
fn numbers() -> impl Iterator<Item = Trial> {
    if let Some(path) = std::env::var_os("GENERATED_LOG") {
        let log = std::fs::File::options().append(true).create(true).open(path);
        log.expect("the log").write_all(b"made\n").expect("a line of it");
    }
    let count = std::env::var("TRIALS").map_or(3, |count| count.parse().expect("a number"));
    (0..count).map(|n: u32| Trial::new(format!("number {n}"), move || assert_ne!(n, 77)))
}

rehearsal::main!();
