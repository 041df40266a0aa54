//! Here every panic ends the process it happens in.

#[rehearsal::test]
fn a_passes() {}

#[rehearsal::test]
fn b_panics() {
    panic!("the process goes with it");
}

#[rehearsal::test]
#[should_panic(expected = "as it should")]
fn c_panics_as_it_should() {
    panic!("as it should");
}

#[rehearsal::test]
#[should_panic]
fn d_does_not_panic() {}

#[rehearsal::test]
#[ignore = "not today"]
fn e_ignored() {}

#[rehearsal::test]
async fn f_panics_later() {
    panic!("the process goes with this one too");
}

#[rehearsal::test]
fn g_returns_err() -> Result<(), String> {
    Err("no panic in this".to_string())
}

#[rehearsal::test]
fn h_passes() {}

rehearsal::main!();
