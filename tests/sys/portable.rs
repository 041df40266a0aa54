//! Where there are no processes, everything says so and nothing pretends.

use rehearsal::sys::boot::{self, Role};
use rehearsal::sys::capture::Capture;
use rehearsal::sys::page::Page;
use rehearsal::sys::process::{SpawnOptions, spawn_self};

use crate::Named;

pub(crate) const TESTS: &[Named] = &[("portable::says_why_there_are_no_processes", says_why)];

fn says_why() {
    assert!(matches!(boot::enter().role, Role::Arbiter));
    let error = spawn_self(SpawnOptions::default()).expect_err("not here").to_string();
    assert!(
        error.contains("processes cannot be placed here") && error.contains("--isolation thread"),
        "{error}"
    );
    Capture::new().expect_err("not here");
    Page::new().expect_err("not here");
    Page::local().store(1, 0, 1);
}
