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
    /// `cfg!(test)`.
    pub test: bool,
}

impl Target {
    /// Where a source file is that the compiler calls `file`, if it still is there.
    ///
    /// Cargo gives the compiler paths relative to the workspace, which is the package's directory or one above it.
    pub fn find(&self, file: &str) -> Option<PathBuf> {
        let from =
            self.manifest_dir.map_or_else(|| std::env::current_dir().unwrap_or_default(), PathBuf::from);
        from.ancestors().map(|directory| directory.join(file)).find(|path| path.is_file())
    }
}

/// The `main` of a suite: put it once into the root of a test target that says `harness = false`.
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
                package: ::core::option_env!("CARGO_PKG_NAME"),
                manifest_dir: ::core::option_env!("CARGO_MANIFEST_DIR"),
                test: ::core::cfg!(test),
            })
        }
    };
    ($($unexpected:tt)+) => {
        ::core::compile_error!(
            "`rehearsal::main!()` takes nothing. For a program instead of a suite, put `#[rehearsal::program]` on its \
             `fn main`"
        );
    };
}
