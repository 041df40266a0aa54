//! All that is known of a load benchmark that was measured.

use super::level::Figures;
use super::spec::Spec;
use super::usl::Law;

/// The account of one benchmark.
#[derive(Debug, Clone)]
pub struct Account {
    /// Its path, crate name included.
    pub path: &'static str,
    /// What was asked for.
    pub spec: Spec,
    /// The levels that were measured, in their order.
    pub levels: Vec<Figures>,
    /// The first one, measured again behind all others.
    pub again: Option<Figures>,
    /// The scaling law, of a closed loop with levels enough.
    pub law: Option<Law>,
    /// What a person should know of these figures; a line each.
    pub warnings: Vec<String>,
    /// Why there are not all levels.
    pub error: Option<String>,
}

impl Account {
    /// Of a benchmark that has not run.
    pub fn new(path: &'static str, spec: Spec) -> Account {
        Account { path, spec, levels: Vec::new(), again: None, law: None, warnings: Vec::new(), error: None }
    }

    /// The name by which it is listed: without the crate's root module.
    pub fn name(&self) -> &'static str {
        self.path.split_once("::").map_or(self.path, |(_, name)| name)
    }

    /// The noise of the machine: by which part of the larger one the throughputs of the first level and of its
    /// repetition differ, or in an open loop, whose throughput is what was asked for, the latencies (p50). `None` where it
    /// was not repeated.
    pub fn noise(&self) -> Option<f64> {
        let of = |level: &Figures| match self.spec.rate {
            Some(_) => level.latency.p50_ns as f64,
            None => level.throughput,
        };
        let (first, again) = (of(self.levels.first()?), of(self.again.as_ref()?));
        let larger = first.max(again);
        Some(if larger > 0.0 { (first - again).abs() / larger } else { 0.0 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::harness::load::sample::Spread;

    fn level(throughput: f64, p50_ns: u64) -> Figures {
        Figures { throughput, latency: Spread { p50_ns, ..Spread::default() }, ..Figures::default() }
    }

    /// Of a rate that is kept the throughput is always the same.
    #[rehearsal::test]
    fn the_noise_of_an_open_loop_is_that_of_its_latencies() {
        for (rate, first, again, noise) in [
            (None, level(100.0, 7), level(80.0, 7), 0.2),
            (None, level(80.0, 7), level(100.0, 9), 0.2),
            (Some(100), level(100.0, 400), level(100.0, 300), 0.25),
            (Some(100), level(100.0, 300), level(90.0, 400), 0.25),
            (Some(100), level(100.0, 0), level(100.0, 0), 0.0),
        ] {
            let mut account = Account::new("suite::load", Spec { rate, ..Spec::NONE });
            assert_eq!(account.noise(), None);
            account.levels.push(first);
            account.again = Some(again);
            assert_eq!(account.noise(), Some(noise), "{rate:?}");
        }
    }
}
