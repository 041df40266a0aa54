//! What the macros refuse: each file in `cases` is compiled, and each `//~ text` in it is an error on that line with
//! that text. An error more is a failure too, so that one mistake is told once.
//!
//! Ordinary libtest tests: they look at the compiler, not at a run.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Errors by file and line.
type Errors = BTreeMap<(String, u32), Vec<String>>;

#[test]
fn every_refusal_is_told_once_where_its_cause_is() {
    are_refused("", &["stream"]);
}

/// Those of benchmarks, of a package that can have some.
#[test]
fn every_refusal_of_a_benchmark_is_told_once() {
    are_refused("bench", &["bench"]);
}

/// Compiles the cases in a folder of `cases`, with these features.
fn are_refused(folder: &str, features: &[&str]) {
    let cases = cases(folder);
    assert!(!cases.is_empty(), "no cases found");
    let package = write_package(folder, features, &cases);
    let (told, output) = check(&package);
    let wanted = wanted(&cases);

    let mut complaints = String::new();
    for (place, texts) in &wanted {
        let told = told.get(place).map(Vec::as_slice).unwrap_or_default();
        for text in texts {
            match told.iter().filter(|error| error.contains(text)).count() {
                1 => {}
                count => {
                    let _ = writeln!(
                        complaints,
                        "{}:{}: {count} errors say {text:?}: {told:#?}",
                        place.0, place.1
                    );
                }
            }
        }
    }
    for (place, errors) in &told {
        let wanted = wanted.get(place).map(Vec::as_slice).unwrap_or_default();
        for error in errors.iter().filter(|error| !wanted.iter().any(|text| error.contains(text))) {
            let _ = writeln!(complaints, "{}:{}: nobody expects: {error}", place.0, place.1);
        }
    }
    assert!(complaints.is_empty(), "{complaints}\nall of it:\n{output}");
}

fn cases(folder: &str) -> Vec<PathBuf> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/refused/cases").join(folder);
    let mut cases: Vec<_> = fs::read_dir(directory)
        .expect("the cases")
        .map(|entry| entry.expect("a case").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .collect();
    cases.sort();
    cases
}

/// A package outside of any workspace, with a binary a case.
fn write_package(folder: &str, features: &[&str], cases: &[PathBuf]) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let package = Path::new(env!("CARGO_TARGET_TMPDIR")).join("refused").join(folder);
    let bins = package.join("src/bin");
    let _ = fs::remove_dir_all(&bins);
    fs::create_dir_all(&bins).expect("a package");
    let manifest = format!(
        "[workspace]\n[package]\nname = \"refused\"\nedition = \"2024\"\n[dependencies]\nrehearsal = {{ path = {root:?}, features = {features:?} }}\n"
    );
    fs::write(package.join("Cargo.toml"), manifest).expect("a manifest");
    // The very versions the project is locked to, so that nothing is fetched.
    fs::copy(root.join("Cargo.lock"), package.join("Cargo.lock")).expect("a lock file");
    for case in cases {
        fs::copy(case, bins.join(case.file_name().expect("a name"))).expect("a case");
    }
    package
}

/// Compiles all of it and reads the errors, one a line.
fn check(package: &Path) -> (Errors, String) {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    for name in ["CARGO_TARGET_DIR", "CARGO_MAKEFLAGS", "MAKEFLAGS", "RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS"] {
        cargo.env_remove(name);
    }
    cargo
        .current_dir(package)
        .args(["check", "--offline", "--bins", "--keep-going", "--message-format=short", "--color=never"])
        .arg("--target-dir")
        .arg(Path::new(env!("CARGO_TARGET_TMPDIR")).join("refused/target"));
    let output = cargo.output().expect("cargo");
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success(), "everything compiled:\n{text}");
    let mut errors = Errors::new();
    for line in text.lines() {
        let mut parts = line.splitn(4, ':');
        let (Some(file), Some(number), Some(_), Some(message)) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            continue;
        };
        let (Ok(number), Some(message)) = (number.parse(), message.trim().strip_prefix("error")) else {
            continue;
        };
        let file = file.rsplit(['/', '\\']).next().unwrap_or(file).to_owned();
        errors.entry((file, number)).or_default().push(message.to_owned());
    }
    assert!(!errors.is_empty(), "no error has a place; did the dependency compile?\n{text}");
    (errors, text)
}

/// The `//~` comments of the cases.
fn wanted(cases: &[PathBuf]) -> Errors {
    let mut wanted = Errors::new();
    for case in cases {
        let file = case.file_name().expect("a name").to_string_lossy().into_owned();
        let text = fs::read_to_string(case).expect("a case");
        for (line, number) in text.lines().zip(1..) {
            if let Some((_, text)) = line.split_once("//~ ") {
                wanted.entry((file.clone(), number)).or_default().push(text.trim().to_owned());
            }
        }
    }
    wanted
}
