//! What functions addresses of another process of this program are in.

use std::fs;
use std::path::{Path, PathBuf};

use crate::sys::stack::Frame;

/// A part of a file in the memory of a process.
struct Part {
    from: usize,
    to: usize,
    offset: usize,
    /// Device and number of the file.
    file: String,
    path: String,
}

/// Finds names, by the files that two processes have in their memory.
pub(super) struct Names {
    theirs: Vec<Part>,
    /// None where it is this process that is asked.
    own: Option<Vec<Part>>,
    /// What paths are shown from.
    directory: PathBuf,
}

impl Names {
    pub(super) fn of(pid: u32) -> Names {
        let is_other = pid != std::process::id();
        let directory = std::env::current_dir().unwrap_or_default();
        Names { theirs: parts(pid), own: is_other.then(|| parts(std::process::id())), directory }
    }

    /// The functions of these addresses; several for one where calls were inlined.
    pub(super) fn frames(&mut self, addresses: &[usize]) -> Vec<Frame> {
        let mut frames = Vec::new();
        for (at, &address) in addresses.iter().enumerate() {
            let before = frames.len();
            if let Some(here) = self.translated(address) {
                // What is looked up is the instruction before the one that is returned to; the first one has been interrupted
                // where it is.
                let here = std::ptr::without_provenance_mut(here + usize::from(at == 0));
                backtrace::resolve(here, |symbol| frames.extend(self.frame(symbol)));
            }
            if frames.len() == before {
                frames.push(Frame { function: self.unnamed(address), place: String::new() });
            }
        }
        frames
    }

    /// The same place in this process.
    fn translated(&self, address: usize) -> Option<usize> {
        let Some(own) = &self.own else { return Some(address) };
        let theirs = part_at(&self.theirs, address)?;
        // By where the part begins in the file: parts share the page at which one ends and the next begins.
        let is_it = |part: &&Part| part.file == theirs.file && part.offset == theirs.offset;
        own.iter().find(is_it).map(|part| part.from + (address - theirs.from))
    }

    fn frame(&self, symbol: &backtrace::Symbol) -> Option<Frame> {
        // Without the hash.
        let function = with_crate(format!("{:#}", symbol.name()?), symbol.filename());
        let place = match (symbol.filename(), symbol.lineno()) {
            (Some(file), Some(line)) => format!("{}:{line}", self.shown(file).display()),
            _ => String::new(),
        };
        Some(Frame { function, place })
    }

    /// As it is seen from the working directory, where it is below that.
    fn shown<'a>(&self, file: &'a Path) -> &'a Path {
        file.strip_prefix(&self.directory).unwrap_or(file)
    }

    fn unnamed(&self, address: usize) -> String {
        match part_at(&self.theirs, address) {
            Some(part) => {
                let name = Path::new(&part.path).file_name().unwrap_or(part.path.as_ref());
                format!("{}+{:#x}", name.to_string_lossy(), address - part.from + part.offset)
            }
            None => format!("{address:#x}"),
        }
    }
}

/// Where the sources of this crate are.
const OWN_SOURCES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/");

/// A function of this crate that was inlined has no path in a build that has lines alone: whose it is its file tells.
fn with_crate(function: String, file: Option<&Path>) -> String {
    let is_own = !function.contains("::") && file.is_some_and(|file| file.starts_with(OWN_SOURCES));
    if is_own { format!("rehearsal::{function}") } else { function }
}

fn part_at(parts: &[Part], address: usize) -> Option<&Part> {
    parts.iter().find(|part| (part.from..part.to).contains(&address))
}

/// What files, and where, a process has in its memory; `/proc/PID/maps`.
fn parts(pid: u32) -> Vec<Part> {
    let maps = fs::read_to_string(format!("/proc/{pid}/maps")).unwrap_or_default();
    maps.lines().filter_map(part).collect()
}

/// `7f0a-7f0b r-xp 00001000 08:01 123    /path`; nothing for memory that is no file's.
fn part(line: &str) -> Option<Part> {
    let mut words = line.split_ascii_whitespace();
    let (from, to) = words.next()?.split_once('-')?;
    let number = |hex| usize::from_str_radix(hex, 16).ok();
    let (from, to) = (number(from)?, number(to)?);
    let offset = number(words.nth(1)?)?;
    let (device, inode) = (words.next()?, words.next()?);
    let path = words.next().unwrap_or_default().to_owned();
    (inode != "0").then(|| Part { from, to, offset, file: format!("{device} {inode}"), path })
}

#[cfg(test)]
mod tests {
    #[rehearsal::test]
    fn a_function_without_a_path_is_ours_where_its_source_is() {
        for (function, file, expected) in [
            (
                "run",
                Some(concat!(env!("CARGO_MANIFEST_DIR"), "/src/harness/worker/lane.rs")),
                "rehearsal::run",
            ),
            ("run", Some(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/suites/hangs/main.rs")), "run"),
            ("a::run", Some(concat!(env!("CARGO_MANIFEST_DIR"), "/src/harness/worker/lane.rs")), "a::run"),
            ("run", None, "run"),
        ] {
            assert_eq!(super::with_crate(function.to_owned(), file.map(std::path::Path::new)), expected);
        }
    }

    use super::*;

    #[rehearsal::test]
    fn a_line_of_the_map_is_read() {
        let line = "55d0c000-55d0f000 r-xp 00002000 fe:00 1234                   /tmp/a program";
        let read = part(line).expect("a part");
        assert_eq!((read.from, read.to, read.offset), (0x55d0_c000, 0x55d0_f000, 0x2000));
        assert_eq!((read.file.as_str(), read.path.as_str()), ("fe:00 1234", "/tmp/a"));
        for nobodys in
            ["7ffc0000-7ffc1000 rw-p 00000000 00:00 0   [stack]", "", "x-y r-xp 0 0:0 1", "1-2 r-xp"]
        {
            assert!(part(nobodys).is_none(), "{nobodys}");
        }
    }

    /// As if it had been loaded elsewhere: the place in the file counts.
    #[rehearsal::test]
    fn an_address_is_found_where_the_same_file_is_here() {
        let at = |from, offset, file: &str| Part {
            from,
            to: from + 0x1000,
            offset,
            file: file.to_owned(),
            path: format!("/lib/{file}"),
        };
        let names = Names {
            theirs: vec![at(0x10_000, 0, "a"), at(0x11_000, 0x800, "a"), at(0x20_000, 0, "b")],
            own: Some(vec![at(0x70_000, 0, "a"), at(0x71_000, 0x800, "a")]),
            directory: PathBuf::new(),
        };
        assert_eq!(names.translated(0x11_234), Some(0x71_234));
        assert_eq!(names.translated(0x10_000), Some(0x70_000));
        assert_eq!(names.translated(0x20_010), None, "a file that is not here");
        assert_eq!(names.unnamed(0x20_010), "b+0x10");
        assert_eq!(names.unnamed(0x99_000), "0x99000");
    }

    #[rehearsal::test]
    fn a_function_of_this_process_is_named_with_its_place() {
        let mut names = Names::of(std::process::id());
        let function: fn() = a_function_of_this_process_is_named_with_its_place;
        let frames = names.frames(&[function as *const () as usize]);
        let named = frames.iter().any(|frame| frame.function.ends_with("is_named_with_its_place"));
        assert!(named, "{frames:?}");
    }
}
