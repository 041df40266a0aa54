//! As many trials as the environment asks for.

use rehearsal::Trial;

#[rehearsal::generate]
fn numbers() -> impl Iterator<Item = Trial> {
    let count = std::env::var("TRIALS").map_or(3, |count| count.parse().expect("a number"));
    (0..count).map(|n: u32| Trial::new(format!("number {n}"), move || assert_ne!(n, 77)))
}

rehearsal::main!();
