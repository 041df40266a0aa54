//! An actor that outlives its trial.

use std::sync::{Mutex, PoisonError};

/// Does nothing.
pub struct Idle;

#[rehearsal::actor]
impl Idle {
    #[start]
    pub fn new() -> Idle {
        Idle
    }
}

/// What outlives its trial.
static KEPT: Mutex<Vec<IdleProxy>> = Mutex::new(Vec::new());

pub fn keep(idle: IdleProxy) {
    KEPT.lock().unwrap_or_else(PoisonError::into_inner).push(idle);
}
