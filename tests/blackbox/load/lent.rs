//! Operations that take fixtures.

use std::path::Path;

use super::{Bench, bench};

/// A run with a file in which fixtures say what becomes of them.
fn lent(args: &[&str]) -> Bench {
    let mut bench = bench(args);
    bench.launch = bench.launch.env("LENT", &bench.target.join("lent").to_string_lossy());
    bench
}

fn noted(target: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(target.join("lent")).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

/// What one level has noted that has done so much with the database.
fn of_level(done: u64) -> [String; 4] {
    let closed = format!("db closed after {done}, alive");
    ["pool made", "db made of pool", &closed, "pool drained"].map(str::to_owned)
}

/// With what it takes itself; after each level it is torn down before that of the next is made.
#[test]
fn a_level_has_its_own_for_all_of_its_clients() {
    for name in ["lent::good::tasks", "lent::good::threads"] {
        let all = lent(&["--bench", name]).run();
        all.run.ends_with(0);
        let levels = all.json(&name.replace("::", "."));
        assert!(levels["levels"].as_array().is_some_and(|levels| levels.len() == 2), "{levels:#}");
        // Two levels, and the first one again.
        assert_eq!(noted(&all.target), [of_level(100), of_level(100), of_level(100)].concat(), "{}", all.run);
    }
}

#[test]
fn one_of_a_wider_scope_serves_all_levels() {
    let all = lent(&["--bench", "lent::good::one_for_all_levels"]).run();
    all.run.ends_with(0);
    let noted = noted(&all.target);
    for (what, times) in [("cache made", 1), ("cache cooled", 1), ("db closed after 10, alive", 3)] {
        assert_eq!(
            noted.iter().filter(|line| *line == what).count(),
            times,
            "{what}: {noted:?}\n{}",
            all.run
        );
    }
    assert_eq!(noted.last().map(String::as_str), Some("cache cooled"), "{noted:?}");
}

#[test]
fn what_crosses_to_clients_that_are_processes_stays_here_too() {
    let all = lent(&["--bench", "lent::good::processes"]).run();
    all.run.ends_with(0);
    let level = ["server made", "server ended"];
    assert_eq!(noted(&all.target), [level, level, level].concat(), "{}", all.run);
}

#[test]
fn as_a_test_it_has_them_at_every_isolation() {
    for level in ["process", "fork", "thread"] {
        let all = lent(&["lent::good", &format!("--isolation={level}")]).run();
        all.run.ends_with(0);
        let noted = noted(&all.target);
        let count = |what: &str| noted.iter().filter(|line| line.starts_with(what)).count();
        assert_eq!([count("db made"), count("db closed"), count("server ended")], [3, 3, 1], "{noted:?}");
    }
}

/// Whatever becomes of a level, what was made for it is torn down.
#[test]
fn they_are_torn_down_after_a_level_that_goes_wrong() {
    for (name, says) in [
        ("fails", "no table"),
        ("panics", "no row"),
        ("hangs", "no operation has ended for "),
        ("not_made", "the set-up of the fixture lent::bad::missing ("),
    ] {
        let all = lent(&["--bench", "--exact", &format!("lent::bad::{name}")]).run();
        all.run.ends_with(101);
        let output = format!("{}{}", all.run.stdout, all.run.stderr);
        assert!(output.contains("the level of 2 clients could not be measured: "), "{name}\n{}", all.run);
        assert!(output.contains(says), "{name}\n{}", all.run);
        let noted = noted(&all.target);
        assert!(noted.len() == 4 && noted[3] == "pool drained", "{name}: {noted:?}\n{}", all.run);
    }
}

#[test]
fn they_are_torn_down_where_the_run_is_ended() {
    let running = lent(&["--bench", "--exact", "lent::bad::long"]);
    let target = running.target.clone();
    let running = running.launch.start();
    let file = target.join("lent");
    running.wait_until("it is under way", || {
        std::fs::read_to_string(&file).is_ok_and(|noted| noted.contains("under way"))
    });
    running.signal_group("INT");
    let run = running.finish();
    run.ends_with(130);
    let noted = noted(&target);
    assert!(noted.len() == 5 && noted[3].starts_with("db closed after "), "{noted:?}\n{run}");
    assert_eq!(noted[4], "pool drained", "{run}");
    std::fs::remove_dir_all(target).expect("removed");
}

#[test]
fn one_that_has_it_skipped_or_cannot_be_torn_down_is_told() {
    let all = lent(&["--bench", "--exact", "lent::bad::skipped"]).run();
    all.run.ends_with(0);
    assert!(all.run.stdout.contains("no licence"), "{}", all.run);
    assert_eq!(noted(&all.target).last().map(String::as_str), Some("pool drained"), "{}", all.run);
    let all = lent(&["--bench", "--exact", "lent::bad::not_torn_down"]).run();
    all.run.ends_with(101);
    let output = format!("{}{}", all.run.stdout, all.run.stderr);
    assert!(output.contains("the teardown of the fixture lent::bad::broken ("), "{}", all.run);
    assert!(output.contains("it snapped"), "{}", all.run);
}

#[test]
fn what_cannot_be_lent_is_refused_before_anything_runs() {
    for (name, says) in [
        ("of_no_fixture", "no fixture gives that type"),
        ("lent_twice", "twice, as `one` and as `other`, and a level has one of it"),
        ("lent_twice", "keep one of the two parameters"),
        ("of_several_values", "a load benchmark, whose levels are compared with one another, has one value"),
    ] {
        let all = lent(&["--bench", "--exact", &format!("lent::bad::{name}")]).run();
        assert!(!all.run.status.success(), "{}", all.run);
        let output = format!("{}{}", all.run.stdout, all.run.stderr);
        assert!(output.contains(says), "{name}\n{}", all.run);
        assert_eq!(noted(&all.target), [""; 0], "{}", all.run);
    }
}
