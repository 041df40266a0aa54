//! A second binary of the same package, with a name that the compiler is told another way.

#[rehearsal::test]
fn passes() {}

#[rehearsal::test]
fn fails() {
    panic!("other one");
}

rehearsal::main!();
