//! The coverage profile of this process, in builds with `-C instrument-coverage`.
//!
//! The compiler's runtime writes it when a process calls `exit()`. A worker may be killed, so it writes while it runs; a
//! fork begins with what the process before it has counted, so it counts from zero. In every other build, and on Apple's
//! systems, whose linker wants to be asked otherwise, nothing here does anything.

pub use super::platform::profile::write;
