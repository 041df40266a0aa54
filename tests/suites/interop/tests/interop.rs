//! Tests that other crates write, or that keep files beside them, on several workers.

mod with_rstest {
    use rstest::{fixture, rstest};

    #[fixture]
    fn base() -> u32 {
        40
    }

    #[rstest]
    #[case::two(2)]
    #[case::three(3)]
    #[rehearsal::test]
    fn adds(base: u32, #[case] more: u32) {
        assert_eq!(base + more, 42);
    }

    #[rstest]
    #[rehearsal::test]
    async fn every(#[values(1, 2)] a: u32, #[values("x", "y z")] b: &str) {
        assert!(a > 0 && !b.is_empty());
    }
}

mod with_insta {
    #[rehearsal::test]
    fn first() {
        insta::assert_snapshot!("the first");
    }

    #[rehearsal::test]
    fn second() {
        insta::assert_snapshot!("the second");
    }

    /// Not what its file says.
    #[rehearsal::test]
    fn changed() {
        insta::assert_snapshot!("new");
    }

    #[rehearsal::test]
    #[case::short(2)]
    #[case::long(5)]
    fn case(count: usize) {
        insta::with_settings!({ snapshot_suffix => count.to_string() }, {
            insta::assert_snapshot!("-".repeat(count));
        });
    }

    #[rehearsal::generate]
    fn made() -> impl Iterator<Item = rehearsal::Trial> {
        (0..8).map(|n: u32| {
            rehearsal::Trial::new(format!("no {n}"), move || {
                insta::assert_snapshot!(format!("made_{n}"), n * n)
            })
        })
    }
}

/// Where a failure is kept is said by the environment: each run has a place of its own.
mod with_proptest {
    use proptest::prelude::*;
    use proptest::test_runner::FileFailurePersistence;

    fn config() -> ProptestConfig {
        let path: &'static str = match std::env::var("PERSISTED") {
            Ok(path) => path.leak(),
            Err(_) => return ProptestConfig { failure_persistence: None, ..ProptestConfig::default() },
        };
        let persistence = FileFailurePersistence::Direct(path);
        ProptestConfig { failure_persistence: Some(Box::new(persistence)), ..ProptestConfig::default() }
    }

    proptest! {
        #![proptest_config(config())]

        #[rehearsal::test]
        fn holds(n in 0..1000_u32) {
            prop_assert!(n < 1000);
        }

        #[rehearsal::test]
        fn does_not_hold(n in 0..1_000_000_u32) {
            println!("tried {n}");
            prop_assert!(n < 10);
        }
    }
}

/// Both write to one file, one after the other, in whatever worker.
mod with_serial_test {
    use serial_test::serial;
    use std::fs::File;
    use std::path::PathBuf;

    /// Makes a file that nobody else may have made, and takes it away again.
    fn alone() {
        let path = PathBuf::from(std::env::var("ALONE").expect("where"));
        let _file = File::create_new(&path).expect("nobody else is at it");
        std::thread::sleep(std::time::Duration::from_millis(20));
        std::fs::remove_file(path).expect("it is still there");
    }

    macro_rules! tests {
        ($($name:ident)*) => {$(
            #[rehearsal::test]
            #[serial(file)]
            fn $name() {
                alone();
            }
        )*};
    }

    tests!(a b c d e f);

    #[rehearsal::test]
    #[serial(file)]
    async fn waits() {
        alone();
    }
}

rehearsal::main!();
