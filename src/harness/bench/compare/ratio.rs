//! How many times as long one side takes as the other, with an interval that says how sure that is.
//!
//! The two sides are measured in pairs, one behind the other, each in a new process. What disturbs the machine for longer
//! than a pair disturbs both, and goes out of the ratio. From the logarithms of the ratios the interval is Tukey's, which
//! belongs to Wilcoxon's signed ranks: all means of two (of one and the same too) are put in order, and as many are left
//! out at each end as the distribution of the statistic says (Hollander, Wolfe, Chicken: Nonparametric Statistical
//! Methods, 3rd edition, 2014, sections 3.1 to 3.3). It asks for no normal distribution, so one round in which the
//! machine did something else moves it little. What it asks for is that a difference by chance is as likely up as down:
//! that is so by construction where the same code is on both sides and they take turns in going first.
//!
//! Side by side with a stored baseline there are no pairs. There the medians of the samples are compared, with an interval
//! by resampling (Efron, Tibshirani: An Introduction to the Bootstrap, 1993, chapters 13 and 16), which has to be widened
//! by what separates two runs of the same code ([`super::noise`]): resampling knows of nothing that happened in between.

/// Of a hundred intervals at most one is wrong, half of those by being too high.
pub const CONFIDENCE: f64 = 0.99;

/// Rounds that are needed for an interval of this confidence: with fewer, all ratios on one side happen too often by
/// chance.
pub const LEAST_ROUNDS: usize = 8;

/// How often samples are drawn again.
const RESAMPLES: usize = 2_000;

/// A ratio, new to old, and between which two it is with [`CONFIDENCE`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ratio {
    /// The best guess.
    pub middle: f64,
    /// It is hardly less.
    pub low: f64,
    /// It is hardly more.
    pub high: f64,
}

/// What a ratio says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finding {
    /// New takes longer, whatever chance did.
    Slower,
    /// New takes less long.
    Faster,
    /// Whether there is a difference is not to be seen.
    Unclear,
}

impl Ratio {
    /// Of pairs of times, old and new, in any unit; `None` where there are fewer than [`LEAST_ROUNDS`], or a time is none.
    pub fn of_pairs(pairs: &[(f64, f64)]) -> Option<Ratio> {
        let mut logs = Vec::with_capacity(pairs.len());
        for &(old, new) in pairs {
            logs.push(logarithm(old, new)?);
        }
        let left_out = left_out(logs.len(), (1.0 - CONFIDENCE) / 2.0)?;
        let mut means = Vec::with_capacity(logs.len() * (logs.len() + 1) / 2);
        for (at, one) in logs.iter().enumerate() {
            means.extend(logs[..=at].iter().map(|other| (one + other) / 2.0));
        }
        means.sort_unstable_by(f64::total_cmp);
        Some(Ratio {
            middle: middle_of_sorted(&means).exp(),
            low: means[left_out].exp(),
            high: means[means.len() - 1 - left_out].exp(),
        })
    }

    /// Of two sets of samples that have nothing to do with each other; `None` where one has fewer than two, or a time is
    /// none. What lies between the two sets in time is not in it.
    pub fn of_samples(old: &[f64], new: &[f64]) -> Option<Ratio> {
        if old.len() < 2 || new.len() < 2 {
            return None;
        }
        let middle = logarithm(median(old)?, median(new)?)?;
        if old.iter().chain(new).any(|time| !is_time(*time)) {
            return None;
        }
        // The same samples give the same interval.
        let mut chance = Chance::new(0x7265_6865_6172_7361);
        let mut drawn = Vec::new();
        let mut logs = Vec::with_capacity(RESAMPLES);
        for _ in 0..RESAMPLES {
            let (old, new) = (chance.median_of(old, &mut drawn), chance.median_of(new, &mut drawn));
            logs.push((new / old).ln());
        }
        logs.sort_unstable_by(f64::total_cmp);
        let left_out = (RESAMPLES as f64 * (1.0 - CONFIDENCE) / 2.0) as usize;
        let (low, high) = (logs[left_out], logs[RESAMPLES - 1 - left_out]);
        Some(Ratio { middle: middle.exp(), low: low.min(middle).exp(), high: high.max(middle).exp() })
    }

    /// The same with both ends further away, by this factor.
    #[must_use]
    pub fn widened(self, factor: f64) -> Ratio {
        let factor = factor.max(1.0);
        Ratio { low: self.low / factor, high: self.high * factor, ..self }
    }

    /// What it says.
    pub fn finding(&self) -> Finding {
        match () {
            () if self.low > 1.0 => Finding::Slower,
            () if self.high < 1.0 => Finding::Faster,
            () => Finding::Unclear,
        }
    }

    /// Whether new is slower by more than this part of old, and not by chance.
    pub fn is_regression(&self, allowed: f64) -> bool {
        self.low > 1.0 + allowed
    }
}

fn is_time(time: f64) -> bool {
    time.is_finite() && time > 0.0
}

fn logarithm(old: f64, new: f64) -> Option<f64> {
    (is_time(old) && is_time(new)).then(|| (new / old).ln())
}

/// The middle one, or the mean of both; `None` where there is nothing.
pub fn median(values: &[f64]) -> Option<f64> {
    let mut values = values.to_vec();
    values.sort_unstable_by(f64::total_cmp);
    (!values.is_empty()).then(|| middle_of_sorted(&values))
}

fn middle_of_sorted(values: &[f64]) -> f64 {
    let half = values.len() / 2;
    match values.len() % 2 {
        0 => (values[half - 1] + values[half]) / 2.0,
        _ => values[half],
    }
}

/// How many means are left out at each end, so that a ratio of one is beyond an end with at most this probability; `None`
/// where even the last one happens more often.
///
/// With as many signs as differences, each by the throw of a coin, the sum of the ranks that have a plus is at most `k`
/// in as many of all cases as there are sets of ranks with such a sum.
fn left_out(differences: usize, tail: f64) -> Option<usize> {
    let most = differences * (differences + 1) / 2;
    let mut chances = vec![0.0; most + 1];
    chances[0] = 1.0;
    for rank in 1..=differences {
        for sum in (0..=most).rev() {
            let with_it = if sum >= rank { chances[sum - rank] } else { 0.0 };
            chances[sum] = (chances[sum] + with_it) / 2.0;
        }
    }
    let mut together = 0.0;
    let fit = chances.iter().take_while(|chance| {
        together += **chance;
        together <= tail
    });
    fit.count().checked_sub(1)
}

/// Numbers by chance, the same ones each time (Marsaglia: Xorshift RNGs, 2003).
#[derive(Debug)]
pub(super) struct Chance(u64);

impl Chance {
    /// From this seed on, which is not zero.
    pub(super) fn new(seed: u64) -> Chance {
        Chance(seed.max(1))
    }

    /// One of `0..n`.
    pub(super) fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % n as u64) as usize
    }

    fn median_of(&mut self, values: &[f64], drawn: &mut Vec<f64>) -> f64 {
        drawn.clear();
        drawn.extend((0..values.len()).map(|_| values[self.below(values.len())]));
        drawn.sort_unstable_by(f64::total_cmp);
        middle_of_sorted(drawn)
    }
}

#[cfg(test)]
mod tests;
