//! What cannot be an open command.

#[rehearsal::command]
fn borrows(_text: &str) {} //~ take it by value (`String` for `&str`

#[rehearsal::command]
fn generic<T>(_it: T) {} //~ a #[rehearsal::command] function cannot be generic

#[rehearsal::command(open)] //~ #[rehearsal::command] takes no options
fn with_options() {}

#[rehearsal::command]
struct NoFunction; //~ #[rehearsal::command] goes on a free function

fn main() {}
