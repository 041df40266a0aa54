//! Who is measured when.

use super::noise::Noise;
use super::ratio::{Ratio, median};
use crate::harness::bench::tally::Cost;

/// One of the two states of the code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// What is compared with.
    Old,
    /// This program.
    New,
}

/// What one process measured.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Reading {
    /// Of one iteration.
    pub ns: f64,
    /// What an iteration costs beside that.
    pub cost: Cost,
}

/// All that was measured of one bench.
#[derive(Debug, Default)]
pub struct Rounds {
    /// The other side, a process each round. Of a baseline: its samples.
    pub old: Vec<Reading>,
    /// This side, right beside it in time.
    pub new: Vec<Reading>,
    /// This side once more, on the other side of that: the same against the same.
    pub again: Vec<Reading>,
}

/// Measures in rounds of three processes: A B B, then B B A, and so on. What comes first in one round comes last in the
/// next, so that who goes first makes no difference between A and B, nor between B and B.
///
/// # Errors
/// The first one of a process.
pub fn take_turns<E>(
    rounds: usize,
    mut measure: impl FnMut(Side) -> Result<Reading, E>,
) -> Result<Rounds, E> {
    let mut all = Rounds::default();
    for round in 0..rounds {
        if round % 2 == 0 {
            all.old.push(measure(Side::Old)?);
            all.new.push(measure(Side::New)?);
            all.again.push(measure(Side::New)?);
        } else {
            all.again.push(measure(Side::New)?);
            all.new.push(measure(Side::New)?);
            all.old.push(measure(Side::Old)?);
        }
    }
    Ok(all)
}

/// What came of one bench.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// Whose.
    pub bench: String,
    /// New to old.
    pub ratio: Ratio,
    /// The same against the same.
    pub noise: Noise,
    /// Medians.
    pub old: Reading,
    /// Medians.
    pub new: Reading,
    /// Whether both sides were measured in turns; otherwise the interval is widened by the noise.
    pub interleaved: bool,
}

impl Rounds {
    /// What comes of it; `None` where there is too little.
    pub fn compare(&self, bench: &str, interleaved: bool) -> Option<Comparison> {
        let ns = |readings: &[Reading]| readings.iter().map(|reading| reading.ns).collect::<Vec<f64>>();
        let (old, new, again) = (ns(&self.old), ns(&self.new), ns(&self.again));
        let pairs = |one: &[f64], other: &[f64]| {
            one.iter().copied().zip(other.iter().copied()).collect::<Vec<(f64, f64)>>()
        };
        let noise = Noise::of(&pairs(&new, &again))?;
        let ratio = match interleaved {
            true => Ratio::of_pairs(&pairs(&old, &new))?,
            false => {
                let both: Vec<f64> = new.iter().chain(&again).copied().collect();
                Ratio::of_samples(&old, &both)?.widened(noise.apart)
            }
        };
        let (old, new) = (typical(&self.old)?, typical(&self.new)?);
        Some(Comparison { bench: bench.to_owned(), ratio, noise, old, new, interleaved })
    }
}

/// Each number's median.
fn typical(readings: &[Reading]) -> Option<Reading> {
    let middle = |part: &dyn Fn(&Reading) -> Option<f64>| {
        median(&readings.iter().filter_map(part).collect::<Vec<f64>>())
    };
    Some(Reading {
        ns: middle(&|reading| Some(reading.ns))?,
        cost: Cost {
            allocations: middle(&|reading| reading.cost.allocations),
            bytes: middle(&|reading| reading.cost.bytes),
            instructions: middle(&|reading| reading.cost.instructions),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rehearsal::test]
    fn sides_take_turns_and_so_does_who_goes_first() {
        let mut order = String::new();
        let rounds = take_turns(4, |side| {
            order.push(if side == Side::Old { 'A' } else { 'B' });
            Ok::<_, ()>(Reading { ns: order.len() as f64, ..Reading::default() })
        });
        let rounds = rounds.expect("nothing fails");
        assert_eq!(order, "ABBBBAABBBBA");
        let ns = |readings: &[Reading]| readings.iter().map(|one| one.ns as u32).collect::<Vec<_>>();
        assert_eq!(ns(&rounds.old), [1, 6, 7, 12]);
        // Always right beside the other side.
        assert_eq!(ns(&rounds.new), [2, 5, 8, 11]);
        assert_eq!(ns(&rounds.again), [3, 4, 9, 10]);
    }

    #[rehearsal::test]
    fn what_fails_ends_it() {
        let mut calls = 0;
        let failed = take_turns(9, |_| {
            calls += 1;
            if calls < 5 { Ok(Reading::default()) } else { Err(calls) }
        });
        assert_eq!(failed.err(), Some(5));
    }

    /// The machine gets slower all the time: in turns nothing is seen of that.
    #[rehearsal::test]
    fn a_drift_is_no_difference() {
        let mut ns = 100.0;
        let rounds = take_turns(16, |_| {
            ns *= 1.02;
            Ok::<_, ()>(Reading { ns, ..Reading::default() })
        });
        let comparison = rounds.expect("nothing fails").compare("a", true).expect("rounds enough");
        assert!((comparison.ratio.middle - 1.0).abs() < 0.021, "{comparison:?}");
        assert!(!comparison.ratio.is_regression(0.0), "{comparison:?}");
        assert!(!comparison.noise.is_biased(), "{comparison:?}");
    }

    #[rehearsal::test]
    fn against_a_baseline_the_noise_is_a_part_of_the_interval() {
        let reading = |ns: f64| Reading { ns, ..Reading::default() };
        let rounds = Rounds {
            old: (0..20).map(|n| reading(100.0 + f64::from(n % 3))).collect(),
            new: (0..10).map(|n| reading(108.0 + f64::from(n % 2))).collect(),
            again: (0..10).map(|n| reading(110.0 + f64::from(n % 2))).collect(),
        };
        let comparison = rounds.compare("a", false).expect("samples");
        assert!((comparison.noise.apart - 111.0 / 108.0).abs() < 1e-9, "{comparison:?}");
        assert!(
            comparison.ratio.is_regression(0.03) && !comparison.ratio.is_regression(0.05),
            "{comparison:?}"
        );
        let short = Rounds { old: vec![reading(1.0)], new: vec![reading(1.0)], again: vec![reading(1.0)] };
        assert_eq!(short.compare("a", true), None);
    }
}
