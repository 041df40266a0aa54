//! Generators, good and bad.

use rehearsal::Trial;

#[rehearsal::test]
fn plain() {}

#[rehearsal::test]
#[case::one(1)]
#[case::two(2)]
fn cases(#[values("a", "b c")] text: &str, n: usize) {
    assert!(n < 2 || text.len() > 1, "too short");
}

mod data {
    use super::Trial;
    use std::path::Path;

    /// A trial for each file.
    #[rehearsal::generate]
    fn files() -> std::io::Result<Vec<Trial>> {
        println!("looking for files");
        let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
        let mut trials = Vec::new();
        for file in directory.read_dir()? {
            let path = file?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            trials.push(Trial::new(name, move || -> Result<(), Box<dyn std::error::Error>> {
                let text = std::fs::read_to_string(&path)?;
                let numbers: Result<Vec<i64>, _> = text.split_whitespace().map(str::parse).collect();
                let [a, b, sum] = numbers?[..] else { return Err("three numbers were expected".into()) };
                if a + b == sum { Ok(()) } else { Err(format!("{a} + {b} is not {sum}").into()) }
            }));
        }
        Ok(trials)
    }
}

mod names {
    use super::Trial;

    const ODD: [&str; 11] = [
        "with spaces",
        "with: test",
        "\"double\" and 'single'",
        "two\nlines",
        "a\ttab and \u{1b}[1m",
        "größe 🦀 漢字",
        " ends ",
        "a::b",
        "--exact",
        "back\\slash",
        "line\u{2028}separator",
    ];

    #[rehearsal::generate]
    fn odd() -> impl Iterator<Item = Trial> {
        ODD.iter().map(|name| {
            Trial::new(*name, move || {
                let thread = std::thread::current();
                println!("I am {}", thread.name().unwrap_or_default());
            })
        })
    }
}

mod kinds {
    use super::Trial;

    #[rehearsal::generate(timeout = "1s")]
    fn all() -> [Trial; 6] {
        [
            Trial::asynchronous("waits", async || {
                tokio::time::sleep(std::time::Duration::from_millis(1)).await
            }),
            Trial::asynchronous("errs", async || Err::<(), _>("no")),
            Trial::new("aborts", || std::process::abort()),
            Trial::new("hangs", || {
                loop {
                    std::thread::park();
                }
            }),
            Trial::new("left out", || panic!("it was asked for")).ignored("not today"),
            Trial::new("skips", || rehearsal::skip!("not here")),
        ]
    }

    #[rehearsal::generate]
    #[should_panic(expected = "as wanted")]
    fn panicking() -> Option<Trial> {
        Some(Trial::new("panics", || panic!("as wanted")))
    }
}

mod bad {
    use super::Trial;

    fn fine(name: &str) -> Trial {
        Trial::new(name, || ())
    }

    #[rehearsal::generate]
    fn panics() -> Vec<Trial> {
        panic!("no such table");
    }

    #[rehearsal::generate]
    fn panics_on_the_way() -> impl Iterator<Item = Trial> {
        (0..3).map(|n| if n < 2 { fine(&n.to_string()) } else { panic!("row {n} is broken") })
    }

    #[rehearsal::generate]
    fn errs() -> Result<Vec<Trial>, std::num::ParseIntError> {
        "x".parse::<u8>().map(|_| vec![fine("never")])
    }

    #[rehearsal::generate(timeout = "500ms")]
    fn hangs() -> Vec<Trial> {
        loop {
            std::thread::park();
        }
    }

    #[rehearsal::generate]
    fn twice() -> [Trial; 4] {
        [fine("a"), fine("same"), fine("b"), fine("same")]
    }

    #[rehearsal::generate]
    fn unnamed() -> [Trial; 2] {
        [fine("a"), fine("")]
    }

    #[rehearsal::generate]
    fn nothing() -> Option<Trial> {
        None
    }

    /// Another trial in each process.
    #[rehearsal::generate]
    fn changes() -> Vec<Trial> {
        vec![fine(&format!("process {}", std::process::id()))]
    }

    #[rehearsal::generate]
    fn may_exit() -> Vec<Trial> {
        if std::env::var_os("GENERATOR_EXITS").is_some() {
            std::process::exit(0);
        }
        vec![fine("here")]
    }
}

rehearsal::main!();
