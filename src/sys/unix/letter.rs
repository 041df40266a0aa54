//! What a fork has to tell, in memory that the process has too that made it.
#![allow(unsafe_code)]

use std::fs::File;
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use super::{limit, memory_file};
use crate::sys::wire::MAX_FRAME;

/// Bytes of the card: what a page has beside the three numbers, on every system we know.
const CARD: usize = 4096 - 3 * size_of::<usize>();

/// What most forks have to tell is little. It goes into shared memory, which takes no system call; a fork that has
/// written nothing there has cost nothing.
#[repr(C)]
struct Card {
    /// Bytes of it.
    len: AtomicUsize,
    /// Not 0 where it goes on in the file. Whatever a trial writes here by mistake is a number.
    goes_on: AtomicUsize,
    /// Not 0 where its writer has said that there is nothing more to come.
    closed: AtomicUsize,
    bytes: [AtomicU8; CARD],
}

/// Memory through which a fork tells what it has to tell: read when the fork is gone. No reader has to keep up, however
/// much it is; it may be looked at before.
#[derive(Debug)]
pub struct Letter {
    card: NonNull<Card>,
    file: File,
    /// Device and number of the file: somebody may have closed the descriptor and opened another file in its place.
    identity: (u64, u64),
    /// One piece at a time.
    writing: Mutex<()>,
}

impl Card {
    /// False where there is no room for this, nor for anything after it.
    fn append(&self, bytes: &[u8]) -> bool {
        let len = self.len.load(Ordering::Relaxed);
        let room = self.bytes.get(len..).and_then(|room| room.get(..bytes.len()));
        let Some(room) = room.filter(|_| self.goes_on.load(Ordering::Relaxed) == 0) else {
            self.goes_on.store(1, Ordering::Release);
            return false;
        };
        for (place, byte) in room.iter().zip(bytes) {
            place.store(*byte, Ordering::Relaxed);
        }
        // Whoever dies before this has written nothing.
        self.len.store(len + bytes.len(), Ordering::Release);
        true
    }

    /// What is on it, and whether it goes on.
    fn read(&self) -> (Vec<u8>, bool) {
        let goes_on = self.goes_on.load(Ordering::Acquire) != 0;
        let len = self.len.load(Ordering::Acquire);
        (self.bytes.iter().take(len).map(|byte| byte.load(Ordering::Relaxed)).collect(), goes_on)
    }

    /// True where it went on.
    fn clear(&self) -> bool {
        for number in [&self.len, &self.closed] {
            if number.load(Ordering::Relaxed) != 0 {
                number.store(0, Ordering::Relaxed);
            }
        }
        self.goes_on.load(Ordering::Relaxed) != 0 && self.goes_on.swap(0, Ordering::AcqRel) != 0
    }
}

// SAFETY: the card is atomics only, and its mapping is never undone.
unsafe impl Send for Letter {}
// SAFETY: as above.
unsafe impl Sync for Letter {}

impl Letter {
    /// An empty one.
    ///
    /// # Errors
    /// Where the system has no file or memory to give; the text names the limit.
    pub fn new() -> io::Result<Letter> {
        let file = File::from(memory_file::create(c"rehearsal-letter", false).map_err(limit::told)?);
        let metadata = file.metadata()?;
        let card = shared().map_err(limit::told)?;
        Ok(Letter { card, identity: (metadata.dev(), metadata.ino()), file, writing: Mutex::new(()) })
    }

    /// Writes this behind what has been written.
    ///
    /// # Errors
    /// Where the file is not there any more, although the card may have had room, and what the system says.
    pub fn write(&self, bytes: &[u8]) -> io::Result<()> {
        let _alone = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let metadata = self.file.metadata()?;
        if (metadata.dev(), metadata.ino()) != self.identity {
            return Err(io::Error::other("its descriptor is somebody else's by now"));
        }
        if self.card().append(bytes) { Ok(()) } else { self.file.write_all_at(bytes, metadata.len()) }
    }

    /// Says that there is nothing more to come. Takes no system call, and no descriptor that a trial could have closed.
    pub fn close(&self) {
        self.card().closed.store(1, Ordering::Release);
    }

    /// Whether its writer came as far as [`Letter::close`] since the last [`Letter::take`].
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.card().closed.load(Ordering::Acquire) != 0
    }

    /// What was written so far; its end may be missing while the fork is writing.
    ///
    /// # Errors
    /// What the system says, and where there is more than anybody writes.
    pub fn read(&self) -> io::Result<Vec<u8>> {
        let (mut bytes, goes_on) = self.card().read();
        if !goes_on {
            return Ok(bytes);
        }
        let len = usize::try_from(self.file.metadata()?.len()).unwrap_or(usize::MAX);
        if len > MAX_FRAME {
            return Err(io::Error::other(format!("it has {len} bytes")));
        }
        let on_card = bytes.len();
        bytes.resize(on_card + len, 0);
        self.file.read_exact_at(&mut bytes[on_card..], 0)?;
        Ok(bytes)
    }

    /// What was written; empty for the next one.
    ///
    /// # Errors
    /// As for [`Letter::read`].
    pub fn take(&self) -> io::Result<Vec<u8>> {
        let read = self.read();
        if self.card().clear() {
            self.file.set_len(0)?;
        }
        read
    }

    fn card(&self) -> &Card {
        // SAFETY: the mapping is never undone, is aligned and as large as `Card`, was all zeros, which is a valid one, and
        // is accessed by atomics alone, of which every bit pattern that they write is valid.
        unsafe { self.card.as_ref() }
    }
}

/// Zeros that are shared with all forks of this process, for its whole life.
pub(super) fn shared<T>() -> io::Result<NonNull<T>> {
    let (access, kind) = (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_SHARED | libc::MAP_ANON);
    // SAFETY: a new mapping at an address of the kernel's choice touches no memory of ours.
    let address = unsafe { libc::mmap(std::ptr::null_mut(), size_of::<T>(), access, kind, -1, 0) };
    if address == libc::MAP_FAILED {
        return Err(io::Error::last_os_error());
    }
    NonNull::new(address.cast()).ok_or_else(|| io::Error::other("mapped at address 0"))
}

#[cfg(test)]
mod tests {
    use super::{CARD, Letter};

    #[rehearsal::test]
    fn what_was_written_is_taken_in_order_and_once() {
        let letter = Letter::new().expect("a letter");
        assert_eq!(letter.take().expect("taken"), b"");
        for part in [&b"one "[..], b"", b"two"] {
            letter.write(part).expect("written");
        }
        assert_eq!(letter.read().expect("read"), b"one two");
        assert_eq!(letter.take().expect("taken"), b"one two");
        assert_eq!(letter.take().expect("taken"), b"");
    }

    /// The file is begun where the card is full, and everything after that is in it, whether it would fit or not.
    #[rehearsal::test]
    fn what_does_not_fit_on_the_card_goes_on_in_the_file() {
        let letter = Letter::new().expect("a letter");
        for round in 0..2_u8 {
            let parts = [vec![round; CARD - 2], vec![1; 3], vec![2; 2], vec![3; 100_000]];
            for part in &parts {
                letter.write(part).expect("written");
            }
            assert!(letter.read().expect("read") == parts.concat());
            assert!(letter.take().expect("taken") == parts.concat());
            letter.write(b"short").expect("written");
            assert_eq!(letter.take().expect("taken"), b"short");
        }
    }

    #[rehearsal::test]
    fn it_is_closed_until_it_is_taken() {
        let letter = Letter::new().expect("a letter");
        assert!(!letter.is_closed());
        letter.close();
        assert!(letter.is_closed());
        assert_eq!(letter.take().expect("taken"), b"");
        assert!(!letter.is_closed());
    }

    #[rehearsal::test]
    fn what_a_trial_wrote_there_by_mistake_is_no_letter_and_does_no_harm() {
        let letter = Letter::new().expect("a letter");
        for at in [&letter.card().len, &letter.card().goes_on] {
            at.store(usize::MAX, std::sync::atomic::Ordering::Relaxed);
        }
        assert!(letter.take().expect("taken").len() <= CARD);
        letter.write(b"next").expect("written");
        assert_eq!(letter.take().expect("taken"), b"next");
    }
}
