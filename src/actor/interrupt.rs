//! Requests from outside to end a program: Ctrl-C, SIGTERM and their like.
//!
//! They are heard on a thread of their own: the second one ends the process also where the program's runtime is busy.

use std::sync::{Arc, Barrier};

use tokio::runtime::Builder;
use tokio::sync::oneshot;

use crate::sys::signal::{Signal, Signals};
use crate::sys::{seam, thread};

/// The first request to end that comes from now on. A second one ends the process at once.
pub(super) struct Interrupt(oneshot::Receiver<Signal>);

/// Begins to listen. Where the system does not let us, these signals end the process as they always did.
pub(super) fn listen() -> Interrupt {
    let (tell, told) = oneshot::channel();
    let tried = Arc::new(Barrier::new(2));
    let has_tried = Arc::clone(&tried);
    let hear = move || {
        let runtime = Builder::new_current_thread().enable_all().build().ok();
        let signals = runtime.as_ref().and_then(|runtime| {
            let _inside = runtime.enter();
            Signals::new().ok()
        });
        has_tried.wait();
        let Some((runtime, mut signals)) = runtime.zip(signals) else { return };
        seam::block_on(&runtime, async {
            let first = signals.next().await;
            eprintln!("rehearsal: {}: stopping; once more ends this at once", first.name());
            let _ = tell.send(first);
            let second = signals.next().await;
            std::process::exit(second.exit_code().into());
        });
    };
    if thread::start("rehearsal-signals".to_owned(), hear).is_ok() {
        // From here on a signal is heard, or never will be.
        tried.wait();
    }
    Interrupt(told)
}

impl Interrupt {
    /// Waits for it. Cancel-safe.
    pub(super) async fn next(&mut self) -> Signal {
        match (&mut self.0).await {
            Ok(signal) => signal,
            Err(_) => std::future::pending().await,
        }
    }

    /// The one that has come, if one has.
    pub(super) fn has_come(&mut self) -> Option<Signal> {
        self.0.try_recv().ok()
    }
}
