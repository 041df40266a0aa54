//! The clients of a level, as they run: on what they were placed, and that they have ended.

use std::any::Any;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::Poll;

use tokio::runtime::Builder;
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use super::cast::{Placed, Staying};
use super::trouble::Trouble;
use super::turn::Ended;
use crate::actor::panic;
use crate::sys::thread;

/// Those that have not ended.
#[derive(Debug, Default)]
pub struct Crew {
    running: JoinSet<Result<Ended, Trouble>>,
}

impl Crew {
    /// Starts one.
    ///
    /// # Errors
    /// Its thread could not be started.
    pub fn start(&mut self, client: usize, placed: Placed) -> Result<(), Trouble> {
        match placed {
            Placed::Task(mut future) => {
                // Caught where it happens: only this thread knows the place.
                self.join(poll_fn(move |cx| {
                    let polled = catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx)));
                    polled.map_or_else(
                        |payload| Poll::Ready(Err(panicked(client, &*payload))),
                        |polled| polled.map(Ok),
                    )
                }));
                Ok(())
            }
            Placed::Thread(make) => {
                let (sender, receiver) = oneshot::channel();
                let body = move || {
                    // Who would have been told is gone where a level was given up.
                    let _ = sender.send(on_this_thread(client, make));
                };
                thread::start(format!("client {client}"), body)
                    .map_err(|error| Trouble::NotStarted { client, why: error.to_string() })?;
                let gone = "its thread ended without a word".to_owned();
                self.join(
                    async move { receiver.await.unwrap_or(Err(Trouble::NotStarted { client, why: gone })) },
                );
                Ok(())
            }
        }
    }

    /// Counts what runs elsewhere among them.
    pub fn join(&mut self, client: impl Future<Output = Result<Ended, Trouble>> + Send + 'static) {
        self.running.spawn(client);
    }

    /// The next one that has ended; `None` where all have.
    pub async fn next(&mut self) -> Option<Result<Ended, Trouble>> {
        let joined = self.running.join_next().await?;
        Some(joined.unwrap_or_else(|error| {
            Err(Trouble::NotStarted { client: 0, why: format!("its task was ended: {error}") })
        }))
    }

    /// How many have not ended.
    pub fn len(&self) -> usize {
        self.running.len()
    }

    /// Whether all have ended.
    pub fn is_empty(&self) -> bool {
        self.running.is_empty()
    }
}

fn on_this_thread(client: usize, make: Box<dyn FnOnce() -> Staying + Send>) -> Result<Ended, Trouble> {
    let runtime = match Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            return Err(Trouble::NotStarted { client, why: format!("no runtime could be built: {error}") });
        }
    };
    catch_unwind(AssertUnwindSafe(|| runtime.block_on(make()))).map_err(|payload| panicked(client, &*payload))
}

fn panicked(client: usize, payload: &(dyn Any + Send)) -> Trouble {
    Trouble::Panicked { client, note: panic::caught(payload) }
}
