//! Who runs when, seen from outside: what must not run at once does not, and what is known to be long begins first.

use std::fs;

use crate::build::executable;
use crate::launch::Launch;
use crate::text::summary;

/// What ran, from when to when.
struct Moment {
    what: String,
    begun: u128,
    ended: u128,
}

/// Runs the suite of those that share, and reads what they wrote down.
fn moments(args: &[&str]) -> Vec<Moment> {
    let launch = Launch::new(executable("schedule", "shares")).args(args.iter().copied());
    let directory = launch.directory().to_owned();
    let kept = directory.with_extension("moments");
    // The directory goes when the run is over; what is written into it has to be read before.
    fs::write(&kept, "").expect("a file");
    std::os::unix::fs::symlink(&kept, directory.join("moments")).expect("a link to it");
    let run = launch.run();
    run.ends_with(0);
    assert_eq!(summary(&run.stdout).passed, 20);
    let text = fs::read_to_string(&kept).expect("what they wrote");
    fs::remove_file(&kept).expect("it is there");
    let moments: Vec<Moment> = text.lines().map(moment).collect();
    assert_eq!(moments.len(), 20, "{text}");
    moments
}

fn moment(line: &str) -> Moment {
    let [what, begun, ended] = line.split(' ').collect::<Vec<_>>()[..] else { panic!("{line:?}") };
    let time = |text: &str| text.parse().expect("a time");
    Moment { what: what.to_owned(), begun: time(begun), ended: time(ended) }
}

/// The most of a measure that was taken at one time.
fn most(moments: &[Moment], measure: impl Fn(&Moment) -> usize) -> usize {
    let at = |time: u128| moments.iter().filter(move |moment| moment.begun <= time && time < moment.ended);
    moments.iter().map(|moment| at(moment.begun).map(&measure).sum()).max().unwrap_or(0)
}

fn weight(moment: &Moment) -> usize {
    match moment.what.as_str() {
        "heavy" => 2,
        "whole" | "alone" => 4,
        _ => 1,
    }
}

#[test]
fn groups_weights_and_exclusive_trials_are_kept_to_at_every_isolation() {
    for isolation in ["process", "fork", "thread"] {
        let moments = moments(&["--isolation", isolation, "--test-threads=4"]);
        let in_group = |moment: &Moment| usize::from(moment.what == "group");
        assert_eq!(most(&moments, in_group), 1, "{isolation}: one of a group at a time");
        let taken = most(&moments, weight);
        assert!((2..=4).contains(&taken), "{isolation}: {taken} in the room of four workers");
    }
}

#[test]
fn a_group_with_a_limit_has_that_many_at_once() {
    let moments = moments(&["--test-threads=4", "--group-limit", "db=2"]);
    assert_eq!(most(&moments, |moment| usize::from(moment.what == "group")), 2);
}

/// One worker, so that the order is that in which they begin.
fn begun(kept: &str, args: &[&str], fail: &str, code: i32) -> Vec<String> {
    let launch = Launch::new(executable("schedule", "learns")).args(["--test-threads=1", "--history", kept]);
    let names = launch.directory().with_extension("begun");
    fs::write(&names, "").expect("a file");
    std::os::unix::fs::symlink(&names, launch.directory().join("begun")).expect("a link to it");
    launch.args(args.iter().copied()).env("LEARNS_FAIL", fail).run().ends_with(code);
    let text = fs::read_to_string(&names).expect("what they wrote");
    fs::remove_file(&names).expect("it is there");
    text.lines().map(str::to_owned).collect()
}

#[test]
fn failed_ones_begin_first_and_then_the_longest() {
    let directory = Launch::new(executable("schedule", "learns")).directory().with_extension("history");
    let kept = directory.to_str().expect("UTF-8");
    let by_name = ["a_short", "b_middling", "c_long", "d_short"];
    assert_eq!(begun(kept, &["--order", "longest"], "", 0), by_name, "nothing is known yet");
    // On a busy machine there may be something to say of the short ones, too.
    let longest = ["c_long", "b_middling"];
    assert_eq!(begun(kept, &["--order", "longest"], "d_short", 101)[..2], longest);
    assert_eq!(begun(kept, &["--order", "longest"], "", 0)[..3], ["d_short", "c_long", "b_middling"]);
    assert_eq!(begun(kept, &["--order", "longest"], "", 0)[..2], longest, "it passed");
    assert_eq!(begun(kept, &["--order", "plan"], "", 0), by_name);
    assert_eq!(begun(kept, &[], "", 0), by_name, "one worker takes as long in any order");
    let shuffled = begun(kept, &["--order", "longest", "--shuffle-seed", "3"], "", 0);
    assert_eq!(shuffled, begun("none", &["--shuffle-seed", "3"], "", 0), "chance has the last word");
    fs::remove_dir_all(directory).expect("the history");
}

/// The most trials that one saw running, itself included.
fn most_at_once(wait_ms: &str, args: &[&str]) -> usize {
    let launch = Launch::new(executable("schedule", "waits")).args(args.iter().copied());
    let run = launch.args(["--show-output"]).env("WAIT_MS", wait_ms).run();
    run.ends_with(0);
    assert_eq!(summary(&run.stdout).passed, 100);
    let seen = run.stdout.lines().filter_map(|line| line.strip_suffix(" at once")?.parse().ok());
    seen.max().expect("each says how many")
}

/// A hundred that wait for long: whatever else this machine has to do, their workers have next to nothing.
#[test]
fn more_workers_are_taken_on_while_trials_wait() {
    let processors = std::thread::available_parallelism().expect("some").get();
    assert!(most_at_once("20", &["--workers", "2"]) <= 2);
    // There are no more than a hundred of them, and of workers no more than 64 where the processors are fewer.
    let more = (2 * processors).min(40);
    for isolation in ["process", "fork"] {
        let most = most_at_once("400", &["--workers", "auto", "--isolation", isolation]);
        assert!(most >= more, "{isolation}: no more than {most} at once");
        assert!(most <= processors.max(64), "{isolation}: {most} at once");
    }
}

/// The processes that trials ran in, each as often as one ran there.
fn processes(stdout: &str) -> Vec<&str> {
    stdout.lines().filter_map(|line| line.strip_prefix("in process ")).collect()
}

#[test]
fn workers_are_replaced_after_so_many_trials() {
    let run = Launch::new(executable("schedule", "waits"));
    let run = run.args(["--test-threads=4", "--recycle-after", "10", "--show-output"]).run();
    run.ends_with(0);
    assert_eq!(summary(&run.stdout).passed, 100);
    let ran = processes(&run.stdout);
    assert_eq!(ran.len(), 100);
    for process in &ran {
        let trials = ran.iter().filter(|other| *other == process).count();
        assert!(trials <= 10, "{trials} trials ran in {process}");
    }
}

#[test]
fn a_worker_that_holds_too_much_is_replaced_and_that_is_told() {
    let run = Launch::new(executable("schedule", "grows"));
    let run = run.args(["--test-threads=1", "--worker-memory", "64MiB", "--show-output"]).run();
    run.ends_with(0).complains("warning: worker 0 is replaced: it holds ").complains("a_keeps_what_it_takes");
    let [first, second] = processes(&run.stdout)[..] else { panic!("{run}") };
    assert_ne!(first, second);
    let run = Launch::new(executable("schedule", "grows")).args(["--test-threads=1", "--show-output"]).run();
    assert_eq!(run.ends_with(0).stderr, "");
    let [first, second] = processes(&run.stdout)[..] else { panic!("{run}") };
    assert_eq!(first, second, "nobody asked");
}
