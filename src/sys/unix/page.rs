//! The shared page: a memory file, mapped by both sides.
#![allow(unsafe_code)]

use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::ptr::NonNull;
use std::sync::Arc;

use super::limit::told;
use crate::sys::page::{Cells, Moment};

/// Bytes of the mapping: one page on every system we know; the kernel rounds up where pages are larger.
const SIZE: usize = 4096;

/// Where in it the answers of threads are that are asked for their stacks.
#[cfg(all(feature = "stacks", target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
const ANSWER_AT: usize = 1024;

/// Which trial runs and since when, in memory that is shared with another process ([`Page::new`],
/// [`Page::from_fd`]) or not ([`Page::local`]). Clones are the same page.
#[derive(Debug, Clone)]
pub struct Page {
    inner: Arc<Inner>,
}

#[derive(Debug)]
enum Inner {
    Shared { mapping: Mapping, file: OwnedFd },
    Local(Cells),
}

#[derive(Debug)]
struct Mapping(NonNull<Cells>);

// SAFETY: the mapping is `Cells`, which is atomics only, and stays mapped until the last owner drops it.
unsafe impl Send for Mapping {}
// SAFETY: as above.
unsafe impl Sync for Mapping {}

impl Mapping {
    /// Maps a file that has at least `SIZE` bytes and whose size is sealed, so that no access can fault.
    fn new(file: &OwnedFd) -> io::Result<Mapping> {
        // SAFETY: a new mapping at an address of the kernel's choice touches no memory of ours.
        let address = unsafe {
            libc::mmap(
                std::ptr::null_mut(),
                SIZE,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_SHARED,
                file.as_raw_fd(),
                0,
            )
        };
        if address == libc::MAP_FAILED {
            return Err(told(io::Error::last_os_error()));
        }
        NonNull::new(address.cast()).map(Mapping).ok_or_else(|| io::Error::other("mapped at address 0"))
    }

    fn cells(&self) -> &Cells {
        // SAFETY: the mapping is page-aligned, larger than `Cells`, lives as long as `self`, and every bit pattern
        // is a valid `Cells`; the other process accesses it through atomics only.
        unsafe { self.0.as_ref() }
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: this is the mapping made in `new`, with its size; no reference into it outlives `self`.
        unsafe { libc::munmap(self.0.as_ptr().cast(), SIZE) };
    }
}

impl Page {
    /// A new page on which nothing runs, to be shared by passing [`Page::fd`].
    ///
    /// # Errors
    /// Where the system has no file or memory to give; the text names the limit.
    pub fn new() -> io::Result<Page> {
        let file = File::from(super::memory_file::create(c"rehearsal-page", true).map_err(told)?);
        file.set_len(SIZE as u64)?;
        let file = OwnedFd::from(file);
        super::memory_file::seal_size(&file)?;
        let mapping = Mapping::new(&file)?;
        // SAFETY: the mapping is aligned and large enough, and nobody else has it yet.
        unsafe { mapping.0.as_ptr().write(Cells::new()) };
        Ok(Page { inner: Arc::new(Inner::Shared { mapping, file }) })
    }

    /// The other side's page, from the file that was passed.
    ///
    /// # Errors
    /// Where the file is not such a page, or cannot be mapped.
    pub fn from_fd(file: OwnedFd) -> io::Result<Page> {
        let file = File::from(file);
        if file.metadata()?.len() < SIZE as u64 {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "the file passed is not a page of Rehearsal",
            ));
        }
        let file = OwnedFd::from(file);
        let mapping = Mapping::new(&file)?;
        let version = mapping.cells().version.load(std::sync::atomic::Ordering::SeqCst);
        if version != Cells::VERSION {
            let text = format!("the page passed has layout {version}, this binary knows {}", Cells::VERSION);
            return Err(io::Error::new(io::ErrorKind::InvalidData, text));
        }
        Ok(Page { inner: Arc::new(Inner::Shared { mapping, file }) })
    }

    /// A page for this process alone.
    pub fn local() -> Page {
        Page { inner: Arc::new(Inner::Local(Cells::new())) }
    }

    /// A duplicate of the page's file, to be passed to the process that shares it; `None` for a local page.
    ///
    /// # Errors
    /// Where this process may not open more files.
    pub fn fd(&self) -> io::Result<Option<OwnedFd>> {
        match &*self.inner {
            Inner::Shared { file, .. } => file.try_clone().map(Some).map_err(told),
            Inner::Local(_) => Ok(None),
        }
    }

    /// Says that this attempt of this trial runs since `started_ns` (of
    /// [`monotonic_ns`](crate::sys::seam::monotonic_ns)). One thread at a time may write.
    pub fn store(&self, trial: u32, attempt: u32, started_ns: u64) {
        self.cells().store(trial, attempt, started_ns);
    }

    /// Says of what runs what it is at: a number that its readers know, 0 for nothing in particular. Gone with it.
    pub fn note(&self, what: u32) {
        self.cells().note(what);
    }

    /// What was noted last of what runs.
    pub fn noted(&self) -> u32 {
        self.cells().noted()
    }

    /// Says which process runs it, where that is not the worker itself; 0 where it is.
    pub fn store_process(&self, pid: u32) {
        self.cells().store_process(pid);
    }

    /// Which process runs it, where that is not the worker itself.
    pub fn process(&self) -> Option<u32> {
        self.cells().process()
    }

    /// Says that nothing runs.
    pub fn idle(&self) {
        self.cells().idle();
    }

    /// Closes the file, and leaves the mapping to the end of the process: for a fork, which has better things to do than
    /// to undo it.
    pub fn let_go(self) {
        if let Some(Inner::Shared { mapping, .. }) = Arc::into_inner(self.inner) {
            std::mem::forget(mapping);
        }
    }

    /// What runs, if anything does.
    pub fn load(&self) -> Option<Moment> {
        self.cells().load()
    }

    /// Where threads of the process that shares it write their stacks; `None` for a local page.
    #[cfg(all(
        feature = "stacks",
        target_os = "linux",
        any(target_arch = "x86_64", target_arch = "aarch64")
    ))]
    pub(super) fn answer(&self) -> Option<&super::stack::Answer> {
        const { assert!(size_of::<Cells>() <= ANSWER_AT && ANSWER_AT + size_of::<super::stack::Answer>() <= SIZE) };
        match &*self.inner {
            // SAFETY: the mapping is page-aligned, has room for it behind the cells, and lives as long as `self`; every
            // bit pattern is a valid `Answer`, which is atomics only.
            Inner::Shared { mapping, .. } => Some(unsafe { mapping.0.byte_add(ANSWER_AT).cast().as_ref() }),
            Inner::Local(_) => None,
        }
    }

    fn cells(&self) -> &Cells {
        match &*self.inner {
            Inner::Shared { mapping, .. } => mapping.cells(),
            Inner::Local(cells) => cells,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rehearsal::test]
    fn both_mappings_are_one_page_and_outlive_its_file() {
        let ours = Page::new().expect("a page");
        let theirs = Page::from_fd(ours.fd().expect("a descriptor").expect("shared")).expect("mapped");
        theirs.store(5, 0, 1234);
        assert_eq!(ours.load(), Some(Moment { trial: 5, attempt: 0, started_ns: 1234 }));
        drop(theirs);
        assert_eq!(ours.load().map(|moment| moment.trial), Some(5));
    }

    #[rehearsal::test]
    fn nobody_can_pull_the_memory_from_under_the_other_side() {
        let page = Page::new().expect("a page");
        let file = File::from(page.fd().expect("a descriptor").expect("shared"));
        if cfg!(target_os = "linux") {
            file.set_len(0).expect_err("its size is sealed");
        }
        page.store(1, 0, 1);
    }

    #[rehearsal::test]
    fn another_file_is_not_taken_for_a_page() {
        let short = super::super::memory_file::create(c"short", false).expect("a file");
        Page::from_fd(short).expect_err("too short");
        let other = File::from(super::super::memory_file::create(c"other", false).expect("a file"));
        other.set_len(SIZE as u64).expect("grown");
        let error = Page::from_fd(other.into()).expect_err("no version on it");
        assert!(error.to_string().contains("layout 0"), "{error}");
    }
}
