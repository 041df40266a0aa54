//! Rehearsal from outside: small suites (`tests/suites`) are built and run as a user would, and what they list, print
//! and exit with is looked at, side by side with real libtest where that has the same thing to say.
//!
//! Ordinary libtest tests, so that a fault of the harness cannot hide itself.
//!
//! Read next: `build` for how a suite is built, `launch` for how it is run and what no run may leave behind.
#![cfg(target_os = "linux")]

mod build;
mod change;
mod launch;
mod text;
mod timeout;

mod abort;
mod actors;
mod again;
mod audit;
mod bisect;
mod compare;
mod config;
mod coverage;
mod debugger;
mod faults;
mod fixture;
mod flags;
mod flaky;
mod fork;
mod generated;
mod github;
mod hang;
mod history;
mod interop;
mod limits;
mod list;
mod load;
mod measured;
mod nextest;
mod output;
mod place;
mod portable;
mod program;
mod readme;
mod report;
mod same;
mod schedule;
mod select;
mod servers;
mod signal;
mod stuck;
mod tasks;
mod teardown;
mod terminal;
mod tour;
mod truth;
