//! Functions that belong to a type.

struct Type;

impl Type {
    #[rehearsal::test]
    fn takes_self(&self) {} //~ `#[rehearsal::test]` works on free functions; this one is a method

    #[rehearsal::test]
    async fn takes_a_box(mut self: Box<Self>) {} //~ `#[rehearsal::test]` works on free functions
}

trait Trait {
    #[rehearsal::test]
    fn declared(); //~ `#[rehearsal::test]` needs a function with a body

    #[rehearsal::test]
    fn takes_self(self) //~ `#[rehearsal::test]` works on free functions
    where
        Self: Sized,
    {
    }
}

fn main() {}
