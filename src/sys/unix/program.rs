//! What identifies the file this process runs.

use std::os::unix::fs::MetadataExt;

/// Device, inode, length and time of change of the program's file; `/proc/self/exe` leads to the one that runs even
/// where its path has another by now.
pub(in crate::sys) fn identity() -> Option<[u64; 5]> {
    let file = std::fs::metadata("/proc/self/exe")
        .or_else(|_| std::env::current_exe().and_then(std::fs::metadata))
        .ok()?;
    Some([file.dev(), file.ino(), file.size(), file.mtime() as u64, file.mtime_nsec() as u64])
}
