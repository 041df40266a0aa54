//! Builds the suites of `tests/suites`, each package once, all in one target directory.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex, Once, OnceLock, PoisonError};

/// Executables of one package, by target: `basic`, and `lib basic` for the unit tests of a library.
type Built = BTreeMap<String, PathBuf>;

/// How a suite is built.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Flavor {
    /// As users build it.
    Plain,
    /// With `-C panic=abort`.
    Abort,
    /// As it is built where there is no Unix.
    Portable,
    /// With what tokio tells of its tasks.
    Tasks,
    /// With `-C instrument-coverage` for the suite alone, as cargo-llvm-cov builds.
    Counted,
}

impl Flavor {
    /// Where it is built, and the lock for that. Other flags for what a suite depends on need another directory, or each
    /// would undo what the other has built.
    fn directory(self) -> (PathBuf, &'static Mutex<()>) {
        match self {
            Flavor::Plain | Flavor::Counted => (target_dir(), &BUILDING[0]),
            Flavor::Abort => (target_dir().join("abort"), &BUILDING[1]),
            Flavor::Portable => (target_dir().join("portable"), &BUILDING[2]),
            Flavor::Tasks => (target_dir().join("tasks"), &BUILDING[3]),
        }
    }
}

/// What there is, or is being built, by package and flavor.
type Packages = BTreeMap<(String, Flavor), Arc<OnceLock<Built>>>;

/// What was built so far. Not held while cargo runs: who wants what is there need not wait.
static BUILT: Mutex<Packages> = Mutex::new(Packages::new());

/// Held while cargo builds in a directory: two at once in one would only wait for each other's lock.
static BUILDING: [Mutex<()>; 4] = [const { Mutex::new(()) }; 4];

/// The workspace of the suites.
pub(crate) fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/suites")
}

/// Where they are built; below the project's own target directory.
pub(crate) fn target_dir() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("suites")
}

/// How variables begin that are meant for the build of this test: those of the suites say by themselves what debug
/// information they have.
const OF_OUTER: [&str; 12] = [
    "CARGO_BIN_",
    "CARGO_CRATE_NAME",
    "CARGO_MAKEFLAGS",
    "CARGO_MANIFEST_",
    "CARGO_PKG_",
    "CARGO_PROFILE_",
    "CARGO_TARGET_DIR",
    "MAKEFLAGS",
    "NEXTEST",
    "REHEARSAL_",
    "RUSTC_BOOTSTRAP",
    "RUST_TEST_",
];

/// A cargo that knows nothing of the one that runs this test.
pub(crate) fn cargo() -> Command {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        let of_outer = OF_OUTER.iter().any(|name| text.starts_with(name));
        if of_outer {
            cargo.env_remove(&name);
        }
    }
    cargo.current_dir(workspace());
    cargo
}

/// The executable of a target (`basic`, `lib basic`) of a package; builds the package first if this run has not yet.
pub(crate) fn executable(package: &str, target: &str) -> PathBuf {
    find(package, target, Flavor::Plain)
}

/// The same, built with `-C panic=abort`.
pub(crate) fn executable_that_aborts(package: &str, target: &str) -> PathBuf {
    find(package, target, Flavor::Abort)
}

/// The same, built as it is where there is no Unix.
pub(crate) fn portable_executable(package: &str, target: &str) -> PathBuf {
    find(package, target, Flavor::Portable)
}

/// The same, built with what tokio tells of its tasks.
pub(crate) fn executable_that_tells_of_tasks(package: &str, target: &str) -> PathBuf {
    find(package, target, Flavor::Tasks)
}

/// The same, built with `-C instrument-coverage`.
pub(crate) fn executable_that_counts(package: &str, target: &str) -> PathBuf {
    find(package, target, Flavor::Counted)
}

fn find(package: &str, target: &str, flavor: Flavor) -> PathBuf {
    let mut built = BUILT.lock().unwrap_or_else(PoisonError::into_inner);
    let of_package = Arc::clone(built.entry((package.to_string(), flavor)).or_default());
    drop(built);
    // A build that failed panics; the next test that wants it tries again, and tells the same story.
    let of_package = of_package.get_or_init(|| {
        let (directory, building) = flavor.directory();
        let _alone = building.lock().unwrap_or_else(PoisonError::into_inner);
        build(package, flavor, &directory)
    });
    of_package
        .get(target)
        .unwrap_or_else(|| panic!("package {package} has no target {target}, only {:?}", of_package.keys()))
        .clone()
}

/// Makes the suites use the very versions that the project is locked to, so that nothing is fetched for them.
fn lock_versions() {
    static ONCE: Once = Once::new();
    // Once more where it failed: the next test tells the same story.
    ONCE.call_once_force(|_| {
        copy_lock_file();
        // Cargo adds the suites to it now, and not when it builds two flavors at once. On a new machine there are only
        // those packages that this platform needs.
        let mut metadata = cargo();
        metadata.args(["metadata", "--offline", "--format-version=1", "--filter-platform", &host()]);
        let added = metadata.output().expect("cargo");
        assert!(added.status.success(), "{}", String::from_utf8_lossy(&added.stderr));
    });
}

fn copy_lock_file() {
    let ours = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.lock");
    let theirs = workspace().join("Cargo.lock");
    let stamp = target_dir().join("copied-from.lock");
    let wanted = std::fs::read(&ours).expect("the project's Cargo.lock");
    // Cargo adds the suites to the copy: it is compared with what was copied last, not with what became of it.
    if theirs.exists() && std::fs::read(&stamp).is_ok_and(|last| last == wanted) {
        return;
    }
    std::fs::create_dir_all(target_dir()).expect("a target directory for the suites");
    std::fs::write(&theirs, &wanted).expect("a lock file for the suites");
    std::fs::write(&stamp, &wanted).expect("a stamp beside it");
}

fn build(package: &str, flavor: Flavor, directory: &Path) -> Built {
    lock_versions();
    let mut cargo = cargo();
    match flavor {
        // Flags behind `--` are for one target, here the one that is called like its package.
        Flavor::Counted => cargo.args(["rustc", "--test", package]),
        _ => cargo.args(["build", "--bins", "--tests"]),
    };
    cargo.args(["--offline", "--message-format=json-render-diagnostics", "--color=never"]);
    cargo.args(["--package", package, "--target-dir"]).arg(directory);
    // Cargo gives test targets `panic = "unwind"` whatever the profile says; the compiler's flag has the last word.
    match flavor {
        Flavor::Plain => &mut cargo,
        Flavor::Abort => for_all(&mut cargo, "-C panic=abort"),
        Flavor::Portable => for_all(&mut cargo, "--cfg rehearsal_portable"),
        Flavor::Tasks => for_all(&mut cargo, "--cfg tokio_unstable"),
        Flavor::Counted => cargo.args(["--", "-C", "instrument-coverage"]),
    };
    let output = cargo.output().expect("cargo");
    assert!(
        output.status.success(),
        "cargo could not build the suite {package}:\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout).lines().filter_map(artifact).collect()
}

/// Gives the compiler a flag for all that is built but macros and build scripts, which naming the target keeps it away from.
fn for_all<'a>(cargo: &'a mut Command, flag: &str) -> &'a mut Command {
    let flags = format!("{} {flag}", std::env::var("RUSTFLAGS").unwrap_or_default());
    cargo.env("RUSTFLAGS", flags.trim()).env_remove("CARGO_ENCODED_RUSTFLAGS").args(["--target", &host()])
}

/// The compiler's name for this machine.
fn host() -> String {
    let output = Command::new("rustc").arg("-vV").output().expect("rustc");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let line = text.lines().find_map(|line| line.strip_prefix("host: "));
    line.expect("a host line in what rustc -vV prints").to_string()
}

/// One of cargo's messages, if it tells of an executable: target and path. None of the strings that are looked for has
/// anything to escape in it.
fn artifact(message: &str) -> Option<(String, PathBuf)> {
    if !message.contains("\"reason\":\"compiler-artifact\"") {
        return None;
    }
    let executable = after(message, "\"executable\":\"")?;
    let target = &message[message.find("\"target\":{")?..];
    let name = after(target, "\"name\":\"")?;
    let is_test = target.contains("\"kind\":[\"test\"]") || target.contains("\"kind\":[\"bin\"]");
    Some((if is_test { name.to_string() } else { format!("lib {name}") }, PathBuf::from(executable)))
}

/// What stands between `key` and the next quotation mark.
fn after<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    let rest = &text[text.find(key)? + key.len()..];
    rest.split('"').next()
}
