//! What the tasks of a trial wait for, where tokio tells: built with `--cfg tokio_unstable` and the feature `taskdump`,
//! which tokio has on Linux alone and refuses elsewhere.
//!
//! A task that waits is on no stack. tokio finds out what it waits for by polling it in a way that does nothing, and only
//! inside of its own runtime. So the trial's future is asked to do that, by a wake; a runtime whose thread is blocked does
//! not come to it, and has a stack.

#[cfg(all(tokio_unstable, feature = "taskdump"))]
pub(super) use told::{Dump, drive};
#[cfg(not(all(tokio_unstable, feature = "taskdump")))]
pub(super) use untold::{Dump, drive};

#[cfg(not(all(tokio_unstable, feature = "taskdump")))]
mod untold {
    use std::future::Future;
    use std::pin::Pin;
    use std::sync::{Arc, Mutex};

    use super::super::ledger::Ledger;

    /// Nothing is known of them.
    #[derive(Default)]
    pub(in crate::harness::trial) struct Dump(());

    /// Drives the future of a trial.
    pub(in crate::harness::trial) fn drive(
        _: &Mutex<Arc<Ledger>>,
        future: Pin<&mut dyn Future<Output = ()>>,
        drive: impl FnOnce(Pin<&mut dyn Future<Output = ()>>),
    ) {
        drive(future);
    }

    impl Dump {
        /// What they wait for; empty where that is not known.
        pub(in crate::harness::trial) fn take(&self) -> String {
            String::new()
        }
    }
}

#[cfg(all(tokio_unstable, feature = "taskdump"))]
mod told {
    use std::fmt::Write;
    use std::future::Future;
    use std::pin::{Pin, pin};
    use std::sync::{Arc, Condvar, Mutex, PoisonError};
    use std::task::{Context, Poll, Waker};
    use std::time::Duration;

    use tokio::runtime::Handle;
    use tokio::runtime::dump::{Dump as Tasks, Trace};

    use super::super::ledger::Ledger;

    /// How long the runtime gets to say it.
    const PATIENCE: Duration = Duration::from_millis(500);

    /// Tasks that are told.
    const MOST: usize = 20;

    /// Where the future of a trial and who wants to know of it meet.
    #[derive(Default)]
    pub(in crate::harness::trial) struct Dump {
        state: Mutex<State>,
        told: Condvar,
    }

    #[derive(Default)]
    struct State {
        /// Wakes the future, while there is one.
        waker: Option<Waker>,
        is_asked: bool,
        text: Option<String>,
    }

    type Asking = Pin<Box<dyn Future<Output = Tasks>>>;

    /// Drives the future of a trial.
    pub(in crate::harness::trial) fn drive(
        ledger: &Mutex<Arc<Ledger>>,
        future: Pin<&mut dyn Future<Output = ()>>,
        drive: impl FnOnce(Pin<&mut dyn Future<Output = ()>>),
    ) {
        let ledger = Arc::clone(&ledger.lock().unwrap_or_else(PoisonError::into_inner));
        ledger.dump().drive(future, drive);
    }

    impl Dump {
        /// Drives the trial's future, which answers while it waits.
        fn drive(
            &self,
            future: Pin<&mut dyn Future<Output = ()>>,
            drive: impl FnOnce(Pin<&mut dyn Future<Output = ()>>),
        ) {
            let mut future = pin!(Trace::root(future));
            let mut asking: Option<(String, Asking)> = None;
            let answering = std::future::poll_fn(|cx| {
                if self.is_asked_by(cx) {
                    let (polled, trace) = Trace::capture(|| future.as_mut().poll(cx));
                    if polled.is_ready() {
                        return polled;
                    }
                    let text = format!("the test itself\n{trace}\n");
                    asking = Some((text, Box::pin(async { Handle::current().dump().await })));
                }
                if let Some((text, tasks)) = &mut asking
                    && let Poll::Ready(tasks) = tasks.as_mut().poll(cx)
                {
                    self.tell(std::mem::take(text), &tasks);
                    asking = None;
                }
                future.as_mut().poll(cx)
            });
            drive(pin!(answering));
            self.state.lock().unwrap_or_else(PoisonError::into_inner).waker = None;
        }

        /// What they wait for; empty where nothing is told in time.
        pub(in crate::harness::trial) fn take(&self) -> String {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            let Some(waker) = state.waker.clone() else { return String::new() };
            state.is_asked = true;
            // What the one before was told too late for is not so any more.
            state.text = None;
            drop(state);
            waker.wake();
            let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            let waited = self.told.wait_timeout_while(state, PATIENCE, |state| state.text.is_none());
            let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
            state.is_asked = false;
            state.text.take().unwrap_or_default()
        }

        fn is_asked_by(&self, cx: &Context<'_>) -> bool {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            if !state.waker.as_ref().is_some_and(|waker| waker.will_wake(cx.waker())) {
                state.waker = Some(cx.waker().clone());
            }
            std::mem::take(&mut state.is_asked)
        }

        fn tell(&self, mut text: String, tasks: &Tasks) {
            for task in tasks.tasks().iter().take(MOST) {
                let _ = write!(text, "task {}\n{}\n", task.id(), task.trace());
            }
            let more = tasks.tasks().iter().count().saturating_sub(MOST);
            if more > 0 {
                let _ = writeln!(text, "and {more} more tasks");
            }
            let mut told = String::from("waits for:\n");
            text.lines().filter(|line| !line.is_empty()).for_each(|line| {
                let _ = writeln!(told, "  {line}");
            });
            self.state.lock().unwrap_or_else(PoisonError::into_inner).text = Some(told);
            self.told.notify_all();
        }
    }
}
