//! The command that runs one trial again: what a failure block, a report and an annotation end with.

use std::path::Path;

use super::cli::Options;
use super::target::Target;

/// How trials of this run are run again, one at a time.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Again {
    /// All that comes before the trial's name, ready for a shell.
    before: String,
}

impl Again {
    /// For the suite of this target, run with these options by the program at this path.
    ///
    /// Where cargo runs the suite the command is cargo's, and builds what has changed; otherwise it is the program's own.
    /// Features that cargo was given are not known here and are not in it.
    pub fn new(target: Option<&Target>, options: &Options, program: &Path) -> Again {
        let mut words: Vec<String> = options.again.variables.clone();
        match target.and_then(|target| target.cargo_words(program, options.measure_benches)) {
            Some(cargo) if options.again.by_cargo => {
                words.extend(cargo);
                words.push("--".to_owned());
            }
            _ => {
                words.push(program.to_string_lossy().into_owned());
                if options.measure_benches {
                    // Without it they run once, as tests, and what was wrong with the measurement is not.
                    words.push("--bench".to_owned());
                }
            }
        }
        words.extend(options.again.flags.iter().cloned());
        words.push("--exact".to_owned());
        let quoted: Vec<String> = words.iter().map(|word| quote(word)).collect();
        Again { before: quoted.join(" ") }
    }

    /// The command for these trials, one behind the other in one worker.
    pub fn in_order(&self, names: &[&str]) -> String {
        let before = self.before.strip_suffix(" --exact").unwrap_or(&self.before);
        let names: Vec<String> = names.iter().map(|name| quote(name)).collect();
        format!("{before} --in-order {}", names.join(" "))
    }

    /// The command for the trial of this name.
    pub fn command(&self, name: &str) -> String {
        format!("{} {}", self.before, quote(name))
    }
}

/// A word as a POSIX shell takes it for one, changed no more than it needs; `NAME=value` stays an assignment.
fn quote(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "_-./:=,@%+".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    let (name, value) = match word.split_once('=') {
        Some((name, value)) if !name.is_empty() && name.chars().all(plain) => (format!("{name}="), value),
        _ => (String::new(), word),
    };
    format!("{name}'{}'", value.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use super::*;
    use crate::app::Environment;

    const TARGET: Target = Target {
        root_module: "my_suite",
        file: "tests/my-suite.rs",
        manifest_dir: None,
        package: Some("demo"),
        crate_name: Some("my_suite"),
        bin_name: None,
        is_integration: true,
        test: true,
    };

    fn command(target: &Target, line: &str, environment: &Environment, program: &str, name: &str) -> String {
        let arguments = line.split_whitespace().map(OsString::from);
        let options = Options::parse(arguments, environment, None).expect("right");
        Again::new(Some(target), &options, Path::new(program)).command(name)
    }

    #[rehearsal::test]
    fn cargo_runs_again_what_cargo_ran() {
        let cargo = Environment::from([("CARGO", "/usr/bin/cargo")]);
        let lib = Target { is_integration: false, file: "src/lib.rs", crate_name: Some("demo"), ..TARGET };
        let example = Target { bin_name: Some("tour"), file: "examples/tour.rs", test: false, ..lib };
        let bench = Target { file: "benches/my-suite.rs", ..TARGET };
        let table = [
            (TARGET, "", "/t/debug/deps/my_suite-1", "cargo test -p demo --test my-suite -- --exact a::b"),
            (lib, "", "/t/debug/deps/demo-1", "cargo test -p demo --lib -- --exact a::b"),
            (example, "", "/t/debug/examples/tour", "cargo run -p demo --example tour -- --exact a::b"),
            (
                TARGET,
                "",
                "/t/release/deps/my_suite-1",
                "cargo test -p demo --test my-suite --release -- --exact a::b",
            ),
            (
                TARGET,
                "",
                "/t/checked/deps/my_suite-1",
                "cargo test -p demo --test my-suite --profile checked -- --exact a::b",
            ),
            (
                bench,
                "--bench",
                "/t/release/deps/my_suite-1",
                "cargo bench -p demo --bench my-suite -- --exact a::b",
            ),
            (
                TARGET,
                "--timeout=2s --isolation fork --test-threads 3 --include-ignored a",
                "/t/debug/deps/my_suite-1",
                "cargo test -p demo --test my-suite -- --timeout=2s --isolation=fork --include-ignored --exact a::b",
            ),
        ];
        for (target, line, program, expected) in table {
            assert_eq!(command(&target, line, &cargo, program, "a::b"), expected, "{line}");
        }
    }

    #[rehearsal::test]
    fn another_target_triple_is_named() {
        let cargo = Environment::from([("CARGO", "/usr/bin/cargo")]);
        let triple = format!("{}-unknown-none", std::env::consts::ARCH);
        let said = command(&TARGET, "", &cargo, &format!("/t/{triple}/debug/deps/my_suite-1"), "a");
        assert_eq!(said, format!("cargo test -p demo --test my-suite --target {triple} -- --exact a"));
    }

    #[rehearsal::test]
    fn a_program_that_was_run_by_hand_is_run_by_hand_again() {
        let bare = Environment::from([("REHEARSAL_TIMEOUT", "1 s"), ("REHEARSAL_WORKERS", "3")]);
        let said = command(&TARGET, "", &bare, "/t/my deps/my_suite-1", "a");
        assert_eq!(said, "REHEARSAL_TIMEOUT='1 s' '/t/my deps/my_suite-1' --exact a");
        let measured =
            command(&TARGET, "--bench --isolation=fork", &Environment::default(), "/t/my_suite-1", "a");
        assert_eq!(measured, "/t/my_suite-1 --bench --isolation=fork --exact a");
    }

    #[rehearsal::test]
    fn a_shell_gets_the_name_as_it_is() {
        let names = ["it's", "a b", "$HOME `id` \\ \"q\" *", "größe", "line\nbreak", "a::b#2", "x=y z", ""];
        for name in names {
            let again = Again { before: "printf %s".to_owned() };
            let shell = std::process::Command::new("sh").args(["-c", &again.command(name)]).output();
            let said = shell.expect("a shell").stdout;
            assert_eq!(String::from_utf8_lossy(&said), name);
        }
    }
}
