//! The runs of a search, and what is said of them.

use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};

use super::search::{Finding, Search, Step};
use crate::app::notice::say;
use crate::app::setting::nearest;
use crate::harness::again::Again;
use crate::harness::cli::Options;
use crate::harness::dispatch::{Limits, Planned};
use crate::harness::event::Event;
use crate::harness::history::record::History;
use crate::harness::outcome::{Outcome, Verdict};
use crate::harness::plan::followed;
use crate::harness::registry::{Isolation, Registry};
use crate::harness::reporter::{Reporter, words};
use crate::harness::run::{Run, Seat, Summary};
use crate::harness::schedule::Item;
use crate::harness::suite::{INTERRUPTED, RED, conduct};
use crate::sys::process;

/// All that a try is made of.
pub struct Bisection<'a> {
    /// A run with the trial in question and all that may come before it, of which each try takes a part.
    pub whole: Run,
    /// The trial in question.
    pub name: &'a str,
    /// What earlier runs have left to know.
    pub history: &'a History,
    /// How the run was asked for.
    pub options: &'a Options,
    /// How trials are run again.
    pub again: Again,
}

/// Says that there is no such trial, and which one may be meant.
pub fn unknown(flag: &str, name: &str, registry: &Registry) -> String {
    let names = registry.by_name().iter().map(|(name, _)| *name);
    let meant = nearest(name, names).map(|name| format!(", did you mean `{name}`?")).unwrap_or_default();
    let unknown = format!("{flag} takes whole names of trials, and there is no `{name}`{meant}");
    followed(&unknown, "`--list` shows all there are")
}

/// What came of one try.
enum Try {
    Passed,
    Failed(Outcome),
    /// It has no verdict, and why.
    Neither(String),
    Interrupted,
}

impl Bisection<'_> {
    /// Searches, says on stdout what is found, and gives the exit code: success only where those were found that make the
    /// difference.
    pub fn run(self) -> ExitCode {
        if let Some(why) = process::UNSUPPORTED {
            say(format_args!("error: --bisect needs worker processes, which do not exist here: {why}"));
            return ExitCode::from(RED);
        }
        let Some(target) = self.place(self.name) else {
            let name = self.name;
            say(format_args!("error: {name} cannot be run: `cargo test` on it alone says why"));
            return ExitCode::from(RED);
        };
        let all: Vec<usize> = (0..self.whole.seats.len()).filter(|at| *at != target).collect();
        let last = self.history.ran_before(self.name).unwrap_or_default();
        let last: Vec<usize> =
            last.iter().filter_map(|name| self.place(name)).filter(|at| *at != target).collect();
        let known = !last.is_empty();
        let before = if known { &last } else { &all };
        let whence =
            if known { "that ran before it in its worker the last time" } else { "in the order of the plan" };
        println!("\nbisecting {}, {} {whence}", self.name, trials(before.len()));
        let mut found = self.search(before, target);
        if known && found == Ok(Finding::Independent { fails: false }) && all.len() > last.len() {
            println!("it is none of these; now {} in the order of the plan", trials(all.len()));
            found = self.search(&all, target);
            return self.tell(&all, found);
        }
        self.tell(before, found)
    }

    fn place(&self, name: &str) -> Option<usize> {
        self.whole.seats.iter().position(|seat| seat.info.name == name)
    }

    fn search(&self, before: &[usize], target: usize) -> Result<Finding, ExitCode> {
        let mut search = Search::new(before.len());
        loop {
            let tried = match search.step() {
                Step::Done(finding) => return Ok(finding),
                Step::Try(tried) => tried,
            };
            let seats: Vec<usize> = tried.iter().map(|at| before[*at]).chain([target]).collect();
            let behind = match tried.as_slice() {
                [] => "alone".to_owned(),
                [one] => format!("behind {}", self.whole.seats[before[*one]].info.name),
                many => format!("behind {}", trials(many.len())),
            };
            match self.attempt(&seats) {
                Try::Passed => {
                    println!("  {behind} ... ok");
                    search.saw(false);
                }
                Try::Failed(outcome) => {
                    println!("  {behind} ... FAILED{}", words::reason(&outcome.verdict));
                    search.saw(true);
                }
                Try::Neither(why) => {
                    println!("  {behind} ... {why}");
                    say(format_args!(
                        "error: {} neither passes nor fails, so there is nothing to find",
                        self.name
                    ));
                    return Err(ExitCode::from(RED));
                }
                Try::Interrupted => return Err(ExitCode::from(INTERRUPTED)),
            }
        }
    }

    /// Runs these, in this order, in one new worker; the last one is what it is about.
    fn attempt(&self, seats: &[usize]) -> Try {
        let told = Told::default();
        let fork = seats.last().is_some_and(|at| self.whole.planned[*at].item.isolation == Isolation::Fork);
        let isolation = if fork { Isolation::Fork } else { Isolation::Process };
        let whole = &self.whole;
        let run = Run {
            measuring: self.whole.measuring.clone(),
            worker_memory: None,
            seats: seats.iter().map(|at| whole.seats[*at]).collect::<Vec<Seat>>(),
            planned: seats.iter().map(|at| one_of_a_row(&whole.planned[*at], isolation)).collect(),
            arrangement: Default::default(),
            settled: Default::default(),
            complaint: None,
            filtered_out: 0,
            workers: 1,
            shuffle_seed: None,
            limits: Limits { repeat: 0, until_failure: false, ..whole.limits },
            setup: whole.setup.clone(),
            capture: true,
            chronicle: None,
            time_limit: None,
            max_fail: None,
            reporter: Box::new(Listener { name: self.name.to_owned(), told: told.clone() }),
        };
        if conduct(run, self.options, isolation) == Summary::Interrupted {
            return Try::Interrupted;
        }
        let outcome = told.lock().unwrap_or_else(PoisonError::into_inner).take();
        match outcome {
            None => Try::Neither("it was not run".to_owned()),
            Some(outcome) => match &outcome.verdict {
                Verdict::Passed => Try::Passed,
                Verdict::Ignored { reason } => Try::Neither(format!("ignored, {reason}")),
                Verdict::NotRun { reason } => Try::Neither(format!("not run: {reason}")),
                Verdict::Cancelled { reason } => Try::Neither(format!("cancelled: {reason}")),
                _ => Try::Failed(outcome),
            },
        }
    }

    fn tell(&self, before: &[usize], found: Result<Finding, ExitCode>) -> ExitCode {
        let name = self.name;
        match found {
            Err(code) => return code,
            Ok(Finding::Needs { trials: needed, fails }) => {
                let needed: Vec<&str> =
                    needed.iter().map(|at| self.whole.seats[before[*at]].info.name).collect();
                let those = needed.join(", then ");
                match (fails, needed.len()) {
                    (true, 1) => println!("\n{name} fails behind {those}, and passes without it."),
                    (true, _) => {
                        println!("\n{name} fails behind {those}, and passes if one of these is left out.")
                    }
                    (false, 1) => println!("\n{name} passes only behind {those}: it needs what that leaves."),
                    (false, _) => println!("\n{name} passes only behind {those}: it needs what they leave."),
                }
                let names: Vec<&str> = needed.into_iter().chain([name]).collect();
                println!("In one worker, in this order:\n\n    {}\n", self.again.in_order(&names));
                return ExitCode::SUCCESS;
            }
            Ok(Finding::Independent { fails: true }) => println!(
                "\n{name} fails alone, too: nothing that runs before it is to blame.\n\n    {}\n",
                self.again.command(name)
            ),
            Ok(Finding::Independent { fails: false }) => println!(
                "\n{name} passes behind all of them: what made it fail is not what ran before it in its worker. It may fail \
                 by chance (`--repeat 100` finds out), or because of what runs at the same time.\n"
            ),
            Ok(Finding::Unstable) => println!(
                "\n{name} does not do the same each time, whatever runs before it: it fails by chance. `--repeat 100` says \
                 how often.\n"
            ),
        }
        ExitCode::from(RED)
    }
}

/// A trial as one of those that run one after the other, once, whatever comes of it.
pub fn one_of_a_row(planned: &Planned, isolation: Isolation) -> Planned {
    Planned { item: Item::of(isolation), retries: Default::default(), xfail: None, ..planned.clone() }
}

fn trials(count: usize) -> String {
    if count == 1 { "1 trial".to_owned() } else { format!("{count} trials") }
}

/// The outcome of the trial in question, when there is one.
type Told = Arc<Mutex<Option<Outcome>>>;

/// Listens for the outcome of one trial, and says nothing.
struct Listener {
    name: String,
    told: Told,
}

impl Reporter for Listener {
    fn event(&mut self, event: &Event<'_>) {
        match event {
            Event::Finished { trial, outcome } if trial.name == self.name => {
                *self.told.lock().unwrap_or_else(PoisonError::into_inner) = Some((*outcome).clone());
            }
            Event::Warning { message } => say(format_args!("warning: {message}")),
            _ => {}
        }
    }
}
