//! Load benchmarks: what is measured and told of them, and what becomes of those that go wrong.

mod lent;
mod processes;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::Value;

use crate::build::executable;
use crate::launch::{Finished, Launch};
use crate::text::{output_of, verdict_of_each};

/// A run in a target directory of its own, where the files of benchmarks are this run's.
struct Bench {
    launch: Launch,
    target: PathBuf,
}

fn bench(args: &[&str]) -> Bench {
    let built = executable("load", "load");
    let launch = Launch::new(built.clone());
    // Not in the run's own directory, which goes when the run is over.
    let target = launch.directory().with_extension("target");
    let deps = target.join("debug").join("deps");
    std::fs::create_dir_all(&deps).expect("a target directory");
    let program = deps.join("load");
    std::fs::hard_link(built, &program).expect("the suite in it");
    Bench { launch: launch.instead(program).args(args.iter().copied()), target }
}

/// A run that is over, and its directory.
struct Measured {
    run: Finished,
    target: PathBuf,
    files: PathBuf,
}

impl Drop for Measured {
    fn drop(&mut self) {
        // Of a test that fails it is left: there is something to be looked at.
        if !std::thread::panicking() {
            let _ = std::fs::remove_dir_all(&self.target);
        }
    }
}

impl Bench {
    fn run(self) -> Measured {
        let files = self.target.join("rehearsal").join("load");
        let run = self.launch.run();
        assert!(run.survivors.is_empty(), "left behind: {:?}\n{run}", run.survivors);
        Measured { run, target: self.target, files }
    }
}

impl Measured {
    fn file(&self, name: &str, kind: &str) -> String {
        let path = self.files.join(format!("load.{name}.{kind}"));
        std::fs::read_to_string(&path)
            .unwrap_or_else(|error| panic!("{}: {error}\n{}", path.display(), self.run))
    }

    fn json(&self, name: &str) -> Value {
        serde_json::from_str(&self.file(name, "json")).expect("JSON")
    }
}

fn clients(json: &Value) -> Vec<u64> {
    let levels = json["levels"].as_array().expect("levels");
    levels.iter().map(|level| level["clients"].as_u64().expect("a number")).collect()
}

/// Nothing is measured and nothing written: each runs one short level, as a test.
#[test]
fn as_a_test_each_runs_one_short_level_at_every_isolation() {
    for level in ["process", "fork", "thread"] {
        let all = bench(&["well", &format!("--isolation={level}")]).run();
        all.run.ends_with(0);
        let verdicts = verdict_of_each(&all.run.stdout);
        assert_eq!(verdicts.len(), 7, "{}", all.run);
        assert!(verdicts.values().all(|verdict| verdict == "ok"), "{}", all.run);
        assert!(!all.run.stdout.contains("ops/s") && !all.files.exists(), "{}", all.run);
    }
}

#[test]
fn they_are_listed_as_benchmarks() {
    let all = bench(&["--list", "--format=terse", "well::"]).run();
    let list = &all.run;
    list.ends_with(0);
    assert!(list.stdout.contains("well::echo: benchmark\n"), "{list}");
    assert!(!list.stdout.contains(": test\n"), "{list}");
}

#[test]
fn each_level_is_measured_and_told_as_a_table_a_page_a_picture_and_json() {
    let all = bench(&["--bench", "well::echo"]).run();
    all.run.ends_with(0);
    for told in ["clients   ops/s      p50", "scaling law: σ", "noise: 1 client measured once more"] {
        assert!(all.run.stdout.contains(told), "{told}\n{}", all.run);
    }
    let json = all.json("well.echo");
    assert_eq!(clients(&json), [1, 4, 16], "{json:#}");
    let again = &json["first_level_again"];
    assert_eq!(again["clients"], 1, "{json:#}");
    for level in json["levels"].as_array().expect("levels").iter().chain([again]) {
        let latency = ["p50", "p90", "p99", "p99.9", "max"].map(|at| level["latency_ns"][at].as_u64());
        assert!(latency.is_sorted() && latency[0] > Some(0), "{level:#}");
        assert!(level["throughput"].as_f64() > Some(0.0), "{level:#}");
        assert!(level["processor_ns"].as_u64() > Some(0), "{level:#}");
        assert!(level["memory_bytes"].as_u64() > Some(100_000), "{level:#}");
        assert_eq!(level["failed"], 0, "{level:#}");
        assert_eq!(level["latency_ns"]["count"], level["done"], "{level:#}");
    }
    assert!(json["scaling_law"]["sigma"].is_number() && json["noise"].is_number(), "{json:#}");
    let (page, picture) = (all.file("well.echo", "html"), all.file("well.echo", "svg"));
    assert!(picture.starts_with("<svg ") && picture.ends_with("</svg>\n"), "{picture}");
    assert!(page.contains(picture.trim_end()) && page.contains("<td>16</td>"), "{page}");
    assert!(!page.contains("src=") && !page.contains("href="), "it needs nothing from elsewhere\n{page}");
}

/// The operations that were asked for, no more and no less; what they share is made once a level.
#[test]
fn a_count_is_kept_and_a_set_up_is_made_once_a_level_in_a_process_of_its_own() {
    let all = bench(&["--bench", "--show-output", "well::counts"]).run();
    all.run.ends_with(0);
    let json = all.json("well.counts");
    for level in json["levels"].as_array().expect("levels") {
        assert_eq!(level["done"], 1_000, "{level:#}");
    }
    // Levels of one and of three clients, the first one again; and one level twice of the other benchmark.
    let made: Vec<&str> = all
        .run
        .stdout
        .lines()
        .filter_map(|line| line.split_once("a counter is made in process "))
        .map(|made| made.1)
        .collect();
    assert_eq!(made.len(), 3 + 2, "{}", all.run);
    assert_eq!(made.iter().collect::<BTreeSet<_>>().len(), 2, "a process each\n{}", all.run);
}

#[test]
fn a_rate_is_kept_by_tasks_and_threads() {
    let all = bench(&["--bench", "well::at_a_rate"]).run();
    all.run.ends_with(0);
    for (name, intended) in [("well.at_a_rate", 200), ("well.at_a_rate_on_threads", 100)] {
        let json = all.json(name);
        for level in json["levels"].as_array().expect("levels") {
            assert_eq!(level["intended"], intended, "{json:#}");
            let (done, missed) = (level["done"].as_u64(), level["never_started"].as_u64());
            assert_eq!(done.zip(missed).map(|(done, missed)| done + missed), Some(intended), "{json:#}");
            assert_eq!(level["latency_ns"]["count"], intended, "those never started count too\n{json:#}");
        }
        assert!(json["scaling_law"].is_null(), "of a rate that was set there is none\n{json:#}");
    }
}

#[test]
fn a_rate_that_cannot_be_reached_is_said() {
    let all = bench(&["--bench", "wrong::too_fast"]).run();
    all.run.ends_with(0);
    assert!(all.run.stdout.contains("2 clients: SATURATED: "), "{}", all.run);
    let json = all.json("wrong.too_fast");
    for level in json["levels"].as_array().expect("levels") {
        assert_eq!(level["saturated"], true, "{level:#}");
        assert_eq!(level["intended"], 200_000_000, "{level:#}");
        assert!(level["never_started"].as_u64() > Some(100_000_000), "{level:#}");
    }
    assert!(all.file("wrong.too_fast", "html").contains("SATURATED"));
}

#[test]
fn errors_are_counted_by_kind() {
    let all = bench(&["--bench", "wrong::some_fail"]).run();
    all.run.ends_with(0);
    let json = all.json("wrong.some_fail");
    let level = &json["levels"][0];
    assert_eq!((&level["done"], &level["failed"]), (&800.into(), &200.into()), "{level:#}");
    let kinds: BTreeSet<(&str, u64)> = level["errors"]
        .as_array()
        .expect("kinds")
        .iter()
        .filter_map(|kind| kind["kind"].as_str().zip(kind["count"].as_u64()))
        .collect();
    assert_eq!(
        kinds,
        BTreeSet::from([("Kind(TimedOut)", 100), ("Kind(ConnectionRefused)", 100)]),
        "{level:#}"
    );
    assert!(all.run.stdout.contains("2 clients: 100 (10.0 %) failed: Kind(TimedOut)"), "{}", all.run);
}

/// What went wrong is red as a test and as a benchmark, and the level is named.
#[test]
fn what_goes_wrong_names_its_level() {
    let table = [
        ("wrong::all_fail", 1, "of them with: the database is"),
        ("wrong::panics", 2, "panicked at load/tests/load.rs:"),
        ("wrong::panics", 2, "number 40 is one too many"),
        ("wrong::panics_on_a_thread", 2, "number 40 is one too many"),
        ("wrong::grows", 1, "and may take 64.0 MiB more (as `memory` says)"),
        ("wrong::without_a_server", 1, "its `setup` failed: no server"),
        ("wrong::set_up_hangs", 1, "its `setup` failed: it has not ended in 500ms"),
        ("wrong::client_fails", 2, "failed: no more connections"),
    ];
    let names: BTreeSet<&str> = table.iter().map(|row| row.0).collect();
    let mut args = vec!["--bench", "--exact"];
    args.extend(names);
    let all = bench(&args).run();
    all.run.ends_with(101);
    for (name, clients, why) in table {
        let told = output_of(&all.run.stdout, name).unwrap_or_else(|| panic!("{name}\n{}", all.run));
        let plural = if clients == 1 { "" } else { "s" };
        let level = format!("Error: the level of {clients} client{plural} could not be measured: ");
        let error = told.split_once(&level).unwrap_or_else(|| panic!("{name}: {level}\n{}", all.run)).1;
        assert!(error.contains(why), "{name}: {why}\n{}", all.run);
        // It is the benchmark's own, and told as that.
        assert!(!told.contains("a task or thread beside the test"), "{name}: {told}");
        assert!(all.json(&name.replace("::", "."))["error"].is_string());
    }
}

/// With one client all is well, and is told; with two nothing moves.
#[test]
fn a_deadlock_is_found_and_its_level_named() {
    let all = bench(&["--bench", "wrong::deadlock"]).run();
    all.run.ends_with(101);
    let told = output_of(&all.run.stdout, "wrong::deadlock").expect("a reason");
    assert!(
        told.contains("the level of 2 clients could not be measured: no operation has ended for"),
        "{told}"
    );
    assert!(told.contains("2 clients were in one"), "{told}");
    assert_eq!(clients(&all.json("wrong.deadlock")), [1]);

    let test = bench(&["wrong::deadlock"]).run();
    test.run.ends_with(101);
    let told = output_of(&test.run.stdout, "wrong::deadlock").expect("a reason");
    assert!(
        told.contains("the level of 2 clients could not be measured: no operation has ended for"),
        "{told}"
    );
}

/// Where it keeps every thread of its runtime nobody can look at the clock but the arbiter.
#[test]
fn one_that_blocks_is_ended_by_its_timeout() {
    let all = bench(&["--bench", "wrong::blocks"]).run();
    all.run.ends_with(101);
    let told = output_of(&all.run.stdout, "wrong::blocks").expect("a reason");
    assert!(told.contains("wrong::blocks: measuring 1 client"), "it is said where\n{told}");
    assert!(told.contains("timed out"), "{told}");
}

#[test]
fn one_that_returns_at_once_is_measured_like_others() {
    let all = bench(&["--bench", "well::nothing"]).run();
    all.run.ends_with(0);
    let json = all.json("well.nothing");
    assert_eq!(clients(&json), [1, 2, 4, 8], "{json:#}");
    for level in json["levels"].as_array().expect("levels") {
        assert!(level["done"].as_u64() > Some(0) && level["failed"] == 0, "{level:#}");
        assert_eq!(level["latency_ns"]["count"], level["done"], "{level:#}");
    }
}

/// The machine is looked at once, before anything is measured, and not where that is not wanted.
#[test]
fn a_busy_machine_is_told_of_unless_that_is_ignored() {
    // Built before it is made busy.
    drop(executable("load", "load"));
    let over = AtomicBool::new(false);
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..2 * processors {
            scope.spawn(|| {
                while !over.load(Ordering::Relaxed) {
                    std::hint::spin_loop();
                }
            });
        }
        let run = |when_busy| {
            std::panic::catch_unwind(|| {
                bench(&["--bench", "--exact", "well::counts", "--when-busy", when_busy]).run()
            })
        };
        let (told, ignored) = (run("warn"), run("ignore"));
        over.store(true, Ordering::Relaxed);
        for (all, is_told) in [(told, true), (ignored, false)] {
            let all = all.unwrap_or_else(|payload| std::panic::resume_unwind(payload));
            all.run.ends_with(0);
            let json = all.json("well.counts");
            let warnings = json["warnings"].as_array().expect("warnings");
            let of_json =
                warnings.iter().filter_map(Value::as_str).any(|told| told.contains("machine is busy"));
            assert_eq!(of_json, is_told, "{json:#}");
            let line = "warning: the machine is busy: ";
            assert_eq!(
                all.run.stdout.contains(line) || all.run.stderr.contains(line),
                is_told,
                "{}",
                all.run
            );
        }
    });
}

/// Lines of an operation that look like the harness's are none.
#[test]
fn what_an_operation_prints_is_no_verdict() {
    let all = bench(&["--bench", "wrong::prints"]).run();
    all.run.ends_with(0);
    assert!(verdict_of_each(&all.run.stdout)["wrong::prints"].starts_with("bench: "), "{}", all.run);
    let rows = all.run.stdout.lines().filter(|line| line.ends_with("MiB")).count();
    assert_eq!(rows, 2, "one level, twice\n{}", all.run);
}

/// Figures that cannot be kept are told all the same.
#[test]
fn a_directory_that_cannot_be_written_to_is_said_and_loses_no_figure() {
    let bench = bench(&["--bench", "well::nothing"]);
    std::fs::write(bench.target.join("rehearsal"), "no directory").expect("a file in the way");
    let all = bench.run();
    all.run.ends_with(0);
    assert!(all.run.stdout.contains("load.well.nothing.json could not be written: "), "{}", all.run);
    assert!(all.run.stdout.contains("scaling law: "), "{}", all.run);
}

/// As cargo-nextest runs a benchmark.
#[test]
fn one_that_runs_alone_in_this_process_is_measured_too() {
    let mut bench = bench(&["--exact", "well::counts", "--nocapture", "--bench"]);
    bench.launch = bench.launch.env("NEXTEST", "1");
    let all = bench.run();
    all.run.ends_with(0);
    assert!(all.run.stdout.contains("well::counts: tasks in a closed loop, 1000 operations"), "{}", all.run);
    assert_eq!(clients(&all.json("well.counts")), [1, 3]);
}
