//! Benchmarks from outside: what is listed, measured, kept and compared, and what becomes of those that go wrong.

use std::path::{Path, PathBuf};

use crate::build::executable;
use crate::launch::{Finished, Launch};
use crate::nextest::{nextest, statuses};

/// As little as Criterion does with: the figures are looked at by nobody.
const QUICK: [&str; 5] =
    ["--bench", "--sample-size=10", "--warm-up-time=0.02", "--measurement-time=0.05", "--nresamples=1000"];

/// A directory for Criterion's files that outlives one run.
struct Home(PathBuf);

impl Home {
    fn new(name: &str) -> Home {
        let path =
            Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("criterion-{name}-{}", std::process::id()));
        // Of a process that had this number before.
        let _ = std::fs::remove_dir_all(&path);
        Home(path)
    }

    fn launch(&self, target: &str) -> Launch {
        let home = self.0.to_str().expect("a path that is text");
        Launch::new(executable("measured", target)).env("CRITERION_HOME", home)
    }

    fn has(&self, file: &str) -> bool {
        self.0.join(file).is_file()
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The line of one trial, and those below that belong to it.
fn told<'a>(run: &'a Finished, name: &str) -> Vec<&'a str> {
    let mut lines = run.stdout.lines().skip_while(|line| !line.starts_with(&format!("test {name} ... ")));
    let first = lines.next().unwrap_or_else(|| panic!("nothing is told of {name}\n{run}"));
    std::iter::once(first).chain(lines.take_while(|line| line.starts_with("    "))).collect()
}

/// What stands in the block of a trial that failed.
fn block<'a>(run: &'a Finished, name: &str) -> &'a str {
    let begin = format!("---- {name} stdout ----");
    let at = run.stdout.find(&begin).unwrap_or_else(|| panic!("no block of {name}\n{run}"));
    let rest = &run.stdout[at + begin.len()..];
    &rest[..rest.find("\n---- ").unwrap_or(rest.len())]
}

#[test]
fn benchmarks_are_listed_as_such_and_run_once_among_tests() {
    let home = Home::new("listed");
    let list = home.launch("measured").args(["--list", "--format=terse"]).run();
    list.ends_with(0).says("plain: benchmark\n").says("sized::10: benchmark\n").says("a_test: test\n");
    for isolation in ["process", "thread", "fork"] {
        let run = home.launch("measured").args(["--isolation", isolation]).run();
        run.ends_with(0).says("test plain ... ok").says("test sized::100 ... ok").says("test a_test ... ok");
        run.says("10 passed; 0 failed; 1 ignored; 0 measured");
    }
    assert!(!home.0.exists(), "a test run measures nothing");
    let run =
        home.launch("measured").env("NEXTEST", "1").args(["--exact", "asynchronous", "--nocapture"]).run();
    run.ends_with(0).says("test asynchronous ... ok");
    let kind = home.launch("measured").args(["-E", "kind(bench)", "--list", "--format=terse"]).run();
    assert!(!kind.ends_with(0).stdout.contains(": test\n"), "{kind}");
}

/// As it lists and starts them itself.
#[test]
fn cargo_nextest_runs_each_benchmark_once_among_tests() {
    let Some((code, text)) = nextest("measured", "measured", "all()") else { return };
    assert_eq!(code, Some(0), "{text}");
    let told = statuses(&text, "measured", "measured");
    for name in ["plain", "sized::10", "sized::100", "asynchronous", "process::alone::first", "a_test"] {
        assert_eq!(told.get(name).map(String::as_str), Some("PASS"), "{name}\n{text}");
    }
    assert_eq!(told.get("ignored").map(String::as_str), Some("SKIP"), "{text}");
}

#[test]
fn what_is_measured_is_told_and_kept_where_criterion_keeps_it() {
    let home = Home::new("kept");
    let run = home.launch("measured").args(QUICK).args(["--show-output"]).run();
    run.ends_with(0).says("test a_test ... ignored").says("test ignored ... ignored, too slow");
    run.says("0 passed; 0 failed; 3 ignored; 8 measured");
    let plain = told(&run, "plain");
    assert!(plain[0].contains(" ... bench: ") && plain[0].contains(" ns/iter (+/- "), "{plain:?}");
    assert!(plain[1].contains("time     ") && plain[1].contains("10 samples"), "{plain:?}");
    let sized = told(&run, "sized::100");
    assert!(
        sized[0].ends_with(" MB/s") && sized[1].contains("12 samples"),
        "the attribute goes first: {sized:?}"
    );
    assert!(sized[2].contains("through  ") && sized[2].contains("iB/s ["), "{sized:?}");
    let prints = told(&run, "prints");
    assert!(prints.iter().any(|line| line.contains("while it was measured")), "{prints:?}");
    assert!(!plain.iter().any(|line| line.contains("while it was measured")), "{plain:?}");
    for file in [
        "plain/new/estimates.json",
        "plain/base/sample.json",
        "plain/report/index.html",
        "plain/report/pdf.svg",
        "sizes/sized/10/report/index.html",
        "sizes/report/violin.svg",
        "process__alone/first/new/estimates.json",
        "report/index.html",
    ] {
        assert!(home.has(file), "no {file}");
    }
    // The page that people open leads to all others, though each worker has drawn its own.
    let page = std::fs::read_to_string(home.0.join("report/index.html")).expect("Criterion's page");
    let links: Vec<&str> =
        page.split("href=\"../").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    for name in ["plain", "asynchronous", "sizes", "sizes/sized/10", "sizes/sized/100", "prints"] {
        assert!(links.contains(&&*format!("{name}/report/index.html")), "{name}: {links:?}");
    }
    for link in links {
        let linked = std::fs::read_to_string(home.0.join(link)).expect(link);
        assert!(linked.contains("<svg") || linked.contains(".svg"), "{link} has no plot");
    }
    let process = |name: &str| {
        let begin = format!("{name} begins in process ");
        let at = run
            .stdout
            .find(&begin)
            .unwrap_or_else(|| panic!("{name} was not the first of its process\n{run}"));
        run.stdout[at + begin.len()..].lines().next().unwrap_or_default().to_string()
    };
    assert_ne!(process("first"), process("second"));
}

#[test]
fn programs_read_the_same_as_json() {
    let home = Home::new("json");
    let run = home.launch("measured").args(QUICK).args(["--format=json", "plain"]).run();
    let line =
        run.ends_with(0).stdout.lines().find(|line| line.contains("\"type\": \"bench\"")).expect("an event");
    let event: serde_json::Value = serde_json::from_str(line).expect("JSON");
    assert_eq!(event["name"], "plain");
    assert!(event["median"].as_f64().is_some_and(|median| median > 0.0), "{line}");
    let measured = &event["measured"];
    assert_eq!(measured["id"], "plain");
    assert_eq!(measured["samples"]["times"].as_array().map(Vec::len), Some(10), "{line}");
    assert!(
        measured["estimates"]["slope"]["upper"].as_f64() >= measured["estimates"]["slope"]["lower"].as_f64()
    );
    assert!(run.stdout.contains("\"measured\": 1,"), "{run}");
}

#[test]
fn a_baseline_is_kept_compared_with_and_loaded() {
    let home = Home::new("baseline");
    let of = |words: &[&str], rounds: &str| {
        let launch =
            home.launch("measured").env("BLACKBOX_ROUNDS", rounds).args(QUICK).args(["--noplot", "as_told"]);
        launch.args(words.iter().copied()).run()
    };
    let change = |run: &Finished| {
        let lines = told(run, "as_told").into_iter().find(|line| line.contains("change   "));
        lines.unwrap_or_else(|| panic!("no change\n{run}")).to_string()
    };
    of(&["--save-baseline=before"], "200").ends_with(0);
    let slower = of(&["--baseline=before"], "20000");
    slower.ends_with(0);
    assert!(change(&slower).contains("against `before`: slower"), "a hundred times the work: {slower}");
    of(&["--save-baseline", "after"], "200000").ends_with(0);
    let loaded = of(&["--baseline=before", "--load-baseline=after"], "1");
    loaded.ends_with(0);
    assert!(change(&loaded).contains("against `before`: slower"), "{loaded}");
    assert!(!home.0.join("as_told/report").exists(), "no plots were asked for");

    let missing = of(&["--baseline=never"], "200");
    missing.ends_with(101).says("this benchmark has no baseline `never`").says("it has after, before");
    of(&["--baseline-lenient=never"], "200").ends_with(0).says("1 measured");

    let machine = home.0.join("as_told/before/rehearsal.json");
    let own = std::fs::read_to_string(&machine).expect("the machine beside the baseline");
    std::fs::write(&machine, own.replace("\"processor\":\"", "\"processor\":\"other "))
        .expect("another machine");
    let elsewhere = of(&["--baseline=before"], "200");
    elsewhere.ends_with(0);
    assert!(change(&elsewhere).contains("which is of another machine (other "), "{elsewhere}");

    std::fs::write(home.0.join("as_told/before/sample.json"), "{\"iters\": [1.0,").expect("half a file");
    let corrupt = of(&["--baseline=before"], "200");
    corrupt
        .ends_with(101)
        .says("the baseline `before` of this benchmark is corrupt: ")
        .says("sample.json: EOF");
    std::fs::write(home.0.join("as_told/before/sample.json"), "[]").expect("another file");
    of(&["--save-baseline=before"], "200").ends_with(0).says("the baseline `before` was not compared with: ");
    of(&["--baseline=before"], "200").ends_with(0).says("against `before`: ");
}

#[test]
fn what_goes_wrong_in_a_benchmark_is_named() {
    let home = Home::new("wrong");
    let run = home.launch("wrong").args(QUICK).args(["--noplot", "--worker-memory=150MiB"]).run();
    run.ends_with(101).says("1 measured");
    assert!(told(&run, "goes_well")[0].contains("bench: "), "what is beside them is measured: {run}");
    for (name, verdict, reason) in [
        ("panics", "FAILED", "the bench itself failed"),
        ("panics_inside", "FAILED", "one iteration failed"),
        ("hangs", "FAILED (timed out after 2s)", "timed out after 2s"),
        ("returns_at_once", "FAILED", "must call Bencher::iter or related method"),
        ("takes_no_time", "FAILED", "at least one of its samples took no time at all"),
        (
            "grows",
            "FAILED (signal 6, SIGABRT)",
            "more memory than the 150 MiB that the process of a benchmark may hold",
        ),
        (
            "exits",
            "FAILED (exit code 0)",
            "it, or code that it called, ended the process it ran in: exit code 0",
        ),
    ] {
        let line = format!("test {name} ... {verdict}");
        assert_eq!(told(&run, name)[0], line, "{run}");
        assert!(block(&run, name).contains(reason), "no {reason:?}: {}", block(&run, name));
    }
    let test = home.launch("wrong").args(["--worker-memory=150MiB", "returns_at_once"]).run();
    test.ends_with(101).says("must call Bencher::iter or related method");
}

/// Whatever this machine has: one that grows without bound ends long before the machine is in trouble.
#[test]
fn what_a_benchmark_may_hold_is_limited_and_it_may_ask_for_more() {
    let home = Home::new("held");
    let held = |words: &[&str]| {
        let run = home.launch("held").args(QUICK).args(["--noplot", "--show-output"]);
        let run = run.args(words.iter().copied()).run();
        let number = |line: &str| line.strip_prefix("may hold ")?.parse::<u64>().ok();
        let most = run.ends_with(0).stdout.lines().find_map(number);
        most.unwrap_or_else(|| panic!("no limit\n{run}"))
    };
    let most = held(&["--exact", "as_all"]);
    assert!((1 << 20..=4 << 30).contains(&most), "{most}");
    assert_eq!(held(&["--worker-memory=3GiB", "--exact", "as_all"]), 3 << 30);
    assert_eq!(held(&["--worker-memory=3GiB", "--exact", "more"]), 5 << 30);
    let grows = ["--noplot", "--worker-memory=3GiB", "--exact", "grows_beyond_its_own"];
    let run = home.launch("held").args(QUICK).args(grows).run();
    let told = "more memory than the 100 MiB that the process of a benchmark may hold; `memory = \"8GiB\"` in its attribute";
    run.ends_with(101).says("(signal 6, SIGABRT)").says(told);
}

/// With a second thread everything that the system and libc do takes longer.
#[test]
fn what_is_measured_has_its_process_to_itself_down_to_the_last_thread() {
    let home = Home::new("threads");
    let run = |name: &str, early: bool| {
        let launch = home.launch("held").args(QUICK).args(["--noplot", "--show-output", "--exact", name]);
        let launch = if early { launch.env("BLACKBOX_EARLY_THREAD", "1") } else { launch };
        let run = launch.run();
        run.ends_with(0).says("1 measured");
        let begin = "measured by ";
        let told = run.stdout.lines().find_map(|line| line.strip_prefix(begin)).map(str::to_owned);
        told.unwrap_or_else(|| panic!("nothing is told\n{run}"))
    };
    assert_eq!(run("alone", false), "alone of 1 threads");
    let (thread, count) =
        run("of_many", false).split_once(" of ").map(|(a, b)| (a.to_owned(), b.to_owned())).expect("both");
    assert_eq!(thread, "of_many");
    assert!(count.trim_end_matches(" threads").parse::<usize>().is_ok_and(|count| count >= 4), "{count}");
    // A process that cannot be forked measures itself.
    let beside = run("alone", true);
    assert!(beside.starts_with("alone of ") && beside != "alone of 1 threads", "{beside}");
}

#[test]
fn a_benchmark_that_ends_badly_on_the_only_thread_is_told_as_any_other() {
    let home = Home::new("first");
    let run = |name: &str, early: &str| {
        let launch = home.launch("held").args(QUICK).args(["--noplot", "--exact", name, "--timeout=3s"]);
        let launch = if early.is_empty() { launch } else { launch.env("BLACKBOX_EARLY_THREAD", early) };
        launch.run()
    };
    for early in ["", "1"] {
        let hangs = run("hangs_at_the_first_thread", early);
        hangs.ends_with(101).says("FAILED (timed out after 3s)").says("begins\n");
        // Where the system tells of threads, this one is told of.
        hangs.says("thread hangs_at_the_first_thread (this test)");
    }
    // The standard library aborts where an exit exits.
    for name in ["dies_as_it_ends", "exits_as_it_ends"] {
        let ends = run(name, "");
        ends.ends_with(101).says(&format!("test {name} ... FAILED (signal 6, SIGABRT)"));
        ends.says("its function had returned; this came as its process ended");
    }
    let leaves = run("leaves_a_child", "");
    leaves.ends_with(0).says("1 measured").says("left a child process behind, which was killed: sleep");
}

/// Before it is measured: Criterion itself goes on, and no result is left.
#[test]
fn a_place_where_nothing_can_be_written_is_named() {
    let home = Home::new("unwritable");
    std::fs::write(&home.0, "a file, where a directory should be").expect("written");
    let run = home.launch("measured").args(QUICK).args(["plain"]).run();
    std::fs::remove_file(&home.0).expect("removed");
    run.ends_with(101)
        .says("Criterion's files cannot be written to ")
        .says("CRITERION_HOME names another place");
    assert!(!run.stdout.contains("took no time"), "{run}");
}

#[test]
fn two_benchmarks_with_one_directory_are_told_so() {
    let home = Home::new("collides");
    let run = home.launch("collides").args(QUICK).run();
    // Which of them is named first is the linker's affair.
    run.ends_with(101).says("(`a:b/under`)").says("would both write to the directory a_b/under");
}

#[test]
fn a_filter_that_matches_tests_alone_is_said_to() {
    let home = Home::new("filter");
    let of = |words: &[&str]| home.launch("measured").args(QUICK).args(words.iter().copied()).run();
    let told = "the filter `a_test` matches 1 test and no benchmark";
    of(&["a_test"]).ends_with(0).complains(told).says("1 ignored; 0 measured");
    of(&["a_test", "--no-tests=fail"]).ends_with(101).complains(told);
    let both = of(&["plain", "a_test"]);
    both.ends_with(0).says("1 measured; 9 filtered out");
    assert!(!both.stderr.contains("no benchmark"), "{both}");
}

#[test]
fn what_cannot_be_asked_of_criterion_is_refused_before_anything_runs() {
    let home = Home::new("refused");
    for (words, complaint) in [
        (&["--measurement-time=0"][..], "nothing can be measured in that time"),
        (&["--warm-up-time=soon"], "not a number of seconds"),
        (&["--sample-size=9"], "10"),
        (&["--save-baseline=new"], "Criterion has a directory of this name for itself"),
        (&["--baseline=../up"], "not the name of a baseline"),
        (&["--save-baseline=a", "--baseline=b"], "--save-baseline"),
        (&["--load-baseline=a"], "there is nothing to compare it with"),
    ] {
        let run = home.launch("measured").args(["--bench"]).args(words.iter().copied()).run();
        run.ends_with(101).complains(complaint);
        assert!(run.stdout.is_empty(), "{run}");
    }
}
