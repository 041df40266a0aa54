//! Every test attribute here registers something.

#[rehearsal::test]
fn registered() {}

/// `#[test]` in a comment or in a string is no test: "#[test] fn not_one() {}".
mod deeper {
    #[rehearsal::test]
    fn registered() {
        assert!(!"#[test] fn not_one_either() {}".is_empty());
    }
}

rehearsal::main!();
