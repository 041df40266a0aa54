//! The process of a troupe: an actor, so that it answers whatever its clients do.

use std::sync::Arc;

use super::message::{Order, Start, Told};
use super::stand::Stand;
use crate::actor::{Context, Outlet};
use crate::harness::load::conduct::Load;
use crate::harness::load::line::Line;
use crate::harness::load::trouble::Trouble;
use crate::harness::load::turn::Field;
use crate::harness::registry::{Body, Registry};

/// Some clients of a level, in a process of their own.
pub struct Troupe {
    field: Arc<Field>,
    first: usize,
    outlet: Outlet<Told>,
}

/// Why a troupe could not be started.
#[derive(Debug)]
pub enum StartError {
    /// This program has no such benchmark.
    Unknown {
        /// Its path.
        path: String,
    },
    /// There was no thread for its clients.
    Thread(std::io::Error),
}

impl std::fmt::Display for StartError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            StartError::Unknown { path } => {
                write!(f, "its process knows no benchmark `{path}`: is it another program by now?")
            }
            StartError::Thread(error) => write!(f, "the thread of its clients could not be started: {error}"),
        }
    }
}

impl std::error::Error for StartError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            StartError::Unknown { .. } => None,
            StartError::Thread(error) => Some(error),
        }
    }
}

/// The benchmark of this path.
fn find(path: &str) -> Option<&'static Load> {
    let registry = Registry::collect();
    registry.entries().iter().find_map(|entry| match entry.body {
        Body::Other(body) => body.load().filter(|load| load.path == path),
        _ => None,
    })
}

#[rehearsal::actor(event = Told)]
impl Troupe {
    /// Starts the thread of the clients, which make themselves ready.
    #[start]
    pub fn new(order: Order, cx: &mut Context<Self>) -> Result<Self, StartError> {
        let load = find(&order.path).ok_or_else(|| StartError::Unknown { path: order.path.clone() })?;
        let (outlet, first) = (cx.outlet(), order.first);
        let field = Arc::new(Field::new(order.clients, order.count));
        Stand::new(order, &field, outlet.clone()).set_out(load).map_err(StartError::Thread)?;
        Ok(Troupe { field, first, outlet })
    }

    /// Lets the clients begin, at the time that this says.
    #[command]
    pub fn begin(&mut self, start: Start) {
        let line = start.times.map(|times| Arc::new(Line::new(times, start.manner)));
        if let Some(Err(error)) = line.as_ref().map(Line::pacer) {
            let why = format!("the thread that keeps the rate could not be started: {error}");
            // Where nobody is told any more this process is about to end.
            let _ =
                self.outlet.send(Told::Failed { trouble: Trouble::NotStarted { client: self.first, why } });
            return;
        }
        self.field.open(start.window, line);
    }
}
