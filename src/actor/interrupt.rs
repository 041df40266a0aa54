//! Requests from outside to end a program: Ctrl-C, SIGTERM and their like.
//!
//! They are heard on a thread of their own: the second one ends the process also where the program's runtime is busy.

use std::sync::mpsc;
use std::thread;

use tokio::runtime::Builder;
use tokio::sync::oneshot;

use crate::sys::signal::{Signal, Signals};

/// The first request to end that comes from now on. A second one ends the process at once.
pub(super) struct Interrupt(oneshot::Receiver<Signal>);

/// Begins to listen. Where the system does not let us, these signals end the process as they always did.
pub(super) fn listen() -> Interrupt {
    let (tell, told) = oneshot::channel();
    let (listens, is_listening) = mpsc::channel();
    let hear = move || {
        let Ok(runtime) = Builder::new_current_thread().enable_all().build() else { return };
        runtime.block_on(async {
            let Ok(mut signals) = Signals::new() else { return };
            let _ = listens.send(());
            let first = signals.next().await;
            eprintln!("rehearsal: {}: stopping; once more ends this at once", first.name());
            let _ = tell.send(first);
            let second = signals.next().await;
            std::process::exit(second.exit_code().into());
        });
    };
    if thread::Builder::new().name("rehearsal-signals".to_owned()).spawn(hear).is_ok() {
        // From here on a signal is heard; it ends with an error where it never will be.
        let _ = is_listening.recv();
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
