//! The system is not asked here.

/// How many files this process may have open: unknown.
pub fn open_files() -> Option<u64> {
    None
}

/// How many processes and threads this user may have: unknown.
pub fn processes() -> Option<u64> {
    None
}

/// How much memory the process holds: unknown.
pub fn resident_bytes(_pid: u32) -> Option<u64> {
    None
}

/// Process id of the debugger that traces this process: unknown.
pub fn tracer_pid() -> Option<u32> {
    None
}

/// How many threads this process has: unknown.
pub fn thread_count() -> Option<usize> {
    None
}

/// Names the calling thread where listings show such a name: not here.
pub fn set_title(_title: &str) {}

/// Nothing limits it here.
///
/// # Errors
/// None.
pub fn hold_memory(_most: u64) -> std::io::Result<()> {
    Ok(())
}
