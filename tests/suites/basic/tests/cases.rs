// Included into the root of `basic.rs` (Rehearsal) and of `basic_twin.rs` (libtest): one source, two harnesses.
// Whatever `test` means is decided there. All of `green` passes; `red` does not.

#[test]
fn root_level() {}

mod green {
    use super::test;

    #[test]
    fn adds() {
        assert_eq!(1 + 1, 2);
    }

    #[test]
    fn adds_more() {
        assert_eq!(1 + 2, 3);
    }

    #[test]
    fn prints_and_passes() {
        println!("seen only with --show-output");
    }

    #[test]
    fn returns_ok() -> Result<(), String> {
        Ok(())
    }

    #[test]
    fn returns_success() -> std::process::ExitCode {
        std::process::ExitCode::SUCCESS
    }

    #[test]
    #[should_panic]
    fn panics_as_it_should() {
        panic!("any text");
    }

    #[should_panic(expected = "divide by zero")]
    #[test]
    fn panics_with_the_text() {
        let zero = std::hint::black_box(0);
        std::hint::black_box(1 / zero);
    }

    #[test]
    #[ignore]
    fn ignored_plain() {}

    #[ignore = "no network here"]
    #[test]
    fn ignored_with_reason() {}

    #[test]
    #[ignore = "red when it is asked for"]
    fn ignored_and_red() {
        panic!("ran although ignored");
    }

    #[test]
    fn is_on_a_thread_of_its_name() {
        assert_eq!(std::thread::current().name(), Some("green::is_on_a_thread_of_its_name"));
    }

    #[test]
    fn größe_zählt() {}

    pub mod deeper {
        use super::test;

        #[test]
        fn adds() {
            assert_eq!(2 + 2, 4);
        }
    }

    pub mod later {
        use super::test;

        asynchronous! {
            fn waits() {
                tokio::time::sleep(std::time::Duration::from_millis(2)).await;
            }
        }

        asynchronous! {
            fn returns_ok() -> Result<(), std::num::ParseIntError> {
                tokio::task::yield_now().await;
                "12".parse::<u8>().map(|_| ())
            }
        }

        asynchronous! {
            #[should_panic(expected = "awaited")]
            fn panics_as_it_should() {
                tokio::task::yield_now().await;
                panic!("what was awaited");
            }
        }

        asynchronous! {
            #[ignore = "not today"]
            fn ignored_with_reason() {}
        }
    }
}

mod red {
    use super::test;

    #[test]
    fn asserts() {
        assert_eq!(1 + 1, 3, "arithmetic");
    }

    #[test]
    fn prints_and_panics() {
        println!("first line");
        println!("second line");
        panic!("after two lines");
    }

    #[test]
    fn returns_err() -> Result<(), String> {
        Err("what went wrong".to_string())
    }

    #[test]
    fn returns_a_code() -> std::process::ExitCode {
        std::process::ExitCode::from(7)
    }

    #[test]
    #[should_panic]
    fn does_not_panic() {}

    #[test]
    #[should_panic(expected = "one text")]
    fn panics_with_another_text() {
        panic!("another text");
    }

    #[test]
    #[should_panic(expected = "a text")]
    fn panics_with_a_number() {
        std::panic::panic_any(42_u32);
    }

    asynchronous! {
        fn panics_later() {
            tokio::task::yield_now().await;
            panic!("after an await");
        }
    }

    asynchronous! {
        fn returns_err_later() -> Result<(), std::num::ParseIntError> {
            tokio::task::yield_now().await;
            "twelve".parse::<u8>().map(|_| ())
        }
    }
}
