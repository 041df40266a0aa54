//! Tests of reports: the scripted run as each of them, read by readers of their format; and places that are no good.

mod content;
mod place;

use crate::harness::again::Again;
use crate::harness::reporter::Reporter;
use crate::harness::reporter::tests::{options, play};
use crate::harness::target::Suite;

use super::account::Account;

/// An account as a reporter.
struct Keeps(Account);

impl Reporter for Keeps {
    fn event(&mut self, event: &crate::harness::event::Event<'_>) {
        self.0.note(event);
    }
}

fn suite() -> Suite {
    Suite { package: "demo".into(), binary: "suite".into(), id: "demo::suite".into() }
}

fn again() -> Again {
    Again::new(None, &options(""), std::path::Path::new("/target/demo"))
}

/// The account of the scripted run, in which everything happens that a report has words for.
pub(super) fn scripted() -> Account {
    let mut keeps = Keeps(Account::new(suite(), again()));
    play(&mut keeps, Some(42));
    keeps.0
}
