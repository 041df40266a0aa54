//! What is told of a benchmark: a pure function of what was read.

use serde_json::{Value, json};

use super::baseline::Asked;
use super::files::{Change, Estimate, Results};
use super::id::Id;
use super::machine::Machine;
use super::tally::Cost;
use super::unit;
use crate::harness::outcome::Measured;

/// A change of less than this is called none, as Criterion has it.
const NOISE: f64 = 0.01;

/// Nanoseconds: less than this the loop around an iteration takes by itself, a turn or two of the processor's clock.
const NOTHING_NS: f64 = 0.5;

/// All that is known of one benchmark that was run.
#[derive(Debug)]
pub struct Found<'a> {
    /// The trial's name.
    pub name: &'a str,
    /// Criterion's name.
    pub id: &'a Id,
    /// What was measured, or loaded.
    pub results: &'a Results,
    /// Against the baseline, where there is one.
    pub change: Option<Change>,
    /// What was asked of baselines.
    pub asked: &'a Asked,
    /// The machine that the results are of.
    pub machine: &'a Machine,
    /// The machine of the baseline, where that is known.
    pub base_machine: Option<&'a Machine>,
    /// How many bytes the benchmark wrote while it was measured.
    pub printed: u64,
    /// What an iteration costs beside time.
    pub cost: Cost,
    /// Whether it was measured for a comparison, and briefly.
    pub is_round: bool,
    /// What else there is to say.
    pub remark: Option<String>,
    /// Criterion's files of it.
    pub directory: &'a str,
}

impl Found<'_> {
    /// What reporters show.
    pub fn told(&self) -> Measured {
        let estimates = &self.results.estimates;
        let ps = |ns: f64| (ns * 1e3).round().max(0.0) as u64;
        Measured {
            // What Criterion has in its own output for those who read libtest's.
            typical_ps: ps(estimates.median.point),
            deviation_ps: ps(estimates.deviation.point),
            bytes: self.id.throughput.as_ref().map_or(0, unit::bytes),
            lines: self.lines(),
            json: self.json().to_string(),
        }
    }

    fn lines(&self) -> Vec<String> {
        let typical = self.results.estimates.typical();
        let samples = self.results.times.len();
        let iterations: f64 = self.results.iterations.iter().sum();
        let by = if self.results.estimates.slope.is_some() { "slope" } else { "mean" };
        let mut lines = vec![format!(
            "time     {} [{} .. {}], {by} of {samples} samples, {} iterations",
            unit::time(typical.point),
            unit::time(typical.lower),
            unit::time(typical.upper),
            unit::grouped(iterations as u64)
        )];
        if let Some(throughput) = &self.id.throughput {
            let rate = |ns| unit::rate(throughput, ns);
            lines.push(format!(
                "through  {} [{} .. {}]",
                rate(typical.point),
                rate(typical.upper),
                rate(typical.lower)
            ));
        }
        lines.extend(self.change_line());
        lines.extend(self.cost_line());
        let outliers = &self.results.outliers;
        if outliers.count() > 0 {
            let kinds = [
                (outliers.low_severe, "low severe"),
                (outliers.low_mild, "low mild"),
                (outliers.high_mild, "high mild"),
                (outliers.high_severe, "high severe"),
            ];
            let kinds: Vec<String> = kinds
                .iter()
                .filter(|(count, _)| *count > 0)
                .map(|(count, kind)| format!("{count} {kind}"))
                .collect();
            lines.push(format!("outliers {} of {samples}: {}", outliers.count(), kinds.join(", ")));
        }
        if self.printed > 0 {
            lines.push(format!(
                "note     it wrote {} bytes while it was measured: that is part of the time",
                unit::grouped(self.printed)
            ));
        }
        if typical.point < NOTHING_NS {
            lines.push(
                "note     an iteration took no longer than the loop around it: the compiler left nothing of it, or \
                 it made a future that nobody awaited (`b.to_async(rehearsal::bench::runtime()).iter(..)` does)"
                    .to_owned(),
            );
        }
        if let Some(remark) = &self.remark {
            lines.push(format!("note     {remark}"));
        }
        lines
    }

    fn cost_line(&self) -> Option<String> {
        let (allocations, bytes) = self.cost.allocations.zip(self.cost.bytes)?;
        Some(format!("memory   {allocations:.2} allocations of {bytes:.1} bytes together, an iteration"))
    }

    fn change_line(&self) -> Option<String> {
        let Change { mean, .. } = self.change?;
        let figures = format!(
            "change   {} [{} .. {}] against `{}`",
            unit::change(mean.point),
            unit::change(mean.lower),
            unit::change(mean.upper),
            self.asked.against
        );
        Some(match self.other_machine() {
            Some(other) => format!(
                "{figures}, which is of another machine ({other}; this is {}): that is no change of the code",
                self.machine
            ),
            None => format!("{figures}: {}", verdict(&mean)),
        })
    }

    fn other_machine(&self) -> Option<&Machine> {
        self.base_machine.filter(|base| *base != self.machine)
    }

    fn json(&self) -> Value {
        let Results { estimates, iterations, times, outliers } = self.results;
        let throughput = self.id.throughput.as_ref().map(
            |throughput| json!({ "per_iteration": unit::amount(throughput), "of": unit::of(throughput) }),
        );
        let change = self.change.map(|change| {
            json!({
                "baseline": self.asked.against,
                "mean": change.mean.to_json(),
                "median": change.median.to_json(),
                "verdict": if self.other_machine().is_some() { "other machine" } else { verdict(&change.mean) },
                "machine": self.base_machine.map(Machine::to_json),
            })
        });
        json!({
            "kind": "bench",
            "name": self.name,
            "id": self.id.full(),
            "unit": "ns",
            "typical": if estimates.slope.is_some() { "slope" } else { "mean" },
            "estimates": {
                "mean": estimates.mean.to_json(),
                "median": estimates.median.to_json(),
                "std_dev": estimates.deviation.to_json(),
                "median_abs_dev": estimates.median_deviation.to_json(),
                "slope": estimates.slope.as_ref().map(Estimate::to_json),
            },
            "samples": { "iterations": iterations, "times": times },
            "outliers": {
                "low_severe": outliers.low_severe,
                "low_mild": outliers.low_mild,
                "high_mild": outliers.high_mild,
                "high_severe": outliers.high_severe,
            },
            "throughput": throughput,
            "change": change,
            "printed_bytes": self.printed,
            "cost": {
                "allocations": self.cost.allocations,
                "bytes": self.cost.bytes,
                "instructions": self.cost.instructions,
            },
            "round": self.is_round,
            "machine": self.machine.to_json(),
            "directory": self.directory,
        })
    }
}

/// A change in one word. It is one only where the whole interval is beyond the noise.
fn verdict(mean: &Estimate) -> &'static str {
    match mean {
        Estimate { lower, .. } if *lower > NOISE => "slower",
        Estimate { upper, .. } if *upper < -NOISE => "faster",
        _ => "no change",
    }
}
