//! What an iteration allocates and executes, beside the time that it takes.
//!
//! Criterion calls a bench's function again and again, each time for so many iterations. What a call costs is what its
//! iterations cost and what the function does around them; where the numbers of iterations differ, a line through the calls
//! (least squares) tells the two apart, for only the one grows with them.

use criterion::Bencher;

use crate::sys::allocation::allocated;
use crate::sys::instructions::Instructions;

/// What an iteration costs, on average.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Cost {
    /// How often memory was asked for; `None` where the program's allocator does not count.
    pub allocations: Option<f64>,
    /// How much of it, bytes.
    pub bytes: Option<f64>,
    /// Instructions of the thread that measures and of those that it starts, where they can be counted.
    pub instructions: Option<f64>,
}

/// Calls of one bench's function, and what they cost.
#[derive(Debug, Default)]
pub struct Tally {
    /// Bytes that it wrote.
    pub printed: u64,
    /// `None` where there is no counter to be had, or nobody wants it.
    instructions: Option<Instructions>,
    calls: Vec<Call>,
    /// How many calls there have been.
    seen: u64,
}

/// One call of the function.
#[derive(Debug, Clone, Copy)]
struct Call {
    iterations: f64,
    allocations: f64,
    bytes: f64,
    instructions: Option<f64>,
}

/// More calls say nothing new.
const MOST_CALLS: usize = 4_096;

impl Tally {
    /// Of a bench that is about to be measured, on this thread; with instructions, which the kernel looks after whenever one
    /// thread takes another's place, and that takes time.
    pub fn begin(instructions: bool) -> Tally {
        let instructions = instructions.then(|| Instructions::begin().ok()).flatten();
        // Room for all calls at once: what this allocates itself would be counted.
        Tally { instructions, calls: Vec::with_capacity(MOST_CALLS), ..Tally::default() }
    }

    /// Calls a bench's function, and counts.
    pub fn call(&mut self, bencher: &mut Bencher<'_>, function: fn(&mut Bencher<'_>)) {
        let before = allocated();
        // The first call is left to Criterion, which finds a function that never iterates by it. And without counters
        // there is nothing to do.
        self.seen += 1;
        if self.seen == 1
            || (before.is_none() && self.instructions.is_none())
            || self.calls.len() == self.calls.capacity()
        {
            return function(bencher);
        }
        // How many iterations are to be made Criterion tells this loop alone. The function's own one comes after it, and
        // its time takes the place of this.
        let mut iterations = 0;
        bencher.iter_custom(|count| {
            iterations = count;
            std::time::Duration::from_nanos(1)
        });
        let executed = self.executed();
        function(bencher);
        let executed =
            self.executed().zip(executed).map(|(after, before)| after.saturating_sub(before) as f64);
        let (before, after) = (before.unwrap_or_default(), allocated().unwrap_or_default());
        self.calls.push(Call {
            iterations: iterations as f64,
            allocations: after.allocations.saturating_sub(before.allocations) as f64,
            bytes: after.bytes.saturating_sub(before.bytes) as f64,
            instructions: executed,
        });
    }

    fn executed(&self) -> Option<u64> {
        self.instructions.as_ref()?.count().ok()
    }

    /// What an iteration cost.
    pub fn cost(&self) -> Cost {
        let an_iteration = |part: fn(&Call) -> Option<f64>| {
            let points: Vec<(f64, f64)> =
                self.calls.iter().filter_map(|call| Some((call.iterations, part(call)?))).collect();
            slope(&points)
        };
        let counts = allocated().is_some();
        Cost {
            allocations: an_iteration(|call| Some(call.allocations)).filter(|_| counts),
            bytes: an_iteration(|call| Some(call.bytes)).filter(|_| counts),
            instructions: an_iteration(|call| call.instructions),
        }
    }
}

/// How much is added with each iteration; where all calls have as many, what one has its share of.
fn slope(points: &[(f64, f64)]) -> Option<f64> {
    let count = points.len() as f64;
    let sum = |part: fn(&(f64, f64)) -> f64| points.iter().map(part).sum::<f64>();
    let (all, costs) = (sum(|point| point.0), sum(|point| point.1));
    if all <= 0.0 {
        return None;
    }
    let (mean, mean_cost) = (all / count, costs / count);
    let spread: f64 = points.iter().map(|(at, _)| (at - mean).powi(2)).sum();
    let slope = match spread > 0.0 {
        true => points.iter().map(|(at, cost)| (at - mean) * (cost - mean_cost)).sum::<f64>() / spread,
        false => costs / all,
    };
    Some(slope.max(0.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rehearsal::test]
    fn what_a_call_does_once_is_told_apart_from_what_it_does_each_time() {
        // 100 allocations to set up, 3 an iteration.
        let points: Vec<(f64, f64)> =
            (1..=10).map(|n| (f64::from(n) * 50.0, 100.0 + f64::from(n) * 150.0)).collect();
        assert!((slope(&points).expect("points") - 3.0).abs() < 1e-9);
        // All calls alike: the share of one.
        assert_eq!(slope(&[(10.0, 40.0), (10.0, 40.0)]), Some(4.0));
        assert_eq!(slope(&[]), None);
        assert_eq!(slope(&[(0.0, 0.0)]), None);
        // Somebody else freed and allocated meanwhile: never less than nothing.
        assert_eq!(slope(&[(1.0, 9.0), (2.0, 1.0)]), Some(0.0));
    }
}
