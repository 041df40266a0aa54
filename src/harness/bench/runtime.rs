//! The runtime of the benchmark that runs on this thread, for Criterion's `to_async`.

use std::cell::RefCell;
use std::fmt;
use std::future::Future;
use std::rc::Rc;
use std::time::{Duration, Instant};

use criterion::async_executor::AsyncExecutor;

use crate::harness::registry::RuntimeSpec;
use crate::harness::trial::{TrialRuntime, runtime_here};

/// How long threads of the runtime get to end after the benchmark has.
const SHUTDOWN: Duration = Duration::from_secs(10);

thread_local! {
    static CURRENT: RefCell<Option<Current>> = const { RefCell::new(None) };
}

struct Current {
    spec: RuntimeSpec,
    made: Option<Rc<TrialRuntime>>,
}

/// A tokio runtime that Criterion can run futures on.
#[derive(Clone)]
pub struct Runtime(Rc<TrialRuntime>);

impl fmt::Debug for Runtime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Runtime")
    }
}

impl AsyncExecutor for Runtime {
    fn block_on<T>(&self, future: impl Future<Output = T>) -> T {
        self.0.block_on_any(future)
    }
}

/// The runtime of this benchmark: made when it is first asked for, with the `flavor` of the attribute, and the same one
/// for all samples. `b.to_async(rehearsal::bench::runtime()).iter(..)`.
///
/// # Panics
/// Where no benchmark runs on this thread, and where no runtime can be built.
pub fn runtime() -> Runtime {
    CURRENT.with_borrow_mut(|current| {
        let current =
            current.as_mut().expect("`rehearsal::bench::runtime()` is for the thread of a benchmark");
        let spec = current.spec;
        let made = current.made.get_or_insert_with(|| match runtime_here(spec) {
            Ok(runtime) => Rc::new(runtime),
            Err(error) => {
                panic!("the benchmark's runtime could not be built: {error}; raise the limit on open files")
            }
        });
        Runtime(Rc::clone(made))
    })
}

/// Runs a benchmark that can ask for its runtime, and ends that behind it.
pub(super) fn with_runtime<T>(spec: RuntimeSpec, body: impl FnOnce() -> T) -> T {
    struct End;
    impl Drop for End {
        fn drop(&mut self) {
            let made = CURRENT.take().and_then(|current| current.made);
            if let Some(Ok(runtime)) = made.map(Rc::try_unwrap) {
                // Its threads belong to a process that ends with this benchmark, or that the next test gets a new one of.
                runtime.shut_down(Instant::now() + SHUTDOWN);
            }
        }
    }
    CURRENT.set(Some(Current { spec, made: None }));
    let _end = End;
    body()
}
