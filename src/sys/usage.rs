//! What this process takes of the machine.

use crate::sys::wire::wired;

/// What the process of an actor takes of the machine: the system part of its `info`.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct SystemInfo {
    /// Memory that it holds, in bytes.
    pub memory_bytes: u64,
    /// Memory of the machine, in bytes.
    pub total_memory_bytes: u64,
    /// Share of one core that it took since it was last asked, in percent; 0 the first time.
    pub cpu_percent: f32,
    /// Time that it ran on cores altogether, in milliseconds.
    pub cpu_time_ms: u64,
    /// Its threads, where the system tells.
    pub threads: Option<usize>,
}

wired! { struct SystemInfo { memory_bytes, total_memory_bytes, cpu_percent, cpu_time_ms, threads } }

/// What this process takes now; `None` where the system does not tell.
#[cfg(feature = "system")]
pub(crate) fn usage() -> Option<SystemInfo> {
    use std::sync::{Mutex, PoisonError};

    use sysinfo::{MemoryRefreshKind, ProcessRefreshKind, ProcessesToUpdate, System};

    // Kept, because the share of a core is that since the last look.
    static SYSTEM: Mutex<Option<System>> = Mutex::new(None);

    let own = sysinfo::get_current_pid().ok()?;
    let mut system = SYSTEM.lock().unwrap_or_else(PoisonError::into_inner);
    if system.is_none() {
        *system = System::new().ok();
    }
    let system = system.as_mut()?;
    system.refresh_memory_specifics(MemoryRefreshKind::nothing().with_ram());
    let what = ProcessRefreshKind::nothing().with_memory().with_cpu();
    system.refresh_processes_specifics(ProcessesToUpdate::Some(&[own]), false, what);
    let process = system.process(own)?;
    Some(SystemInfo {
        memory_bytes: process.memory(),
        total_memory_bytes: system.total_memory(),
        cpu_percent: process.cpu_usage(),
        cpu_time_ms: process.accumulated_cpu_time(),
        threads: super::limit::thread_count(),
    })
}

/// Nothing is known without the feature `system`.
#[cfg(not(feature = "system"))]
pub(crate) fn usage() -> Option<SystemInfo> {
    None
}
