//! Things that are no fixture, and parameters that cannot be one.

#[rehearsal::fixture(scope = "world")] //~ `scope` takes one of: "test", "module", "worker", "run"
fn of_the_world() -> u8 {
    1
}

#[rehearsal::fixture(lazy)] //~ unknown option `lazy`; allowed are: scope, autouse, timeout, teardown, crate
fn lazy() -> u8 {
    1
}

#[rehearsal::fixture(autouse, autouse)] //~ `autouse` is given twice
fn twice() -> u8 {
    1
}

#[rehearsal::fixture(teardown)] //~ `teardown` takes an async function that is given the value
fn torn() -> u8 {
    1
}

#[rehearsal::fixture]
fn generic<T: Default>() -> T { //~ a fixture cannot be generic
    T::default()
}

#[rehearsal::fixture]
fn nameless() -> impl Iterator<Item = u8> { //~ so that type needs a name: no `impl`
    0..1
}

#[rehearsal::fixture]
fn text(_text: &str) -> u16 { //~ so a parameter names that as the fixture gives it
    1
}

#[rehearsal::fixture]
fn empty(#[values()] _n: u8) -> u32 { //~ `#[values(..)]` lists what the parameter is to be
    1
}

#[rehearsal::fixture]
fn cased(#[case] _n: u8) -> u32 { //~ a parameter that is a fixture takes no attribute
    1
}

#[rehearsal::fixture]
fn listed_twice(#[values(1)] #[values(2)] _n: u8) -> u32 { //~ one parameter, two sources
    1
}

#[rehearsal::test]
fn slice(_bytes: &[u8]) {} //~ so a parameter names that as the fixture gives it

#[rehearsal::test]
fn taken_apart((_a, _b): (u8, u8)) {} //~ a parameter that is a fixture needs a plain name and a type

#[rehearsal::fixture(scope = "worker")]
fn stays() -> std::cell::Cell<u8> { //~ cannot be shared between threads safely
    std::cell::Cell::new(1)
}

#[rehearsal::fixture(scop = "worker")] //~ unknown option `scop` (did you mean `scope`?)
fn of_a_slip() -> u8 {
    1
}

#[rehearsal::fixture("worker")] //~ unknown option `"worker"` (did you mean `scope = "worker"`?)
fn of_a_word() -> u8 {
    1
}

#[rehearsal::fixture]
#[rehearsal::test] //~ `#[rehearsal::test]` beside `#[rehearsal::fixture]`: a function is a test or a fixture
fn both() {}

#[rehearsal::fixture]
#[ignore] //~ who takes it is skipped where it says `rehearsal::skip!
fn ignored() -> u8 {
    1
}

#[rehearsal::fixture]
#[should_panic] //~ a set-up that panics has failed
fn should_panic() -> u8 {
    1
}

struct Borrowing<'a>(&'a str);

#[rehearsal::fixture]
fn of_a_lifetime<'a>() -> Borrowing<'a> { //~ a fixture's value borrows nothing
    Borrowing("text")
}

#[rehearsal::fixture]
fn of_no_lifetime(_all: &Vec<u8>) -> Option<&u8> { //~ a fixture's value borrows nothing
    None
}

#[rehearsal::fixture]
fn for_good() -> Borrowing<'static> {
    Borrowing("text")
}

#[rehearsal::fixture]
fn of_functions() -> (Box<dyn Fn(&str)>, fn(&str) -> &str) {
    (Box::new(|_| ()), |text| text)
}

#[rehearsal::test]
fn with_lifetimes<'a>(borrowing: &'a Borrowing<'a>, _static: &&'static str) {
    assert!(!borrowing.0.is_empty());
}

#[rehearsal::fixture]
fn with_a_slip(#[value(1, 2)] _n: u8) -> u32 { //~ its type says which fixture it is (did you mean `values`?)
    1
}

#[rehearsal::fixture(teardown = "close")] //~ `teardown` takes an async function that is given the value
fn named_in_a_text() -> u8 {
    1
}

#[rehearsal::fixture(teardown = close_at_once)] //~ a teardown is an async function, `async fn close(value: T)`
fn closed_at_once() -> u8 {
    1
}
fn close_at_once(_: u8) {}

#[rehearsal::fixture(teardown = close_by_number)] //~ a teardown returns `()` or a `Result<(), E>` whose `E` is `Debug`
fn closed_by_number() -> u8 {
    1
}
async fn close_by_number(_: u8) -> u8 {
    1
}

#[rehearsal::fixture(teardown = close_another)] //~ mismatched types
fn closed_as_another() -> u8 {
    1
}
async fn close_another(_: u16) {}

#[rehearsal::fixture(teardown = |_: u8| async {})]
fn closed_by_a_closure() -> u8 {
    1
}

fn main() {}
