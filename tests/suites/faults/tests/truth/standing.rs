//! What the system keeps for a whole process, changed by one test and in the way of another.

fn mode_mask() -> libc::mode_t {
    // SAFETY: has no precondition; it can only be read by setting it.
    let mask = unsafe { libc::umask(0o022) };
    // SAFETY: as above.
    unsafe { libc::umask(mask) };
    mask
}

#[rehearsal::test]
fn a_changes_it() {
    let limit = libc::rlimit { rlim_cur: 1 << 30, rlim_max: libc::RLIM_INFINITY };
    // SAFETY: none of the three touches memory but the limit's.
    unsafe {
        libc::umask(0o277);
        libc::signal(libc::SIGCHLD, libc::SIG_IGN);
        libc::setrlimit(libc::RLIMIT_FSIZE, &limit);
    }
}

#[rehearsal::test]
fn b_fails() {
    assert_ne!(mode_mask(), 0o277);
}

#[rehearsal::test]
fn c_is_in_another_worker() {
    assert_ne!(mode_mask(), 0o277);
}
