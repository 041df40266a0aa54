//! What the system allows this process, who traces it, how many threads it has.

use std::fmt;

pub use super::platform::limit::{
    hold_memory, open_files, processes, resident_bytes, set_title, thread_count, tracer_pid,
};

/// A limit of the system that stood in the way, with its value where it is known.
///
/// Its text names the limit, says what it is, and what to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum LimitKind {
    /// Open files of this process (`RLIMIT_NOFILE`).
    OpenFiles(Option<u64>),
    /// Open files of the whole system.
    SystemFiles,
    /// Processes and threads of this user (`RLIMIT_NPROC`), or of this container or the whole system.
    Processes(Option<u64>),
    /// Memory.
    Memory,
    /// Size of arguments and environment of a new process.
    Arguments,
}

impl fmt::Display for LimitKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LimitKind::OpenFiles(limit) => {
                write!(f, "this process may not open more files")?;
                told(f, *limit)?;
                f.write_str("; raise it with `ulimit -n`, or use fewer workers (`--test-threads`)")
            }
            LimitKind::SystemFiles => {
                f.write_str("the system has no more open files to give (on Linux: sysctl fs.file-max)")
            }
            LimitKind::Processes(limit) => {
                write!(f, "this user or container may not have more processes and threads")?;
                told(f, *limit)?;
                f.write_str(
                    "; raise it with `ulimit -u` (in a container: its pids limit), or use fewer workers \
                     (`--test-threads`)",
                )
            }
            LimitKind::Memory => {
                f.write_str("there is not enough memory; use fewer workers (`--test-threads`)")
            }
            LimitKind::Arguments => f.write_str("the environment is too large to hand to a new process"),
        }
    }
}

fn told(f: &mut fmt::Formatter<'_>, limit: Option<u64>) -> fmt::Result {
    match limit {
        Some(limit) => write!(f, " (limit {limit})"),
        None => Ok(()),
    }
}
