//! Threads of this process are started here.

use std::io;
use std::thread::{Builder, JoinHandle};

/// Whether the thread-locals of a process's first thread are dropped where it ends by `exit`, as those of other threads are
/// when these end. Where this is not known, it is not so.
pub const LOCALS_END_WITH_PROCESS: bool = cfg!(any(target_env = "gnu", target_vendor = "apple"));

/// Starts a thread of this name.
///
/// # Errors
/// What the system says where it lets us have none: most often that there are too many (`ulimit -u`).
///
/// # Panics
/// Where the name has a byte that is 0.
pub fn start(name: String, body: impl FnOnce() + Send + 'static) -> io::Result<JoinHandle<()>> {
    start_boxed(name, Box::new(body))
}

// One instance, not one a body: of each type of closure that it is given, the standard library makes some thirty
// functions, which is time that everyone waits who builds this crate.
fn start_boxed(name: String, body: Box<dyn FnOnce() + Send>) -> io::Result<JoinHandle<()>> {
    Builder::new().name(name).spawn(body)
}

/// Has the system end sleeps of the calling thread when they are over, and not some 50 µs later for the sake of fewer
/// wake-ups, as Linux does otherwise.
#[cfg(feature = "bench")]
pub fn sleep_no_longer() {
    super::platform::clock::sleep_no_longer();
}
