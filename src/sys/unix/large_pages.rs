//! Memory in pages that a fork copies few entries for.
#![allow(unsafe_code)]

#[cfg(target_os = "linux")]
mod gather {
    use std::fs;

    use super::super::eager;

    /// Of which a page table's last level but one has an entry, on all systems with pages of 4 KiB.
    const LARGE: usize = 2 << 20;

    /// `MADV_COLLAPSE` of Linux 6.1, which C's library may not have a name for.
    const COLLAPSE: libc::c_int = 25;

    /// Gathers this process's own memory into large pages, as far as it has enough of it in one piece.
    ///
    /// A fork copies an entry for each page that was written, 51,200 of them for 200 MiB in small pages and 100 in large
    /// ones. Nothing changes for who has the memory, whichever allocator it came from. Where the system cannot do it
    /// (Linux before 6.1, or without large pages) everything stays where it is, and a fork takes longer.
    pub fn gather() {
        // What is to stay where it is cannot be gathered.
        eager::leave_be();
        let Ok(text) = fs::read_to_string("/proc/self/smaps") else { return };
        for (begin, end) in ranges(&text) {
            // SAFETY: moves what is in these pages to other ones, at the same addresses; all that is read from them
            // stays as it is. Where the range is not what the listing said any more, the call fails.
            unsafe { libc::madvise(begin as *mut libc::c_void, end - begin, COLLAPSE) };
        }
    }

    /// The parts of a listing that are worth it: private, without a file, at least half of them in memory, and not in
    /// large pages already.
    pub(super) fn ranges(smaps: &str) -> Vec<(usize, usize)> {
        let mut ranges = Vec::new();
        let (mut range, mut resident) = (None, 0);
        for line in smaps.lines() {
            let mut words = line.split_ascii_whitespace();
            let (Some(first), second) = (words.next(), words.next()) else { continue };
            let kib = || second.and_then(|number| number.parse::<usize>().ok()).unwrap_or(0) << 10;
            match first {
                "Rss:" => resident = kib(),
                "AnonHugePages:" => {
                    let in_small = resident.saturating_sub(kib());
                    ranges.extend(range.take().filter(|&(begin, end)| in_small >= (end - begin) / 2));
                }
                _ if first.ends_with(':') => {}
                _ => range = own(first, second.unwrap_or_default(), words.nth(3)),
            }
        }
        ranges
    }

    /// The large pages that fit into this mapping, if it is the process's own memory.
    fn own(addresses: &str, access: &str, name: Option<&str>) -> Option<(usize, usize)> {
        let (begin, end) = addresses.split_once('-')?;
        let address = |text| usize::from_str_radix(text, 16).ok();
        let (begin, end) = (address(begin)?.next_multiple_of(LARGE), address(end)? / LARGE * LARGE);
        let is_plain = name.is_none_or(|name| name == "[heap]" || name.starts_with("[anon:"));
        (access == "rw-p" && is_plain && begin < end).then_some((begin, end))
    }
}

#[cfg(target_os = "linux")]
pub use gather::gather;

/// Gathers nothing: this system has no call for it.
#[cfg(not(target_os = "linux"))]
pub fn gather() {}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::gather::{gather, ranges};

    const LISTING: &str = "\
7f0000001000-7f0000a00000 rw-p 00000000 00:00 0
Size:              10236 kB
Rss:               10000 kB
AnonHugePages:         0 kB
VmFlags: rd wr mr mw me ac
7f0001000000-7f0002000000 rw-p 00000000 00:00 0
Rss:                1000 kB
AnonHugePages:         0 kB
7f0003000000-7f0004000000 rw-p 00000000 00:00 0 [heap]
Rss:               16384 kB
AnonHugePages:     16384 kB
7f0005000000-7f0006000000 rw-p 00000000 00:00 0 [heap]
Rss:               16384 kB
AnonHugePages:      2048 kB
7f0007000000-7f0008000000 rw-p 00000000 fd:00 12 /some/file
Rss:               16384 kB
AnonHugePages:         0 kB
7f0009000000-7f000a000000 rw-s 00000000 00:01 12 /memfd:x (deleted)
Rss:               16384 kB
AnonHugePages:         0 kB
7f000b000000-7f000b001000 rw-p 00000000 00:00 0
Rss:                   4 kB
AnonHugePages:         0 kB
";

    #[rehearsal::test]
    fn what_is_worth_it_is_found_in_the_listing() {
        let expected = [(0x7f00_0020_0000, 0x7f00_00a0_0000), (0x7f00_0500_0000, 0x7f00_0600_0000)];
        assert_eq!(ranges(LISTING), expected);
    }

    /// Where the system can do it; and nothing is lost either way.
    #[rehearsal::test]
    fn memory_keeps_what_is_in_it() {
        let memory: Vec<u32> = (0..4 << 20).collect();
        let small: Vec<Box<u32>> = (0..1 << 18).map(Box::new).collect();
        gather();
        assert!(memory.iter().copied().eq(0..4 << 20));
        assert!(small.iter().map(|number| **number).eq(0..1 << 18));
    }
}
