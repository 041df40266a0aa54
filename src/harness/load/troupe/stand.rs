//! The clients of a troupe, in their process: made from what crossed, run on one thread, and what they saw sent home.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::runtime::Builder;

use super::message::{Order, Told};
use crate::actor::Outlet;
use crate::actor::panic::{self, PanicNote};
use crate::harness::load::cast::Cast;
use crate::harness::load::conduct::{Load, Stage};
use crate::harness::load::crew::{Crew, gather};
use crate::harness::load::trouble::Trouble;
use crate::harness::load::turn::{Ended, Field, Turn};
use crate::sys::{seam, thread};

/// How often it is told how many operations have ended, if any have.
const TELLING: Duration = Duration::from_millis(50);

/// Where the clients of a troupe play.
#[derive(Debug)]
pub struct Stand {
    order: Order,
    field: Arc<Field>,
    outlet: Outlet<Told>,
    /// The first panic that nobody caught.
    beside: Arc<Mutex<Option<PanicNote>>>,
}

impl Stand {
    /// That of the troupe that was ordered.
    pub fn new(order: Order, field: &Arc<Field>, outlet: Outlet<Told>) -> Stand {
        Stand { order, field: Arc::clone(field), outlet, beside: Arc::default() }
    }

    /// Starts the thread of the clients.
    ///
    /// # Errors
    /// It could not be started.
    pub fn set_out(self, load: &'static Load) -> std::io::Result<()> {
        let beside = Arc::clone(&self.beside);
        panic::observe(move |seen| {
            if !seen.expected && !seen.caught_by_actor {
                let mut beside = beside.lock().unwrap_or_else(PoisonError::into_inner);
                beside.get_or_insert_with(|| seen.note.clone());
            }
        });
        let body = move || {
            let (outlet, client) = (self.outlet.clone(), self.order.first);
            match Builder::new_current_thread().enable_all().build() {
                Ok(runtime) => {
                    let stage = Stage::away(load, self);
                    let _ = seam::block_on(&runtime, (load.play)(stage));
                }
                Err(error) => {
                    let why = format!("no runtime could be built: {error}");
                    tell(&outlet, Told::Failed { trouble: Trouble::NotStarted { client, why } });
                }
            }
        };
        thread::start("clients".to_owned(), body).map(drop)
    }

    /// Runs the clients of this cast.
    pub async fn play(self, cast: &dyn Cast) {
        let told = match self.played(cast).await {
            Ok(ended) => {
                let beside = self.beside.lock().unwrap_or_else(PoisonError::into_inner).take();
                Told::Home { ended, tally: Box::new(self.field.tally().packed()), beside }
            }
            Err(trouble) => Told::Failed { trouble },
        };
        self.field.stop();
        tell(&self.outlet, told);
    }

    async fn played(&self, cast: &dyn Cast) -> Result<Vec<Ended>, Trouble> {
        let Order { first, clients, .. } = self.order;
        let shared = cast.unpacked(&self.order.shared).map_err(|why| Trouble::Crossing { why })?;
        let mut crew = Crew::default();
        for client in 0..clients {
            let turn = Turn::new(&self.field, client, first + client);
            crew.start(first + client, cast.client(&shared, turn))?;
        }
        gather(&self.field, &mut crew, clients).await?;
        tell(&self.outlet, Told::Ready);
        let (mut all, mut seen) = (Vec::with_capacity(clients), 0);
        while !crew.is_empty() {
            match seam::timeout(TELLING, crew.next()).await {
                Some(Some(ended)) => all.extend(ended?),
                Some(None) => break,
                None => {}
            }
            let moves = self.field.ended();
            if moves != seen {
                seen = moves;
                tell(&self.outlet, Told::Moved { ended: self.field.ended_of_each() });
            }
        }
        Ok(all)
    }
}

/// Where nobody listens any more this process is about to end.
fn tell(outlet: &Outlet<Told>, told: Told) {
    let _ = outlet.send(told);
}
