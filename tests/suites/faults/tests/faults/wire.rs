//! The trial lays hands on what its worker talks with.

use std::time::Duration;

/// Writes what is no frame into every socket of this process.
fn write_garbage() {
    let garbage = [0xff_u8; 4096];
    for entry in std::fs::read_dir("/proc/self/fd").unwrap().flatten() {
        let is_socket =
            std::fs::read_link(entry.path()).is_ok_and(|to| to.to_string_lossy().starts_with("socket:"));
        if is_socket && let Ok(fd) = entry.file_name().to_string_lossy().parse::<i32>() {
            // SAFETY: a buffer and its length; the descriptor is not ours to use, which is the point.
            unsafe { libc::write(fd, garbage.as_ptr().cast(), garbage.len()) };
        }
    }
}

/// Closes everything, standard streams included.
fn close_everything() {
    for fd in 0..4096 {
        // SAFETY: the descriptors are not ours to close, which is the point.
        unsafe { libc::close(fd) };
    }
}

among_innocents! {
    mod closes_everything_and_returns {
        #[rehearsal::test(timeout = "20s")]
        fn fault() {
            close_everything();
        }
    }
}

among_innocents! {
    mod closes_everything_and_stays {
        #[rehearsal::test(timeout = "20s")]
        fn fault() {
            close_everything();
            std::thread::sleep(Duration::from_secs(3600));
        }
    }
}

among_innocents! {
    mod writes_garbage_and_returns {
        #[rehearsal::test(timeout = "20s")]
        fn fault() {
            write_garbage();
        }
    }
}

among_innocents! {
    mod writes_garbage_and_stays {
        #[rehearsal::test(timeout = "20s")]
        fn fault() {
            write_garbage();
            std::thread::sleep(Duration::from_secs(3600));
        }
    }
}
