//! Where a trial runs: its generator once more, and the trial by its name.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

use super::expand;
use super::trial::{Generate, on_one_line};
use crate::harness::outcome::Returned;
use crate::harness::registry::{Body, Entry, Run, order_by_name};

type TrialBody = Box<dyn Run + Send + Sync>;

/// What a generator made in this process, in the order of names; or why nothing.
type Store = OnceLock<Result<Vec<(String, TrialBody)>, String>>;

/// The generators that were asked in this process, by their paths.
static STORES: Mutex<Vec<(&str, &Store)>> = Mutex::new(Vec::new());

/// Whether this process runs one trial and no more.
static IS_FOR_ONE: AtomicBool = AtomicBool::new(false);

/// This process runs one trial: where its generator was not [kept](keep) it is stopped where it has made that one, and
/// nothing else is kept.
pub fn run_one_only() {
    IS_FOR_ONE.store(true, Ordering::Relaxed);
}

/// Runs a generator on this thread, and keeps what it makes for all trials of it that this process runs, and those that
/// are forked from it, if that `fits`; true where it is kept. A failure is kept too: each trial tells of it.
pub fn keep(generator: &'static Entry, fits: impl FnOnce() -> bool) -> bool {
    let Body::Generator(generate) = generator.body else { return false };
    let made = make(generate);
    fits() && store(generator.path).set(made).is_ok()
}

/// A trial's place in its generator's store.
struct Found {
    name: &'static str,
    generate: Generate,
    store: &'static Store,
    /// Where the process is for this one trial.
    only: OnceLock<Result<TrialBody, String>>,
}

/// The entry of a generated trial, to be run in this process; `path` is its own, its generator's in front. `None` where
/// this is no generator of it.
///
/// The generator is not run before the trial is: on the trial's thread, in the trial's time.
pub fn find(generator: &'static Entry, path: &'static str) -> Option<&'static Entry> {
    let Body::Generator(generate) = generator.body else { return None };
    let name = path.strip_prefix(generator.path)?.strip_prefix("::")?;
    let body =
        Box::leak(Box::new(Found { name, generate, store: store(generator.path), only: OnceLock::new() }));
    Some(Box::leak(Box::new(Entry {
        path,
        file: generator.file,
        line: generator.line,
        column: generator.column,
        options: generator.options,
        body: Body::Other(body),
    })))
}

fn store(path: &'static str) -> &'static Store {
    let mut stores = STORES.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, store)) = stores.iter().find(|(known, _)| *known == path) {
        return store;
    }
    let store: &'static Store = Box::leak(Box::default());
    stores.push((path, store));
    store
}

impl Found {
    fn body(&self) -> Result<&(dyn Run + Send + Sync), String> {
        if IS_FOR_ONE.load(Ordering::Relaxed) && self.store.get().is_none() {
            let only = self.only.get_or_init(|| self.only());
            return only.as_ref().map(|body| &**body).map_err(Clone::clone);
        }
        let made = self.store.get_or_init(|| make(self.generate));
        let made = made.as_ref().map_err(Clone::clone)?;
        let at = made.binary_search_by(|(name, _)| name.as_str().cmp(self.name));
        Ok(&*made[at.map_err(|_| not_among(made.len()))?].1)
    }

    /// The body alone, of the first trial with this name.
    fn only(&self) -> Result<TrialBody, String> {
        let (mut found, mut count) = (None, 0);
        expand::run(self.generate, &mut |trial| {
            count += 1;
            if is_listed_as(&trial.name, self.name) {
                found = Some(trial.body);
            }
            found.is_none()
        })?;
        found.ok_or_else(|| not_among(count))
    }
}

/// All that a generator makes, in the order of names.
fn make(generate: Generate) -> Result<Vec<(String, TrialBody)>, String> {
    let mut made = Vec::new();
    expand::run(generate, &mut |trial| {
        made.push((on_one_line(&trial.name), trial.body));
        true
    })?;
    let mut order: Vec<(&str, u32)> = made.iter().map(|(name, _)| name.as_str()).zip(0..).collect();
    order_by_name(&mut order);
    let order: Vec<u32> = order.into_iter().map(|(_, at)| at).collect();
    let mut made: Vec<Option<_>> = made.into_iter().map(Some).collect();
    Ok(order.into_iter().filter_map(|at| made[at as usize].take()).collect())
}

fn not_among(count: usize) -> String {
    format!(
        "its generator, run again in this process, made {count} trials and not this one; it has to make the same each time"
    )
}

/// Whether a trial of this name is listed as that one; an escape begins with a backslash.
fn is_listed_as(name: &str, listed: &str) -> bool {
    if listed.contains('\\') { on_one_line(name) == listed } else { name == listed }
}

impl Run for Found {
    fn run(&self, block_on: &mut dyn FnMut(Pin<&mut dyn Future<Output = ()>>)) -> Returned {
        match self.body() {
            Ok(body) => body.run(block_on),
            Err(why) => {
                eprintln!("{why}");
                Returned::Failure
            }
        }
    }

    fn is_async(&self) -> bool {
        self.body().is_ok_and(Run::is_async)
    }
}
