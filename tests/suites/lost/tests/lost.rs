//! Under `harness = false` a plain `#[test]` compiles away.

#[rehearsal::test]
fn registered() {}

mod deeper {
    #[test]
    fn compiled_away() {
        panic!("nobody runs this");
    }
}

rehearsal::main!();
