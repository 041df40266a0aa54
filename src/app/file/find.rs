//! `rehearsal.toml`: finding it, and where in it a byte stands.

use std::path::{Path, PathBuf};

use crate::app::environment::Environment;
use crate::app::error::SettingsError;

/// The name of the settings file.
pub const FILE_NAME: &str = "rehearsal.toml";

/// A settings file that was found, as text.
#[derive(Debug, Clone)]
pub struct SettingsFile {
    /// Where it was found; errors name it.
    pub path: PathBuf,
    /// Its content.
    pub text: String,
}

impl SettingsFile {
    /// Looks for `rehearsal.toml`: beside the `Cargo.toml` of the package that cargo runs
    /// (`CARGO_MANIFEST_DIR`), then in `directory` and upwards, no further than the root of the workspace or
    /// repository.
    ///
    /// # Errors
    /// [`SettingsError::Unreadable`] where it is there but cannot be read; `Ok(None)` where there is none.
    pub fn find(environment: &Environment, directory: &Path) -> Result<Option<SettingsFile>, SettingsError> {
        if let Some(package) = environment.get("CARGO_MANIFEST_DIR")
            && let Some(file) = read(&Path::new(package).join(FILE_NAME))?
        {
            return Ok(Some(file));
        }
        for directory in directory.ancestors() {
            if let Some(file) = read(&directory.join(FILE_NAME))? {
                return Ok(Some(file));
            }
            if ["Cargo.lock", ".git"].iter().any(|mark| directory.join(mark).exists()) {
                break;
            }
        }
        Ok(None)
    }

    /// One-based line and column of a byte offset.
    pub(super) fn place(&self, offset: usize) -> (usize, usize) {
        let before = &self.text[..offset.min(self.text.len())];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
    }
}

fn read(path: &Path) -> Result<Option<SettingsFile>, SettingsError> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some(SettingsFile { path: path.to_owned(), text })),
        Err(error)
            if matches!(error.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory) =>
        {
            Ok(None)
        }
        Err(source) => Err(SettingsError::Unreadable { path: path.to_owned(), source }),
    }
}
