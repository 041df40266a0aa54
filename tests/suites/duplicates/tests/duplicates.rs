//! Functions inside constants share their module's path: two of these have one name.

mod inside {
    const _: () = {
        #[rehearsal::test]
        fn twice() {}
    };

    const _: () = {
        #[rehearsal::test]
        fn twice() {}
    };

    #[rehearsal::test]
    fn once() {}
}

rehearsal::main!();
