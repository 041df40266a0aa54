//! A fixture whose scope is the run, on its way from the arbiter's process into a worker.

use super::actor::WorkerProxy;
use crate::harness::fixture::Store;
use crate::sys::thread;

/// Has a fixture's value looked for, or made, and sent to the worker that wants it, if it is there still. A thread waits for it, and the
/// arbiter does not.
pub fn lend(proxy: Option<&WorkerProxy>, fixture: u32, variant: u32) {
    let Some(proxy) = proxy.cloned() else { return };
    let to = proxy.clone();
    let lending = thread::start("fixture lender".to_owned(), move || {
        let (bytes, refusal, skip) = match Store::of_run().bytes_of(fixture, variant) {
            Ok(bytes) => (bytes, None, false),
            Err(refusal) => (Vec::new(), Some(refusal.text), refusal.skip),
        };
        // A worker that cannot be told is about to be reported as gone.
        let _ = to.lend(fixture, variant, bytes, refusal, skip).tell();
    });
    if let Err(error) = lending {
        let refusal = format!("a fixture's thread could not be started: {error}");
        let _ = proxy.lend(fixture, variant, Vec::new(), Some(refusal), false).tell();
    }
}
