//! Where a server works and what it writes, removed with it.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use super::error::ServerError;
use crate::sys::seam;

/// The file in it that has what the server writes.
const OUTPUT: &str = "output";

/// How much of what it wrote an error tells, bytes.
const TOLD: usize = 4096;

/// A new directory, removed with all that is in it when this is dropped.
#[derive(Debug)]
pub(super) struct Directory(PathBuf);

impl Directory {
    /// Makes one, named after the program.
    pub(super) fn make(program: &str) -> Result<Directory, ServerError> {
        let program = Path::new(program).file_name().unwrap_or_default().to_string_lossy().into_owned();
        loop {
            let name = format!("rehearsal-{program}-{:016x}", seam::random_u64());
            let path = std::env::temp_dir().join(name);
            match fs::create_dir(&path) {
                Ok(()) => return Ok(Directory(path)),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(source) => return Err(ServerError::Directory { path, source }),
            }
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    /// The file for its output, to be written at its end.
    pub(super) fn open_output(&self) -> Result<File, ServerError> {
        let path = self.0.join(OUTPUT);
        let opened = File::options().create(true).append(true).open(&path);
        opened.map_err(|source| ServerError::Directory { path, source })
    }

    pub(super) fn output(&self) -> String {
        output_in(&self.0)
    }

    /// The end of it, as errors tell it.
    pub(super) fn output_end(&self) -> String {
        let output = self.output();
        let from = output.floor_char_boundary(output.len().saturating_sub(TOLD));
        output[from..].to_owned()
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        // What cannot be removed is in the system's directory for what is temporary.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// What a server with this directory has written so far; what is no Unicode in it is replaced.
pub(super) fn output_in(directory: &Path) -> String {
    let bytes = fs::read(directory.join(OUTPUT)).unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}
