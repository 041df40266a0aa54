//! What the system says of its processors and memory.
#![allow(unsafe_code)]

use std::fs::read_to_string;

use crate::sys::load::{Machine, Pressure};

/// How deep children of children are looked for.
const DEEPEST: usize = 8;

/// What the processors have done and are at; Linux only.
pub fn machine() -> Option<Machine> {
    let stat = read_to_string("/proc/stat").ok()?;
    let processors = stat.lines().filter(|line| line.starts_with("cpu")).count().saturating_sub(1);
    let mut machine = Machine { processors: processors.max(1) as u64, ..Machine::default() };
    // user, nice, system, idle, iowait, irq, softirq, steal; what comes behind is counted among the first.
    for (at, field) in stat.lines().next()?.split_ascii_whitespace().skip(1).take(8).enumerate() {
        let field: u64 = field.parse().ok()?;
        machine.all += field;
        if at == 3 || at == 4 {
            machine.idle += field;
        }
        if at == 7 {
            machine.stolen = field;
        }
    }
    let running = stat.lines().find_map(|line| line.strip_prefix("procs_running "))?;
    machine.running = running.trim().parse().ok()?;
    Some(machine)
}

/// How much was waited for processors; Linux only, and only where its kernel counts that.
pub fn pressure() -> Option<Pressure> {
    Pressure::read(&read_to_string("/proc/pressure/cpu").ok()?)
}

/// How long a process ran on processors, with all children of it and theirs, gone or not, nanoseconds; Linux only.
pub fn tree_ns(pid: u32) -> Option<u64> {
    let mut whole_ns = processor_ns(pid)? + gone_ns(pid).unwrap_or(0);
    let mut parents = vec![pid];
    for _ in 0..DEEPEST {
        parents = parents.into_iter().flat_map(children).collect();
        let each = parents.iter().map(|&pid| processor_ns(pid).unwrap_or(0) + gone_ns(pid).unwrap_or(0));
        whole_ns += each.sum::<u64>();
    }
    Some(whole_ns)
}

/// How long one process ran, all of its threads together.
#[cfg(target_os = "linux")]
fn processor_ns(pid: u32) -> Option<u64> {
    let (mut clock, mut time) = (0, libc::timespec { tv_sec: 0, tv_nsec: 0 });
    // SAFETY: `clock` is a valid place for the call to write to.
    let found = unsafe { libc::clock_getcpuclockid(pid.cast_signed(), &mut clock) };
    // SAFETY: `time` is a valid place for the call to write to; where the process is gone by now the call says so.
    if found != 0 || unsafe { libc::clock_gettime(clock, &mut time) } != 0 {
        return None;
    }
    Some(time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64)
}

/// How long one process ran: not told here.
#[cfg(not(target_os = "linux"))]
fn processor_ns(_pid: u32) -> Option<u64> {
    None
}

/// How long those of its children ran that are gone and were waited for.
fn gone_ns(pid: u32) -> Option<u64> {
    let stat = read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name, between parentheses, may contain anything; the state is the third field.
    let mut fields = stat[stat.rfind(')')? + 1..].split_ascii_whitespace().skip(13);
    let (user, system): (u64, u64) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
    // SAFETY: asks for a constant of the system.
    let ticks_a_second = u64::try_from(unsafe { libc::sysconf(libc::_SC_CLK_TCK) }).ok()?;
    Some((user + system) * (1_000_000_000 / ticks_a_second.max(1)))
}

/// The children that each thread of a process has started.
fn children(pid: u32) -> Vec<u32> {
    let threads = std::fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    let lists = threads.filter_map(|thread| read_to_string(thread.path().join("children")).ok());
    lists
        .flat_map(|list| {
            list.split_ascii_whitespace().filter_map(|pid| pid.parse().ok()).collect::<Vec<u32>>()
        })
        .collect()
}

/// How much memory could be had without swapping, in bytes; Linux only.
pub fn available_bytes() -> Option<u64> {
    let memory = read_to_string("/proc/meminfo").ok()?;
    let line = memory.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kibibytes: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kibibytes * 1_024)
}
