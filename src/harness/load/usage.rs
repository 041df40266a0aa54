//! What a level takes of the machine, and what others take meanwhile.

use crate::sys::load::{self, Machine};
use crate::sys::{limit, process, seam};

/// A look at processors and memory.
#[derive(Debug, Clone, Copy)]
pub struct Usage {
    at_ns: u64,
    machine: Option<Machine>,
    own_ns: Option<u64>,
}

impl Usage {
    /// As it is now.
    pub fn now() -> Usage {
        Usage {
            at_ns: seam::monotonic_ns(),
            machine: load::machine(),
            own_ns: load::tree_ns(std::process::id()),
        }
    }

    /// Processor time of this process and all that it started since `before`, nanoseconds; `None` where the system does not
    /// tell.
    pub fn own_ns(&self, before: &Usage) -> Option<u64> {
        Some(self.own_ns?.saturating_sub(before.own_ns?))
    }

    /// How many processors were busy since `before` with what is not ours; `None` where the system does not tell.
    pub fn others(&self, before: &Usage) -> Option<f64> {
        let machine = self.machine?;
        let idle = machine.idle_permille(&before.machine?)? as f64 / 1e3;
        let passed_ns = self.at_ns.saturating_sub(before.at_ns);
        let own = self.own_ns(before)? as f64 / (passed_ns.max(1)) as f64;
        Some(others(machine.processors as f64, idle, own))
    }
}

/// Of so many processors, with so many idle and so many busy with what is ours. What the system counts in ticks and what it
/// counts in nanoseconds differs by a little.
fn others(processors: f64, idle: f64, own: f64) -> f64 {
    (processors - idle - own).max(0.0)
}

/// From how many processors on that others keep busy the machine is called busy: a tenth of all, and no less than a quarter
/// of one.
pub fn is_busy(others: f64) -> bool {
    let processors = load::machine().map_or(1, |machine| machine.processors);
    others > (processors as f64 / 10.0).max(0.25)
}

/// Memory of this process and those that it started, but for these, bytes; `None` where the system does not tell.
pub fn resident_bytes(but: &[u32]) -> Option<u64> {
    let own = limit::resident_bytes(std::process::id())?;
    let children =
        process::children().into_iter().filter(|child| !child.finished && !but.contains(&child.pid));
    Some(own + children.filter_map(|child| limit::resident_bytes(child.pid)).sum::<u64>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rehearsal::test]
    fn others_are_what_is_neither_idle_nor_ours() {
        for (processors, idle, own, wanted) in
            [(2.0, 2.0, 0.0, 0.0), (2.0, 0.5, 1.0, 0.5), (4.0, 0.0, 1.0, 3.0), (2.0, 1.2, 0.9, 0.0)]
        {
            assert_eq!(others(processors, idle, own), wanted, "{processors} {idle} {own}");
        }
    }
}
