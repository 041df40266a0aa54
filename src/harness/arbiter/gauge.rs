//! What the machine does while a run is under way, for a pool that grows: looked at now and then.

use super::Arbiter;
use crate::harness::dispatch::Input;
use crate::harness::schedule::growth::Load;
use crate::sys::limit::resident_bytes;
use crate::sys::load::{Machine, available_bytes, machine, tree_ns};

/// The clock of the machine ticks every 10 ms: a look tells nothing before a few of them, nanoseconds.
const LEAST_NS: u64 = 40_000_000;

/// A worker is taken to need so much memory at least, in bytes.
const WORKER_BYTES: u64 = 16 << 20;

/// The last look, with which the next one is compared.
#[derive(Debug, Default)]
pub(super) struct Gauge {
    now_ns: u64,
    machine: Machine,
    /// Time on processors of each process that was there, with its children.
    used: Vec<(u32, u64)>,
    /// Whether there was nothing to be compared with it but trials at work.
    settled: bool,
}

impl Gauge {
    /// Looks at the machine and at these processes. Tells what they did since the last look, where that was long enough
    /// ago and `settled` then and now; what it takes to start workers says nothing of their trials.
    pub(super) fn look(&mut self, now_ns: u64, settled: bool, pids: &[u32]) -> Option<Load> {
        if settled && self.settled && now_ns < self.now_ns + LEAST_NS {
            return None;
        }
        let machine = machine()?;
        let used: Vec<(u32, u64)> = pids.iter().filter_map(|&pid| Some((pid, tree_ns(pid)?))).collect();
        let before = std::mem::replace(self, Gauge { now_ns, machine, used, settled });
        if !(settled && before.settled) {
            return None;
        }
        let used_ns = self.used.iter().map(|(pid, used_ns)| {
            let then = before.used.iter().find(|(other, _)| other == pid);
            used_ns.saturating_sub(then.map_or(0, |(_, then_ns)| *then_ns))
        });
        Some(Load {
            processors: std::thread::available_parallelism().map_or(1, usize::from),
            idle_permille: self.machine.idle_permille(&before.machine)?,
            used_permille: used_ns.sum::<u64>() * 1_000 / (now_ns - before.now_ns).max(1),
            running: self.machine.running,
            memory_for: memory_for(pids),
        })
    }
}

impl Arbiter {
    /// Looks at what the processors do, where there may be more workers.
    pub(super) fn look_at_load(&mut self, now_ns: u64) {
        let Some(gauge) = &mut self.gauge else { return };
        let workers = self.hands.iter().flatten().filter_map(|hand| hand.proxy.as_ref());
        // Workers that are threads run in this process, and all of them say so; of others it is the parent.
        let own = std::process::id();
        let mut pids: Vec<u32> = workers.map(|proxy| proxy.pid()).filter(|pid| *pid != own).collect();
        if pids.is_empty() {
            pids.push(own);
        }
        if let Some(load) = gauge.look(now_ns, self.dispatch.is_full(), &pids) {
            self.receive(Input::Load(load));
        }
    }
}

impl Arbiter {
    /// Looks at how much memory each worker process holds, where there is a limit to it.
    pub(super) fn look_at_memory(&mut self) {
        let Some(limit) = self.run.worker_memory else { return };
        let own = std::process::id();
        for worker in 0..self.hands.len() {
            let Some(hand) = &self.hands[worker] else { continue };
            let (source, proxy) = (hand.source, hand.proxy.as_ref());
            let pid = proxy.map(|proxy| proxy.pid()).filter(|pid| *pid != own);
            if let Some(held) = pid.and_then(resident_bytes).filter(|held| *held > limit) {
                self.receive(Input::Swollen(source, held));
            }
        }
    }
}

/// How many more workers there is memory for: half of what is there is left to others, and a worker may come to need twice
/// what the largest has.
fn memory_for(pids: &[u32]) -> usize {
    let Some(available) = available_bytes() else { return usize::MAX / 2 };
    let largest = pids.iter().filter_map(|&pid| resident_bytes(pid)).max().unwrap_or(0);
    usize::try_from(available / 2 / (2 * largest).max(WORKER_BYTES)).unwrap_or(usize::MAX / 2)
}
