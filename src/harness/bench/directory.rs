//! Where Criterion's files are, and cargo's target directory.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::Duration;

use super::compare::program::run;
use crate::app::notice::say;

/// What Criterion is told by.
pub const VARIABLE: &str = "CRITERION_HOME";

/// How long cargo may take to say where its target directory is: it reads a few files for that.
const CARGO: Duration = Duration::from_secs(60);

/// The variables that workers which run benchmarks are started with: the directory, so that not each of them has to find
/// it out by asking cargo, and no connection to cargo-criterion, which would be given the results in our place.
pub fn environment(measured: bool) -> Vec<(OsString, OsString)> {
    vec![(VARIABLE.into(), of_criterion(measured).into()), ("CARGO_CRITERION_PORT".into(), OsString::new())]
}

/// The directory that Criterion would choose: what the environment says, or `criterion` in cargo's target directory.
/// Where nothing is measured nothing is written, and cargo is not asked.
pub fn of_criterion(measured: bool) -> PathBuf {
    if let Some(home) = env::var_os(VARIABLE) {
        return home.into();
    }
    let target = env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    let target = target.or_else(|| if measured { asked_once() } else { None });
    let target = target.or_else(|| env::current_exe().ok().and_then(|program| of_program(&program)));
    target.unwrap_or_else(|| "target".into()).join("criterion")
}

/// What cargo says, where cargo has started this.
fn asked_once() -> Option<PathBuf> {
    static ASKED: OnceLock<Option<PathBuf>> = OnceLock::new();
    let ask = || {
        let answer = asked(Command::new(env::var_os("CARGO")?), CARGO);
        answer
            .inspect_err(|why| say(format_args!("note: {why}: Criterion's files go beside the program")))
            .ok()
    };
    ASKED.get_or_init(ask).clone()
}

/// What this cargo says, or why it says nothing.
fn asked(mut cargo: Command, within: Duration) -> Result<PathBuf, String> {
    cargo.args(["metadata", "--no-deps", "--format-version", "1"]);
    let ended = run(cargo, within, true).map_err(|error| error.to_string())?;
    let metadata = serde_json::from_str::<serde_json::Value>(&ended.stdout).ok();
    let target = metadata.as_ref().and_then(|metadata| metadata.get("target_directory")?.as_str());
    target
        .map(PathBuf::from)
        .ok_or_else(|| format!("`cargo metadata` names no target directory: {}", ended.said()))
}

/// The target directory that a program was built in: of `target/[TRIPLE/]PROFILE/deps/PROGRAM` what `PROFILE` is in. Where
/// it stands elsewhere, the directory above it that cargo has marked as its own; it marks none that it has found there, so
/// that alone would not do.
pub fn of_program(program: &Path) -> Option<PathBuf> {
    let folder = program.parent()?;
    let of_cargo = folder.file_name().is_some_and(|name| name == "deps" || name == "examples");
    let marked = |directory: &&Path| directory.join("CACHEDIR.TAG").is_file();
    match folder.ancestors().nth(2).filter(|_| of_cargo) {
        Some(target) => Some(target.to_owned()),
        None => folder.ancestors().find(marked).map(Path::to_owned),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// Also below a directory that is marked, and in one that is not because it was there before cargo.
    #[rehearsal::test]
    fn the_target_directory_is_the_one_that_the_program_was_built_in() {
        let marked = env::temp_dir().join(format!("rehearsal-directory-{}", std::process::id()));
        fs::create_dir_all(&marked).expect("a directory");
        fs::write(marked.join("CACHEDIR.TAG"), "").expect("written");
        for (program, target) in [
            ("inner/debug/deps/work-1", "inner"),
            ("inner/x86_64-unknown-linux-gnu/release/deps/work-1", "inner/x86_64-unknown-linux-gnu"),
            ("inner/debug/examples/work", "inner"),
            ("inner/debug/work", ""),
            ("work", ""),
        ] {
            assert_eq!(of_program(&marked.join(program)), Some(marked.join(target)), "{program}");
        }
        fs::remove_dir_all(&marked).expect("removed");
        assert_eq!(of_program(Path::new("/no-such/work")), None);
    }

    #[rehearsal::test]
    fn a_cargo_that_does_not_answer_is_not_waited_for() {
        let answer = |script: &str, within| {
            let mut cargo = Command::new("sh");
            cargo.args(["-c", script]);
            asked(cargo, within)
        };
        let (brief, long) = (Duration::from_millis(50), Duration::from_secs(60));
        let error = answer("sleep 600", brief).expect_err("it hangs");
        assert!(error.contains("metadata") && error.ends_with("not done within 50ms"), "{error}");
        let error = answer("echo no manifest >&2; exit 101", long).expect_err("it fails");
        assert_eq!(error, "`cargo metadata` names no target directory: no manifest");
        let said = answer(r#"echo '{"target_directory":"/t"}'"#, long);
        assert_eq!(said, Ok(PathBuf::from("/t")));
    }
}
