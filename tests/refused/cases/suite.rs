//! `main!` takes nothing.

rehearsal::main!(async fn main() {}); //~ `rehearsal::main!()` takes nothing. For a program instead of a suite

fn main() {}
