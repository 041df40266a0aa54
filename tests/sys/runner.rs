//! Runs the tests one after another, as far as libtest's command line that cargo and nextest speak needs it.

use std::process::exit;
use std::sync::mpsc;
use std::time::Duration;

use crate::Named;

/// No test here takes seconds; one that takes this long hangs.
const LIMIT: Duration = Duration::from_secs(60);

pub(crate) fn run(tables: &[&[Named]]) {
    let Arguments { list, exact, ignored, filters, skips } = arguments();
    let matches =
        |name: &str, filter: &String| if exact { name == filter } else { name.contains(filter.as_str()) };
    let wanted = |name: &str| {
        (filters.is_empty() || filters.iter().any(|filter| matches(name, filter)))
            && !skips.iter().any(|skip| matches(name, skip))
    };
    let mut tests: Vec<Named> = tables.iter().flat_map(|table| table.iter().copied()).collect();
    tests.sort_by_key(|(name, _)| *name);
    // None of them is ignored, so none is left where only those are wanted.
    tests.retain(|(name, _)| wanted(name) && !ignored);
    if list {
        tests.iter().for_each(|(name, _)| println!("{name}: test"));
        return;
    }
    println!("\nrunning {} tests", tests.len());
    let mut failures: Vec<&str> = Vec::new();
    for (name, test) in &tests {
        let passed = attempt(name, *test);
        println!("test {name} ... {}", if passed { "ok" } else { "FAILED" });
        failures.extend((!passed).then_some(*name));
    }
    if !failures.is_empty() {
        println!("\nfailures:");
        for name in &failures {
            println!("    {name}");
        }
    }
    let failed = failures.len();
    let verdict = if failed == 0 { "ok" } else { "FAILED" };
    let passed = tests.len() - failed;
    println!(
        "\ntest result: {verdict}. {passed} passed; {failed} failed; 0 ignored; 0 measured; 0 filtered out\n"
    );
    exit(if failed == 0 { 0 } else { 101 });
}

#[derive(Default)]
struct Arguments {
    list: bool,
    exact: bool,
    ignored: bool,
    filters: Vec<String>,
    skips: Vec<String>,
}

/// What matters of the command line. How the output looks and how many run at a time is the same here whatever is asked.
fn arguments() -> Arguments {
    let mut parsed = Arguments::default();
    let mut given = std::env::args().skip(1);
    while let Some(argument) = given.next() {
        match argument.as_str() {
            "--list" => parsed.list = true,
            "--exact" => parsed.exact = true,
            "--ignored" => parsed.ignored = true,
            "--skip" => parsed.skips.extend(given.next()),
            "--format" | "--color" | "--test-threads" | "--logfile" | "--shuffle-seed" | "-Z" => {
                drop(given.next())
            }
            flag if flag.starts_with('-') => {}
            _ => parsed.filters.push(argument),
        }
    }
    parsed
}

fn attempt(name: &str, test: fn()) -> bool {
    let (done, ended) = mpsc::channel();
    let thread = std::thread::Builder::new().name(name.to_string()).spawn(move || {
        let passed = std::panic::catch_unwind(test).is_ok();
        let _ = done.send(passed);
    });
    thread.expect("a thread");
    ended.recv_timeout(LIMIT).unwrap_or_else(|_| {
        println!("test {name} ... FAILED (hangs for {LIMIT:?})");
        exit(101)
    })
}
