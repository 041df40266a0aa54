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
    /// repetition differ. `None` where it was not repeated.
    pub fn noise(&self) -> Option<f64> {
        let (first, again) = (self.levels.first()?.throughput, self.again.as_ref()?.throughput);
        Some((first - again).abs() / first.max(again))
    }
}
