//! Whether the machine does something else at this moment, so that times measured now would be partly its.

use std::fmt;
use std::time::Duration;

use crate::sys::load::{self, Machine, Pressure};

/// How long the processors are looked at.
pub const LOOK: Duration = Duration::from_millis(400);

/// How often in that time threads are counted that want a processor.
const COUNTS: u32 = 8;

/// What the system said while this process did nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Readings {
    /// How many processors there are.
    pub processors: u64,
    /// How much of one processor was in use, thousandths, all together.
    pub used_permille: u64,
    /// How much of one processor the machine below this one gave to others, thousandths, all together.
    pub stolen_permille: u64,
    /// How many threads wanted a processor, thousandths, on average; the one that counts is not among them.
    pub wanting_permille: u64,
    /// Of the last ten seconds, the thousandths in which some thread waited for a processor; where the system tells.
    pub waited_permille: Option<u64>,
}

/// What is wrong with the moment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Sign {
    /// Others use the processors.
    Used {
        /// How much of one processor, thousandths.
        permille: u64,
        /// Of how many.
        processors: u64,
    },
    /// Another machine on the same hardware does.
    Stolen {
        /// How much of one processor, thousandths.
        permille: u64,
    },
    /// More threads want a processor than there are.
    Crowded {
        /// How many want one, thousandths.
        permille: u64,
        /// How many there are.
        processors: u64,
    },
    /// Threads wait for a processor much of the time.
    Waited {
        /// The part of the last ten seconds, thousandths.
        permille: u64,
    },
}

/// More of one processor than this in use by others is busy: it is what a machine does that merely runs.
const USED_MOST: u64 = 300;

/// More than this taken by others on the same hardware.
const STOLEN_MOST: u64 = 50;

/// In more of ten seconds than this a thread waited. A build that has just ended is still in that number, so it counts
/// only beside something that is so now.
const WAITED_MOST: u64 = 250;

impl Readings {
    /// Looks at the machine for [`LOOK`], in which this thread sleeps; `None` where the system does not tell.
    pub fn take() -> Option<Readings> {
        let before = load::machine()?;
        let mut wanting = 0;
        for _ in 0..COUNTS {
            std::thread::sleep(LOOK / COUNTS);
            // The thread that reads the number has a processor.
            wanting += load::machine()?.running.saturating_sub(1);
        }
        let after = load::machine()?;
        // Some systems have the file and count nothing.
        (after.all > before.all).then(|| Readings::between(&before, &after, wanting, load::pressure()))
    }

    /// From two looks, and how many wanted a processor altogether in as many as there are in between.
    fn between(before: &Machine, after: &Machine, wanting: u64, pressure: Option<Pressure>) -> Readings {
        let all = after.all.saturating_sub(before.all);
        let part = |ticks: u64| (ticks * 1_000 * after.processors).checked_div(all).unwrap_or(0);
        let (idle, stolen) =
            (after.idle.saturating_sub(before.idle), after.stolen.saturating_sub(before.stolen));
        Readings {
            processors: after.processors,
            used_permille: part(all.saturating_sub(idle).saturating_sub(stolen)),
            stolen_permille: part(stolen),
            wanting_permille: wanting * 1_000 / u64::from(COUNTS),
            waited_permille: pressure.map(|pressure| pressure.waited_permille),
        }
    }

    /// What is wrong with the moment; nothing where it is quiet.
    pub fn signs(&self) -> Vec<Sign> {
        let mut signs = Vec::new();
        let processors = self.processors;
        if self.used_permille > USED_MOST {
            signs.push(Sign::Used { permille: self.used_permille, processors });
        }
        if self.stolen_permille > STOLEN_MOST {
            signs.push(Sign::Stolen { permille: self.stolen_permille });
        }
        if self.wanting_permille > processors * 1_000 {
            signs.push(Sign::Crowded { permille: self.wanting_permille, processors });
        }
        match self.waited_permille {
            Some(permille) if permille > WAITED_MOST && !signs.is_empty() => {
                signs.push(Sign::Waited { permille });
            }
            _ => {}
        }
        signs
    }
}

impl fmt::Display for Sign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let times = |permille: u64| permille as f64 / 1_000.0;
        match *self {
            Sign::Used { permille, processors } => {
                write!(f, "{:.1} of {processors} processors are in use by others", times(permille))
            }
            Sign::Stolen { permille } => {
                write!(f, "{:.2} processors are taken by another machine on this hardware", times(permille))
            }
            Sign::Crowded { permille, processors } => {
                write!(f, "{:.1} threads want one of {processors} processors", times(permille))
            }
            Sign::Waited { permille } => {
                write!(f, "threads waited for a processor in {} % of the last ten seconds", permille / 10)
            }
        }
    }
}

/// All signs in one line.
pub fn describe(signs: &[Sign]) -> String {
    signs.iter().map(Sign::to_string).collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUIET: Readings = Readings {
        processors: 4,
        used_permille: 40,
        stolen_permille: 0,
        wanting_permille: 125,
        waited_permille: Some(12),
    };

    #[rehearsal::test]
    fn a_quiet_machine_and_each_thing_that_makes_it_busy() {
        let table = [
            (QUIET, ""),
            // A build ended just now: in the long numbers it is still there.
            (Readings { waited_permille: Some(900), ..QUIET }, ""),
            (Readings { used_permille: 1_000, ..QUIET }, "1.0 of 4 processors are in use by others"),
            (
                Readings { stolen_permille: 120, ..QUIET },
                "0.12 processors are taken by another machine on this hardware",
            ),
            (Readings { wanting_permille: 9_500, ..QUIET }, "9.5 threads want one of 4 processors"),
            (
                Readings {
                    used_permille: 4_000,
                    wanting_permille: 4_125,
                    waited_permille: Some(803),
                    ..QUIET
                },
                "4.0 of 4 processors are in use by others; 4.1 threads want one of 4 processors; threads waited for a \
                 processor in 80 % of the last ten seconds",
            ),
        ];
        for (readings, expected) in table {
            assert_eq!(describe(&readings.signs()), expected, "{readings:?}");
        }
    }

    #[rehearsal::test]
    fn shares_are_of_one_processor() {
        let before = Machine { processors: 2, running: 1, idle: 1_000, stolen: 10, all: 5_000 };
        let after = Machine { processors: 2, running: 3, idle: 1_040, stolen: 20, all: 5_100 };
        let readings = Readings::between(&before, &after, 8, None);
        // 50 of 100 ticks of two processors were neither idle nor stolen.
        assert_eq!(readings.used_permille, 1_000);
        assert_eq!(readings.stolen_permille, 200);
        assert_eq!(readings.wanting_permille, 1_000);
        // No time has passed.
        assert_eq!(Readings::between(&before, &before, 0, None).used_permille, 0);
    }

    /// A thread that computes is seen, on whatever machine this is.
    #[rehearsal::test]
    fn somebody_who_computes_is_seen() {
        use std::sync::atomic::{AtomicBool, Ordering};
        let over = AtomicBool::new(false);
        std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    while !over.load(Ordering::Relaxed) {
                        std::hint::spin_loop();
                    }
                });
            }
            let readings = Readings::take();
            over.store(true, Ordering::Relaxed);
            if let Some(readings) = readings {
                assert!(!readings.signs().is_empty(), "{readings:?}");
            }
        });
    }
}
