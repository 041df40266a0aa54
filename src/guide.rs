//! Guides: how Rehearsal goes together with what a suite has already.
//!
//! # Tables of cases: our own, or rstest's
//!
//! `#[case::name(..)]` and `#[values(..)]` below `#[rehearsal::test]` need no other crate, and are written as rstest has
//! them. What differs is the names: `factorial::zero`, not `factorial::case_1_zero`, and `n_5`, not `n_1_5`, so that
//! another case before it changes nobody's name.
//!
//! [rstest]'s own macro works as well: it makes functions, and gives each the attributes below it. Whose cases they are
//! is said by what stands first. With `#[rstest]` above, cases, values and fixtures are rstest's:
//!
//! ```
//! use rstest::{fixture, rstest};
//!
//! #[fixture]
//! fn base() -> u32 {
//!     40
//! }
//!
//! #[rstest]
//! #[case::two(2, 42)]
//! #[rehearsal::test]
//! fn adds(base: u32, #[case] more: u32, #[case] sum: u32) {
//!     assert_eq!(base + more, sum);
//! }
//! ```
//!
//! To rstest an attribute before a case is of that case alone: put `#[rehearsal::test]` behind the last one.
//!
//! A bare `#[rstest]` registers with libtest, which does not run under `harness = false`: it needs `#[rehearsal::test]`
//! below, and `cargo test -- --audit` finds those that lack it. Its `#[once]` fixtures are once a process, so once a
//! worker. Its `#[timeout]` ends a test from within; `#[rehearsal::test(timeout = "5s")]` also ends one that blocks.
//!
//! # Properties: proptest
//!
//! In `proptest! { .. }` write `#[rehearsal::test]` where `#[test]` stood. Its other form, with a closure, goes anywhere:
//! into a case, or into a trial that is made at run time.
//!
//! ```
//! use proptest::prelude::*;
//!
//! proptest! {
//!     #[rehearsal::test]
//!     fn reversed_twice(text in ".*") {
//!         let twice: String = text.chars().rev().collect::<String>().chars().rev().collect();
//!         prop_assert_eq!(twice, text);
//!     }
//! }
//!
//! #[rehearsal::test]
//! #[case::small(10)]
//! #[case::large(1_000_000)]
//! fn halves(limit: u64) {
//!     proptest!(|(n in 0..limit)| prop_assert!(n / 2 * 2 <= n));
//! }
//! ```
//!
//! The panics that proptest catches while it looks for the smallest input are the test's own, and count once, at its end.
//! With proptest's `fork` or its `timeout` it starts the test's executable again with libtest's flags, which this harness
//! takes; isolation and the timeout of a test do the same without.
//!
//! # Snapshots: insta
//!
//! Nothing has to change: a trial runs on a thread with its name, in the package's directory, and `cargo insta test`
//! runs a suite as `cargo test` does.
//!
//! Where one function is many trials, tell their snapshots apart. insta names a snapshot after the *function*, and counts
//! where a name comes again in one process. The trials of one function are in several processes, in any order, so that
//! number says nothing: give a name, or a suffix.
//!
//! ```
//! #[rehearsal::test]
//! #[case::short(2)]
//! #[case::long(5)]
//! fn draws(count: usize) {
//!     insta::with_settings!({ snapshot_suffix => count.to_string() }, {
//!         insta::assert_snapshot!("-".repeat(count));
//!     });
//! }
//!
//! #[rehearsal::generate]
//! fn words() -> impl Iterator<Item = rehearsal::Trial> {
//!     ["one", "two"].into_iter().map(|word| {
//!         rehearsal::Trial::new(word, move || insta::assert_snapshot!(format!("words_{word}"), word.to_uppercase()))
//!     })
//! }
//! ```
//!
//! # Trials that are made at run time
//!
//! [`generate`](macro@crate::generate) has the rules. A generator runs more than once: where the run is planned, and in
//! each worker that runs one of its trials. Let it give names and small data (a path, not what is in the file), let the
//! body do the reading, and let it make the same each time: what was made once and is not found again is red.
//!
//! [rstest]: https://docs.rs/rstest
