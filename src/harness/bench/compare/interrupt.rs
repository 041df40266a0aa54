//! Ctrl-C, SIGTERM and their like while two states of the code are compared: what runs is ended, the checkout is taken away.

use std::sync::mpsc::Sender;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::runtime::Builder;

use super::program::Heard;
use crate::app::notice::say;
use crate::sys::signal::{Signal, Signals};
use crate::sys::{seam, thread};

/// What has come, and who waits for a program and wants to hear of it.
static STATE: Mutex<State> = Mutex::new(State { come: None, waits: None });

struct State {
    come: Option<Signal>,
    waits: Option<Sender<Heard>>,
}

fn state() -> MutexGuard<'static, State> {
    STATE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// From now on the first of these signals ends the program that is waited for, and a second one this process, at once.
/// Where the system does not let us they end this process as they always did.
pub(super) fn listen() {
    let hear = || {
        let Ok(runtime) = Builder::new_current_thread().enable_all().build() else { return };
        seam::block_on(&runtime, async {
            let Ok(mut signals) = Signals::new() else { return };
            let first = signals.next().await;
            say(format_args!(
                "rehearsal: {}: taking the checkout away; once more ends this at once, and leaves it",
                first.name()
            ));
            has_come(first);
            let second = signals.next().await;
            std::process::exit(second.exit_code().into());
        });
    };
    // Without it a signal ends this process, and the next comparison takes the checkout away.
    drop(thread::start("compare-signals".to_owned(), hear));
}

fn has_come(signal: Signal) {
    let mut state = state();
    state.come = Some(signal);
    if let Some(waits) = state.waits.take() {
        // Who has gone has nothing to end.
        let _ = waits.send(Heard::Signal(signal));
    }
}

/// The signal that has come.
pub(super) fn come() -> Option<Signal> {
    state().come
}

/// Has this told of the signal that comes, until the next one asks for it; gives back the one that has come.
pub(super) fn tell(waits: Sender<Heard>) -> Option<Signal> {
    let mut state = state();
    state.waits = Some(waits);
    state.come
}
