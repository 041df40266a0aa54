//! Where Criterion's files are.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What Criterion is told by.
pub const VARIABLE: &str = "CRITERION_HOME";

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
    let target = target.or_else(|| if measured { asked() } else { None }).or_else(above_program);
    target.unwrap_or_else(|| "target".into()).join("criterion")
}

/// What cargo says, where cargo has started this.
fn asked() -> Option<PathBuf> {
    let arguments = ["metadata", "--no-deps", "--format-version", "1"];
    let output = Command::new(env::var_os("CARGO")?).args(arguments).output().ok()?;
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).ok()?;
    Some(metadata.get("target_directory")?.as_str()?.into())
}

/// The directory above this program that cargo has marked as its own.
fn above_program() -> Option<PathBuf> {
    let program = env::current_exe().ok()?;
    let marked = |directory: &&Path| directory.join("CACHEDIR.TAG").is_file();
    program.ancestors().find(marked).map(Path::to_owned)
}
