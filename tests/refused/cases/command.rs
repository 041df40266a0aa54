//! What cannot be an open command.

#[rehearsal::command]
fn borrows(_text: &str) {} //~ take it by value (`String` for `&str`

#[rehearsal::command]
fn generic<T>(_it: T) {} //~ a #[rehearsal::command] function cannot be generic

#[rehearsal::command(open)] //~ `open` is nobody who can call a command by name; allowed are: public, authenticated
fn with_options() {}

#[rehearsal::command(public, named)] //~ #[rehearsal::command] takes who may call it by name, if anybody
fn with_more_options() {}

#[rehearsal::command(public)] //~ calls by name need the feature `json`
fn by_name() {}

#[rehearsal::command]
fn info() {} //~ `info` is a command that every actor has

#[rehearsal::command]
struct NoFunction; //~ #[rehearsal::command] goes on a free function

fn main() {}
