//! Things that are no test function.

#[rehearsal::test]
fn generic<T>() {} //~ a test cannot be generic

#[rehearsal::test]
fn generic_with_a_lifetime<'a, T: 'a>() {} //~ a test cannot be generic

#[rehearsal::test]
unsafe fn dangerous() {} //~ a test cannot be `unsafe`

#[rehearsal::test]
extern "C" fn foreign() {} //~ a test cannot be `extern`

#[rehearsal::test]
struct NoFunction; //~ `#[rehearsal::test]` belongs on a function

#[rehearsal::test]
const fn_in_name: u8 = 1; //~ `#[rehearsal::test]` belongs on a function

#[rehearsal::test]
mod no_function { //~ `#[rehearsal::test]` belongs on a function
    fn inside() {}
}

#[rehearsal::test]
impl NoFunction { //~ `#[rehearsal::test]` belongs on a function
    fn inside() {}
}

fn main() {}
