//! What a run leaves for the next one to know: what is kept, and what happens where it cannot be.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::build::executable;
use crate::launch::Launch;
use crate::text::summary;

/// A directory that lasts for several runs.
struct Kept(PathBuf);

impl Kept {
    fn new(name: &str) -> Kept {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR"))
            .join("kept")
            .join(format!("{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        Kept(path)
    }

    fn file(&self) -> PathBuf {
        self.0.join("schedule-learns.history")
    }

    fn text(&self) -> String {
        fs::read_to_string(self.file()).expect("a history")
    }

    fn launch(&self) -> Launch {
        let directory = self.0.to_str().expect("UTF-8");
        Launch::new(executable("schedule", "learns")).args(["--history", directory])
    }

    /// The names of the trials that have a record.
    fn names(&self) -> Vec<String> {
        let text = self.text();
        let records = text.lines().filter(|line| line.starts_with(|c: char| c.is_ascii_digit()));
        records.map(|line| line.rsplit(' ').next().expect("a name").to_owned()).collect()
    }

    /// The same without those that take next to no time and have not failed: on a busy machine even they may take long
    /// enough for a record.
    fn names_but_short(&self) -> Vec<String> {
        let text = self.text();
        let is_short = |name: &String| {
            name.ends_with("_short") && !text.lines().any(|line| line.ends_with(&format!("F {name}")))
        };
        self.names().into_iter().filter(|name| !is_short(name)).collect()
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn what_took_its_time_is_kept_and_what_did_not_is_not() {
    // On a busy machine next to nothing may take its time; not each time.
    let mut tries = (0..20).map(|attempt| {
        let kept = Kept::new(&format!("durations-{attempt}"));
        assert_eq!(kept.launch().run().ends_with(0).stderr, "");
        assert!(kept.text().starts_with("rehearsal history 1\n"), "{}", kept.text());
        kept
    });
    let kept = tries.find(|kept| kept.names() == ["b_middling", "c_long"]);
    let kept = kept.expect("a run in which nothing but these took its time");
    // A few trials more leave what is known of the others.
    kept.launch().args(["short"]).run().ends_with(0);
    assert_eq!(kept.names_but_short(), ["b_middling", "c_long"]);
}

#[test]
fn a_failure_is_kept_with_what_ran_before_it() {
    let kept = Kept::new("failures");
    let run = kept.launch().args(["--test-threads=1"]).env("LEARNS_FAIL", "c_long,d_short");
    run.run().ends_with(101);
    assert_eq!(kept.names_but_short(), ["b_middling", "c_long", "d_short"]);
    assert!(kept.text().contains(" F d_short\n"), "{}", kept.text());
    let before = "= worker\n- a_short\n- b_middling\n- c_long\n- d_short\n";
    assert!(kept.text().ends_with(before), "{}", kept.text());
    kept.launch().run().ends_with(0);
    assert!(kept.text().contains(" F. d_short\n"), "{}", kept.text());
    assert!(kept.text().ends_with(before), "a run in which all passes leaves it: {}", kept.text());
}

#[test]
fn it_is_kept_in_the_target_directory_unless_told_otherwise() {
    let program = executable("schedule", "learns");
    let beside = program.ancestors().nth(2).expect("target/debug").join("rehearsal/schedule-learns.history");
    let _ = fs::remove_file(&beside);
    Launch::new(program.clone()).run().ends_with(0);
    assert!(!beside.exists(), "`none` keeps nothing");
    Launch::new(program.clone()).args(["--list"]).env("REHEARSAL_HISTORY", "").run().ends_with(0);
    assert!(!beside.exists(), "nothing is learnt from a listing");
    let one = ["--exact", "c_long", "--nocapture"];
    Launch::new(program.clone())
        .args(one)
        .env("REHEARSAL_HISTORY", "")
        .env("NEXTEST", "1")
        .run()
        .ends_with(0);
    assert!(!beside.exists(), "cargo-nextest starts a process a trial");
    Launch::new(program).env("REHEARSAL_HISTORY", "").run().ends_with(0);
    assert!(beside.exists());
}

#[test]
fn two_runs_at_once_keep_what_both_have_learnt() {
    let kept = Kept::new("at-once");
    let runs = ["b_middling", "c_long"].map(|name| kept.launch().args([name]).start());
    for run in runs {
        assert_eq!(run.finish().ends_with(0).stderr, "");
    }
    assert_eq!(kept.names(), ["b_middling", "c_long"]);
}

#[test]
fn a_history_that_is_none_or_of_another_version_is_set_aside_once() {
    for (text, why) in [
        (&b"rehearsal history 1\n\xff\x00 garbage"[..], "damaged (line 2: "),
        (b"", "damaged (line 1: "),
        (b"rehearsal history 99\nwho knows\n", "of version 99, not 1"),
    ] {
        let kept = Kept::new("not-one");
        fs::create_dir_all(&kept.0).expect("a directory");
        fs::write(kept.file(), text).expect("no history");
        let run = kept.launch().run();
        run.ends_with(0)
            .complains("warning: the history of earlier runs")
            .complains(why)
            .complains("set aside as");
        assert_eq!(summary(&run.stdout).passed, 4);
        assert_eq!(fs::read(kept.0.join("schedule-learns.history.set-aside")).expect("still there"), text);
        assert_eq!(kept.launch().run().ends_with(0).stderr, "", "told once");
        assert_eq!(kept.names_but_short(), ["b_middling", "c_long"]);
    }
}

#[test]
fn a_place_that_cannot_be_written_to_is_told_and_nothing_more() {
    // Nobody can make a directory in /proc, and nobody one below a file.
    for place in ["/proc/rehearsal", "/proc/version/below"] {
        let run = Launch::new(executable("schedule", "learns")).args(["--history", place]).run();
        run.ends_with(0).complains("warning: ").complains(place).complains("the next run will not know it");
        assert_eq!(summary(&run.stdout).passed, 4);
    }
}

/// A real full disk: a file system of a few pages, all of them taken.
#[test]
fn a_full_disk_is_told_and_leaves_the_old_history() {
    let kept = Kept::new("full");
    fs::create_dir_all(&kept.0).expect("a directory");
    let mount = "mount -t tmpfs -o size=8k,nr_inodes=16 none \"$1\"";
    let possible = Command::new("unshare").args(["-m", "sh", "-c", mount, "sh"]).arg(&kept.0).status();
    if !possible.is_ok_and(|status| status.success()) {
        println!("skipped: this needs the right to mount a file system");
        return;
    }
    let place = kept.0.to_str().expect("UTF-8");
    let old = "echo 'rehearsal history 1' > $D/schedule-learns.history; cat /dev/zero > $D/full 2>/dev/null";
    let script = format!("D={place}; mount -t tmpfs -o size=8k,nr_inodes=16 none $D; {old}; \"$@\"; code=$?");
    let script = format!("{script}; cat $D/schedule-learns.history; ls $D; exit $code");
    let run = kept.launch().through(&["unshare", "-m", "sh", "-c", &script, "sh"]).run();
    run.ends_with(0).complains("warning: what this run has learnt").complains("No space left on device");
    assert_eq!(summary(&run.stdout).passed, 4);
    let after = run.stdout.split_once("finished in").expect("a summary").1;
    let left = "rehearsal history 1\nfull\nschedule-learns.history\nschedule-learns.history.lock\n";
    assert!(after.ends_with(left), "{run}");
}

/// Whoever holds the lock and does not let go, costs two seconds and what was learnt.
#[test]
fn a_run_that_keeps_the_history_to_itself_is_not_waited_for_for_ever() {
    let kept = Kept::new("busy");
    fs::create_dir_all(&kept.0).expect("a directory");
    let lock = fs::File::create(kept.0.join("schedule-learns.history.lock")).expect("the lock");
    lock.lock().expect("nobody else has it");
    let run = kept.launch().run();
    run.ends_with(0).complains("was not kept: another run holds").complains(".history.lock");
    assert_eq!(summary(&run.stdout).passed, 4);
    drop(lock);
    kept.launch().run().ends_with(0);
    assert_eq!(kept.names_but_short(), ["b_middling", "c_long"]);
}
