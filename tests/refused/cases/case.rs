//! Cases and values that do not fit together.

#[rehearsal::test]
#[case::short(1)] //~ this case has 1 value for 2 parameters
#[case::fits(1, 2)]
fn too_few(#[case] a: u32, #[case] b: u32) {}

#[rehearsal::test]
#[case::fits(1)]
#[case::long(1, 2)] //~ this case has 2 values for 1 parameter
fn too_many(a: u32) {}

#[rehearsal::test]
#[case::same(1)]
#[case::same(2)] //~ two cases are called `same`
fn twice(a: u32) {}

#[rehearsal::test]
#[case] //~ a case lists what the test is called with
fn empty_case(a: u32) {}

#[rehearsal::test]
#[case::a::b(1)] //~ the name of a case is one word
fn long_name(a: u32) {}

#[rehearsal::test]
#[case(1; flavor = "current_thread")] //~ unknown option `flavor`
fn option_of_tests_only(a: u32) {}

#[rehearsal::test]
#[case(1; timeout = "never")] //~ `timeout` takes a duration
fn wrong_option(a: u32) {}

#[rehearsal::test]
fn no_case(
    #[case] a: u32, //~ the test has no cases
) {
}

#[rehearsal::test]
fn no_values(
    #[values()] a: u32, //~ `#[values(..)]` lists what the parameter is to be
) {
}

#[rehearsal::test]
fn no_name(
    #[values((1, 2))] (a, b): (u32, u32), //~ `#[values(..)]` needs a parameter with a name
) {
}

#[rehearsal::test]
#[case(1)]
fn two_sources(
    #[case]
    #[values(1)] //~ one parameter, two sources
    a: u32,
) {
}

#[rehearsal::test]
#[case("text")] //~ mismatched types
fn another_type(a: u32) {}

#[rehearsal::test]
#[should_panic] //~ a test that should panic must return `()`
#[case::fails(1)]
fn panics_with_a_result(a: u32) -> Result<(), String> {
    Ok(())
}

#[rehearsal::test]
#[ignore] //~ `ignore` is given twice
#[case(1; ignore = "why")]
fn ignored_twice(a: u32) {}

#[rehearsal::test]
fn mistyped(
    #[value(1, 2)] a: u32, //~ its type says which fixture it is (did you mean `values`?)
) {
}

fn main() {}
