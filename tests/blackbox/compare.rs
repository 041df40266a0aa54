//! `--compare`: a scratch repository with revisions of one package, and what is said of the difference between two.
//!
//! Each test begins with the same repository, which is made once. A comparison builds all that the other side is built of in
//! a place of its own; here most of that is put there beforehand, as it was built for this side.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;

use crate::build::{cargo, target_dir};
use crate::launch::{Launch, Running};

const MANIFEST: &str = r#"
[package]
name = "compared"
edition = "2024"

[workspace]

[dependencies]
rehearsal = { path = "ROOT", features = ["bench", "junit", "reach", "report", "server", "stacks"] }
# Both with the features they have in the other suites, or they would be built once more.
tokio = { version = "1.54", default-features = false, features = ["rt", "rt-multi-thread", "time", "sync", "net", "io-util"] }

[[bench]]
name = "work"
harness = false

[profile.dev.package.criterion]
opt-level = 2

[profile.dev]
debug = false
"#;

/// So little time a measurement that noise has the say of a few percent, which is enough where no difference is looked for.
const BRIEF: [&str; 2] = ["--warm-up-time=0.02", "--measurement-time=0.06"];

/// Benches by name, each with how many rounds of work it does and how often it allocates; and `unfit`, which panics unless
/// it is fit.
fn source(benches: &[(&str, u64, usize)], fit: bool) -> String {
    let mut text = r"
use rehearsal::bench::{Bencher, Counting};

#[global_allocator]
static ALLOCATOR: Counting = Counting::new();

fn work(rounds: u64, boxes: usize) -> u64 {
    let boxes: u64 = (0..boxes).map(|n| *std::hint::black_box(Box::new(n as u64))).sum();
    (0..rounds).fold(boxes, |sum, round| std::hint::black_box(sum ^ round).rotate_left(3))
}
"
    .to_owned();
    for (name, rounds, boxes) in benches {
        text += &format!(
            "#[rehearsal::bench]\nfn {name}(b: &mut Bencher<'_>) {{ b.iter(|| work({rounds}, {boxes})); }}\n"
        );
    }
    text + if fit {
        "#[rehearsal::bench]\nfn unfit(b: &mut Bencher<'_>) { b.iter(|| 1); }\n"
    } else {
        "#[rehearsal::bench]\nfn unfit(_: &mut Bencher<'_>) { panic!(\"no data for this\"); }\n"
    } + "rehearsal::main!();\n"
}

/// The repository. Held while a comparison runs: two at once would be each other's noise.
struct Repository {
    root: PathBuf,
    /// Removes it when nobody can write to it any more: when this process has ended, in whatever way.
    _remover: Child,
}

static REPOSITORY: Mutex<Option<Repository>> = Mutex::new(None);

/// Runs this with the repository, which is made when the first one asks.
fn with_repository(test: impl FnOnce(&Repository)) {
    let mut made = REPOSITORY.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    test(made.get_or_insert_with(Repository::new));
}

impl Repository {
    /// From the first commit to the last: no package, one that does not build, one without Rehearsal, one to compare with,
    /// and one with twice its work in `slower`, and an allocation more, in which `unfit` panics.
    fn new() -> Repository {
        let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("compared-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&root);
        std::fs::create_dir_all(&root).expect("a directory");
        let words = ["-c", "cat; rm -rf \"$1\"", "sh"];
        let remover = Command::new("sh")
            .args(words)
            .arg(&root)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("sh");
        let repository = Repository { root, _remover: remover };
        repository.git(&["init", "-q", "-b", "main"]);
        repository.write("README", "nothing yet\n");
        repository.commit();
        repository.write("Cargo.toml", &MANIFEST.replace("ROOT", env!("CARGO_MANIFEST_DIR")));
        repository.write(".gitignore", "/target\nCargo.lock\n");
        repository.write("src/lib.rs", "");
        repository.write("benches/work.rs", "fn main() { this does not build }\n");
        repository.commit();
        repository.write("benches/work.rs", "fn main() { println!(\"measured by hand\"); }\n");
        repository.commit();
        repository.write("benches/work.rs", &source(&[("slower", 20_000, 1), ("steady", 20_000, 0)], true));
        repository.commit();
        repository.write(
            "benches/work.rs",
            &source(&[("slower", 40_000, 2), ("steady", 20_000, 0), ("added", 1_000, 0)], false),
        );
        repository.commit();
        let lock = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.lock");
        std::fs::copy(lock, repository.root.join("Cargo.lock")).expect("the project's versions");
        repository.bench(&["--list"]).is_green();
        share_what_is_built();
        repository
    }

    fn git(&self, words: &[&str]) -> String {
        let mut git = Command::new("git");
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("GIT_")) {
            git.env_remove(name);
        }
        let who = ["-c", "user.name=a", "-c", "user.email=a@example.org"];
        let output = git.current_dir(&self.root).args(who).args(words).output().expect("git");
        assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.root.join(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        std::fs::write(path, text).expect("written");
    }

    fn commit(&self) {
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "-m", "a step"]);
    }

    /// `cargo bench -- ARGUMENTS`.
    fn bench(&self, arguments: &[&str]) -> Benched {
        self.cargo_bench(&[&["--"], arguments].concat())
    }

    /// `cargo bench` in the profile that the other suites are built in, so that little is built anew.
    fn cargo_bench(&self, arguments: &[&str]) -> Benched {
        let mut command = Command::new("timeout");
        command.args(["--kill-after=10s", "900s"]);
        let cargo = cargo();
        command.arg(cargo.get_program());
        for (name, value) in cargo.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        command.args([
            "bench",
            "--offline",
            "--profile=dev",
            "--bench=work",
            "--color=never",
            "--target-dir",
        ]);
        command.arg(target_dir()).args(arguments).current_dir(&self.root);
        let output = command.env("REHEARSAL_HISTORY", "none").output().expect("cargo");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Benched {
            success: output.status.success(),
            stdout: text(&output.stdout),
            stderr: text(&output.stderr),
        }
    }

    /// The program that cargo has built.
    fn program(&self) -> PathBuf {
        let built = self.cargo_bench(&["--no-run", "--message-format=json-render-diagnostics"]);
        let executable = |line: &str| {
            let message: serde_json::Value = serde_json::from_str(line).ok()?;
            let is_ours = message["target"]["name"] == "work";
            is_ours.then(|| message["executable"].as_str().map(PathBuf::from))?
        };
        let found = built.is_green().stdout.lines().find_map(executable);
        found.unwrap_or_else(|| panic!("nothing was built: {built:?}"))
    }

    /// Whatever came of a comparison, nothing is left of its checkout, nor of what it measured.
    #[track_caller]
    fn is_clean(&self) {
        assert_eq!(self.git(&["worktree", "list"]).lines().count(), 1);
        let compare = target_dir().join("rehearsal/compare");
        let inside = |place: &Path| -> Vec<PathBuf> {
            std::fs::read_dir(place)
                .expect("a directory")
                .map(|entry| entry.expect("an entry").path())
                .collect()
        };
        // What is built of the other side stays, and a file in each place that comparisons have had.
        let places = inside(&compare).into_iter().filter(|path| !path.ends_with("build"));
        let left: Vec<_> =
            places.flat_map(|place| inside(&place)).filter(|path| !path.ends_with("lock")).collect();
        assert!(left.is_empty(), "{left:?}");
    }

    /// Compares, with so many rounds of little time.
    fn compare(&self, with: &str, rounds: u32, arguments: &[&str]) -> Benched {
        let (with, rounds) = (format!("--compare={with}"), format!("--compare-rounds={rounds}"));
        let mut all = vec![&*with, &*rounds, "--compare-build=--offline"];
        all.extend(BRIEF.iter().chain(arguments));
        let benched = self.bench(&all);
        self.is_clean();
        benched
    }
}

/// Puts the libraries that were built for this side where those of the other side are built. Only time depends on it, so what
/// cannot be shared is left.
fn share_what_is_built() {
    let script = "mkdir -p \"$2\" && cd \"$1\" && cp -al deps \"$2\"; cp -a .fingerprint build \"$2\"; \
                  rm -rf \"$2\"/deps/work-* \"$2\"/deps/*compared-* \"$2\"/.fingerprint/compared-*";
    let (ours, theirs) = (target_dir().join("debug"), target_dir().join("rehearsal/compare/build/debug"));
    if !theirs.exists() {
        let _ = Command::new("sh").args(["-c", script, "sh"]).args([ours, theirs]).output();
    }
}

#[derive(Debug)]
struct Benched {
    success: bool,
    stdout: String,
    stderr: String,
}

impl Benched {
    #[track_caller]
    fn is_green(&self) -> &Benched {
        assert!(self.success, "{self:?}");
        self
    }

    #[track_caller]
    fn is_red(&self) -> &Benched {
        assert!(!self.success, "{self:?}");
        self
    }

    #[track_caller]
    fn says(&self, text: &str) -> &Benched {
        assert!(self.stdout.contains(text), "no {text:?}\nstdout: {}\nstderr: {}", self.stdout, self.stderr);
        self
    }

    #[track_caller]
    fn complains(&self, text: &str) -> &Benched {
        assert!(self.stderr.contains(text), "no {text:?}\nstdout: {}\nstderr: {}", self.stdout, self.stderr);
        self
    }
}

/// What a workflow does, as docs/comparing.md has it: twice the work is red by name, with ratio and interval. On a machine
/// with much else to do it takes more rounds to be sure of that.
#[test]
fn a_regression_is_red() {
    with_repository(|repository| {
        let allowed = ["--fail-on-regression=5%", "slower"];
        let compare = |rounds| repository.compare("HEAD~1", rounds, &allowed);
        let mut run = compare(8);
        for rounds in [30, 150] {
            if run.success {
                // Not sure by now, and so green.
                assert!(!run.stdout.contains("FAILED"), "{run:?}");
                run = compare(rounds);
            }
        }
        run.is_red()
            .complains("error: slower is slower than HEAD~1: ")
            .complains("times, and 1.050 is allowed");
        run.says("with HEAD~1 (").says(": slower\n").says("noise: the same against the same is ");
        // The counters do not depend on what else the machine does.
        run.says("allocations 1.00 -> 2.00")
            .says("compare result: FAILED. 1 compared; 1 slower than is allowed");
    });
}

/// One that fails hides nothing of the others, and is told in its own words.
#[test]
fn a_bench_that_fails_is_told_beside_those_that_are_slower() {
    with_repository(|repository| {
        let compare =
            |rounds| repository.compare("HEAD~1", rounds, &["--fail-on-regression=5%", "slower", "unfit"]);
        let mut run = compare(8);
        for rounds in [30, 150] {
            run.is_red()
                .complains("error: unfit came to no time in this program:\n")
                .complains("no data for this");
            if !run.stderr.contains("error: slower is slower than HEAD~1: ") {
                // Not sure by now.
                run = compare(rounds);
            }
        }
        run.complains("error: slower is slower than HEAD~1: ").says("bench unfit: failed in this program");
        run.says("compare result: FAILED. 1 compared; 1 slower than is allowed; 1 failed");
    });
}

#[test]
fn the_same_against_the_same_is_green_in_a_tree_that_is_not_committed() {
    with_repository(|repository| {
        repository.write("src/lib.rs", "//! Not committed.\n");
        let run = repository.compare("rev:main", 8, &["--fail-on-regression=5%", "steady", "--format=json"]);
        repository.write("src/lib.rs", "");
        run.is_green().says("\"type\":\"compare\"").says("\"name\":\"steady\"").says("\"regression\":false");
        assert!(!run.stdout.contains("slower"), "{run:?}");
    });
}

#[test]
fn a_revision_that_cannot_be_compared_with_is_said_to_be_so() {
    with_repository(|repository| {
        for (with, arguments, expected) in [
            ("no-such-thing", &[][..], "--compare no-such-thing: git knows no such revision"),
            ("HEAD~2", &[], "the benchmarks of HEAD~2 cannot be measured in turns: they are not Rehearsal's"),
            ("HEAD~3", &[], "HEAD~3 does not build, its errors are above; `"),
            ("HEAD~4", &[], "HEAD~4 has no Cargo.toml"),
            ("HEAD~1", &["added"], "none of the benchmarks that were chosen is in HEAD~1"),
            ("HEAD~1", &["--fail-on-regression=five"], "not a percentage"),
            ("HEAD~1", &["--save-baseline=x"], "`--compare` and `--save-baseline` exclude each other"),
        ] {
            repository.compare(with, 8, arguments).is_red().complains(expected);
        }
        let run = repository.bench(&["--fail-on-regression=5%"]);
        run.is_red().complains("there is nothing to be slower than");
    });
}

/// This program as it compares `steady` with the commit before, without a cargo around it.
fn started(program: &Path, rounds: &str) -> Running {
    let rounds = format!("--compare-rounds={rounds}");
    let arguments =
        ["--bench", "--when-busy=ignore", "--compare=HEAD~1", &rounds, "--compare-build=--offline"];
    let mut launch = Launch::new(program.to_path_buf()).args(arguments).args(BRIEF).args(["steady"]);
    // As this side was built, or the other one is built of nothing that is there.
    if let Ok(value) = std::env::var("CARGO_INCREMENTAL") {
        launch = launch.env("CARGO_INCREMENTAL", &value);
    }
    launch.start()
}

/// As cargo does where somebody builds while a comparison runs.
#[test]
fn a_program_whose_file_is_replaced_is_compared_as_it_began() {
    with_repository(|repository| {
        let program = repository.program().with_file_name("work-replaced");
        std::fs::copy(repository.program(), &program).expect("copied");
        let running = started(&program, "8");
        running.wait_for_words("comparing 1 bench with HEAD~1");
        std::fs::remove_file(&program).expect("removed");
        std::fs::write(&program, "nothing that runs").expect("written");
        let run = running.finish();
        std::fs::remove_file(&program).expect("removed");
        run.ends_with(0).says("compare result: ok. 1 compared");
        repository.is_clean();
    });
}

/// Ctrl-C while the other side is built, as the terminal sends it, and SIGTERM to it alone while it measures, as those who
/// cancel a job do: what it has started ends, and the checkout goes.
#[test]
fn one_that_is_ended_from_outside_leaves_nothing() {
    with_repository(|repository| {
        let program = repository.program();
        // What the other side is built of is there from now on, so that nobody waits for it below.
        repository.compare("HEAD~1", 8, &["added"]).is_red();
        // More rounds than anybody waits for.
        let start = || started(&program, "9999");
        let running = start();
        running.wait_for_complaint("building HEAD~1 (");
        running.signal_group("INT");
        let run = running.finish();
        run.ends_with(130).complains("error: the comparison was ended by SIGINT");
        repository.is_clean();

        let running = start();
        running.wait_for_words("comparing 1 bench with HEAD~1");
        running.wait_for_others(2);
        running.signal("TERM");
        let run = running.finish();
        run.ends_with(143).complains("error: the comparison was ended by SIGTERM");
        repository.is_clean();
    });
}

/// Neither takes away what the other one has checked out, and each says that the other one is part of what it measures.
#[test]
fn two_at_once_have_a_checkout_each() {
    with_repository(|repository| {
        let program = repository.program();
        let checkouts = || {
            let listed = repository.git(&["worktree", "list", "--porcelain"]);
            let paths = listed.lines().filter_map(|line| line.strip_prefix("worktree ")).skip(1);
            paths.map(PathBuf::from).collect::<Vec<_>>()
        };
        let first = started(&program, "9999");
        first.wait_for_words("comparing 1 bench with HEAD~1");
        let of_first = checkouts();
        let second = started(&program, "8").finish();
        second.ends_with(0).complains("warning: another comparison is under way in ");
        assert!(
            of_first.len() == 1 && checkouts() == of_first && of_first[0].is_dir(),
            "{of_first:?}: {second}"
        );
        first.signal("TERM");
        first.finish().ends_with(143).complains("error: the comparison was ended by SIGTERM");
        repository.is_clean();
    });
}

#[test]
fn a_baseline_is_compared_with_by_its_samples_and_that_is_said() {
    with_repository(|repository| {
        let brief =
            ["steady", "--sample-size=10", "--warm-up-time=0.1", "--measurement-time=0.3", "--noplot"];
        repository.bench(&[&brief[..4], &["--save-baseline=kept"]].concat()).is_green();
        // Where Criterion's users look for them.
        for page in ["steady/report/index.html", "steady/report/pdf.svg", "report/index.html"] {
            assert!(repository.root.join("target/criterion").join(page).is_file(), "{page}");
        }
        let run = repository.compare("kept", 8, &["steady"]);
        run.is_green().says("with the baseline kept").says("by which the interval is widened");
        run.complains("a baseline cannot be measured again in turns with this program");
        repository.git(&["branch", "kept"]);
        let run = repository.compare("kept", 8, &["steady"]);
        repository.git(&["branch", "-D", "kept"]);
        run.is_red().complains("that is a revision and a baseline; say rev:kept or baseline:kept");
        let place = repository.root.join("target/criterion/steady/kept");
        let of_another = r#"{"machine":{"processor":"abacus","processors":1,"target":"wood"}}"#;
        std::fs::write(place.join("rehearsal.json"), of_another).expect("written");
        repository.compare("kept", 8, &["steady"]).is_red().complains("it is of another machine, abacus");
        std::fs::write(place.join("sample.json"), "{").expect("written");
        repository.compare("kept", 8, &["steady"]).is_red().complains("--save-baseline writes it anew");
        std::fs::remove_dir_all(place).expect("removed");
        repository.compare("kept", 8, &["steady"]).is_red().complains("git knows no such revision");
    });
}

/// Two threads for each processor that compute: nobody measures beside that unless told to.
#[test]
fn a_busy_machine_is_refused_or_warned_of() {
    use std::sync::atomic::{AtomicBool, Ordering};
    with_repository(|repository| {
        let over = AtomicBool::new(false);
        let brief =
            ["steady", "--sample-size=10", "--warm-up-time=0.1", "--measurement-time=0.3", "--noplot"];
        std::thread::scope(|scope| {
            for _ in 0..2 * std::thread::available_parallelism().map_or(1, usize::from) {
                scope.spawn(|| {
                    while !over.load(Ordering::Relaxed) {
                        std::hint::spin_loop();
                    }
                });
            }
            let with = |word| repository.bench(&[&brief[..], &[word]].concat());
            let runs = ["--when-busy=refuse", "--when-busy=warn", "--when-busy=ignore"].map(with);
            over.store(true, Ordering::Relaxed);
            let [refused, warned, ignored] = runs;
            refused.is_red().complains("error: the machine is busy: ").complains("--when-busy=ignore");
            warned.is_green().complains("warning: the machine is busy: ");
            ignored.is_green();
            assert!(!ignored.stderr.contains("is busy"), "{ignored:?}");
        });
    });
}
