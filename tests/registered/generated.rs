//! Functions that other crates make, with our attribute on them.

mod with_rstest {
    use rstest::{fixture, rstest};

    #[rstest]
    #[case::zero(0, 1)]
    #[case::five(5, 120)]
    #[case::wrong(3, 7)]
    #[rehearsal::test]
    fn cases(#[case] n: u64, #[case] expected: u64) {
        assert_eq!((1..=n).product::<u64>(), expected);
    }

    #[rstest]
    #[rehearsal::test]
    #[ignore = "slow"]
    fn values(#[values(1, 2)] n: u32) {
        assert!(n > 0);
    }

    #[rstest]
    #[case(1)]
    #[case(2)]
    #[rehearsal::test(timeout = "5s")]
    async fn asynchronous(#[case] n: u32) -> Result<(), String> {
        tokio::task::yield_now().await;
        assert!(n > 0);
        Ok(())
    }

    #[rstest]
    #[case(0)]
    #[should_panic(expected = "divide by zero")]
    #[rehearsal::test]
    fn panicking(#[case] n: u32) {
        let _ = std::hint::black_box(1_u32) / n;
    }

    /// Whose cases these are is said by what stands first. To rstest what stands before a case is of that case alone.
    #[rstest]
    #[rehearsal::test]
    #[case::here(1)]
    #[rehearsal::test(timeout = "5s")]
    #[case::there(0)]
    fn ours_in_between(#[case] n: u32, #[values(1, 2)] m: u32, answer: u32) {
        assert!(n * m * answer > 0);
    }

    #[fixture]
    fn answer() -> u32 {
        42
    }

    #[rstest]
    #[rehearsal::test]
    fn fixture(answer: u32) {
        assert_eq!(answer, 42);
    }
}

mod with_proptest {
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[rehearsal::test]
        fn holds(n in 0..100_u32, text in ".*") {
            prop_assert!(n < 100);
            prop_assert!(text.len() < 100_000);
        }

        #[rehearsal::test(group = "properties")]
        fn does_not_hold(n in 0..1000_u32) {
            prop_assert!(n < 10);
        }

        #[rehearsal::test]
        fn skips(n in 0..1000_u32) {
            if n < 1000 {
                rehearsal::skip!("not {}", "here");
            }
        }
    }
}

/// Properties and snapshots within our own cases and generated trials.
mod together {
    use proptest::prelude::*;
    use rehearsal::Trial;

    fn config() -> ProptestConfig {
        ProptestConfig { failure_persistence: None, ..ProptestConfig::default() }
    }

    #[rehearsal::test]
    #[case::holds(100)]
    #[case::does_not_hold(10)]
    fn property(limit: u32) {
        proptest!(config(), |(n in 0..100_u32)| prop_assert!(n < limit));
    }

    #[rehearsal::generate]
    fn properties() -> impl Iterator<Item = Trial> {
        [1_u32, 2, 3].into_iter().map(|factor| {
            Trial::new(format!("times {factor}"), move || {
                proptest!(config(), |(n in 0..1000_u32)| prop_assert_eq!(n * factor % factor, 0));
            })
        })
    }

    #[rehearsal::test]
    fn snapshot() {
        insta::assert_snapshot!("one\ntwo");
        insta::assert_snapshot!("inline", @"inline");
    }

    /// One function, a snapshot for each case: the suffix tells them apart.
    #[rehearsal::test]
    #[case::short(2)]
    #[case::long(5)]
    async fn snapshots(#[values('-', '=')] mark: char, count: usize) {
        tokio::task::yield_now().await;
        insta::with_settings!({ snapshot_suffix => format!("{count}_{}", u32::from(mark)) }, {
            insta::assert_snapshot!(mark.to_string().repeat(count));
        });
    }

    #[rehearsal::generate]
    fn snapshots_made() -> Vec<Trial> {
        let of = |name: &'static str, text: &'static str| {
            Trial::new(name, move || insta::assert_snapshot!(format!("made_{name}"), text.to_uppercase()))
        };
        vec![of("small", "abc"), of("changed", "new")]
    }
}
