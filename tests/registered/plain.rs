//! Functions with our attribute, written by hand.

use std::process::{ExitCode, Termination};

/// Documented, and still so.
#[rehearsal::test]
pub(crate) fn synchronous() {
    assert!(std::hint::black_box(true));
}

#[rehearsal::test]
pub(crate) async fn asynchronous() {
    // What is not `Send` may live across an await.
    let local = std::rc::Rc::new(3);
    tokio::task::yield_now().await;
    assert_eq!(*local, 3);
}

#[rehearsal::test]
pub(crate) fn result() -> Result<(), String> {
    Ok(())
}

#[rehearsal::test]
pub(crate) async fn asynchronous_result() -> Result<(), std::num::ParseIntError> {
    tokio::task::yield_now().await;
    let number: u32 = "12".parse()?;
    assert_eq!(number, 12);
    Ok(())
}

#[rehearsal::test]
#[allow(clippy::unused_unit)]
async fn asynchronous_unit() -> () {}

#[rehearsal::test]
fn exit_code() -> ExitCode {
    ExitCode::SUCCESS
}

#[rehearsal::test]
fn impl_trait() -> impl Termination {
    ExitCode::SUCCESS
}

#[rehearsal::test]
async fn asynchronous_impl() -> impl Termination {
    ExitCode::SUCCESS
}

/// The name of the parameter that the attribute's own closure has.
#[rehearsal::test]
async fn with() {}

#[rehearsal::test(
    timeout = "1.5s",
    ignore = "a \"quoted\" reason",
    should_panic(expected = "text"),
    isolation = "thread",
    group = "database",
    weight = 3,
    exclusive = false,
    tags("db", "slow"),
    retries(count = 3, backoff = "100ms..2s"),
    xfail = "a known bug",
    task_panic = "allow",
    leaks = "allow",
    flavor = "current_thread",
    start_paused = true
)]
async fn all_options() {
    panic!("text");
}

#[rehearsal::test(
    timeout = "2h",
    isolation = "process",
    exclusive,
    task_panic = "fail",
    leaks = "fail",
    flavor = "multi_thread",
    worker_threads = 2,
    crate = "::rehearsal"
)]
async fn multi_threaded() {
    assert_eq!(tokio::runtime::Handle::current().metrics().num_workers(), 2);
}

/// What is spawned here is not `Send`.
#[rehearsal::test(flavor = "local")]
async fn local() {
    let rc = std::rc::Rc::new(7);
    let task = tokio::task::spawn_local(async move { *rc });
    assert_eq!(task.await.expect("an answer"), 7);
}

#[rehearsal::test]
#[allow(clippy::extra_unused_lifetimes, clippy::needless_lifetimes)]
fn lifetimes<'a, 'b: 'a>() {
    fn longer<'a, 'b: 'a>(text: &'b str) -> &'a str {
        text
    }
    assert_eq!(longer("text"), "text");
}

#[rehearsal::test(ignore)]
fn ignored_option() {}

#[rehearsal::test(should_panic)]
fn should_panic_option() {
    panic!("any");
}

#[ignore = "not today"]
#[should_panic(expected = "wanted")]
#[rehearsal::test]
fn attributes_above() {
    panic!("as wanted");
}

#[rehearsal::test]
#[cfg(not(any()))]
#[should_panic = "wanted"]
#[cfg_attr(not(any()), ignore = r"not today")]
async fn attributes_below() {
    panic!("as wanted");
}

#[rehearsal::test]
#[cfg(false)]
fn left_out() {}

#[rehearsal::test]
fn same() {}

mod inner {
    #[rehearsal::test]
    fn same() {}

    #[rehearsal::test]
    fn r#type() {}
}

/// Where our attribute has the name, or another.
mod imported {
    use rehearsal::test;
    use rehearsal::test as trial;

    #[test]
    fn by_its_name() {}

    #[trial]
    async fn by_another() {}
}

/// Its own names and options come through a macro's invisible groups.
macro_rules! tests {
    ($(#[$meta:meta])* $vis:vis $name:ident() -> $result:ty $body:block; $timeout:literal) => {
        #[rehearsal::test(timeout = $timeout)]
        $(#[$meta])*
        $vis async fn $name() -> $result $body
    };
}

tests! {
    /// An attribute that is handed on with the rest.
    pub(crate) from_a_macro() -> Result<(), String> { Ok(()) }; "3s"
}

#[expect(dead_code, reason = "nobody calls it: what stands in it is registered all the same")]
fn holds_another() {
    #[rehearsal::test]
    fn within_a_function() {}
}

/// Any attribute of this name will do: the key is read from its tokens.
mod locked {
    use serial_test::serial;

    #[rehearsal::test]
    #[serial]
    fn without_key() {}

    #[rehearsal::test(group = "own")]
    #[serial]
    fn with_group() {}
}
