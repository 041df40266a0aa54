//! The processor's counter, by perf_event_open(2); Linux only, and only where the kernel lets this process have it.
#![allow(unsafe_code)]

use std::fs::File;
use std::io;

/// Counts the instructions of this thread and of the threads that it starts from now on, outside of the kernel.
#[derive(Debug)]
pub struct Instructions(File);

impl Instructions {
    /// Begins to count.
    ///
    /// # Errors
    /// Where there is no such counter (as in many virtual machines), or this process may not have it, with why.
    pub fn begin() -> io::Result<Instructions> {
        open(HARDWARE, INSTRUCTIONS).map(Instructions)
    }

    /// How many there have been.
    ///
    /// # Errors
    /// Where the counter cannot be read.
    pub fn count(&self) -> io::Result<u64> {
        read(&self.0)
    }
}

const HARDWARE: u32 = 0;
const INSTRUCTIONS: u64 = 1;

/// `perf_event_attr` as it was at first, and as every kernel takes it.
#[repr(C)]
#[derive(Default)]
struct Wanted {
    kind: u32,
    size: u32,
    config: u64,
    sample_period: u64,
    sample_type: u64,
    read_format: u64,
    flags: u64,
    wakeup_events: u32,
    breakpoint_type: u32,
    config1: u64,
}

/// Threads that this one starts are counted with it.
const INHERIT: u64 = 1 << 1;
const NOT_THE_KERNEL: u64 = 1 << 5;
const NOT_THE_HYPERVISOR: u64 = 1 << 6;

#[cfg(target_os = "linux")]
fn open(kind: u32, config: u64) -> io::Result<File> {
    use std::os::fd::FromRawFd;
    // PERF_FLAG_FD_CLOEXEC
    const CLOSE_ON_EXEC: libc::c_ulong = 8;
    let wanted = Wanted {
        kind,
        size: size_of::<Wanted>() as u32,
        config,
        flags: INHERIT | NOT_THE_KERNEL | NOT_THE_HYPERVISOR,
        ..Wanted::default()
    };
    let (this_thread, any_processor, no_group): (libc::pid_t, libc::c_int, libc::c_int) = (0, -1, -1);
    // SAFETY: `wanted` is as long as it says, and is only read.
    let opened = unsafe {
        libc::syscall(
            libc::SYS_perf_event_open,
            &raw const wanted,
            this_thread,
            any_processor,
            no_group,
            CLOSE_ON_EXEC,
        )
    };
    let descriptor = super::call::check(opened).map_err(explain)?;
    // SAFETY: the call has just opened it, and nobody else knows of it.
    Ok(unsafe { File::from_raw_fd(descriptor as libc::c_int) })
}

/// What the system's error means here, and what can be done about it.
#[cfg(target_os = "linux")]
fn explain(error: io::Error) -> io::Error {
    let why = match error.raw_os_error() {
        Some(libc::ENOENT | libc::ENODEV | libc::EOPNOTSUPP) => {
            "this machine has no counter of instructions, as most virtual ones"
        }
        Some(libc::EACCES | libc::EPERM) => {
            "this process may not; /proc/sys/kernel/perf_event_paranoid of 2 or less allows it, containers may need more"
        }
        Some(libc::ENOSYS) => "this kernel has no counters",
        _ => return error,
    };
    io::Error::new(error.kind(), format!("{why} ({error})"))
}

#[cfg(not(target_os = "linux"))]
fn open(_kind: u32, _config: u64) -> io::Result<File> {
    let _ = (Wanted::default(), INHERIT | NOT_THE_KERNEL | NOT_THE_HYPERVISOR);
    Err(io::Error::new(io::ErrorKind::Unsupported, "instructions are counted on Linux alone"))
}

fn read(mut file: &File) -> io::Result<u64> {
    let mut count = [0; 8];
    io::Read::read_exact(&mut file, &mut count)?;
    Ok(u64::from_ne_bytes(count))
}

#[cfg(all(test, feature = "harness", target_os = "linux"))]
mod tests {
    use super::*;

    fn work(rounds: u64) -> u64 {
        (0..rounds).fold(1, |sum, round| std::hint::black_box(sum ^ round).rotate_left(3))
    }

    /// Twice the work is about twice the count, in a thread of its own too; where there is no counter, that is said.
    #[rehearsal::test]
    fn instructions_follow_the_work_or_it_is_said_why_not() {
        let counter = match Instructions::begin() {
            Ok(counter) => counter,
            Err(error) => {
                let error = error.to_string();
                assert!(error.contains("counter") || error.contains("may not"), "{error}");
                rehearsal::skip!("{error}");
            }
        };
        let cost = |rounds| {
            let before = counter.count().expect("read");
            std::thread::spawn(move || work(rounds)).join().expect("no panic");
            counter.count().expect("read") - before
        };
        let (once, twice) = (cost(1_000_000), cost(2_000_000));
        assert!(once > 1_000_000 && twice > once * 3 / 2, "{once}, {twice}");
    }

    /// The same call for what every kernel can count by itself: the time on processors.
    #[rehearsal::test]
    fn a_counter_of_the_kernels_own_counts() {
        const SOFTWARE: u32 = 1;
        const TASK_CLOCK: u64 = 1;
        let counter = match open(SOFTWARE, TASK_CLOCK) {
            Ok(counter) => counter,
            Err(error) => rehearsal::skip!("{error}"),
        };
        let before = read(&counter).expect("read");
        work(3_000_000);
        assert!(read(&counter).expect("read") > before);
    }
}
