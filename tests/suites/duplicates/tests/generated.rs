//! A generator that gives a trial the name of a test that is written down.

mod area {
    #[rehearsal::test]
    fn small() {}

    #[rehearsal::test]
    fn other() {}
}

#[rehearsal::generate]
fn area() -> [rehearsal::Trial; 1] {
    [rehearsal::Trial::new("small", || panic!("the one that was made"))]
}

rehearsal::main!();
