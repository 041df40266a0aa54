//! What a build with coverage counts: the same at every isolation level, whatever became of a worker.
//!
//! The compiler's own tools read it (`rustup component add llvm-tools`); without them this says so and looks at nothing.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::build::executable_that_counts;
use crate::launch::Launch;

/// How `cargo llvm-cov` names the files, what a person may say, and one that names no process.
const PATTERNS: [&str; 3] = ["covered-%p-%4m.profraw", "covered-%p.profraw", "covered.profraw"];

/// How often each line of the suite ran.
type Lines = BTreeMap<u32, u64>;

/// The tools that read profiles, if this toolchain has them.
fn tools() -> Option<PathBuf> {
    let output = Command::new("rustc").args(["--print", "target-libdir"]).output().expect("rustc");
    let tools = Path::new(String::from_utf8_lossy(&output.stdout).trim()).parent()?.join("bin");
    let found = tools.join("llvm-profdata").exists() && tools.join("llvm-cov").exists();
    if !found {
        eprintln!("skipped: no llvm-profdata and llvm-cov; `rustup component add llvm-tools` installs them");
    }
    found.then_some(tools)
}

fn output_of(command: &mut Command) -> String {
    let output = command.output().expect("a tool of the toolchain");
    assert!(output.status.success(), "{command:?}:\n{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Runs the suite with these arguments, and counts.
fn count(tools: &Path, pattern: &str, args: &[&str], code: i32) -> Lines {
    let program = executable_that_counts("covered", "covered");
    let launch = Launch::new(program.clone()).args(args.iter().copied());
    // The run's own directory goes with the run.
    let directory = launch.directory().with_extension("profiles");
    std::fs::create_dir_all(&directory).expect("a directory for profiles");
    let file = directory.join(pattern);
    launch.env("LLVM_PROFILE_FILE", file.to_str().expect("a path in UTF-8")).run().ends_with(code);

    let files = std::fs::read_dir(&directory).expect("profiles").map(|entry| entry.expect("one").path());
    let files: Vec<PathBuf> =
        files.filter(|path| path.extension().is_some_and(|it| it == "profraw")).collect();
    assert!(!files.is_empty(), "no profile with the pattern {pattern}");
    let merged = directory.join("merged");
    // One file that cannot be read, or has nothing in it, fails.
    let merge = ["merge", "--sparse", "--failure-mode=any", "-o"];
    output_of(Command::new(tools.join("llvm-profdata")).args(merge).arg(&merged).args(&files));
    let mut export = Command::new(tools.join("llvm-cov"));
    let told =
        output_of(export.args(["export", "--format=lcov", "--instr-profile"]).arg(&merged).arg(program));
    let _ = std::fs::remove_dir_all(&directory);
    let of_suite = told.split("end_of_record").find(|file| file.contains("covered/tests/covered.rs"));
    let of_suite = of_suite.unwrap_or_else(|| panic!("nothing of the suite:\n{told}"));
    of_suite.lines().filter_map(|line| line.strip_prefix("DA:")?.split_once(',')).map(number).collect()
}

fn number((line, count): (&str, &str)) -> (u32, u64) {
    (line.parse().expect("a line"), count.parse().expect("a count"))
}

/// Where this stands in the suite.
fn line(text: &str) -> u32 {
    let source = include_str!("../suites/covered/tests/covered.rs");
    let at = source.lines().position(|line| line.trim() == text);
    at.unwrap_or_else(|| panic!("no {text:?} in the suite")) as u32 + 1
}

#[test]
fn every_line_ran_as_often_at_every_level() {
    let Some(tools) = tools() else { return };
    // Each process has a `main`.
    let main = line("rehearsal::main!();");
    for pattern in PATTERNS {
        let of = |level| {
            let mut lines = count(&tools, pattern, &["green", "--isolation", level, "--test-threads=2"], 0);
            lines.remove(&main);
            lines
        };
        let thread = of("thread");
        assert_eq!(thread[&line("sum += n;")], 117, "{pattern}: {thread:?}");
        assert_eq!(thread[&line("return black_box(n / 2);")], 3, "{pattern}: {thread:?}");
        assert_eq!(thread[&line("black_box(n) + 2")], 0, "{pattern}: {thread:?}");
        for level in ["process", "fork"] {
            assert_eq!(of(level), thread, "{level} (left) and thread (right) with {pattern}");
        }
    }
}

/// A trial that aborts is not counted, one that is killed for its time neither: all that ran in the same worker is, and
/// one that calls `exit` is too.
#[test]
fn what_ran_before_a_crash_is_counted() {
    let Some(tools) = tools() else { return };
    for (pattern, level) in [(PATTERNS[0], "process"), (PATTERNS[1], "process"), (PATTERNS[0], "fork")] {
        let args = ["red", "--ignored", "--isolation", level, "--test-threads=1"];
        let lines = count(&tools, pattern, &args, 101);
        assert_eq!(lines[&line("black_box(n) + 1")], 3, "{level} with {pattern}: {lines:?}");
    }
}
