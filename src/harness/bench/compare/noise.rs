//! What the machine does to the time of the same code, measured with the same code on both sides.

use super::ratio::{LEAST_ROUNDS, Ratio};

/// The same against the same.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Noise {
    /// The ratio of the two, where there were rounds enough: one lies between its ends, or the turns that the sides take do
    /// not make them equal on this machine.
    pub ratio: Option<Ratio>,
    /// By which factor two processes with the same code differ at most, of those that were seen, from one process on and in
    /// pairs.
    pub apart: f64,
}

impl Noise {
    /// Of the times of the same code in two new processes, a pair each round; `None` where there is no pair.
    pub fn of(pairs: &[(f64, f64)]) -> Option<Noise> {
        let times: Vec<f64> = pairs.iter().flat_map(|(one, other)| [*one, *other]).collect();
        let least = times.iter().copied().min_by(f64::total_cmp)?;
        let most = times.iter().copied().max_by(f64::total_cmp)?;
        if least <= 0.0 || !most.is_finite() {
            return None;
        }
        let ratio = if pairs.len() >= LEAST_ROUNDS { Ratio::of_pairs(pairs) } else { None };
        Some(Noise { ratio, apart: most / least })
    }

    /// Whether the same code looks like two different ones.
    pub fn is_biased(&self) -> bool {
        self.ratio.is_some_and(|ratio| ratio.low > 1.0 || ratio.high < 1.0)
    }

    /// Half the width of the interval, as a part of one: smaller differences are not to be seen.
    pub fn resolution(&self) -> Option<f64> {
        self.ratio.map(|ratio| (ratio.high / ratio.low).sqrt() - 1.0)
    }
}
