//! What is said of failures, and what is written of a run: the commands that run a trial again, and report files.

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::build::{cargo, executable, target_dir};
use crate::launch::{Finished, Launch};
use crate::text::{output_of, verdict_of_each};

fn basic(args: &[&str]) -> Launch {
    Launch::new(executable("basic", "basic")).args(args.iter().copied())
}

/// The command that a trial's failure block gives for running it again.
#[track_caller]
fn again_of(run: &Finished, name: &str) -> String {
    let shown = output_of(&run.stdout, name).unwrap_or_else(|| panic!("no block of {name}\n{run}"));
    let line = shown.lines().find_map(|line| line.strip_prefix("    = again: "));
    line.unwrap_or_else(|| panic!("no command in {shown}")).to_string()
}

/// Where it stands, on which worker it ran and in which order; libtest's part is above that.
#[test]
fn a_failure_says_where_it_stands_and_where_it_ran() {
    let run = basic(&["red::asserts", "--shuffle-seed=7", "--workers=1"]).run();
    let shown = output_of(&run.stdout, "red::asserts").expect("its block");
    let facts = shown.lines().find_map(|line| line.strip_prefix("   --> ")).expect("its facts");
    let (place, rest) = facts.split_once(", ").expect("more than a place");
    let (file, line) = place.rsplit_once(':').expect("a line");
    assert!(file.ends_with("basic/tests/cases.rs"), "{facts}");
    let source = std::fs::read_to_string("tests/suites/basic/tests/cases.rs").expect("the source");
    let number: usize = line.parse().expect("a number");
    assert!(source.lines().nth(number - 1).is_some_and(|line| line.contains("fn asserts()")), "{facts}");
    assert_eq!(rest, "worker 0, shuffle seed 7");
    assert!(shown.contains("assertion `left == right` failed"), "{shown}");
}

/// A program that was run by hand: the command is typed into a shell as it stands.
#[test]
fn a_shell_runs_the_failed_trial_again() {
    let run = Launch::new(executable("faults", "faults"))
        .args(["crash::aborts", "--isolation", "fork"])
        .env("REHEARSAL_GRACE", "100 ms")
        .run();
    let command = again_of(&run, "crash::aborts::fault");
    assert!(command.starts_with("REHEARSAL_GRACE='100 ms' /"), "{command}");
    assert!(command.ends_with(" --isolation=fork --exact crash::aborts::fault"), "{command}");
    let again = Launch::new("/bin/sh".into()).args(["-c", &format!("exec env {command}")]).run();
    again.ends_with(101);
    let expected = [("crash::aborts::fault".to_string(), "FAILED (signal 6, SIGABRT)".to_string())];
    assert_eq!(verdict_of_each(&again.stdout), expected.into(), "that trial and no other");
}

/// The same under cargo, whose command finds the target by itself.
#[test]
fn cargo_runs_the_failed_trial_again() {
    let run = basic(&["red"]).env("CARGO", "cargo").run();
    let command = again_of(&run, "red::asserts");
    assert_eq!(command, "cargo test -p basic --test basic -- --exact red::asserts");
    let mut again = Command::new("sh");
    // The directory and the environment that the suites are built in.
    let built = cargo();
    again.current_dir(built.get_current_dir().expect("a directory"));
    for (name, value) in built.get_envs() {
        match value {
            Some(value) => again.env(name, value),
            None => again.env_remove(name),
        };
    }
    again.args(["-c", &command]).env("CARGO_TARGET_DIR", target_dir()).env("CARGO_NET_OFFLINE", "true");
    let output = again.output().expect("a shell");
    let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(101), "{stdout}\n{said}");
    let expected = [("red::asserts".to_string(), "FAILED".to_string())];
    assert_eq!(verdict_of_each(&stdout), expected.into(), "that trial and no other\n{said}");
}

/// A place for the reports of one test, gone with it.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new() -> Folder {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("reports-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::create_dir_all(&path).expect("a directory for reports");
        Folder(path)
    }

    /// A path in it, for a command line.
    pub(crate) fn path(&self, name: &str) -> String {
        self.0.join(name).display().to_string()
    }

    #[track_caller]
    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.0.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

pub(crate) fn reports(args: &[&str]) -> Launch {
    Launch::new(executable("reports", "reports")).args(args.iter().copied())
}

/// One file for each binary, where the path says so; each is of the one and of all that ran.
#[test]
fn reports_are_written_for_each_binary() {
    for (target, trials, ran) in [("reports", 13, 11), ("other-one", 2, 2)] {
        let into = Folder::new();
        let path = |name: &str| into.path(&format!("{{package}}/{{binary}}{name}"));
        let launch = Launch::new(executable("reports", target));
        let run = launch.args(["--junit", &path(".xml"), "--trace", &path(".json")]).run();
        run.ends_with(101);
        let junit = into.read(&format!("reports/{target}.xml"));
        assert!(junit.contains(&format!("<testsuites name=\"reports::{target}\"")), "{junit}");
        assert_eq!(junit.matches("<testcase ").count(), trials, "{junit}");
        let trace = into.read(&format!("reports/{target}.json"));
        let trace: serde_json::Value = serde_json::from_str(&trace).expect("JSON");
        assert_eq!(trace["otherData"]["suite"], format!("reports::{target}"));
        let events = trace["traceEvents"].as_array().expect("events");
        assert_eq!(
            events.iter().filter(|event| event["ph"] == "X").count(),
            ran,
            "what is ignored has no time"
        );
        assert_eq!(fs::read_dir(into.0.join("reports")).expect("there").count(), 2, "nothing else is left");
    }
}

/// As the description of the Trace Event Format asks for it: each event has what its phase needs, in microseconds; each track
/// has a name; on one track nothing begins before the last has ended.
#[test]
fn a_trace_is_one_that_viewers_read() {
    for isolation in ["process", "fork", "thread"] {
        let into = Folder::new();
        let leave = if isolation == "thread" { "aborts" } else { "none" };
        let args =
            ["--isolation", isolation, "--workers=3", "--skip", leave, "--trace", &into.path("trace.json")];
        reports(&args).run().ends_with(101);
        let trace: serde_json::Value = serde_json::from_str(&into.read("trace.json")).expect("JSON");
        let events = trace["traceEvents"].as_array().expect("events");
        let (mut named, mut stretches) = (Vec::new(), Vec::new());
        for event in events {
            assert_eq!(event["pid"], 1, "{event}");
            let name = event["name"].as_str().expect("each has a name");
            match event["ph"].as_str().expect("each has a phase") {
                "M" if name == "process_name" => assert_eq!(event["args"]["name"], "reports::reports"),
                "M" if name == "thread_name" => named.push(event["tid"].as_u64().expect("a thread")),
                "M" => {
                    assert!(name == "thread_sort_index" && event["args"]["sort_index"].is_u64(), "{event}")
                }
                "X" => {
                    let number =
                        |field: &str| event[field].as_f64().unwrap_or_else(|| panic!("{field} of {event}"));
                    let track = event["tid"].as_u64().expect("a thread");
                    assert!(event["cat"].is_string() && event["args"].is_object(), "{event}");
                    stretches.push((track, number("ts"), number("dur")));
                }
                other => panic!("no phase that is known: {other}"),
            }
        }
        assert_eq!(named, [1, 2, 3], "0 is the system's own");
        stretches.sort_by(|left, right| left.partial_cmp(right).expect("numbers"));
        for two in stretches.windows(2) {
            let [(track, from, length), (next_track, next, _)] = two else { unreachable!("two of them") };
            assert!(named.contains(track) && *from >= 0.0 && *length >= 0.0, "{two:?}");
            // Both were rounded to a thousandth.
            assert!(track != next_track || from + length <= next + 0.002, "{isolation}: {two:?}");
        }
        assert!(!stretches.is_empty(), "{isolation}");
    }
}

/// What a trial prints is no verdict: neither in events nor in documents, whatever it looks like.
#[test]
fn output_that_imitates_the_harness_fools_no_report() {
    let into = Folder::new();
    let launch = reports(&["imitates", "odd", "green::passes", "--format=json"]);
    let run = launch.args(["--junit", &into.path("junit.xml")]).run();
    run.ends_with(101);
    let events: Vec<serde_json::Value> = run
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}")))
        .collect();
    let ended =
        |word: &str| events.iter().filter(|event| event["type"] == "test" && event["event"] == word).count();
    assert_eq!((ended("ok"), ended("failed")), (2, 4), "{run}");
    let suites: Vec<_> = events.iter().filter(|event| event["type"] == "suite").collect();
    assert_eq!((suites.len(), &suites[1]["passed"], &suites[1]["failed"]), (2, &2.into(), &4.into()));
    let junit = into.read("junit.xml");
    assert!(junit.contains("tests=\"6\"") && junit.contains("failures=\"4\""), "{junit}");
    assert_eq!(junit.matches("</testsuites>").count(), 1, "{junit}");
    assert_eq!(junit.matches("<testcase ").count(), 6, "{junit}");
}

/// The name is passed to a shell as it is, and is a name there.
#[test]
fn a_name_that_is_code_to_a_shell_is_run_again_by_that_name() {
    let run = reports(&["odd", "touch"]).run();
    let name = "odd::$(touch fooled) `touch fooled`";
    // The working directory is not removed before it was looked at.
    let command = format!("{}; code=$?; echo \"there: $(ls)\"; exit $code", again_of(&run, name));
    let again = Launch::new("/bin/sh".into()).args(["-c", &command]).run();
    again.ends_with(101);
    assert_eq!(verdict_of_each(&again.stdout), [(name.to_string(), "FAILED".to_string())].into());
    let there = again.stdout.rsplit("there: ").next().unwrap_or_default();
    assert!(there.contains("stdout") && !there.contains("fooled"), "nothing of it was run: {there}");
}

/// Told before anything runs, as long as that can be known.
#[test]
fn a_path_that_cannot_be_written_to_is_told_at_once() {
    for (path, reason) in
        [("/proc/no/such/place.xml", "No such file"), (".", "directory"), ("Cargo.lock/x", "")]
    {
        let run = reports(&["green", "--junit", path]).run();
        run.ends_with(101).complains(&format!("error: cannot write the report of --junit to {path}: "));
        run.complains(reason);
        assert_eq!(run.stdout, "", "nothing ran");
    }
    let run = reports(&["green", "--junit", "{pakage}.xml"]).run();
    run.ends_with(101).complains("{pakage}").complains("did you mean {package}?");
}

/// The run is red and says why; what ran is told to the end, and other reports are written.
#[test]
fn a_full_disk_loses_the_report_and_nothing_else() {
    let into = Folder::new();
    let run = reports(&["green", "--junit", "/dev/full", "--trace", &into.path("trace.json")]).run();
    run.ends_with(101).says("test green::passes ... ok").says("test result: ok. 2 passed");
    run.complains("error: cannot write the report of --junit to /dev/full: No space left on device");
    assert!(into.read("trace.json").contains("green::waits"));
}

/// A real file system of 64 KiB: what is there stays, and what could not be finished is taken away.
#[test]
fn a_full_file_system_keeps_the_report_of_before() {
    let launch = reports(&["--include-ignored", "floods", "--junit", "small/junit.xml"]);
    let script =
        "mount -t tmpfs -o size=64k none small && printf old > small/junit.xml && \"$0\" \"$@\"; code=$?
        echo \"there: $(ls -A small) $(cat small/junit.xml)\"; exit $code";
    fs::create_dir(launch.directory().join("small")).expect("a place to mount");
    let run = launch.through(&["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script]).run();
    if run.stderr.contains("unshare") || run.stderr.contains("mount:") {
        eprintln!("skipped: no file system can be mounted here: {}", run.stderr);
        return;
    }
    run.ends_with(101)
        .says("test floods_and_fails ... FAILED")
        .says("test result: FAILED. 0 passed; 1 failed");
    run.complains("error: cannot write the report of --junit to small/junit.xml: No space left on device");
    run.says("there: junit.xml old");
}

/// A signal that ends the process while it writes, for certain: that of a file which may grow no further.
#[test]
fn a_report_is_never_half_written() {
    let into = Folder::new();
    fs::write(into.path("junit.xml"), "the report of before").expect("written");
    // Blocks of 512 bytes. stdout is no file then, and trials are on threads, whose output is captured in none.
    let run = reports(&["green", "--isolation=thread", "--junit", &into.path("junit.xml")])
        .limits("exec >/dev/null; ulimit -f 1")
        .run();
    assert_eq!(run.status.signal(), Some(25), "SIGXFSZ ended it: {run}");
    assert_eq!(into.read("junit.xml"), "the report of before");
}

/// SIGTERM as soon as there is something of a report: it is finished, or not begun.
#[test]
fn sigterm_while_a_report_is_written_leaves_the_old_one_or_the_new_one() {
    let into = Folder::new();
    let path = into.path("junit.xml");
    fs::write(&path, "the report of before").expect("written");
    let running = reports(&["--include-ignored", "floods", "--junit", &path]).start();
    let being_written = || {
        let entries = fs::read_dir(&into.0).into_iter().flatten().flatten();
        entries
            .filter(|entry| entry.file_name().to_string_lossy().ends_with(".partial"))
            .any(|entry| entry.metadata().is_ok_and(|data| data.len() > 0))
    };
    let was = fs::metadata(&path).and_then(|data| data.modified()).expect("a time");
    let is_new = || fs::metadata(&path).and_then(|data| data.modified()).is_ok_and(|time| time != was);
    while !being_written() && !is_new() {
        std::thread::yield_now();
    }
    running.signal("TERM");
    let run = running.finish();
    assert_ne!(run.status.code(), Some(0), "red or interrupted");
    let there = into.read("junit.xml");
    assert!(there == "the report of before" || there.trim_end().ends_with("</testsuites>"), "{there}");
}

/// Two at once write to one place: it is the one's or the other's, and whole.
#[test]
fn two_runs_at_once_leave_one_whole_report() {
    let into = Folder::new();
    let path = into.path("junit.xml");
    let runs = [(); 2].map(|()| reports(&["green", "--junit", &path]).start());
    for run in runs {
        let run = run.finish();
        run.ends_with(0).says("test result: ok. 2 passed");
    }
    let there = into.read("junit.xml");
    assert!(there.trim_end().ends_with("</testsuites>") && there.contains("tests=\"3\""), "{there}");
    assert_eq!(fs::read_dir(&into.0).expect("there").count(), 1, "nothing else is left");
}

/// The warning that a report of another binary is gone, which placeholders in the path prevent.
#[test]
fn a_report_that_takes_the_place_of_another_suites_says_so() {
    let into = Folder::new();
    let path = into.path("junit.xml");
    let run = reports(&["green", "--junit", &path]).run();
    assert!(!run.stderr.contains("warning"), "{run}");
    let second = Launch::new(executable("reports", "other-one")).args(["passes", "--junit", &path]).run();
    second
        .ends_with(0)
        .complains("warning: --junit of reports::other-one takes the place of that of reports::reports");
    second.complains("{package} and {binary}");
}

/// A suite that was built without it names the feature.
#[test]
fn a_report_that_was_not_built_names_its_feature() {
    for (flag, feature) in [("--junit", "junit"), ("--report", "report"), ("--trace", "report")] {
        let run = basic(&["green", flag, "out"]).run();
        run.ends_with(101).complains(flag).complains(&format!("features = [\"{feature}\"]"));
        assert_eq!(run.stdout, "", "nothing ran");
    }
    basic(&["green"]).env("REHEARSAL_JUNIT", "out").run().ends_with(101).complains("feature `junit`");
}

/// What a browser makes of a page: the title that this script, put behind the page's own, gives it in the end.
fn in_a_browser(page: &str, script: &str) -> Option<String> {
    let into = Folder::new();
    // What goes wrong on the page, its own script's errors included, is told too.
    let before = "<script>window.wrong=[];onerror=(...e)=>wrong.push(e.join(' '));</script>";
    let driver = format!(
        "<script>try{{document.title=JSON.stringify((()=>{{{script}}})())}}catch(e){{document.title='driver: '+e}}</script>"
    );
    let page = page.replacen("<head>", &format!("<head>{before}"), 1).replacen(
        "</body>",
        &format!("{driver}</body>"),
        1,
    );
    fs::write(into.path("page.html"), page).expect("written");
    let browser = ["chromium", "chromium-browser", "google-chrome"].into_iter().find_map(|name| {
        let mut browser = Command::new(name);
        browser.args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--window-size=1000,1200",
            "--dump-dom",
        ]);
        browser.arg(format!("--user-data-dir={}", into.path("profile")));
        browser.arg(format!("file://{}", into.path("page.html"))).output().ok()
    });
    let Some(output) = browser else {
        eprintln!("skipped: there is no browser here");
        return None;
    };
    let dom = String::from_utf8_lossy(&output.stdout).into_owned();
    let title = dom.split_once("<title>").and_then(|(_, rest)| rest.split_once("</title>"));
    let (title, _) =
        title.unwrap_or_else(|| panic!("no title\n{dom}\n{}", String::from_utf8_lossy(&output.stderr)));
    Some(title.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"))
}

/// The page works in a real browser: list, search, filter, timeline, the way to a failure; nothing on it is fooled.
#[test]
fn a_browser_shows_what_ran() {
    let into = Folder::new();
    let run = reports(&["--report", &into.path("{binary}.html")]).run();
    run.ends_with(101);
    let script = "
        const at = (id) => document.getElementById(id), rows = () => document.querySelectorAll('#list .row').length;
        const seen = [wrong.length, at('count').textContent, rows(), document.querySelectorAll('.failure').length];
        at('find').value = 'red differs';
        at('find').oninput();
        seen.push(at('count').textContent, rows());
        at('kinds').querySelector('button').click();
        seen.push(at('count').textContent);
        at('kinds').querySelector('button').click();
        document.querySelectorAll('.failure').forEach((failure) => (failure.open = false));
        document.querySelector('#list a').click();
        seen.push(document.querySelector('.failure[open] summary code').textContent);
        const line = at('line'), pixels = line.getContext('2d').getImageData(0, 0, line.width, line.height).data;
        seen.push(pixels.some((part) => part > 0), document.querySelectorAll('.diff b').length > 0);
        seen.push(document.images.length, document.querySelector('.again button').textContent, wrong.length);
        return seen;";
    let Some(title) = in_a_browser(&into.read("reports.html"), script) else { return };
    let seen: serde_json::Value = serde_json::from_str(&title).unwrap_or_else(|e| panic!("{e}: {title}"));
    let name = "red::differs";
    let expected =
        serde_json::json!([0, "13", 13, 8, "2 of 13", 2, "0 of 13", name, true, true, 0, "copy", 0]);
    assert_eq!(seen, expected);
}

/// 10,000 trials, a thousand of which failed: the list keeps to what is in sight, and finding one takes no time.
#[test]
fn a_browser_shows_ten_thousand_trials() {
    let into = Folder::new();
    let run = Launch::new(executable("reports", "large")).args(["--report", &into.path("large.html")]).run();
    run.ends_with(101);
    let page = into.read("large.html");
    assert!(page.len() < 4 << 20, "{} bytes", page.len());
    let script = "
        const at = (id) => document.getElementById(id), begun = performance.now();
        const seen = [at('count').textContent, document.querySelectorAll('#list .row').length < 100];
        at('find').value = 't_09999';
        at('find').oninput();
        at('in').click();
        seen.push(at('count').textContent, document.querySelector('#list .row').textContent.includes('t_09999'));
        seen.push(performance.now() - begun < 1000, wrong.length);
        return seen;";
    let Some(title) = in_a_browser(&page, script) else { return };
    assert_eq!(title, "[\"10000\",true,\"1 of 10000\",true,true,0]");
}
