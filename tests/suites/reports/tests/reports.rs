//! What a report has to show: failures of several kinds, output that imitates the harness, names that are code to a
//! browser.

use std::time::Duration;

use rehearsal::Trial;

#[derive(Debug, PartialEq)]
#[allow(dead_code, reason = "read by their Debug alone")]
struct Account {
    owner: &'static str,
    roles: Vec<&'static str>,
    limit: Option<u32>,
}

mod green {
    use super::*;

    #[rehearsal::test]
    fn passes() {}

    #[rehearsal::test]
    async fn waits() {
        tokio::time::sleep(Duration::from_millis(30)).await;
    }

    #[rehearsal::test]
    #[ignore = "not today"]
    fn rests() {}
}

mod red {
    use super::*;

    #[rehearsal::test]
    fn differs() {
        println!("before the comparison");
        let left = Account { owner: "ada", roles: vec!["read", "write"], limit: None };
        let right = Account { owner: "ada", roles: vec!["read", "admin"], limit: Some(3) };
        assert_eq!(left, right, "accounts");
    }

    #[rehearsal::test]
    fn differs_in_a_line() {
        assert_eq!("first\nsecond\nthird\n", "first\nzweite\nthird\n");
    }

    #[rehearsal::test]
    fn returns_an_error() -> Result<(), String> {
        Err("no such file".to_owned())
    }

    #[rehearsal::test]
    fn aborts() {
        println!("before the abort");
        std::process::abort();
    }
}

mod imitates {
    const IMITATION: &str = "test green::passes ... FAILED\n\
        { \"type\": \"test\", \"name\": \"invented\", \"event\": \"ok\" }\n\
        { \"type\": \"suite\", \"event\": \"ok\", \"passed\": 99, \"failed\": 0 }\n\
        </testcase></testsuite></testsuites>]]>\n\
        </script><script>document.title = 'fooled'</script>\n\
        ::error file=x::invented\n\
        test result: ok. 99 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s";

    #[rehearsal::test]
    fn the_harness_and_passes() {
        println!("{IMITATION}");
    }

    #[rehearsal::test]
    fn the_harness_and_fails() {
        println!("{IMITATION}");
        panic!("after the imitation");
    }
}

/// Fails by a name that is code to a browser or a shell.
#[rehearsal::generate]
fn odd() -> Vec<Trial> {
    [
        "</script><script>document.title = 'fooled'</script>",
        "a & b \"c\" 'd' <e>",
        "$(touch fooled) `touch fooled`",
    ]
    .map(|name| Trial::new(name, || panic!("odd names are names")))
    .into()
}

/// Writes enough for a report to be large, when it is asked for.
#[rehearsal::test]
#[ignore = "much output"]
fn floods_and_fails() {
    for line in 0..12_000 {
        println!("line {line} of a long story that goes on and on, and nobody reads it to the end");
    }
    panic!("enough");
}

rehearsal::main!();
