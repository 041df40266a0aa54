//! What the output of `#[rehearsal::load]` names.

use crate::harness::registry::{Kind, Leaks, Options};

pub use super::cast::{Got, Settle};
pub use super::conduct::{Load, Playing, Stage};
pub use super::spec::{Clients, Spec};
pub use super::turn::Turn;
pub use crate::harness::fixture::{Loan, Loans};

/// These options of a benchmark: it has the machine to itself, and what its set-up left running, a server mostly, is no
/// fault unless it is said to be.
pub const fn options(given: Options) -> Options {
    let leaks = match given.leaks {
        Some(leaks) => Some(leaks),
        None => Some(Leaks::Allow),
    };
    Options { kind: Kind::Bench, exclusive: true, leaks, ..given }
}
