//! What a trial writes.

use std::io::Write;

/// 200 MiB in lines of 64 bytes, the first and the last of which can be told from the others.
fn flood() {
    let line = [b"x".repeat(63), b"\n".to_vec()].concat();
    let mebibyte = line.repeat(1024 * 1024 / 64);
    let mut stdout = std::io::stdout().lock();
    stdout.write_all(b"the very first line\n").unwrap();
    for _ in 0..200 {
        stdout.write_all(&mebibyte).unwrap();
    }
    stdout.write_all(b"the very last line\n").unwrap();
}

among_innocents! {
    mod floods_and_passes {
        #[rehearsal::test]
        fn harmless() {
            flood();
        }
    }
}

among_innocents! {
    mod floods_and_fails {
        #[rehearsal::test]
        fn fault() {
            flood();
            panic!("after the flood");
        }
    }
}

among_innocents! {
    mod no_utf8 {
        #[rehearsal::test]
        fn fault() {
            std::io::stdout().write_all(b"before \xff\xfe\x80 behind\n").unwrap();
            panic!("after the bytes");
        }
    }
}

among_innocents! {
    mod from_all_sides {
        #[rehearsal::test]
        fn fault() {
            println!("one: println");
            eprintln!("two: eprintln");
            // SAFETY: bytes of a literal, and its length.
            unsafe { libc::write(1, b"three: write\n".as_ptr().cast(), 13) };
            std::process::Command::new("sh").args(["-c", "echo four: child"]).status().unwrap();
            // SAFETY: a format without arguments.
            unsafe { libc::printf(c"five: printf without an end of line".as_ptr()) };
            panic!("six: panic");
        }
    }
}

among_innocents! {
    mod closes_stdout {
        #[rehearsal::test]
        fn fault() {
            println!("before it is closed");
            // SAFETY: the descriptors are not ours to close, which is the point.
            unsafe {
                libc::close(1);
                libc::close(2);
            }
            panic!("nobody can hear this");
        }

        #[rehearsal::test]
        fn n_fails_too() {
            panic!("is this heard?");
        }
    }
}

among_innocents! {
    mod reads_stdin {
        #[rehearsal::test(timeout = "20s")]
        fn harmless() {
            let mut text = String::new();
            assert_eq!(std::io::stdin().read_line(&mut text).unwrap(), 0, "stdin is empty, not the terminal");
        }
    }
}

mod chatty {
    #[rehearsal::test]
    fn passes() {
        println!("what chatty passes says");
    }
}
