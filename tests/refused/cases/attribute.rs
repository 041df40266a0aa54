//! Attributes beside ours.

#[rehearsal::test(ignore = "one reason")]
#[ignore = "another"] //~ `ignore` is given twice
fn ignored_twice() {}

#[should_panic] //~ `should_panic` is given twice
#[rehearsal::test(should_panic(expected = "text"))]
fn should_panic_twice() {}

#[rehearsal::test]
#[should_panic] //~ a test that should panic must return `()`
fn should_panic_with_a_result() -> Result<(), String> {
    Ok(())
}

#[rehearsal::test]
#[tokio::test] //~ `#[tokio::test]` beside `#[rehearsal::test]`: the function would be a test twice over
async fn test_of_two_harnesses() {}

#[rehearsal::test]
#[rehearsal::test] //~ `#[rehearsal::test]` beside `#[rehearsal::test]`
fn test_twice() {}

#[rehearsal::test]
#[rstest] //~ `#[rstest]` must stand above `#[rehearsal::test]`
fn cases_too_late() {}

#[rehearsal::test]
#[serial(one, two)] //~ a test is in one group only, so `#[serial]` can have one key
fn two_groups() {}

#[rehearsal::test]
#[rehearsal::fixture] //~ `#[rehearsal::fixture]` beside `#[rehearsal::test]`: a function is a test or a fixture
fn fixture_too() {}

#[rehearsal::test]
#[values(1, 2)] //~ `#[values(..)]` stands on a parameter
fn values_of_nothing(_n: u32) {}

fn main() {}
