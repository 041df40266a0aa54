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
