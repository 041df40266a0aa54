//! A clean dev build beside libtest-mimic's, as a user gets both.
//!
//! cargo builds what comes from elsewhere without incremental compilation and with lints capped; a path dependency it
//! builds for somebody who edits it. libtest-mimic comes from the registry, so Rehearsal is made to come from a git
//! repository, which cargo treats alike: one that is made here, of the working tree as it is. The path dependency's
//! figure, which is what contributors wait for, stands beside it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use super::{cargo, home, write};

const ROUNDS: usize = 3;

/// One thing to build.
struct Contender {
    title: &'static str,
    folder: PathBuf,
    /// Seconds on the clock and of the processors, a pair a round.
    rounds: Vec<(f64, Option<f64>)>,
}

impl Contender {
    fn new(title: &'static str, name: &str, dependency: &str) -> Contender {
        let folder = home().join(name);
        let manifest = format!(
            "[package]\nname = \"{name}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n[workspace]\n[lib]\npath = \"lib.rs\"\n\
             [dependencies]\n{dependency}\n"
        );
        write(&folder.join("Cargo.toml"), &manifest);
        write(&folder.join("lib.rs"), "");
        // What an earlier run resolved may be out of date.
        let _ = fs::remove_file(folder.join("Cargo.lock"));
        run_quietly(cargo(&folder).arg("fetch"));
        Contender { title, folder, rounds: Vec::new() }
    }

    fn build(&mut self) {
        let target = self.folder.join("target");
        if target.exists() {
            fs::remove_dir_all(&target).expect("the last round's target can go");
        }
        let (begun, spent) = (Instant::now(), processor_seconds());
        run_quietly(cargo(&self.folder).args(["build", "--offline"]).env("CARGO_TARGET_DIR", &target));
        let spent = spent.zip(processor_seconds()).map(|(before, after)| after - before);
        self.rounds.push((begun.elapsed().as_secs_f64(), spent));
    }

    fn seconds(&self) -> f64 {
        median(self.rounds.iter().map(|(clock, _)| *clock).collect())
    }

    fn processor_seconds(&self) -> Option<f64> {
        self.rounds.iter().map(|(_, spent)| *spent).collect::<Option<Vec<f64>>>().map(median)
    }

    /// Packages that are built for it, itself left out.
    fn packages(&self) -> usize {
        let output = cargo(&self.folder)
            .args(["tree", "--edges", "normal,build", "--prefix", "none", "--format", "{p}"])
            .output()
            .expect("cargo starts");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let unique: std::collections::BTreeSet<String> = text
            .lines()
            .skip(1)
            .map(|line| line.split_whitespace().take(2).collect::<Vec<_>>().join(" "))
            .filter(|line| !line.is_empty())
            .collect();
        unique.len()
    }
}

fn median(mut seconds: Vec<f64>) -> f64 {
    seconds.sort_by(f64::total_cmp);
    seconds[seconds.len() / 2]
}

pub(super) fn report() {
    let root = env!("CARGO_MANIFEST_DIR");
    let published = publish();
    let mut contenders = [
        Contender::new("libtest-mimic", "build-theirs", "libtest-mimic = \"0.8\""),
        Contender::new(
            "rehearsal, default features",
            "build-ours",
            &format!("rehearsal = {{ git = \"file://{}\" }}", published.display()),
        ),
        Contender::new(
            "rehearsal, as a path dependency",
            "build-path",
            &format!("rehearsal = {{ path = {root:?} }}"),
        ),
    ];
    for _ in 0..ROUNDS {
        contenders.iter_mut().for_each(Contender::build);
    }
    let theirs = contenders[0].seconds();
    let theirs_spent = contenders[0].processor_seconds();
    println!(
        "\nclean dev build, medians of {ROUNDS}, interleaved; dependencies as a user gets them, the last row apart"
    );
    println!("| crate | seconds | ratio | processor seconds | ratio | packages |\n|---|---|---|---|---|---|");
    for contender in &contenders {
        let seconds = contender.seconds();
        let spent = contender.processor_seconds().zip(theirs_spent);
        let spent =
            spent.map_or("| ".to_owned(), |(ours, theirs)| format!("{ours:.1} | {:.2}", ours / theirs));
        println!(
            "| {} | {seconds:.1} | {:.2} | {spent} | {} |",
            contender.title,
            seconds / theirs,
            contender.packages()
        );
    }
}

/// Commits the working tree, as far as git does not ignore it, to a repository of its own. Dates and names are always
/// the same, so that the same tree is the same commit, which cargo need not fetch again.
fn publish() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let copy = home().join("published");
    let _ = fs::remove_dir_all(&copy);
    let listed = git(root, &["ls-files", "-z", "--cached", "--others", "--exclude-standard"]);
    for file in listed.split('\0').filter(|file| !file.is_empty()) {
        // What was deleted and is still in git's index is not there to be copied.
        if let Ok(bytes) = fs::read(root.join(file)) {
            let to = copy.join(file);
            fs::create_dir_all(to.parent().expect("a file has a folder"))
                .expect("the target directory is writable");
            fs::write(to, bytes).expect("the target directory is writable");
        }
    }
    git(&copy, &["init", "--quiet", "--initial-branch", "main"]);
    git(&copy, &["add", "--all", "--force"]);
    git(&copy, &["commit", "--quiet", "--no-verify", "--message", "The working tree"]);
    copy
}

fn git(folder: &Path, arguments: &[&str]) -> String {
    let mut command = Command::new("git");
    command.current_dir(folder).args(arguments);
    for who in ["AUTHOR", "COMMITTER"] {
        command.env(format!("GIT_{who}_NAME"), "bench").env(format!("GIT_{who}_EMAIL"), "bench@localhost");
        command.env(format!("GIT_{who}_DATE"), "2000-01-01T00:00:00Z");
    }
    let output = command.output().expect("git is installed: Rehearsal is built as a git dependency");
    assert!(output.status.success(), "{command:?}:\n{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("file names are UTF-8")
}

/// Processor time of all children so far that were waited for, where `/proc` tells it: it says more than the clock on
/// a machine that has other things to do.
fn processor_seconds() -> Option<f64> {
    const TICKS_A_SECOND: f64 = 100.0;
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    // The name, between parentheses, may contain anything; the state is the third field.
    let mut fields = stat[stat.rfind(')')? + 1..].split_whitespace().skip(13);
    let (user, system): (f64, f64) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
    Some((user + system) / TICKS_A_SECOND)
}

fn run_quietly(command: &mut Command) {
    let output = command.output().expect("cargo starts");
    assert!(output.status.success(), "{command:?}:\n{}", String::from_utf8_lossy(&output.stderr));
}
