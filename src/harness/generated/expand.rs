//! Where a run is planned: generators become entries.

use std::any::Any;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::trial::{Generate, Trial, on_one_line};
use crate::actor::panic::{OPAQUE, payload_message};
use crate::app::quantity::format_duration;
use crate::harness::registry::{Body, Entry, Options, order_by_name};
use crate::sys::capture::stdout_aside;
use crate::sys::exit::guard_exit;
use crate::sys::thread;

/// How long a generator may take that does not say, milliseconds.
const LIMIT_MS: u64 = 60_000;

/// How many trials a generator may make.
const MOST: usize = 1_000_000;

/// What the entries of a generator's trials are made of. Names stand one behind the other in one text: a hundred
/// thousand of them are two allocations.
#[derive(Default)]
struct Made {
    text: String,
    trials: Vec<(Range<usize>, Option<String>)>,
}

/// What a generator's thread leaves behind, and how it is waited for.
type Slot = Arc<(Mutex<Option<Result<Made, String>>>, Condvar)>;

/// Runs these generators, each on a thread of its own, and gives their trials; one that fails is a trial by its own
/// name, whose outcome is known.
pub fn expand(generators: &[(u32, &'static Entry)]) -> Vec<&'static Entry> {
    let guard = guard_exit(101, "error: a generator of trials ended this process by calling `exit`");
    let aside = stdout_aside();
    let begun = Instant::now();
    let begin = |&(number, entry): &(u32, &'static Entry)| (number, entry, begin(entry));
    let running: Vec<_> = generators.iter().map(begin).collect();
    let mut entries = Vec::new();
    for (number, entry, slot) in running {
        let limit = Duration::from_millis(entry.options.timeout_ms.unwrap_or(LIMIT_MS));
        match slot.and_then(|slot| wait(&slot, begun + limit, limit)) {
            Ok(made) => entries.extend(made.into_entries(number, entry)),
            Err(why) => {
                let body = Body::Broken(Box::leak(format!("no trial could be made: {why}").into_boxed_str()));
                entries.push(&*Box::leak(Box::new(copy(entry, entry.path, entry.options, body))));
            }
        }
    }
    drop((aside, guard));
    entries
}

/// A trial that is asked for and that its generator, which gave `made`, does not make: it fails, because whoever asks
/// has seen it listed.
pub fn not_made(name: &str, generator: &'static Entry, made: &[&'static Entry]) -> &'static Entry {
    let why = match made.iter().find(|entry| entry.path == generator.path).map(|entry| entry.body) {
        Some(Body::Broken(why)) => why,
        _ => "its generator does not make it; it has to make the same trials each time it runs",
    };
    let path = format!("{}{}", generator.path, name.strip_prefix(generator.name()).unwrap_or_default());
    Box::leak(Box::new(copy(generator, path.leak(), generator.options, Body::Broken(why))))
}

fn copy(generator: &Entry, path: &'static str, options: Options, body: Body) -> Entry {
    Entry { path, file: generator.file, line: generator.line, column: generator.column, options, body }
}

fn begin(entry: &'static Entry) -> Result<Slot, String> {
    let Body::Generator(generate) = entry.body else { return Err("it is none".to_owned()) };
    let slot = Slot::default();
    let theirs = Arc::clone(&slot);
    let started = thread::start(entry.name().to_owned(), move || {
        let made = collect(generate);
        *theirs.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(made);
        theirs.1.notify_all();
    });
    match started {
        Ok(_detached) => Ok(slot),
        Err(error) => {
            Err(format!("its thread could not be started: {error}; raise the limit on processes (ulimit -u)"))
        }
    }
}

fn wait(slot: &Slot, until: Instant, limit: Duration) -> Result<Made, String> {
    let made = slot.0.lock().unwrap_or_else(PoisonError::into_inner);
    let left = until.saturating_duration_since(Instant::now());
    let waited = slot.1.wait_timeout_while(made, left, |made| made.is_none());
    let (mut made, _) = waited.unwrap_or_else(PoisonError::into_inner);
    made.take().unwrap_or_else(|| {
        Err(format!(
            "its generator did not end within {}; `#[rehearsal::generate(timeout = \"..\")]` gives it, and each of its \
             trials, more",
            format_duration(limit)
        ))
    })
}

/// Runs a generator on this thread, and hands its trials on until no more are wanted.
pub(super) fn run(generate: Generate, each: &mut dyn FnMut(Trial) -> bool) -> Result<(), String> {
    catch_unwind(AssertUnwindSafe(|| generate(each))).unwrap_or_else(|payload| Err(panicked(&*payload)))
}

fn panicked(payload: &(dyn Any + Send)) -> String {
    format!("its generator panicked: {}", payload_message(payload).unwrap_or(OPAQUE))
}

fn collect(generate: Generate) -> Result<Made, String> {
    let mut made = Made::default();
    let mut trouble = None;
    run(generate, &mut |trial| {
        trouble = made.take(trial).err();
        trouble.is_none()
    })?;
    match trouble {
        Some(trouble) => Err(trouble),
        None => made.checked(),
    }
}

impl Made {
    fn take(&mut self, trial: Trial) -> Result<(), String> {
        if self.trials.len() == MOST {
            return Err(format!("its generator makes more than {MOST} trials; does its iterator end?"));
        }
        if trial.name.is_empty() {
            return Err(format!(
                "trial {} of its generator has an empty name, by which nobody could ask for it",
                self.trials.len() + 1
            ));
        }
        let from = self.text.len();
        self.text.push_str(&on_one_line(&trial.name));
        self.trials.push((from..self.text.len(), trial.ignore));
        Ok(())
    }

    fn checked(self) -> Result<Made, String> {
        if self.trials.is_empty() {
            return Err("its generator made none; if that may be, let it make one that says so with \
                        `rehearsal::skip!`"
                .to_owned());
        }
        let names = self.trials.iter().map(|(name, _)| &self.text[name.clone()]);
        let mut order: Vec<(&str, u32)> = names.zip(0..).collect();
        order_by_name(&mut order);
        match order.windows(2).find(|pair| pair[0].0 == pair[1].0) {
            None => Ok(self),
            Some(pair) => Err(format!(
                "trials {} and {} of its generator are both called `{}`, so that no filter and no report could tell them \
                 apart; rename one",
                pair[0].1 + 1,
                pair[1].1 + 1,
                pair[0].0
            )),
        }
    }

    /// Entries whose names and options live as long as the process.
    fn into_entries(self, number: u32, generator: &'static Entry) -> impl Iterator<Item = &'static Entry> {
        let Made { text, trials } = self;
        let prefix = generator.path.len() + 2;
        let mut paths = String::with_capacity(text.len() + prefix * trials.len());
        for (name, _) in &trials {
            paths.extend([generator.path, "::", &text[name.clone()]]);
        }
        let paths: &'static str = paths.leak();
        let mut from = 0;
        let entries = trials.into_iter().map(|(name, ignore)| {
            let path = &paths[from..from + prefix + name.len()];
            from += path.len();
            let mut options = generator.options;
            if let Some(reason) = ignore {
                options.ignore = Some(reason.leak());
            }
            copy(generator, path, options, Body::Generated(number))
        });
        entries.collect::<Vec<_>>().leak().iter()
    }
}
