//! What this process inherited and must not leak into the programs that it starts.
#![allow(unsafe_code)]

use std::os::fd::RawFd;

/// Makes every inherited descriptor but the three standard ones and cargo's jobserver close on exec.
pub(super) fn shield() {
    let mut first = 3;
    for spared in jobserver() {
        if spared > first {
            shield_range(first, spared - 1);
        }
        first = first.max(spared + 1);
    }
    shield_range(first, RawFd::MAX);
}

/// Makes one descriptor close on exec, where it is open.
pub(super) fn close_on_exec(fd: RawFd) {
    // SAFETY: changes a flag of a descriptor and no memory; for one that is not open it does nothing.
    unsafe {
        let flags = libc::fcntl(fd, libc::F_GETFD);
        if flags >= 0 {
            libc::fcntl(fd, libc::F_SETFD, flags | libc::FD_CLOEXEC);
        }
    }
}

/// Closes every descriptor from `first` on.
///
/// # Safety
/// Nothing in this process may use one of them afterwards.
pub(super) unsafe fn close_from(first: RawFd) {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    // SAFETY: the caller has given them all up.
    unsafe {
        libc::syscall(libc::SYS_close_range, first as libc::c_uint, libc::c_uint::MAX, 0 as libc::c_uint);
    }
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    let _ = first;
}

fn shield_range(first: RawFd, last: RawFd) {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    {
        // SAFETY: changes flags of descriptors and no memory.
        let result = unsafe {
            libc::syscall(
                libc::SYS_close_range,
                first as libc::c_uint,
                last as libc::c_uint,
                libc::CLOSE_RANGE_CLOEXEC as libc::c_uint,
            )
        };
        if result == 0 {
            return;
        }
    }
    // Kernels before 5.11 do not know that call, and other systems have none like it.
    let open: Vec<RawFd> = std::fs::read_dir("/dev/fd")
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .collect();
    for fd in open.into_iter().filter(|fd| (first..=last).contains(fd)) {
        close_on_exec(fd);
    }
}

/// The descriptors by which cargo and make hand out job slots to the programs beneath them, in order.
fn jobserver() -> Vec<RawFd> {
    let mut fds: Vec<RawFd> = Vec::new();
    for flags in ["CARGO_MAKEFLAGS", "MAKEFLAGS", "MFLAGS"].iter().filter_map(std::env::var_os) {
        for fd in jobserver_of(&flags.to_string_lossy()) {
            // A handful at most, so that no sorting is worth its code.
            if !fds.contains(&fd) {
                fds.insert(fds.partition_point(|other| *other < fd), fd);
            }
        }
    }
    fds
}

fn jobserver_of(flags: &str) -> Vec<RawFd> {
    let pair = flags.split_whitespace().find_map(|flag| {
        let value = flag.strip_prefix("--jobserver-auth=").or(flag.strip_prefix("--jobserver-fds="))?;
        let (read, write) = value.split_once(',')?;
        Some([read.parse().ok()?, write.parse().ok()?])
    });
    pair.into_iter().flatten().filter(|fd| *fd > 2).collect()
}

#[cfg(test)]
mod tests {
    use super::jobserver_of;

    #[rehearsal::test]
    fn finds_the_jobserver_in_either_spelling() {
        assert_eq!(jobserver_of("-j --jobserver-fds=8,9 --jobserver-auth=8,9"), [8, 9]);
        assert_eq!(jobserver_of("--jobserver-auth=3,4"), [3, 4]);
    }

    #[rehearsal::test]
    fn a_jobserver_without_descriptors_spares_none() {
        for flags in
            ["", "-j8", "--jobserver-auth=fifo:/tmp/x", "--jobserver-auth=-2,-2", "--jobserver-auth=0,x"]
        {
            assert!(jobserver_of(flags).is_empty(), "{flags}");
        }
    }
}
