//! What a level takes of the machine, and what others take meanwhile.

use crate::sys::load::{self, Machine};
use crate::sys::{limit, process, seam};

/// A look at processors and memory.
#[derive(Debug, Clone, Copy)]
pub struct Usage {
    at_ns: u64,
    machine: Option<Machine>,
    own_ns: Option<u64>,
    clients_ns: Option<u64>,
}

impl Usage {
    /// As it is now. These processes are the clients'; they are still there.
    pub fn now(clients: &[u32]) -> Usage {
        let all_ns = load::tree_ns(std::process::id());
        let clients_ns: Option<u64> = clients.iter().map(|&pid| load::tree_ns(pid)).sum();
        Usage {
            at_ns: seam::monotonic_ns(),
            machine: load::machine(),
            own_ns: all_ns.zip(clients_ns).map(|(all_ns, clients_ns)| all_ns.saturating_sub(clients_ns)),
            clients_ns,
        }
    }

    /// Processor time of this process and all that it started since `before`, but for its clients, nanoseconds; `None` where
    /// the system does not tell.
    pub fn own_ns(&self, before: &Usage) -> Option<u64> {
        Some(self.own_ns?.saturating_sub(before.own_ns?))
    }

    /// Processor time of the clients' processes, and of what they started, since `before`, nanoseconds.
    pub fn clients_ns(&self, before: &Usage) -> Option<u64> {
        Some(self.clients_ns?.saturating_sub(before.clients_ns?))
    }

    /// How many processors were busy since `before` with what is not ours; `None` where the system does not tell.
    pub fn others(&self, before: &Usage) -> Option<f64> {
        let machine = self.machine?;
        let idle = machine.idle_permille(&before.machine?)? as f64 / 1e3;
        let passed_ns = self.at_ns.saturating_sub(before.at_ns);
        let ours_ns = self.own_ns(before)? + self.clients_ns(before)?;
        let own = ours_ns as f64 / (passed_ns.max(1)) as f64;
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

/// What is held in memory, bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Held {
    /// By this process and those that it started.
    pub own_bytes: u64,
    /// By those of them that are the clients'.
    pub clients_bytes: u64,
}

impl Held {
    /// As it is now; these processes are the clients'. `None` where the system does not tell.
    pub fn now(clients: &[u32]) -> Option<Held> {
        let mut held = Held { own_bytes: limit::resident_bytes(std::process::id())?, clients_bytes: 0 };
        for child in process::children().into_iter().filter(|child| !child.finished) {
            let bytes = limit::resident_bytes(child.pid).unwrap_or(0);
            match clients.contains(&child.pid) {
                true => held.clients_bytes += bytes,
                false => held.own_bytes += bytes,
            }
        }
        Some(held)
    }

    /// Of both together.
    pub fn bytes(&self) -> u64 {
        self.own_bytes + self.clients_bytes
    }

    /// The more of each.
    pub fn or_more(self, other: Held) -> Held {
        Held {
            own_bytes: self.own_bytes.max(other.own_bytes),
            clients_bytes: self.clients_bytes.max(other.clients_bytes),
        }
    }
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
