//! Generators beside a fork server. Each time one runs, it adds a line to the file that `GENERATED_LOG` names.

use rehearsal::Trial;
use std::fs::File;
use std::io::{Read, Seek, Write};
use std::sync::Arc;

/// Says that a generator runs; whether it is the first time.
fn log(generator: &str) -> bool {
    let Some(path) = std::env::var_os("GENERATED_LOG") else { return true };
    let before = std::fs::read_to_string(&path).unwrap_or_default();
    let mut file = File::options().append(true).create(true).open(path).expect("the log");
    file.write_all(format!("{generator}\n").as_bytes()).expect("a line of the log");
    !before.lines().any(|line| line == generator)
}

mod memory {
    use super::{Trial, log};
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    /// Its trials share a number, which each finds as it was made.
    #[rehearsal::generate]
    fn of_words() -> Vec<Trial> {
        log("memory");
        let taken = Arc::new(AtomicU32::new(0));
        let trial = |n: u32| {
            let taken = Arc::clone(&taken);
            Trial::new(format!("{n}"), move || assert_eq!(taken.fetch_add(1, Ordering::Relaxed), 0))
        };
        (0..40).map(trial).collect()
    }
}

mod descriptors {
    use super::{Arc, File, Read, Seek, Trial, log};

    /// Its trials share an open file, which each finds at its beginning.
    #[rehearsal::generate]
    fn of_a_file() -> Vec<Trial> {
        log("descriptors");
        let file = Arc::new(File::open(std::env::current_exe().expect("this program")).expect("its file"));
        let trial = |n: u32| {
            let file = Arc::clone(&file);
            Trial::new(format!("{n}"), move || {
                assert_eq!((&*file).stream_position().expect("a file"), 0);
                (&*file).read_exact(&mut [0; 4]).expect("four bytes");
            })
        };
        (0..4).map(trial).collect()
    }
}

mod threads {
    use super::{Trial, log};

    /// It leaves a thread behind wherever it runs.
    #[rehearsal::generate]
    fn of_a_pool() -> Vec<Trial> {
        log("threads");
        let pool = std::thread::Builder::new().name("pool".to_owned());
        let stays = || {
            loop {
                std::thread::park();
            }
        };
        drop(pool.spawn(stays).expect("a thread"));
        vec![Trial::new("one", || ()), Trial::new("two", || ())]
    }
}

mod elsewhere {
    use super::{Trial, log};

    /// It ends where the run is planned and nowhere else.
    #[rehearsal::generate(timeout = "1s")]
    fn hangs() -> Vec<Trial> {
        while !log("hangs") {
            std::thread::park();
        }
        vec![Trial::new("one", || ())]
    }

    /// It ends its process where that is not the one that plans the run.
    #[rehearsal::generate]
    fn exits() -> Vec<Trial> {
        if !log("exits") {
            std::process::exit(0);
        }
        vec![Trial::new("one", || ())]
    }

    /// It panics where the run is not planned.
    #[rehearsal::generate]
    fn panics() -> Vec<Trial> {
        assert!(log("panics"), "no such table any more");
        vec![Trial::new("one", || ()), Trial::new("two", || ())]
    }
}

#[rehearsal::test]
fn another() {}

rehearsal::main!();
