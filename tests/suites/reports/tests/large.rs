//! As many trials as a page has to cope with.

use rehearsal::Trial;

#[rehearsal::generate]
fn many() -> impl Iterator<Item = Trial> {
    (0..10_000).map(|number| {
        Trial::new(format!("t_{number:05}"), move || assert!(number % 10 != 3, "number {number} is no good"))
    })
}

rehearsal::main!();
