//! What cannot be an actor.

struct NoStart;

#[rehearsal::actor]
impl NoStart { //~ actor `NoStart` has no #[start]
    #[command]
    fn run_it(&mut self) {}
}

struct TwoStarts;

#[rehearsal::actor]
impl TwoStarts {
    #[start]
    fn new() -> Self {
        TwoStarts
    }

    #[start] //~ a second #[start]
    fn another() -> Self {
        TwoStarts
    }
}

struct StartWithSelf;

#[rehearsal::actor]
impl StartWithSelf {
    #[start]
    fn new(self) -> Self { //~ #[start] builds the actor: it takes no `self`
        self
    }
}

struct StartWithoutResult;

#[rehearsal::actor]
impl StartWithoutResult {
    #[start]
    fn new() {} //~ #[start] returns the actor
}

struct BuiltIn;

#[rehearsal::actor]
impl BuiltIn {
    #[start]
    fn new() -> Self {
        BuiltIn
    }

    #[command]
    fn stop(&mut self) {} //~ `stop` is a command that every actor has
}

struct Borrows;

#[rehearsal::actor]
impl Borrows {
    #[start]
    fn new() -> Self {
        Borrows
    }

    #[command]
    fn say(&mut self, _text: &str) {} //~ take it by value (`String` for `&str`
}

struct Lends;

#[rehearsal::actor]
impl Lends {
    #[start]
    fn new() -> Self {
        Lends
    }

    #[command]
    fn name(&self) -> Option<&str> { //~ cannot return a borrow: its answer leaves the actor
        None
    }
}

struct TakesImpl;

#[rehearsal::actor]
impl TakesImpl {
    #[start]
    fn new() -> Self {
        TakesImpl
    }

    #[command]
    fn say(&mut self, _text: impl Into<String>) {} //~ cannot be `impl Trait`
}

struct GenericCommand;

#[rehearsal::actor]
impl GenericCommand {
    #[start]
    fn new() -> Self {
        GenericCommand
    }

    #[command]
    fn say<T: Into<String>>(&mut self, _text: T) {} //~ a #[command] function cannot be generic
}

struct NoReceiver;

#[rehearsal::actor]
impl NoReceiver {
    #[start]
    fn new() -> Self {
        NoReceiver
    }

    #[command]
    fn say(_text: String) {} //~ takes `&mut self` or `&self`
}

struct Pattern;

#[rehearsal::actor]
impl Pattern {
    #[start]
    fn new() -> Self {
        Pattern
    }

    #[command]
    fn add(&mut self, (_a, _b): (i64, i64)) {} //~ must be a plain `name: Type`
}

struct Generic<T>(T);

#[rehearsal::actor]
impl<T> Generic<T> { //~ an actor cannot be generic
    #[start]
    fn new(it: T) -> Self {
        Generic(it)
    }
}

struct ForTrait;

#[rehearsal::actor]
impl Clone for ForTrait { //~ goes on a plain `impl Type { .. }` block
    fn clone(&self) -> Self {
        ForTrait
    }
}

#[rehearsal::actor]
struct NoImpl; //~ goes on the `impl` block that has the actor's

struct Option1;

#[rehearsal::actor(events = u32)] //~ unknown option `events`; allowed are: event = Type
impl Option1 {
    #[start]
    fn new() -> Self {
        Option1
    }
}

struct Period;

#[rehearsal::actor]
impl Period {
    #[start]
    fn new() -> Self {
        Period
    }

    #[periodic(every = "5 parsecs")] //~ write #[periodic(every = "5s")]
    fn tick(&mut self) {}
}

struct Marked;

#[rehearsal::actor]
impl Marked {
    #[start]
    fn new() -> Self {
        Marked
    }

    #[command] //~ only a function can be marked so
    const LIMIT: u32 = 5;
}

struct OwnSpawn;

#[rehearsal::actor]
impl OwnSpawn {
    #[start]
    fn new() -> Self {
        OwnSpawn
    }

    fn spawn() {} //~ `spawn` is what #[rehearsal::actor] adds to the type
}

struct Slipped;

#[rehearsal::actor]
impl Slipped {
    #[start]
    fn new() -> Self {
        Slipped
    }

    #[comand] //~ `#[comand]` is no attribute of an actor (did you mean `command`?)
    fn add(&mut self) {}

    #[inline]
    fn plain(&self) {}
}

fn main() {}
