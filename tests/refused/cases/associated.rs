//! Associated functions without `self` look like free ones to a macro; here the compiler's own words have to do.

struct Type;

impl Type {
    #[rehearsal::test] //~ `const` items in this context need a name
    fn takes_nothing() {} //~ cannot find value `takes_nothing` in this scope
}

trait Trait {
    #[rehearsal::test] //~ `const` items in this context need a name
    fn takes_nothing() {} //~ cannot find value `takes_nothing` in this scope
}

fn main() {}
