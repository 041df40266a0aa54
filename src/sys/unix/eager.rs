//! Pages that a fork gets its copy of as it begins.
//!
//! A fork shares the memory of the process that made it until one of the two writes to a page: that is a fault, on either
//! side, and a copy. Some thirty pages are written in every fork of a server whatever its trial does: stacks, what
//! belongs to threads, what C's library, the loader and the allocator keep. A page that the system has promised to leave
//! in its place, because a device may write to it, cannot be shared so: the fork gets its copy at once and the other
//! process keeps the page as it is, without a fault on either side, in a third of the time. So these pages are
//! registered as buffers of an `io_uring`, which is never used otherwise.
//!
//! Which pages they are one fork says by its end. Where the system does not tell, has no such thing, or forbids it,
//! nothing is lost but time.

#[cfg(not(target_os = "linux"))]
pub(super) use elsewhere::{Asked, after_fork, before_fork};
#[cfg(target_os = "linux")]
pub(super) use of_linux::{Asked, after_fork, before_fork, leave_be};

/// Elsewhere pages are copied when they are written.
#[cfg(not(target_os = "linux"))]
mod elsewhere {
    /// What a fork is asked for: nothing.
    #[derive(Debug, Clone, Copy)]
    pub(in crate::sys::unix) struct Asked;

    pub(in crate::sys::unix) fn before_fork() -> Asked {
        Asked
    }

    pub(in crate::sys::unix) fn after_fork() {}

    impl Asked {
        pub(in crate::sys::unix) fn let_go(self) {}

        pub(in crate::sys::unix) fn note(self) {}
    }
}

#[cfg(target_os = "linux")]
#[allow(unsafe_code)]
mod of_linux {
    use std::fs::{self, File};
    use std::io;
    use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
    use std::os::unix::fs::FileExt;
    use std::ptr::NonNull;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::{Mutex, MutexGuard, PoisonError};

    use super::super::call::check;
    use super::super::{letter, limit};

    /// The fork that is asked. The first ones may find something to be made that others have then, and a server of few forks
    /// does not get its trouble back.
    const ASKED: u32 = 8;

    /// So many are asked, at most, until one has an answer.
    const TRIES: u32 = 8;

    /// More pages than these are what a single trial wrote.
    const MOST: usize = 128;

    /// Of a mapping that has no more of them in memory, all: what is written by the end of a process is among them.
    const FEW: usize = 4;

    /// Of a mapping that is larger than this only its beginning is looked at, bytes.
    const LOOKED_AT: usize = 4 << 20;

    /// Entries of `/proc/self/pagemap` that are read at once.
    const AT_ONCE: usize = 128;

    static STATE: Mutex<State> = Mutex::new(State::Counting { forks: 0 });

    enum State {
        Counting {
            forks: u32,
        },
        Asking {
            tries: u32,
            sheet: Sheet,
            /// All that can be noted.
            ranges: Vec<Range>,
        },
        /// For ever, or until memory is gathered anew.
        Over {
            /// Holds the pages; closing it lets go of them.
            ring: Option<OwnedFd>,
        },
    }

    /// A private mapping that this process may write to.
    #[derive(Debug, Clone, Copy)]
    struct Range {
        begin: usize,
        end: usize,
        of_file: bool,
    }

    fn state() -> MutexGuard<'static, State> {
        STATE.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where a fork notes pages, in memory that both have.
    #[derive(Clone, Copy, Debug)]
    struct Sheet(NonNull<Notes>);

    #[repr(C)]
    struct Notes {
        /// Not 0 when all of them are there.
        is_whole: AtomicUsize,
        count: AtomicUsize,
        pages: [AtomicUsize; MOST],
    }

    // SAFETY: the notes are atomics only, and the mapping is undone where the last reference to them is gone.
    unsafe impl Send for Sheet {}

    impl Sheet {
        fn new() -> io::Result<Sheet> {
            letter::shared().map(Sheet)
        }

        fn notes(&self) -> &Notes {
            // SAFETY: mapped, aligned, as large as `Notes`, was all zeros, which is a valid one, and accessed by atomics alone.
            unsafe { self.0.as_ref() }
        }

        /// The pages, once they are all there.
        fn read(&self) -> Option<Vec<usize>> {
            let notes = self.notes();
            let is_whole = notes.is_whole.load(Ordering::Acquire) != 0;
            let count = notes.count.load(Ordering::Relaxed).min(MOST);
            is_whole.then(|| notes.pages[..count].iter().map(|page| page.load(Ordering::Relaxed)).collect())
        }

        fn undo(self) {
            // SAFETY: it was mapped with this size, and whoever calls this has the only copy of it in this process.
            unsafe { libc::munmap(self.0.as_ptr().cast(), size_of::<Notes>()) };
        }
    }

    /// What a fork has to do with all this.
    #[derive(Debug, Clone, Copy)]
    pub(in crate::sys::unix) struct Asked {
        has_ring: bool,
        notes: bool,
    }

    /// To be called before each fork.
    pub(in crate::sys::unix) fn before_fork() -> Asked {
        let mut state = state();
        if let State::Counting { forks } = &mut *state {
            *forks += 1;
            if *forks >= ASKED {
                *state = match Sheet::new() {
                    Ok(sheet) => State::Asking { tries: 0, sheet, ranges: ranges() },
                    Err(_) => State::Over { ring: None },
                };
            }
        }
        let has_ring = matches!(*state, State::Over { ring: Some(_) });
        Asked { has_ring, notes: matches!(*state, State::Asking { .. }) }
    }

    /// To be called when a fork is reaped.
    pub(in crate::sys::unix) fn after_fork() {
        let mut state = state();
        let State::Asking { tries, sheet, ranges } = &mut *state else { return };
        *tries += 1;
        let ring = match sheet.read() {
            Some(pages) => hold(&pages, ranges).ok(),
            None if *tries < TRIES => return,
            None => None,
        };
        sheet.undo();
        *state = State::Over { ring };
    }

    /// Lets go of all pages, and asks again some forks later: this process lays out its memory anew.
    pub(in crate::sys::unix) fn leave_be() {
        if let State::Asking { sheet, .. } = std::mem::replace(&mut *state(), State::Counting { forks: 0 }) {
            sheet.undo();
        }
    }

    impl Asked {
        /// In the fork: the ring is the other process's.
        pub(in crate::sys::unix) fn let_go(self) {
            if self.has_ring {
                *state() = State::Over { ring: None };
            }
        }

        /// In the fork, when its trial is over: notes which pages are its own by now, where that is asked for.
        pub(in crate::sys::unix) fn note(self) {
            if !self.notes {
                return;
            }
            if let State::Asking { sheet, ranges, .. } = &*state() {
                let notes = sheet.notes();
                let noted = own_pages(ranges, |page| {
                    let at = notes.count.fetch_add(1, Ordering::Relaxed);
                    if let Some(place) = notes.pages.get(at) {
                        place.store(page, Ordering::Relaxed);
                    }
                });
                if noted.is_ok() && notes.count.load(Ordering::Relaxed) <= MOST {
                    notes.is_whole.store(1, Ordering::Release);
                }
            }
        }
    }

    /// Has the system keep these pages where they are for as long as the descriptor is open.
    fn hold(pages: &[usize], ranges: &[Range]) -> io::Result<OwnedFd> {
        let size = limit::page_size();
        let pages_of = |with_files: bool| -> Vec<libc::iovec> {
            let is_of = |page: usize, range: &Range| {
                (range.begin..range.end).contains(&page) && (with_files || !range.of_file)
            };
            let fits = |page: &&usize| ranges.iter().any(|range| is_of(**page, range));
            let buffer = |page: &usize| libc::iovec { iov_base: *page as *mut libc::c_void, iov_len: size };
            pages.iter().filter(fits).map(buffer).collect()
        };
        // Before Linux 6.5 none may be of a file, though it be a copy.
        register(&pages_of(true)).or_else(|_| register(&pages_of(false)))
    }

    fn register(buffers: &[libc::iovec]) -> io::Result<OwnedFd> {
        const PARAMETERS: usize = 120;
        const REGISTER_BUFFERS: libc::c_long = 0;
        let mut parameters = [0_u64; PARAMETERS / size_of::<u64>()];
        // SAFETY: a place of the size that the call reads and writes, all zeros of which ask for nothing in particular.
        let ring = check(unsafe { libc::syscall(libc::SYS_io_uring_setup, 1, parameters.as_mut_ptr()) })?;
        // SAFETY: the call just gave us this descriptor, which is close-on-exec; nobody else owns it.
        let ring = unsafe { OwnedFd::from_raw_fd(ring as RawFd) };
        let (fd, count) = (libc::c_long::from(ring.as_raw_fd()), buffers.len() as libc::c_long);
        // SAFETY: reads the list, and changes nothing of what it names: no request is ever made of this ring. Where some of
        // it is not this process's memory any more, the call fails.
        check(unsafe {
            libc::syscall(libc::SYS_io_uring_register, fd, REGISTER_BUFFERS, buffers.as_ptr(), count)
        })?;
        Ok(ring)
    }

    /// The private mappings that this process may write to.
    fn ranges() -> Vec<Range> {
        let maps = fs::read_to_string("/proc/self/maps").unwrap_or_default();
        let range = |line: &str| {
            let mut words = line.split_ascii_whitespace();
            let (begin, end) = words.next()?.split_once('-')?;
            let address = |text| usize::from_str_radix(text, 16).ok();
            let (begin, end) = (address(begin)?, address(end)?);
            let is_own = words.next()? == "rw-p";
            let of_file = words.nth(3).is_some_and(|name| name.starts_with('/'));
            is_own.then_some(Range { begin, end: end.min(begin + LOOKED_AT), of_file })
        };
        maps.lines().filter_map(range).collect()
    }

    /// Says which pages of these mappings are this process's own by now: those that it has written, and those that the
    /// process has written that made it, whose former content they are.
    fn own_pages(ranges: &[Range], mut say: impl FnMut(usize)) -> io::Result<()> {
        let map = File::open("/proc/self/pagemap")?;
        for range in ranges {
            let mut there = 0;
            each_page(&map, range, |_, _| there += 1)?;
            each_page(&map, range, |page, is_own| {
                if is_own || there <= FEW {
                    say(page);
                }
            })?;
        }
        Ok(())
    }

    /// Says of each page of a mapping that is in memory, and of no file, whether nobody else has it.
    fn each_page(map: &File, range: &Range, mut say: impl FnMut(usize, bool)) -> io::Result<()> {
        let (size, Range { begin, end, .. }) = (limit::page_size(), *range);
        for from in (begin..end).step_by(AT_ONCE * size) {
            // Not on the heap, which would be written by this.
            let mut entries = [0_u8; AT_ONCE * 8];
            let entries = &mut entries[..AT_ONCE.min((end - from) / size) * 8];
            map.read_exact_at(entries, (from / size * 8) as u64)?;
            for (entry, page) in entries.as_chunks().0.iter().zip((from..).step_by(size)) {
                let entry = u64::from_ne_bytes(*entry);
                let is = |bit: u32| entry >> bit & 1 != 0;
                if is(63) && !is(61) {
                    say(page, is(56));
                }
            }
        }
        Ok(())
    }
}
