//! The portable half of floor 0: the same signatures as `unix/`, for systems where this binary cannot be its own
//! worker. What needs a process returns `ProcessError::Unsupported`, or cannot exist at all: a type without values
//! stands for it, so the code above compiles and never runs.
//!
//! Never: pretends. A capture that captures nothing or a page that is shared with nobody is not made here.

pub(super) mod bell;
pub(super) mod belongings;
pub(super) mod boot;
pub(super) mod capture;
pub(super) mod clock;
#[cfg(feature = "reach")]
pub(super) mod desk;
pub(super) mod exit;
pub(super) mod fork;
#[cfg(feature = "bench")]
pub(super) mod instructions;
pub(super) mod large_pages;
pub(super) mod limit;
pub(super) mod load;
pub(super) mod lookout;
pub(super) mod page;
pub(super) mod process;
pub(super) mod profile;
pub(super) mod program;
pub(super) mod sender;
pub(super) mod signal;
#[cfg(feature = "harness")]
pub(super) mod stack;
pub(super) mod standing;
pub(super) mod surroundings;
pub(super) mod terminal;
