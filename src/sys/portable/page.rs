//! A page for this process alone.

use std::io;
use std::sync::Arc;

use super::process::OwnedFd;
use crate::sys::page::{Cells, Moment};

/// Which trial runs and since when. Clones are the same page.
#[derive(Debug, Clone)]
pub struct Page {
    cells: Arc<Cells>,
}

impl Page {
    /// A new page to be shared: not here.
    ///
    /// # Errors
    /// Always.
    pub fn new() -> io::Result<Page> {
        Err(io::Error::new(io::ErrorKind::Unsupported, super::process::WHY))
    }

    /// The other side's page, from the file that was passed.
    ///
    /// # Errors
    /// Never.
    pub fn from_fd(file: OwnedFd) -> io::Result<Page> {
        file.never()
    }

    /// A page for this process alone.
    pub fn local() -> Page {
        Page { cells: Arc::new(Cells::new()) }
    }

    /// A duplicate of the page's file: always `None`, it has none.
    ///
    /// # Errors
    /// Never.
    pub fn fd(&self) -> io::Result<Option<OwnedFd>> {
        Ok(None)
    }

    /// Says that this attempt of this trial runs since `started_ns` (of
    /// [`monotonic_ns`](crate::sys::seam::monotonic_ns)). One thread at a time may write.
    pub fn store(&self, trial: u32, attempt: u32, started_ns: u64) {
        self.cells.store(trial, attempt, started_ns);
    }

    /// Says of what runs what it is at: a number that its readers know, 0 for nothing in particular. Gone with it.
    pub fn note(&self, what: u32) {
        self.cells.note(what);
    }

    /// What was noted last of what runs.
    pub fn noted(&self) -> u32 {
        self.cells.noted()
    }

    /// Says which process runs it, where that is not the worker itself; 0 where it is.
    pub fn store_process(&self, pid: u32) {
        self.cells.store_process(pid);
    }

    /// Which process runs it, where that is not the worker itself.
    pub fn process(&self) -> Option<u32> {
        self.cells.process()
    }

    /// Says that nothing runs.
    pub fn idle(&self) {
        self.cells.idle();
    }

    /// Nothing is held.
    pub fn let_go(self) {}

    /// What runs, if anything does.
    pub fn load(&self) -> Option<Moment> {
        self.cells.load()
    }
}
