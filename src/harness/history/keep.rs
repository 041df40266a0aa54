//! Reading and writing the file: whole or not at all, and by one run at a time.

use std::fs::{self, File, TryLockError};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use super::error::HistoryError;
use super::record::History;
use super::text;

/// How long another run may take to write its own. It takes milliseconds, unless it was stopped half way.
const PATIENCE: Duration = Duration::from_secs(2);

/// How often is looked whether it is done: a lock of a file is no event that could be waited for with a deadline.
const LOOK: Duration = Duration::from_millis(5);

/// What the file says; nothing where there is none. With `mend`, a file that is no history is renamed, so that this is
/// told once.
///
/// # Errors
/// A file that cannot be read, or is no history of this version.
pub fn load(path: &Path, mend: bool) -> Result<History, HistoryError> {
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return Ok(History::default());
        }
        Err(source) => return Err(HistoryError::Unreadable { path: path.to_owned(), source }),
    };
    // Bytes that are no text become a line that is no record.
    text::read(&String::from_utf8_lossy(&bytes)).map_err(|unread| {
        let aside = beside(path, "set-aside");
        let moved = if mend { fs::rename(path, &aside) } else { Err(ErrorKind::ReadOnlyFilesystem.into()) };
        HistoryError::SetAside { path: path.to_owned(), unread, aside: moved.map(|()| aside) }
    })
}

/// Changes what the file says: what it says by now goes in, what it is to say comes out. Nothing is written where that
/// is the same.
///
/// # Errors
/// A file that cannot be written, or that another run keeps to itself. The file is as it was then.
pub fn change(path: &Path, change: impl FnOnce(History) -> History) -> Result<(), HistoryError> {
    let unwritable = |source| HistoryError::Unwritable { path: path.to_owned(), source };
    if let Some(directory) = path.parent() {
        fs::create_dir_all(directory).map_err(unwritable)?;
    }
    let _held = lock(beside(path, "lock"), PATIENCE).map_err(|error| match error {
        TryLockError::WouldBlock => HistoryError::Busy { lock: beside(path, "lock") },
        TryLockError::Error(source) => unwritable(source),
    })?;
    let before = load(path, true).or_else(|error| match error {
        // Another run has left it so since this one began; a new one begins.
        HistoryError::SetAside { aside: Ok(_), .. } => Ok(History::default()),
        error => Err(error),
    })?;
    let after = change(before.clone());
    if after == before {
        return Ok(());
    }
    replace(path, text::write(&after).as_bytes()).map_err(unwritable)
}

/// Waits until no other run has the lock. It is the kernel's, and goes with the process that has it.
fn lock(path: PathBuf, patience: Duration) -> Result<File, TryLockError> {
    let file = File::options().create(true).append(true).open(path).map_err(TryLockError::Error)?;
    let until = Instant::now() + patience;
    loop {
        match file.try_lock() {
            Err(TryLockError::WouldBlock) if Instant::now() < until => thread::sleep(LOOK),
            // A file system without locks: the file is replaced in one piece all the same.
            Err(TryLockError::Error(error)) if error.kind() == ErrorKind::Unsupported => return Ok(file),
            Err(error) => return Err(error),
            Ok(()) => return Ok(file),
        }
    }
}

/// Puts a file in the place of another in one step: whoever reads finds the old one or the new one.
fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let new = beside(path, &format!("{}.new", std::process::id()));
    let written = File::create(&new).and_then(|mut file| file.write_all(bytes));
    written.and_then(|()| fs::rename(&new, path)).inspect_err(|_| {
        // What is left of it is of no use, and the disk may be full.
        let _ = fs::remove_file(&new);
    })
}

fn beside(path: &Path, more: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(more);
    name.into()
}
