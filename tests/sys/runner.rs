//! Runs the tests one after another, as far as libtest's command line that cargo and nextest speak needs it.

use std::process::exit;
use std::sync::mpsc;
use std::time::Duration;

use crate::Named;

/// No test here takes seconds; one that takes this long hangs.
const LIMIT: Duration = Duration::from_secs(60);

pub(crate) fn run(tables: &[&[Named]]) {
    let (flags, filters): (Vec<String>, Vec<String>) =
        std::env::args().skip(1).partition(|argument| argument.starts_with('-'));
    let has = |flag: &str| flags.iter().any(|given| given == flag);
    let wanted = |name: &str| {
        filters.is_empty()
            || filters
                .iter()
                .any(|filter| if has("--exact") { name == filter } else { name.contains(filter.as_str()) })
    };
    let mut tests: Vec<Named> = tables.iter().flat_map(|table| table.iter().copied()).collect();
    tests.sort_by_key(|(name, _)| *name);
    // None of them is ignored, so none is left where only those are wanted.
    tests.retain(|(name, _)| wanted(name) && !has("--ignored"));
    if has("--list") {
        tests.iter().for_each(|(name, _)| println!("{name}: test"));
        return;
    }
    println!("\nrunning {} tests", tests.len());
    let mut failed = 0;
    for (name, test) in &tests {
        let passed = attempt(name, *test);
        println!("test {name} ... {}", if passed { "ok" } else { "FAILED" });
        failed += usize::from(!passed);
    }
    let verdict = if failed == 0 { "ok" } else { "FAILED" };
    let passed = tests.len() - failed;
    println!(
        "\ntest result: {verdict}. {passed} passed; {failed} failed; 0 ignored; 0 measured; 0 filtered out\n"
    );
    exit(if failed == 0 { 0 } else { 101 });
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
