//! Descriptors that are not the trial's.

use std::io::Write;

/// Puts a descriptor in the place of all that are sockets.
fn replace_sockets(with: i32) {
    for entry in std::fs::read_dir("/proc/self/fd").unwrap().flatten() {
        let is_socket =
            std::fs::read_link(entry.path()).is_ok_and(|to| to.to_string_lossy().starts_with("socket:"));
        if is_socket
            && let Ok(fd) = entry.file_name().to_string_lossy().parse::<i32>()
            && fd > 2
        {
            // SAFETY: the descriptors are not ours to replace, which is the point.
            unsafe { libc::dup2(with, fd) };
        }
    }
}

among_innocents! {
    mod null_for_the_sockets {
        #[rehearsal::test(timeout = "20s")]
        fn fault() {
            let null = std::fs::File::options().read(true).write(true).open("/dev/null").unwrap();
            replace_sockets(std::os::fd::AsRawFd::as_raw_fd(&null));
        }
    }
}

among_innocents! {
    mod another_pair_for_the_sockets {
        #[rehearsal::test(timeout = "20s")]
        fn fault() {
            let (one, other) = std::os::unix::net::UnixStream::pair().unwrap();
            let fd = std::os::fd::AsRawFd::as_raw_fd(&one);
            std::mem::forget(other);
            std::mem::forget(one);
            replace_sockets(fd);
        }
    }
}

among_innocents! {
    mod null_for_standard_output {
        #[rehearsal::test(timeout = "20s")]
        fn fault() {
            let null = std::fs::File::options().read(true).write(true).open("/dev/null").unwrap();
            let fd = std::os::fd::AsRawFd::as_raw_fd(&null);
            // SAFETY: the descriptors are not ours to replace, which is the point.
            unsafe {
                libc::dup2(fd, 1);
                libc::dup2(fd, 2);
            }
            panic!("nobody can hear this");
        }
    }
}

among_innocents! {
    mod prints_zeros {
        #[rehearsal::test(timeout = "20s")]
        fn fault() {
            std::io::stdout().write_all(&[0; 4096]).unwrap();
            panic!("after the zeros");
        }
    }
}
