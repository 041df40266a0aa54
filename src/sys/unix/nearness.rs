//! Where a fork begins: on the processor of the process that made it.
//!
//! The system spreads what is new over the processors, because it may run for long. A short trial, its process and the
//! process that waits for it take turns instead: on one processor none of them finds its memory in the cache of another,
//! nobody is woken from afar, and no other processor has to be told which of their pages have changed. That is a good part
//! of what a short trial costs; a long one may run wherever its suite may before it begins.

#[cfg(any(target_os = "linux", target_os = "android"))]
pub use of_linux::roam;
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(super) use of_linux::stay;

/// Does nothing: this system does not let itself be told.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub(super) fn stay() {}

/// Does nothing: `stay` has taken nothing away.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub fn roam() {}

#[cfg(any(target_os = "linux", target_os = "android"))]
#[allow(unsafe_code)]
mod of_linux {
    use std::sync::{Mutex, PoisonError};

    use super::super::call::check;

    const SIZE: usize = size_of::<libc::cpu_set_t>();

    /// Where the thread that stays was allowed to run before.
    static ALLOWED: Mutex<Option<libc::cpu_set_t>> = Mutex::new(None);

    /// Keeps the calling thread, and what it starts, to the processor that it is on, where the system can do that.
    pub(in crate::sys::unix) fn stay() {
        // SAFETY: all zeros is an empty set.
        let (mut allowed, mut here): (libc::cpu_set_t, libc::cpu_set_t) = unsafe { std::mem::zeroed() };
        // SAFETY: a valid place of that size for the call to write to. Where there are more processors than fit, it fails.
        let known = check(unsafe { libc::sched_getaffinity(0, SIZE, &mut allowed) }).is_ok();
        // SAFETY: has no precondition.
        let processor = check(unsafe { libc::sched_getcpu() }).unwrap_or(libc::CPU_SETSIZE) as usize;
        if !known || processor >= libc::CPU_SETSIZE as usize {
            return;
        }
        // SAFETY: the number is within the set.
        unsafe { libc::CPU_SET(processor, &mut here) };
        // SAFETY: a valid set of that size.
        if check(unsafe { libc::sched_setaffinity(0, SIZE, &here) }).is_ok() {
            *ALLOWED.lock().unwrap_or_else(PoisonError::into_inner) = Some(allowed);
        }
    }

    /// Lets the calling thread run where the one was allowed to that stayed, and started it or was copied with it.
    pub fn roam() {
        let allowed = *ALLOWED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(allowed) = allowed {
            // SAFETY: a valid set of that size. It can only be refused where all of it has been taken away since.
            let _ = check(unsafe { libc::sched_setaffinity(0, SIZE, &allowed) });
        }
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::os::unix::process::parent_id;
    use std::time::{Duration, Instant};

    use super::{roam, stay};

    /// Where a thread may run, as the system lists it.
    fn allowed(thread: &str) -> String {
        field(thread, "Cpus_allowed_list:")
    }

    fn field(thread: &str, name: &str) -> String {
        let status = std::fs::read_to_string(format!("/proc/{thread}/status")).expect("it runs");
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        line.unwrap_or_else(|| panic!("no {name} in\n{status}")).trim().to_owned()
    }

    #[rehearsal::test(isolation = "process")]
    fn what_stays_is_on_one_processor_with_what_it_starts_until_it_may_roam() {
        let before = allowed("thread-self");
        stay();
        let one = allowed("thread-self");
        assert!(one.parse::<usize>().is_ok(), "one number: {one}");
        let of_child = std::thread::spawn(|| {
            let begins = allowed("thread-self");
            roam();
            (begins, allowed("thread-self"))
        });
        assert_eq!(of_child.join().expect("no panic"), (one.clone(), before.clone()));
        assert_eq!(allowed("thread-self"), one, "each thread for itself");
        roam();
        assert_eq!(allowed("thread-self"), before);
    }

    /// The trial's own thread from the start; the others that have a part in it as soon as they come to it.
    #[rehearsal::test(isolation = "fork")]
    fn a_forked_trial_may_run_wherever_its_suite_may() {
        let server = parent_id().to_string();
        let everywhere = allowed(&field(&server, "PPid:"));
        assert_eq!(allowed("thread-self"), everywhere);
        let deadline = Instant::now() + Duration::from_secs(30);
        for other in ["self", &server] {
            while allowed(other) != everywhere {
                assert!(Instant::now() < deadline, "{other}: {}", allowed(other));
                std::thread::yield_now();
            }
        }
    }
}
