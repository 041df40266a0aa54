//! What to try next, and what was found.
//!
//! Trials that ran before are known by their place, from 0. A try runs some of them, in order, and then the trial in
//! question. What it does alone is compared with what it does behind all of them; where that differs, the shortest
//! beginning of the list that still makes the difference is found by halving, and its last trial is needed. Where it is
//! not enough by itself, the same is done once more with it in place, for the next one that is needed.

/// What there is to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Run these, then the trial in question, in one new worker.
    Try(Vec<usize>),
    /// That is all.
    Done(Finding),
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// Alone it does the same as behind all of them.
    Independent {
        /// Whether it fails.
        fails: bool,
    },
    /// These, in order, make the difference, and none of them can be left out.
    Needs {
        /// Which.
        trials: Vec<usize>,
        /// Whether it fails behind them, and passes alone; otherwise it is the other way round.
        fails: bool,
    },
    /// It does not do the same each time.
    Unstable,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Alone,
    BehindAll,
    /// The first `low` make no difference beside those that are needed, the first `high` do.
    Halve {
        low: usize,
        high: usize,
    },
    /// Are those that are needed enough? Before the first of them there are so many.
    Enough {
        before: usize,
    },
    /// Is it still the same alone?
    AloneAgain,
    Done,
}

/// A search under way.
#[derive(Debug)]
pub struct Search {
    count: usize,
    stage: Stage,
    alone_fails: bool,
    /// Those that are known to be needed, in order.
    needed: Vec<usize>,
    finding: Finding,
}

impl Search {
    /// Among so many trials that ran before.
    pub fn new(count: usize) -> Search {
        let finding = Finding::Unstable;
        Search { count, stage: Stage::Alone, alone_fails: false, needed: Vec::new(), finding }
    }

    /// What to do now.
    pub fn step(&self) -> Step {
        let with_first =
            |first: usize| Step::Try((0..first).chain(self.needed.iter().copied()).collect::<Vec<_>>());
        match self.stage {
            Stage::Alone | Stage::AloneAgain => Step::Try(Vec::new()),
            Stage::BehindAll => with_first(self.count),
            Stage::Halve { low, high } => with_first(low.midpoint(high)),
            Stage::Enough { .. } => with_first(0),
            Stage::Done => Step::Done(self.finding.clone()),
        }
    }

    /// What came of the last try.
    pub fn saw(&mut self, fails: bool) {
        let differs = fails != self.alone_fails;
        match self.stage {
            Stage::Alone => {
                self.alone_fails = fails;
                self.stage = Stage::BehindAll;
                if self.count == 0 {
                    self.done(Finding::Independent { fails });
                }
            }
            Stage::BehindAll if !differs => self.done(Finding::Independent { fails }),
            Stage::BehindAll => self.halve(0, self.count),
            Stage::Halve { low, high } if differs => self.halve(low, low.midpoint(high)),
            Stage::Halve { low, high } => self.halve(low.midpoint(high), high),
            Stage::Enough { .. } if differs => self.stage = Stage::AloneAgain,
            // It was not alone in what it does, and there is nothing left that it could need.
            Stage::Enough { before: 0 } => self.done(Finding::Unstable),
            Stage::Enough { before } => self.halve(0, before),
            Stage::AloneAgain if differs => self.done(Finding::Unstable),
            Stage::AloneAgain => {
                let trials = std::mem::take(&mut self.needed);
                self.done(Finding::Needs { trials, fails: !self.alone_fails });
            }
            Stage::Done => {}
        }
    }

    /// Goes on between these, or takes on the one that is left.
    fn halve(&mut self, low: usize, high: usize) {
        self.stage = Stage::Halve { low, high };
        if high - low <= 1 {
            self.needed.insert(0, low);
            self.stage = Stage::Enough { before: low };
        }
    }

    fn done(&mut self, finding: Finding) {
        self.finding = finding;
        self.stage = Stage::Done;
    }
}
