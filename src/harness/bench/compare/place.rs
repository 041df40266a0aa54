//! Where a comparison checks out and measures: a directory that no other one has meanwhile.

use std::fs::{self, File, TryLockError};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use super::error::CompareError;
use super::interrupt;
use crate::app::quantity::format_duration;

/// What is locked. The lock is the kernel's, and goes with the process that has it.
const LOCK: &str = "lock";

/// So many comparisons may be under way at once in one target directory.
const MOST: usize = 64;

/// A directory with a number for a name: the first one that nobody has, so that one comparison after the other is in the
/// same one, and cargo knows again what it has built of it. What is in it goes when this does; what one left that was
/// killed goes when the next one comes.
#[derive(Debug)]
pub(super) struct Place {
    root: PathBuf,
    /// How many have one.
    beside: usize,
    _lock: File,
}

impl Place {
    /// One of this process alone, below this directory.
    ///
    /// # Errors
    /// Where none can be made, or all of them are taken.
    pub(super) fn take(below: &Path) -> Result<Place, CompareError> {
        for beside in 0..MOST {
            let root = below.join((beside + 1).to_string());
            let failed = |source| CompareError::Place { path: root.clone(), source };
            if let Some(lock) = lock(&root).map_err(failed)? {
                let place = Place { root, beside, _lock: lock };
                place.clear();
                return Ok(place);
            }
        }
        let source =
            io::Error::new(ErrorKind::ResourceBusy, format!("{MOST} comparisons are under way there"));
        Err(CompareError::Place { path: below.to_path_buf(), source })
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.root
    }

    /// How many other comparisons were under way when this one began.
    pub(super) fn beside(&self) -> usize {
        self.beside
    }

    /// Copies a program that was built, for the time of this comparison: cargo gives that of another checkout the same
    /// name, and puts it where this one is.
    ///
    /// # Errors
    /// Where it cannot be copied.
    pub(super) fn keep(&self, program: &Path) -> Result<PathBuf, CompareError> {
        let path = self.root.join("program");
        fs::copy(program, &path).map_err(|source| CompareError::Place { path: path.clone(), source })?;
        Ok(path)
    }

    fn clear(&self) {
        for entry in fs::read_dir(&self.root).into_iter().flatten().flatten() {
            if entry.file_name() != LOCK {
                let path = entry.path();
                // What cannot be removed is in nobody's way but git's, and that says so.
                let _ = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
            }
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.clear();
    }
}

/// Waits until nobody else builds in this directory, and keeps others from it as long as it has what this gives.
///
/// # Errors
/// Where it takes longer than this, or somebody wants an end.
pub(super) fn alone(root: &Path, within: Duration) -> Result<File, CompareError> {
    let failed = |source| CompareError::Place { path: root.join(LOCK), source };
    let until = Instant::now() + within;
    loop {
        if let Some(lock) = lock(root).map_err(failed)? {
            return Ok(lock);
        }
        if let Some(signal) = interrupt::come() {
            return Err(CompareError::Interrupted { signal });
        }
        if Instant::now() > until {
            let why = format!("another comparison builds there, not done within {}", format_duration(within));
            return Err(failed(io::Error::new(ErrorKind::TimedOut, why)));
        }
        // Nobody tells of a lock that is free.
        thread::sleep(LOOK);
    }
}

/// How often a lock is tried.
const LOOK: Duration = Duration::from_millis(50);

/// The lock of this directory, unless another process has it.
fn lock(root: &Path) -> io::Result<Option<File>> {
    fs::create_dir_all(root)?;
    let file = File::options().create(true).append(true).open(root.join(LOCK))?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        // A file system without locks: who compares twice at once there has to know.
        Err(TryLockError::Error(error)) if error.kind() == ErrorKind::Unsupported => Ok(Some(file)),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rehearsal::test]
    fn each_has_its_own_and_what_one_left_goes() {
        let below = std::env::temp_dir().join(format!("rehearsal-place-{}", std::process::id()));
        let _ = fs::remove_dir_all(&below);
        let one = Place::take(&below).expect("a place");
        fs::create_dir(one.path().join("sources")).expect("made");
        let other = Place::take(&below).expect("another");
        assert_eq!((one.beside(), other.beside()), (0, 1));
        assert!(one.path().join("sources").is_dir(), "the other one has taken it away");
        let root = one.path().to_path_buf();
        drop(one);
        assert!(!root.join("sources").exists());
        // As one that was killed leaves it.
        fs::create_dir(root.join("sources")).expect("made");
        let again = Place::take(&below).expect("the first again");
        assert_eq!((again.path(), again.beside()), (&*root, 0));
        assert!(!root.join("sources").exists());
        drop((again, other));
        let one = alone(&below, Duration::ZERO).expect("nobody builds");
        let error = alone(&below, Duration::from_millis(10)).expect_err("somebody builds").to_string();
        assert!(error.ends_with("another comparison builds there, not done within 10ms"), "{error}");
        drop(one);
        drop(alone(&below, Duration::ZERO).expect("nobody any more"));
        fs::remove_dir_all(&below).expect("removed");
    }

    #[rehearsal::test]
    fn where_none_can_be_made_that_is_said() {
        let error = Place::take(Path::new("/dev/null/compare")).expect_err("no directory").to_string();
        assert!(error.starts_with("/dev/null/compare/1 could not be made: "), "{error}");
    }
}
