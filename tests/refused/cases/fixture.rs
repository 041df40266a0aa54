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

#[rehearsal::fixture(scope = "worker")] //~ cannot be shared between threads safely
fn stays() -> std::cell::Cell<u8> {
    std::cell::Cell::new(1)
}

fn main() {}
