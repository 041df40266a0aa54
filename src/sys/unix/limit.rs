//! What the system says of this process.
#![allow(unsafe_code)]

use std::io;

use crate::sys::limit::LimitKind;

/// How many files this process may have open; `None` where that is unlimited or unknown.
pub fn open_files() -> Option<u64> {
    soft_limit(libc::RLIMIT_NOFILE)
}

/// How many processes and threads this user may have; `None` where that is unlimited or unknown.
pub fn processes() -> Option<u64> {
    soft_limit(libc::RLIMIT_NPROC)
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
type Resource = libc::__rlimit_resource_t;
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
type Resource = libc::c_int;

fn soft_limit(resource: Resource) -> Option<u64> {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: `limit` is a valid place for the call to write to.
    super::call::check(unsafe { libc::getrlimit(resource, &mut limit) }).ok()?;
    (limit.rlim_cur != libc::RLIM_INFINITY).then_some(limit.rlim_cur)
}

/// The limit behind an error of starting a process, where it is one.
pub(super) fn behind(error: &io::Error) -> Option<LimitKind> {
    match error.raw_os_error()? {
        // The second: too many descriptors on their way through sockets, which count as open.
        libc::EMFILE | libc::ETOOMANYREFS => Some(LimitKind::OpenFiles(open_files())),
        libc::ENFILE => Some(LimitKind::SystemFiles),
        libc::EAGAIN => Some(LimitKind::Processes(processes())),
        libc::ENOMEM => Some(LimitKind::Memory),
        libc::E2BIG => Some(LimitKind::Arguments),
        _ => None,
    }
}

/// The same error, saying which limit is behind it and what to do about that, where one is.
pub(super) fn told(error: io::Error) -> io::Error {
    if behind(&error).is_some() { io::Error::new(error.kind(), explain(&error)) } else { error }
}

/// What an error says, with the limit behind it and what to do about that, where it is one.
pub(super) fn explain(error: &io::Error) -> String {
    match behind(error) {
        Some(limit) => format!("{limit} ({error})"),
        None => error.to_string(),
    }
}

/// Process id of the debugger that traces this process, if one does; Linux only.
pub fn tracer_pid() -> Option<u32> {
    status_field("TracerPid:").filter(|pid| *pid != 0)
}

/// How many threads this process has; `None` where the system does not tell.
pub fn thread_count() -> Option<usize> {
    use std::os::unix::fs::MetadataExt;
    // A link for each thread beside the two that every directory has: one system call, where the status takes ten.
    let links = std::fs::metadata("/proc/self/task").ok()?.nlink();
    match usize::try_from(links).ok()?.checked_sub(2) {
        None | Some(0) => status_field("Threads:").map(|count| count as usize),
        threads => threads,
    }
}

/// How much memory the process holds, in bytes: its resident size. `None` where the system does not tell; Linux only.
pub fn resident_bytes(pid: u32) -> Option<u64> {
    let sizes = std::fs::read_to_string(format!("/proc/{pid}/statm")).ok()?;
    let pages: u64 = sizes.split_ascii_whitespace().nth(1)?.parse().ok()?;
    Some(pages * page_size() as u64)
}

/// Bytes of a page.
pub(super) fn page_size() -> usize {
    // SAFETY: asks for a constant of the system.
    let size = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    usize::try_from(size).unwrap_or(4096)
}

/// Lets this process hold no more than so many bytes of its own, mapped files aside: what it asks for beyond that it does
/// not get.
///
/// # Errors
/// What the system says.
pub fn hold_memory(most: u64) -> io::Result<()> {
    let most = libc::rlim_t::try_from(most).unwrap_or(libc::RLIM_INFINITY);
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: `limit` is a valid place for the call to write to.
    super::call::check(unsafe { libc::getrlimit(libc::RLIMIT_DATA, &mut limit) })?;
    limit.rlim_cur = most.min(limit.rlim_max);
    // SAFETY: `limit` is a valid value that the call only reads.
    super::call::check(unsafe { libc::setrlimit(libc::RLIMIT_DATA, &limit) })?;
    Ok(())
}

fn status_field(name: &str) -> Option<u32> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    status.lines().find_map(|line| line.strip_prefix(name))?.trim().parse().ok()
}

/// Bytes of the name of a thread or process that listings show.
pub(super) const LONGEST_TITLE: usize =
    if cfg!(any(target_os = "linux", target_os = "android")) { 15 } else { 63 };

/// Names the calling thread, and with it, on the main thread, the process, where listings show such a name. The
/// system may cut it short (to 15 bytes on Linux).
pub fn set_title(title: &str) {
    let mut bytes: Vec<u8> = title.bytes().filter(|byte| *byte != 0).collect();
    bytes.truncate(LONGEST_TITLE);
    bytes.push(0);
    #[cfg(any(target_os = "linux", target_os = "android"))]
    // SAFETY: the name ends in a zero byte and outlives the call.
    unsafe {
        libc::prctl(libc::PR_SET_NAME, bytes.as_ptr());
    }
    #[cfg(target_vendor = "apple")]
    // SAFETY: the name ends in a zero byte and outlives the call.
    unsafe {
        libc::pthread_setname_np(bytes.as_ptr().cast());
    }
}
