//! There is no other process whose message could be looked out for.

use std::sync::Arc;

/// See the other half.
#[derive(Debug)]
pub(crate) struct Lookout(());

impl Lookout {
    pub(crate) fn new() -> Arc<Lookout> {
        Arc::new(Lookout(()))
    }

    pub(crate) fn expect(&self) {}

    pub(crate) fn rest(&self) {}
}
