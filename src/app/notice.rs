//! A line for a person, on stderr.

use std::fmt::Display;
use std::io::Write;

/// Writes a line to stderr. Unlike `eprintln!` it does not panic where stderr has gone away (`2>&1 | head`): that
/// nobody reads a warning is no reason to end what it was about.
pub fn say(line: impl Display) {
    let _ = writeln!(std::io::stderr(), "{line}");
}
