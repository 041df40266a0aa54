//! Which runtime this thread works for, as a number.

use std::hash::{Hash, Hasher};

use tokio::runtime::Handle;
use tokio::task;

use super::helm::Home;

/// The runtime of the task that runs on this thread; `None` where no task does. That is looked up each time, although a task
/// never moves to another runtime: it may be polled in the context of another one, and what it calls is then in that.
#[inline]
pub(crate) fn of_this_task() -> Option<Home> {
    task::try_id().and_then(|_| of_this_thread())
}

/// The runtime whose context this thread is in, whether a task runs here or not.
pub(crate) fn of_this_thread() -> Option<Home> {
    of(&Handle::try_current().ok()?)
}

/// The number of a runtime.
pub(crate) fn of(runtime: &Handle) -> Option<Home> {
    let mut number = Number(0);
    runtime.id().hash(&mut number);
    // They are counted. The one after four thousand million others has none.
    u32::try_from(number.0).ok().and_then(Home::new)
}

/// What something is that hashes as one number. Of anything else it makes one too large to be a home.
struct Number(u64);

impl Hasher for Number {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, _: &[u8]) {
        self.0 = u64::MAX;
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = if self.0 == 0 { number } else { u64::MAX };
    }
}

#[cfg(all(test, feature = "harness"))]
mod tests {
    use tokio::runtime::Runtime;

    use super::{of_this_task, of_this_thread};

    #[rehearsal::test]
    fn each_runtime_is_a_home_of_its_own_to_all_of_its_tasks() {
        let [first, second] = [(); 2].map(|()| Runtime::new().expect("the system has threads"));
        let home = |runtime: &Runtime| {
            let homes = [(); 3].map(|()| runtime.spawn(async { of_this_task() }));
            let homes = homes.map(|home| runtime.block_on(home).expect("no panic").expect("it is a task"));
            assert!(homes.iter().all(|home| *home == homes[0]));
            assert_eq!(
                runtime.block_on(async { (of_this_task(), of_this_thread()) }),
                (None, Some(homes[0]))
            );
            homes[0]
        };
        assert_ne!(home(&first), home(&second));
        // A task of one that calls from the context of the other.
        let handle = second.handle().clone();
        let inner = first.spawn(async move {
            let _context = handle.enter();
            (of_this_task(), of_this_thread())
        });
        let inner = first.block_on(inner).expect("no panic");
        assert_eq!(inner, (Some(home(&second)), Some(home(&second))));
        assert!(std::thread::spawn(of_this_thread).join().expect("no panic").is_none());
    }
}
