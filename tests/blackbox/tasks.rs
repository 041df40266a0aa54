//! What is told of tasks where tokio tells: in a build with `--cfg tokio_unstable`, and the feature `taskdump`, which tokio
//! has for Linux on x86 and aarch64 alone.
#![cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]

use crate::build::executable_that_tells_of_tasks;
use crate::launch::Launch;
use crate::text::{output_of, verdict_of_each};

fn tasks(args: &[&str]) -> Launch {
    Launch::new(executable_that_tells_of_tasks("tasks", "tasks")).args(args.iter().copied())
}

/// `tasks.rs:27:`, of the line of the suite that ends with these words.
fn place(words: &str) -> String {
    let source = include_str!("../suites/tasks/tests/tasks.rs");
    let mut lines = source.lines().zip(1..).filter(|(line, _)| line.ends_with(words));
    let (Some((_, number)), None) = (lines.next(), lines.next()) else {
        panic!("not one line has {words:?}")
    };
    format!("tests/tasks.rs:{number}:")
}

/// Each with its place, and an actor as an actor.
#[test]
fn tasks_that_are_left_are_named_with_their_place() {
    for isolation in ["process", "fork", "thread"] {
        let run = tasks(&["leaves", "--isolation", isolation]).run();
        run.ends_with(101);
        let mut told = verdict_of_each(&run.stdout);
        assert_eq!(told.remove("leaves::nothing").as_deref(), Some("ok"), "{run}");
        assert_eq!(told.len(), 4, "{run}");
        for name in told.keys() {
            let output = output_of(&run.stdout, name).unwrap_or_else(|| panic!("nothing of {name}\n{run}"));
            let place = format!("\n  a task spawned at {}", place("// left behind"));
            // The path begins where cargo was run.
            let tasks = output.replace("spawned at tasks/", "spawned at ").matches(&place).count();
            assert_eq!((tasks, output.matches("a task spawned").count()), (2, 2), "{name}\n{run}");
            assert!(output.contains("actor `forgotten` (Idle), spawned at "), "{name}\n{run}");
        }
    }
}

/// On a busy machine a trial may need more time to come to where it waits.
#[test]
fn what_a_trial_that_hangs_and_its_task_wait_for_is_told() {
    let waited_for = [place("// the test itself waits"), place("// the task waits")];
    // With a fork there is no thread that could ask its runtime, and on a thread of the run's own such a future is dropped.
    for name in ["waits::on_one_thread", "waits::on_many_threads"] {
        let mut missed = String::new();
        let is_told = ["1s", "4s", "16s"].iter().any(|time| {
            let run = tasks(&[name, "--exact", "--grace=200ms", "--timeout", time]).run();
            run.ends_with(101);
            let output = output_of(&run.stdout, name).unwrap_or_default();
            let told = output.split_once("waits for:\n  the test itself\n").map_or("", |told| told.1);
            missed = run.to_string();
            waited_for.iter().all(|place| told.contains(place.as_str()))
        });
        assert!(is_told, "{name}: no {waited_for:?}\n{missed}");
    }
}
