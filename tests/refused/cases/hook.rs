//! What cannot be a hook.

struct SaysTooMuch;

#[rehearsal::actor]
impl SaysTooMuch {
    #[start]
    fn new() -> Self {
        SaysTooMuch
    }

    #[exit]
    fn gone(&mut self) -> String { //~ #[exit] is a plain function that returns nothing: `fn gone(&mut self, exit: &Exit)`
        String::new()
    }
}

struct NotAlone;

#[rehearsal::actor]
impl NotAlone {
    #[start]
    fn new() -> Self {
        NotAlone
    }

    #[on_params]
    fn rules(&self, _params: &mut rehearsal::actor::Params) {} //~ `fn rules(params: &mut Params)`
}

struct Waits;

#[rehearsal::actor]
impl Waits {
    #[start]
    fn new() -> Self {
        Waits
    }

    #[on_info]
    async fn about(&self, _info: &mut rehearsal::actor::Info) {} //~ `fn about(&self, info: &mut Info)`
}

struct TwoLastWords;

#[rehearsal::actor]
impl TwoLastWords {
    #[start]
    fn new() -> Self {
        TwoLastWords
    }

    #[exit]
    fn one(&mut self, _exit: &rehearsal::actor::Exit) {}

    #[exit] //~ a second #[exit]; an actor has at most one
    fn another(&mut self, _exit: &rehearsal::actor::Exit) {}
}

struct Watched;

#[rehearsal::actor]
impl Watched {
    #[start]
    fn new() -> Self {
        Watched
    }

    #[command]
    fn watch(&mut self) {} //~ `watch` is a command that every actor has
}

fn main() {}
