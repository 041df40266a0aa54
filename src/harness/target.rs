//! `rehearsal::main!`: what a suite knows of itself at compile time, and its `main`.

use std::path::PathBuf;

/// The target that `rehearsal::main!()` stands in.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// The crate's root module, as `module_path!()` has it.
    pub root_module: &'static str,
    /// The file that `rehearsal::main!()` stands in, as the compiler was given it; mostly the crate's root file.
    pub file: &'static str,
    /// The package's name; `None` where something other than cargo built this.
    pub package: Option<&'static str>,
    /// `CARGO_MANIFEST_DIR`; `None` where something other than cargo built this.
    pub manifest_dir: Option<&'static str>,
    /// `CARGO_CRATE_NAME`: the target's name with `_` for `-`.
    pub crate_name: Option<&'static str>,
    /// `CARGO_BIN_NAME`, which programs and examples have.
    pub bin_name: Option<&'static str>,
    /// Whether cargo has a directory for its temporary files, as it has for integration tests and benchmarks alone.
    pub is_integration: bool,
    /// `cfg!(test)`.
    pub test: bool,
}

/// What a report calls the suite it is of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suite {
    /// The package's name.
    pub package: String,
    /// The target's, by which it differs from all others of its package: `lib`, the name of a test, `bin-NAME`,
    /// `example-NAME`, `bench-NAME`.
    pub binary: String,
    /// Both as cargo-nextest has them: `package`, `package::test`, `package::bin/NAME`.
    pub id: String,
}

impl Suite {
    /// Of a program that was not started by `rehearsal::main!()`.
    pub fn unknown() -> Suite {
        let unknown = || "unknown".to_owned();
        Suite { package: unknown(), binary: unknown(), id: unknown() }
    }
}

/// What a target is to cargo.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TargetKind {
    /// The library's unit tests.
    Lib,
    /// Below `tests/`, mostly.
    Test,
    /// Below `benches/`.
    Bench,
    /// A program.
    Bin,
    /// Below `examples/`.
    Example,
}

impl Target {
    /// What it is to cargo.
    pub fn kind(&self) -> TargetKind {
        let below = |folder| self.file.split(['/', '\\']).any(|part| part == folder);
        match self.bin_name {
            Some(_) if below("examples") => TargetKind::Example,
            Some(_) => TargetKind::Bin,
            None if self.is_integration && below("benches") => TargetKind::Bench,
            None if self.is_integration => TargetKind::Test,
            None => TargetKind::Lib,
        }
    }

    /// Its name as cargo takes it; may read the manifest, because the compiler is told `_` for `-`.
    pub fn name(&self) -> Option<String> {
        if let Some(name) = self.bin_name {
            return Some(name.to_owned());
        }
        let crate_name = self.crate_name?;
        let is_it = |name: &str| name.replace('-', "_") == crate_name;
        let path = std::path::Path::new(self.file);
        let stem = |path: &std::path::Path| path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
        let by_file =
            [stem(path), path.parent().and_then(stem)].into_iter().flatten().find(|name| is_it(name));
        if by_file.is_some() || !crate_name.contains('_') {
            return by_file.or_else(|| Some(crate_name.to_owned()));
        }
        let manifest = self.manifest_dir.map(|directory| std::path::Path::new(directory).join("Cargo.toml"));
        let text = manifest.and_then(|path| std::fs::read_to_string(path).ok()).unwrap_or_default();
        // Names of targets stand behind the first `[[`; before it is the package's own.
        let targets = text.find("[[").map_or("", |at| &text[at..]);
        let written = targets.split('"').skip(1).step_by(2).find(|name| is_it(name));
        Some(written.unwrap_or(crate_name).to_owned())
    }

    /// What reports call its suite; may read the manifest, as [`Target::name`].
    pub fn suite(&self) -> Suite {
        let package = self.package.unwrap_or("unknown").to_owned();
        let name = self.name().unwrap_or_else(|| "unknown".to_owned());
        let folder = match self.kind() {
            TargetKind::Lib => return Suite { id: package.clone(), binary: "lib".to_owned(), package },
            TargetKind::Test => return Suite { id: format!("{package}::{name}"), binary: name, package },
            TargetKind::Bench => "bench",
            TargetKind::Bin => "bin",
            TargetKind::Example => "example",
        };
        Suite { id: format!("{package}::{folder}/{name}"), binary: format!("{folder}-{name}"), package }
    }

    /// The words of a cargo command that builds and runs this target, as the program at this path was built; `None`
    /// where something other than cargo built it.
    pub fn cargo_words(&self, program: &std::path::Path, measures: bool) -> Option<Vec<String>> {
        let (package, name, kind) = (self.package?, self.name()?, self.kind());
        let runs = if self.test { "test" } else { "run" };
        let runs = if kind == TargetKind::Bench && measures { "bench" } else { runs };
        let mut words: Vec<String> = ["cargo", runs, "-p", package].map(str::to_owned).into();
        match kind {
            TargetKind::Lib => words.push("--lib".to_owned()),
            TargetKind::Test => words.extend(["--test".to_owned(), name]),
            TargetKind::Bench => words.extend(["--bench".to_owned(), name]),
            TargetKind::Bin => words.extend(["--bin".to_owned(), name]),
            TargetKind::Example => words.extend(["--example".to_owned(), name]),
        }
        // target/[triple/]profile/deps/program
        let folders: Vec<String> = program
            .ancestors()
            .skip(2)
            .take(2)
            .filter_map(|folder| folder.file_name().map(|name| name.to_string_lossy().into_owned()))
            .collect();
        match folders.first().map_or("debug", String::as_str) {
            "debug" => {}
            "release" if runs == "bench" => {}
            "release" => words.push("--release".to_owned()),
            profile => words.extend(["--profile".to_owned(), profile.to_owned()]),
        }
        if let Some(triple) = folders.get(1)
            && triple.starts_with(std::env::consts::ARCH)
            && triple.contains('-')
        {
            words.extend(["--target".to_owned(), triple.clone()]);
        }
        Some(words)
    }

    /// Where a source file is that the compiler calls `file`, if it still is there.
    ///
    /// Cargo gives the compiler paths relative to the workspace, which is the package's directory or one above it.
    pub fn find(&self, file: &str) -> Option<PathBuf> {
        let from =
            self.manifest_dir.map_or_else(|| std::env::current_dir().unwrap_or_default(), PathBuf::from);
        from.ancestors().map(|directory| directory.join(file)).find(|path| path.is_file())
    }
}

/// What a suite has to say that libtest runs: it would be green, with none of its tests run.
///
/// # Panics
/// Always; the message says what to do.
#[track_caller]
pub fn started_by_libtest(crate_name: Option<&str>, is_integration: bool) -> ! {
    let name = crate_name.unwrap_or("..");
    let (what, missing) = match is_integration {
        true => (format!("the tests of `{name}`"), format!("[[test]]\nname = \"{name}\"\nharness = false")),
        false => ("the unit tests".to_owned(), "[lib]\nharness = false".to_owned()),
    };
    panic!(
        "{what} were to be run by Rehearsal, and libtest runs instead, which knows none of them; put this into \
         Cargo.toml:\n\n{missing}\n"
    )
}

/// The `main` of a suite: put it once into the root of a test target that says `harness = false`.
///
/// Where it does not say so, libtest has the target's `main`, and one test that fails and says what is missing.
///
/// ```ignore
/// #[rehearsal::test]
/// async fn adds() {
///     assert_eq!(1 + 1, 2);
/// }
///
/// rehearsal::main!();
/// ```
///
/// For unit tests, `harness = false` stands under `[lib]`, and the root of the library says
/// `#[cfg(test)] rehearsal::main!();`.
#[macro_export]
macro_rules! main {
    () => {
        fn main() -> ::std::process::ExitCode {
            $crate::__private::suite_main($crate::__private::Target {
                root_module: ::core::module_path!(),
                file: ::core::file!(),
                manifest_dir: ::core::option_env!("CARGO_MANIFEST_DIR"),
                package: ::core::option_env!("CARGO_PKG_NAME"),
                crate_name: ::core::option_env!("CARGO_CRATE_NAME"),
                bin_name: ::core::option_env!("CARGO_BIN_NAME"),
                is_integration: ::core::option_env!("CARGO_TARGET_TMPDIR").is_some(),
                test: ::core::cfg!(test),
            })
        }

        // Compiles away under `harness = false`; without it this is all of the suite that libtest knows.
        #[::core::prelude::v1::test]
        fn harness_false_is_missing_in_cargo_toml() {
            $crate::__private::started_by_libtest(
                ::core::option_env!("CARGO_CRATE_NAME"),
                ::core::option_env!("CARGO_TARGET_TMPDIR").is_some(),
            )
        }
    };
    ($($unexpected:tt)+) => {
        ::core::compile_error!(
            "`rehearsal::main!()` takes nothing. For a program instead of a suite, put `#[rehearsal::program]` on its \
             `fn main`"
        );
    };
}
