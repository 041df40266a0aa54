//! A memory file in append mode that stdout and stderr of another process go to.
#![allow(unsafe_code)]

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::{FileExt, MetadataExt};

use super::limit::told;

/// Output of a process, in memory.
///
/// The arbiter makes it and gives [`Capture::fd`] to a worker as stdout and stderr; the worker finds it again with
/// [`Capture::of_stdout`]. Both sides see the same bytes.
#[derive(Debug)]
pub struct Capture {
    file: File,
    /// Which file it is: device and number.
    identity: (u64, u64),
}

impl Capture {
    /// A new and empty one.
    ///
    /// # Errors
    /// Where the system has no file or memory to give; the text names the limit.
    pub fn new() -> io::Result<Capture> {
        let fd = super::memory_file::create(c"rehearsal-output", false).map_err(told)?;
        // SAFETY: sets the status flags of a descriptor that we own. Append mode belongs to the open file, so every
        // duplicate has it, in any process.
        super::call::check(unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_SETFL, libc::O_APPEND) })?;
        Capture::of(File::from(fd))
    }

    /// The capture that this process's stdout goes to, where it does; `None` where stdout is anything else.
    ///
    /// # Errors
    /// Where this process may not open more files.
    pub fn of_stdout() -> io::Result<Option<Capture>> {
        // SAFETY: borrowed only to be looked at and duplicated; a closed descriptor 1 gives an error, not harm.
        let stdout = unsafe { BorrowedFd::borrow_raw(libc::STDOUT_FILENO) };
        // SAFETY: only reads the status flags.
        let Ok(flags) = super::call::check(unsafe { libc::fcntl(libc::STDOUT_FILENO, libc::F_GETFL) }) else {
            return Ok(None);
        };
        if flags & libc::O_APPEND == 0 || flags & libc::O_ACCMODE != libc::O_RDWR {
            return Ok(None);
        }
        let file = File::from(stdout.try_clone_to_owned().map_err(told)?);
        let metadata = file.metadata()?;
        // A regular file that has no name in any directory: nobody but an arbiter hands such a thing around.
        let ours = metadata.file_type().is_file() && metadata.nlink() == 0;
        let identity = (metadata.dev(), metadata.ino());
        Ok(ours.then_some(Capture { file, identity }))
    }

    fn of(file: File) -> io::Result<Capture> {
        let metadata = file.metadata()?;
        Ok(Capture { file, identity: (metadata.dev(), metadata.ino()) })
    }

    /// A duplicate of the file, close-on-exec, to be given to a process as stdout and stderr.
    ///
    /// # Errors
    /// Where this process may not open more files.
    pub fn fd(&self) -> io::Result<OwnedFd> {
        self.file.try_clone().map(OwnedFd::from).map_err(told)
    }

    /// Bytes written so far, those dropped from the middle included.
    ///
    /// # Errors
    /// What the system says.
    pub fn len(&self) -> io::Result<u64> {
        Ok(self.file.metadata()?.len())
    }

    /// Whether nothing was written.
    ///
    /// # Errors
    /// What the system says.
    pub fn is_empty(&self) -> io::Result<bool> {
        Ok(self.len()? == 0)
    }

    /// Memory that what is kept takes up, bytes.
    ///
    /// # Errors
    /// What the system says.
    pub fn kept(&self) -> io::Result<u64> {
        Ok(self.file.metadata()?.blocks() * 512)
    }

    /// What was written, at most `limit` bytes of it: the first half of the limit from the beginning, the second from
    /// the end; and how many bytes between the two are missing.
    ///
    /// # Errors
    /// What the system says.
    pub fn read(&self, limit: u64) -> io::Result<(Vec<u8>, u64)> {
        let len = self.len()?;
        let (mut head, mut tail) = split(len, limit);
        if let Some(hole) = self.hole(len) {
            // Where the limit would show everything, everything is what the hole has left.
            tail = if len <= limit { len - hole.end } else { tail.min(len - hole.end) };
            head = head.min(hole.start);
        }
        let mut bytes = vec![0; (head + tail) as usize];
        let (first, last) = bytes.split_at_mut(head as usize);
        self.file.read_exact_at(first, 0)?;
        self.file.read_exact_at(last, len - tail)?;
        Ok((bytes, len - head - tail))
    }

    /// Gives the memory of the middle back where more than `limit` bytes were written, and leaves half of the limit
    /// at the beginning and at least half of it at the end. Writers do not notice. Call it from time to time while a
    /// process writes; it is one system call where there is nothing to do.
    ///
    /// # Errors
    /// What the system says.
    pub fn punch(&self, limit: u64) -> io::Result<()> {
        let len = self.len()?;
        let (head, tail) = split(len, limit);
        if head + tail == len {
            return Ok(());
        }
        // Only whole blocks are given back, so the range shrinks to block boundaries.
        let from = head.next_multiple_of(BLOCK);
        let to = (len - tail) / BLOCK * BLOCK;
        if from < to { punch_hole(&self.file, from, to - from) } else { Ok(()) }
    }

    /// How many bytes were written, if stdout and stderr of this process still go here; `None` where somebody has closed
    /// them or put others in their place.
    pub fn written(&self) -> Option<u64> {
        let [out, err] = [libc::STDOUT_FILENO, libc::STDERR_FILENO].map(look);
        let (out, err) = (out?, err?);
        (out.identity == self.identity && err.identity == self.identity).then_some(out.len)
    }

    /// Forgets everything. What a writer writes next is at the beginning.
    ///
    /// # Errors
    /// What the system says.
    pub fn clear(&self) -> io::Result<()> {
        self.file.set_len(0)
    }

    /// The first range without memory behind it, where there is one. The file itself is asked, so that it does not
    /// matter which process punched it.
    fn hole(&self, len: u64) -> Option<std::ops::Range<u64>> {
        if len <= 2 * BLOCK {
            return None;
        }
        let seek = |from: u64, whence| {
            // SAFETY: moves the offset of a file that is in append mode and read by position: nobody uses it.
            let at = unsafe { libc::lseek(self.file.as_raw_fd(), from as libc::off_t, whence) };
            u64::try_from(at).ok()
        };
        let start = seek(0, libc::SEEK_HOLE).unwrap_or(len).min(len);
        let end = seek(start, libc::SEEK_DATA).unwrap_or(len).clamp(start, len);
        (start < len).then_some(start..end)
    }
}

/// An open file as the system tells it.
struct Looked {
    identity: (u64, u64),
    len: u64,
}

/// `None` where this descriptor is closed.
// The types of these numbers differ from system to system.
#[allow(clippy::unnecessary_cast)]
fn look(fd: libc::c_int) -> Option<Looked> {
    let mut told = std::mem::MaybeUninit::<libc::stat>::zeroed();
    // SAFETY: a valid place for the call to write to; it reads nothing.
    let looked = unsafe { libc::fstat(fd, told.as_mut_ptr()) };
    // SAFETY: all zeros is a valid value, and what the call writes is another.
    let told = unsafe { told.assume_init() };
    let identity = (told.st_dev as u64, told.st_ino as u64);
    (looked == 0).then_some(Looked { identity, len: told.st_size as u64 })
}

/// What a hole's boundaries are multiples of, bytes: pages of the systems we know are divisors of it.
const BLOCK: u64 = 64 << 10;

/// Bytes of head and tail that are kept of `len`.
fn split(len: u64, limit: u64) -> (u64, u64) {
    if len <= limit { (len, 0) } else { (limit / 2, limit - limit / 2) }
}

#[cfg(any(target_os = "linux", target_os = "android"))]
fn punch_hole(file: &File, from: u64, len: u64) -> io::Result<()> {
    let mode = libc::FALLOC_FL_PUNCH_HOLE | libc::FALLOC_FL_KEEP_SIZE;
    // SAFETY: changes only the content of a file that we own.
    super::call::retry(|| unsafe {
        libc::fallocate(file.as_raw_fd(), mode, from as libc::off_t, len as libc::off_t)
    })?;
    Ok(())
}

#[cfg(target_vendor = "apple")]
fn punch_hole(file: &File, from: u64, len: u64) -> io::Result<()> {
    let range = libc::fpunchhole_t {
        fp_flags: 0,
        reserved: 0,
        fp_offset: from as libc::off_t,
        fp_length: len as libc::off_t,
    };
    // SAFETY: `range` outlives the call; changes only the content of a file that we own.
    super::call::retry(|| unsafe { libc::fcntl(file.as_raw_fd(), libc::F_PUNCHHOLE, &range) })?;
    Ok(())
}

/// No holes here: the file keeps everything, reading still leaves out the middle.
#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
fn punch_hole(_file: &File, _from: u64, _len: u64) -> io::Result<()> {
    Ok(())
}

/// Until it is dropped, what this process writes to stdout goes to stderr.
#[derive(Debug)]
#[must_use = "stdout is back when this is dropped"]
pub struct Aside(Option<OwnedFd>);

/// Sends stdout to stderr, for code of others that may print while somebody reads our stdout. Where the system refuses,
/// all stays as it is.
pub fn stdout_aside() -> Aside {
    flush_all();
    // SAFETY: borrowed only to be duplicated; a closed descriptor gives an error, not harm.
    let stdout = unsafe { BorrowedFd::borrow_raw(libc::STDOUT_FILENO) };
    let Ok(kept) = stdout.try_clone_to_owned() else { return Aside(None) };
    // SAFETY: makes descriptor 1 another name of what 2 is; nobody else owns either.
    let moved = super::call::retry(|| unsafe { libc::dup2(libc::STDERR_FILENO, libc::STDOUT_FILENO) });
    Aside(moved.is_ok().then_some(kept))
}

impl Drop for Aside {
    fn drop(&mut self) {
        let Some(kept) = &self.0 else { return };
        flush_all();
        // SAFETY: makes descriptor 1 what it was. That can only be refused where it was closed meanwhile by others.
        let _ = super::call::retry(|| unsafe { libc::dup2(kept.as_raw_fd(), libc::STDOUT_FILENO) });
    }
}

/// Writes out what Rust's and C's standard streams of this process still hold in buffers.
pub fn flush_all() {
    // There is nobody to tell: a stream that cannot be written to is what the trial itself made of it.
    let _ = io::stdout().flush();
    let _ = io::stderr().flush();
    // SAFETY: a null stream means all of them; C's streams have locks of their own.
    unsafe { libc::fflush(std::ptr::null_mut()) };
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(capture: &Capture, bytes: &[u8]) {
        File::from(capture.fd().expect("a descriptor")).write_all(bytes).expect("written");
    }

    #[rehearsal::test]
    fn what_was_written_is_read_back_in_order_whatever_descriptor_it_came_by() {
        let capture = Capture::new().expect("a capture");
        assert!(capture.is_empty().expect("asked"));
        for part in [&b"one "[..], b"two ", b"\xff\x00three"] {
            write(&capture, part);
        }
        assert_eq!(capture.read(100).expect("read"), (b"one two \xff\x00three".to_vec(), 0));
        assert_eq!(capture.len().expect("asked"), 15);
        capture.clear().expect("cleared");
        write(&capture, b"again");
        assert_eq!(capture.read(100).expect("read"), (b"again".to_vec(), 0));
    }

    #[rehearsal::test]
    fn over_the_limit_both_ends_are_kept_and_the_rest_is_counted() {
        let capture = Capture::new().expect("a capture");
        write(&capture, b"0123456789");
        assert_eq!(capture.read(10).expect("read"), (b"0123456789".to_vec(), 0));
        assert_eq!(capture.read(5).expect("read"), (b"01789".to_vec(), 5));
        assert_eq!(capture.read(0).expect("read"), (b"".to_vec(), 10));
    }

    #[rehearsal::test]
    fn a_writer_of_200_mib_is_kept_in_bounds_and_never_fails() {
        const LIMIT: u64 = 1 << 20;
        let capture = Capture::new().expect("a capture");
        let mut writer = File::from(capture.fd().expect("a descriptor"));
        let mut expected_end = Vec::new();
        let mut line = 0u64;
        for _ in 0..200 {
            let mut chunk = Vec::with_capacity(1 << 20);
            while chunk.len() < 1 << 20 {
                chunk.extend_from_slice(format!("{line:01023}\n").as_bytes());
                line += 1;
            }
            writer.write_all(&chunk).expect("a writer never gets an error");
            capture.punch(LIMIT).expect("punched");
            assert!(capture.kept().expect("asked") <= LIMIT + 2 * BLOCK, "{:?}", capture.kept());
            expected_end = chunk;
        }
        let (bytes, dropped) = capture.read(LIMIT).expect("read");
        assert_eq!(bytes.len() as u64 + dropped, 200 << 20);
        assert_eq!(bytes.len() as u64, LIMIT);
        let (head, tail) = bytes.split_at(LIMIT as usize / 2);
        assert!(head.starts_with(format!("{:01023}\n{:01023}\n", 0, 1).as_bytes()));
        assert_eq!(tail, &expected_end[expected_end.len() - tail.len()..]);
        assert!(!bytes.contains(&0), "nothing of the hole is shown as output");
        // Asked for more than was kept, it shows what there is and nothing of the hole.
        for limit in [64 << 20, 1 << 30] {
            let (more, dropped) = capture.read(limit).expect("read");
            assert_eq!(more.len() as u64 + dropped, 200 << 20);
            assert!(more.len() >= bytes.len() && more.ends_with(tail) && !more.contains(&0));
        }
        capture.clear().expect("cleared");
        assert_eq!(capture.kept().expect("asked"), 0);
    }

    #[rehearsal::test]
    fn stdout_of_this_process_is_no_capture_unless_it_is() {
        // Whatever runs these tests has its own idea of stdout; it has a name, or is no file.
        let file = std::env::temp_dir();
        assert!(file.is_dir());
        if let Some(capture) = Capture::of_stdout().expect("asked") {
            assert_eq!(capture.file.metadata().expect("asked").nlink(), 0);
        }
    }
}
