//! The clients of a level, as they run: on what they were placed, and that they have ended.

use std::any::Any;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::{Context, Poll};

use tokio::runtime::Builder;
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use super::cast::{Placed, Staying};
use super::trouble::Trouble;
use super::turn::{Ended, Field};
use crate::actor::panic;
use crate::sys::thread;

/// What came of a client, or of those that are in one process.
type Came = Result<Vec<Ended>, Trouble>;

/// Those that have not ended.
#[derive(Debug, Default)]
pub struct Crew {
    running: JoinSet<Came>,
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
                    let poll = || panic::answered_for(|| future.as_mut().poll(cx));
                    let polled = catch_unwind(AssertUnwindSafe(poll));
                    polled.map_or_else(
                        |payload| Poll::Ready(Err(panicked(client, &*payload))),
                        |polled| polled.map(|ended| Ok(vec![ended])),
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
    pub fn join(&mut self, client: impl Future<Output = Came> + Send + 'static) {
        self.running.spawn(client);
    }

    /// The next one that has ended; `None` where all have.
    pub async fn next(&mut self) -> Option<Came> {
        poll_fn(|cx| self.poll_next(cx)).await
    }

    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Came>> {
        self.running.poll_join_next(cx).map(|joined| {
            joined?.map_or_else(
                |error| {
                    let why = format!("its task was ended: {error}");
                    Some(Err(Trouble::NotStarted { client: 0, why }))
                },
                Some,
            )
        })
    }

    /// Waits for nobody any more. Only for those that run elsewhere: an operation here that blocks would be waited for.
    pub async fn forget(&mut self) {
        self.running.shutdown().await;
    }

    /// Whether all have ended.
    pub fn is_empty(&self) -> bool {
        self.running.is_empty()
    }
}

/// Waits until so many clients are ready.
///
/// # Errors
/// What became of one of them before that.
pub async fn gather(field: &Field, crew: &mut Crew, clients: usize) -> Result<(), Trouble> {
    let clients = u32::try_from(clients).unwrap_or(u32::MAX);
    let mut arrived = pin!(field.arrived.acquire_many(clients));
    poll_fn(|cx| {
        if arrived.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Ok(()));
        }
        match crew.poll_next(cx) {
            Poll::Ready(Some(Err(trouble))) => Poll::Ready(Err(trouble)),
            Poll::Ready(Some(Ok(ended))) => match refused(&ended) {
                Some(trouble) => Poll::Ready(Err(trouble)),
                // It ended before it began, which no client does.
                None => Poll::Pending,
            },
            Poll::Ready(None) | Poll::Pending => Poll::Pending,
        }
    })
    .await
}

/// The first of these that could not begin.
pub fn refused(ended: &[Ended]) -> Option<Trouble> {
    ended
        .iter()
        .find_map(|ended| ended.refused.clone().map(|why| Trouble::Refused { client: ended.client, why }))
}

fn on_this_thread(client: usize, make: Box<dyn FnOnce() -> Staying + Send>) -> Came {
    let runtime = match Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            return Err(Trouble::NotStarted { client, why: format!("no runtime could be built: {error}") });
        }
    };
    // Of this client alone: what its operations spawn here is polled by the runtime, and nobody answers for that.
    let client_alone = async {
        let mut playing = pin!(make());
        poll_fn(|cx| panic::answered_for(|| playing.as_mut().poll(cx))).await
    };
    catch_unwind(AssertUnwindSafe(|| runtime.block_on(client_alone)))
        .map(|ended| vec![ended])
        .map_err(|payload| panicked(client, &*payload))
}

fn panicked(client: usize, payload: &(dyn Any + Send)) -> Trouble {
    Trouble::Panicked { client, note: panic::caught(payload) }
}
