//! The coverage profile of this process, by the runtime that the compiler links in with `-C instrument-coverage`.
//!
//! Where a process writes is a pattern in `LLVM_PROFILE_FILE`: `%p` is its id, and with `%m` what it has counted is added
//! to what is in the file already. A worker gets a file of its own that it writes over and over, so that nothing is
//! counted twice and no count gets lost between two writes. Forks add theirs to the file of the server that made them:
//! there may be very many of them.
#![allow(unsafe_code)]

use std::ffi::{CStr, CString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::sync::atomic::{AtomicU32, Ordering};

/// What the runtime takes where nobody says anything.
const DEFAULT_PATTERN: &str = "default_%m_%p.profraw";

/// The address of a function of the runtime, if this binary has one.
///
/// The runtime hides its functions from the dynamic linker, so that asking by name finds nothing; a weak reference is
/// resolved when the binary is linked, to null where it is built without coverage.
macro_rules! of_runtime {
    ($name:literal) => {{
        let address: usize;
        #[cfg(all(target_arch = "x86_64", not(target_vendor = "apple")))]
        // SAFETY: reads an entry of the table that the linker makes of addresses.
        unsafe {
            std::arch::asm!(
                concat!(".weak ", $name),
                concat!("mov {0}, qword ptr [rip + ", $name, "@GOTPCREL]"),
                out(reg) address,
                options(nostack, preserves_flags, pure, readonly)
            );
        }
        #[cfg(all(target_arch = "aarch64", not(target_vendor = "apple")))]
        // SAFETY: as above.
        unsafe {
            std::arch::asm!(
                concat!(".weak ", $name),
                concat!("adrp {0}, :got:", $name),
                concat!("ldr {0}, [{0}, :got_lo12:", $name, "]"),
                out(reg) address,
                options(nostack, preserves_flags, pure, readonly)
            );
        }
        #[cfg(any(
            target_vendor = "apple",
            not(any(target_arch = "x86_64", target_arch = "aarch64"))
        ))]
        {
            address = 0;
        }
        address
    }};
}

/// The process that has a file of its own, a worker; 0 in all others.
static OWNER: AtomicU32 = AtomicU32::new(0);

/// Writes what this process has counted so far, if it counts.
pub fn write() {
    let address = of_runtime!("__llvm_profile_write_file");
    if address == 0 {
        return;
    }
    // SAFETY: the function of this name has this type, and may be called at any time.
    let write = unsafe { std::mem::transmute::<usize, extern "C" fn() -> libc::c_int>(address) };
    let begun_anew = begin_anew();
    // It says on stderr what went wrong.
    write();
    if !begun_anew {
        // It is in the file, and is not to be added to it a second time.
        begin_fork();
    }
}

/// Empties the file of a worker, to which the runtime would add another copy of what it has counted; false where this
/// process has none.
fn begin_anew() -> bool {
    let name = of_runtime!("__llvm_profile_get_filename");
    if name == 0 || OWNER.load(Ordering::Relaxed) != std::process::id() {
        return false;
    }
    // SAFETY: the function of this name has this type, and returns null or a string of its own.
    unsafe {
        let name = std::mem::transmute::<usize, extern "C" fn() -> *const libc::c_char>(name)();
        // One that is not there yet cannot be emptied.
        !name.is_null() && libc::truncate(name, 0) <= 0
    }
}

/// The runtime writes last of all that happens at an exit, for it was the first to ask for it.
extern "C" fn before_last_write() {
    begin_anew();
}

/// Gives this process, a worker, a file that no other one writes; or, where it is going to fork, one to which its forks
/// can add. To be called before a thread starts.
pub(super) fn begin_worker(forks: bool) {
    let set_name = of_runtime!("__llvm_profile_set_filename");
    let name = of_runtime!("__llvm_profile_get_filename");
    if set_name == 0 || name == 0 {
        return;
    }
    let pattern = std::env::var_os("LLVM_PROFILE_FILE").filter(|pattern| !pattern.is_empty());
    let pattern = pattern.unwrap_or_else(|| DEFAULT_PATTERN.into());
    let Some(own) = pattern.to_str().and_then(|pattern| own_pattern(pattern, forks)) else { return };
    // A test may change the working directory before its worker writes.
    let own = match std::path::absolute(&own) {
        Ok(path) if !path.as_os_str().as_bytes()[..path.as_os_str().len() - own.len()].contains(&b'%') => {
            path
        }
        _ => own.clone().into(),
    };
    let Ok(own) = CString::new(own.into_os_string().into_vec()) else { return };
    // SAFETY: the functions of these names have these types. The name that is returned is copied here, and the one that
    // is passed is copied there.
    unsafe {
        let set_name = std::mem::transmute::<usize, extern "C" fn(*const libc::c_char)>(set_name);
        let name = std::mem::transmute::<usize, extern "C" fn() -> *const libc::c_char>(name);
        let before = name();
        let before = if before.is_null() { CString::default() } else { CStr::from_ptr(before).to_owned() };
        set_name(own.as_ptr());
        discard_empty(&before, &pattern);
        if !forks {
            OWNER.store(std::process::id(), Ordering::Relaxed);
            libc::atexit(before_last_write);
        }
    }
}

/// A file that the runtime has made when this process began, and that nobody writes to now. Where others add to it, it
/// is theirs.
fn discard_empty(path: &CStr, pattern: &std::ffi::OsStr) {
    let path = std::path::Path::new(std::ffi::OsStr::from_bytes(path.to_bytes()));
    let is_shared = pattern.to_str().is_none_or(|pattern| merging(pattern).is_some());
    if !is_shared && std::fs::metadata(path).is_ok_and(|file| file.is_file() && file.len() == 0) {
        // Left there it is a file without counts.
        let _ = std::fs::remove_file(path);
    }
}

/// Counts from zero: what a fork's process has counted before is not its own.
#[inline]
pub(super) fn begin_fork() {
    let reset = of_runtime!("__llvm_profile_reset_counters");
    if reset == 0 {
        return;
    }
    let continuous = std::env::var("LLVM_PROFILE_FILE").is_ok_and(|pattern| pattern.contains("%c"));
    if !continuous {
        // SAFETY: the function of this name has this type.
        let reset = unsafe { std::mem::transmute::<usize, extern "C" fn()>(reset) };
        reset();
    }
}

/// Where `%m` or `%4m` stands in a pattern.
fn merging(pattern: &str) -> Option<std::ops::Range<usize>> {
    pattern.match_indices('%').map(|(at, _)| at).find_map(|at| {
        let rest = &pattern[at + 1..];
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        rest[digits..].starts_with('m').then_some(at..at + digits + 2)
    })
}

/// The pattern for a worker; `None` where the one there is does it. With `%c` the counts are in the file at all times,
/// whatever a process does.
fn own_pattern(pattern: &str, forks: bool) -> Option<String> {
    if pattern.contains("%c") {
        return None;
    }
    let mut own = pattern.to_owned();
    match merging(pattern) {
        Some(range) if !forks => own.replace_range(range, "w"),
        None if forks => before_extension(&mut own, "-%m"),
        _ => {}
    }
    if !own.contains("%p") {
        before_extension(&mut own, "-%p");
    }
    Some(own)
}

fn before_extension(pattern: &mut String, text: &str) {
    let name = pattern.rfind('/').map_or(0, |slash| slash + 1);
    let at = pattern[name..].rfind('.').filter(|dot| *dot > 0).map_or(pattern.len(), |dot| name + dot);
    pattern.insert_str(at, text);
}

#[cfg(test)]
mod tests {
    use super::own_pattern;

    #[rehearsal::test]
    fn a_worker_writes_a_file_of_its_own_and_forks_share_one() {
        let table = [
            ("default.profraw", "default-%p.profraw", "default-%m-%p.profraw"),
            ("/a.b/cov", "/a.b/cov-%p", "/a.b/cov-%m-%p"),
            ("/t/demo-%p-%4m.profraw", "/t/demo-%p-w.profraw", "/t/demo-%p-%4m.profraw"),
            ("default_%m_%p.profraw", "default_w_%p.profraw", "default_%m_%p.profraw"),
            ("x-%p.profraw", "x-%p.profraw", "x-%p-%m.profraw"),
            ("x-%m.profraw", "x-w-%p.profraw", "x-%m-%p.profraw"),
        ];
        for (pattern, worker, server) in table {
            assert_eq!(own_pattern(pattern, false).as_deref(), Some(worker), "{pattern}");
            assert_eq!(own_pattern(pattern, true).as_deref(), Some(server), "{pattern}");
        }
    }

    #[rehearsal::test]
    fn counts_that_are_in_the_file_at_all_times_are_left_alone() {
        assert_eq!(own_pattern("x-%c-%m.profraw", true), None);
    }
}
