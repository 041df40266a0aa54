//! The tasks of a trial's runtime that have not ended, with the place where each was spawned.
//!
//! tokio tells places only where it is built with `--cfg tokio_unstable`; otherwise this knows none, and costs nothing.

#[cfg(tokio_unstable)]
pub(super) use told::Tasks;
#[cfg(not(tokio_unstable))]
pub(super) use untold::Tasks;

#[cfg(not(tokio_unstable))]
mod untold {
    use std::panic::Location;

    use tokio::runtime::Builder;

    /// Nothing is known of them.
    #[derive(Default)]
    pub(in crate::harness::trial) struct Tasks(());

    impl Tasks {
        pub(in crate::harness::trial) fn watch(&self, _: &mut Builder) {}

        /// Where those that are no actor's were spawned, if that is known.
        pub(in crate::harness::trial) fn places(&self) -> Option<Vec<&'static Location<'static>>> {
            None
        }
    }
}

#[cfg(tokio_unstable)]
mod told {
    use std::collections::HashMap;
    use std::panic::Location;
    use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

    use tokio::runtime::Builder;
    use tokio::task::Id;

    use crate::sys::seam;

    /// Those of one runtime.
    #[derive(Default)]
    pub(in crate::harness::trial) struct Tasks(Arc<Mutex<Alive>>);

    type Alive = HashMap<Id, &'static Location<'static>>;

    fn locked(alive: &Mutex<Alive>) -> MutexGuard<'_, Alive> {
        alive.lock().unwrap_or_else(PoisonError::into_inner)
    }

    impl Tasks {
        /// Has the runtime that is about to be built tell of its tasks.
        pub(in crate::harness::trial) fn watch(&self, builder: &mut Builder) {
            let (spawned, ended) = (Arc::clone(&self.0), Arc::clone(&self.0));
            builder.on_task_spawn(move |task| drop(locked(&spawned).insert(task.id(), task.spawned_at())));
            builder.on_task_terminate(move |task| drop(locked(&ended).remove(&task.id())));
        }

        /// Where those that are no actor's were spawned, in the order of the places.
        pub(in crate::harness::trial) fn places(&self) -> Option<Vec<&'static Location<'static>>> {
            let alive = locked(&self.0);
            let mut places: Vec<_> =
                alive.values().copied().filter(|place| place.file() != seam::FILE).collect();
            places.sort_by_key(|place| (place.file(), place.line(), place.column()));
            Some(places)
        }
    }
}
