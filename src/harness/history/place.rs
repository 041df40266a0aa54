//! Where the history of a test binary is kept.

use std::path::{Path, PathBuf};

use crate::harness::event::is_integration;
use crate::harness::target::Target;

/// What was asked for with `--history`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Asked {
    /// Nothing: beside the binary, in the target directory.
    #[default]
    Beside,
    /// In this directory.
    In(PathBuf),
    /// Nowhere.
    Nowhere,
}

/// The file of this binary's history, or `None` where there is to be none, or no target directory to keep it in.
///
/// Cargo puts test binaries into `target/debug/deps`, and the history goes to `target/debug/rehearsal`: trials of
/// another profile take another time.
pub fn file(asked: &Asked, program: &Path, target: &Target) -> Option<PathBuf> {
    let directory = match asked {
        Asked::Nowhere => return None,
        Asked::In(directory) => directory.clone(),
        Asked::Beside => {
            let deps = program.parent().filter(|directory| directory.ends_with("deps"))?;
            deps.parent()?.join("rehearsal")
        }
    };
    let mut name = format!("{}-{}", target.package.unwrap_or("unknown"), binary(program)?);
    if !is_integration(target.file) {
        // The unit tests of a library and of a program may share a name, also with those in `tests`.
        let root = Path::new(target.file).file_stem()?.to_str()?;
        name.push('-');
        name.push_str(root);
    }
    name.push_str(".history");
    Some(directory.join(name))
}

/// The name of a test binary without the hash that cargo adds: `suite-0123456789abcdef`.
fn binary(program: &Path) -> Option<&str> {
    let stem = program.file_stem()?.to_str()?;
    Some(match stem.rsplit_once('-') {
        Some((name, hash)) if hash.len() == 16 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()) => name,
        _ => stem,
    })
}
