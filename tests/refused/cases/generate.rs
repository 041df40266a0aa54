//! Generators that cannot be.

use rehearsal::Trial;

#[rehearsal::generate]
async fn waits() -> Vec<Trial> { //~ a generator cannot be `async`
    Vec::new()
}

#[rehearsal::generate]
fn makes_nothing() {} //~ a generator returns the trials it makes

#[rehearsal::generate]
fn takes_something(n: u32) -> Vec<Trial> { //~ nothing supplies this argument
    Vec::new()
}

#[rehearsal::generate]
fn generic<T>() -> Vec<Trial> { //~ a generator cannot be generic
    Vec::new()
}

#[rehearsal::generate(flavor = "multi_thread")] //~ unknown option `flavor`
fn option_of_tests() -> Vec<Trial> {
    Vec::new()
}

#[rehearsal::generate]
#[rehearsal::test] //~ `#[rehearsal::test]` beside `#[rehearsal::generate]`
fn both() -> Vec<Trial> {
    Vec::new()
}

#[rehearsal::generate]
fn of_numbers() -> Vec<u32> { //~ type mismatch resolving
    Vec::new()
}

#[rehearsal::generate]
struct NoFunction; //~ `#[rehearsal::generate]` belongs on a function

fn main() {}
