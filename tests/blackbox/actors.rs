//! What the report of a trial that failed shows of its actors.

use crate::build::executable;
use crate::launch::{Finished, Launch};
use crate::text::{output_of, verdict_of_each};

fn run(args: &[&str]) -> Finished {
    Launch::new(executable("faults", "faults")).args(args.iter().copied()).run()
}

/// The tree at the end of a trial's output, without what differs from run to run.
fn tree_of(run: &Finished, trial: &str) -> Option<String> {
    let output = output_of(&run.stdout, trial)?;
    let (_, tree) = output.split_once("actors of this test as it failed:\n")?;
    let lines = tree.lines().take_while(|line| !line.is_empty() && !line.starts_with("note: "));
    Some(lines.map(without_chance).collect::<Vec<_>>().join("\n"))
}

/// `process 123` and `busy 8 ms` are as it happens, and so is how much ever waited.
fn without_chance(line: &str) -> String {
    let parts = line.split(", ").filter(|part| !part.starts_with("busy "));
    let line = parts.collect::<Vec<_>>().join(", ");
    let line = match line.split_once("process ") {
        Some((before, after)) => {
            format!("{before}process #{}", after.trim_start_matches(|c: char| c.is_ascii_digit()))
        }
        None => line,
    };
    match line.split_once(", was ") {
        Some((before, after)) => {
            format!("{before}{}", after.trim_start_matches(|c: char| c.is_ascii_digit()))
        }
        None => line,
    }
}

/// The tree of the shop that the suite sets up.
fn shop(prefix: &str) -> String {
    let tree = "\
├─ #till (Till): run, task, 2 handled; in `wait`; mailbox 2/16: `add`, `count`
│  └─ #drawer (Till): run, task, 0 handled; mailbox 0/16
├─ #beside (Till): run, thread, 1 handled; in `block`; mailbox 2/16: `add`, `count`
└─ #apart (Till): run, process #, 0 handled; mailbox 3/16: `wait`, `add`, `count`";
    let tree = tree.replace("0 handled; mailbox 0/16", "0 handled; mailbox 0/1024");
    tree.replace("─ #", &format!("─ {prefix}"))
}

#[test]
fn a_panic_shows_the_actors_of_its_trial_and_what_waits_for_them() {
    let run = run(&[
        "actors::panics",
        "actors::returns",
        "actors::leaves",
        "actors::has",
        "actors::is",
        "--test-threads=2",
    ]);
    run.ends_with(101);
    assert_eq!(tree_of(&run, "actors::panics").as_deref(), Some(&*shop("")), "{run}");
    let till = "└─ till (Till): run, task, 0 handled; mailbox 0/1024";
    assert_eq!(tree_of(&run, "actors::panics_in_a_task").as_deref(), Some(till), "{run}");
    let told = "└─ till (Till): run, task, 0 handled; mailbox 1/1024: `add`";
    assert_eq!(tree_of(&run, "actors::returns_an_error").as_deref(), Some(told), "{run}");
    assert_eq!(tree_of(&run, "actors::has_none"), None, "{run}");
    let left = "└─ till (Till): run, task, 1 handled; in `wait`; mailbox 1/1024: `add`";
    assert_eq!(tree_of(&run, "actors::leaves_one").as_deref(), Some(left), "{run}");
    let many = tree_of(&run, "actors::has_too_many").expect("a tree");
    assert_eq!(many.lines().count(), 41, "{many}");
    assert!(many.starts_with("├─ till-0 ") && many.ends_with("\n… and 20 more"), "{many}");
    assert_eq!(verdict_of_each(&run.stdout)["actors::is_content"], "ok");
    assert!(output_of(&run.stdout, "actors::is_content").is_none(), "{run}");
}

#[test]
fn it_is_in_junit_and_json_too_and_can_be_left_out() {
    let tree = "drawer (Till): run, task, 0 handled; mailbox 0/1024";
    for format in ["junit", "json"] {
        let run = run(&["actors::panics", "--exact", "-Zunstable-options", "--format", format]);
        run.ends_with(101);
        assert!(run.stdout.contains(tree), "{format}\n{run}");
    }
    for isolation in ["process", "fork", "thread"] {
        let run = run(&[
            "actors::panics",
            "actors::hangs",
            "--actor-tree=hide",
            "--isolation",
            isolation,
            "--test-threads=2",
        ]);
        run.ends_with(101);
        assert!(!run.stdout.contains("actors of this test"), "{run}");
    }
}

#[test]
fn a_trial_that_hangs_is_looked_at_from_outside() {
    for isolation in ["process", "fork", "thread"] {
        let run = run(&["actors::hangs", "--isolation", isolation, "--test-threads=2"]);
        run.ends_with(101);
        for trial in ["actors::hangs", "actors::hangs_and_computes"] {
            assert!(verdict_of_each(&run.stdout)[trial].starts_with("FAILED (timed out after 1s"), "{run}");
            assert_eq!(tree_of(&run, trial).as_deref(), Some(&*shop("")), "{isolation}, {trial}\n{run}");
        }
    }
}

#[test]
fn trials_side_by_side_show_their_own_actors_alone() {
    let run = run(&["actors::side_by_side", "--isolation=thread", "--test-threads=2"]);
    run.ends_with(101);
    for side in ["left", "right"] {
        let tree = tree_of(&run, &format!("actors::side_by_side::{side}")).expect("a tree");
        assert_eq!(tree, shop(&format!("{side}-")), "{run}");
    }
}
