//! What cannot be called by name.

struct NoFeature;

#[rehearsal::actor(named)] //~ calls by name need the feature `json`
impl NoFeature {
    #[start]
    fn new() -> Self {
        NoFeature
    }
}

struct NoNames;

#[rehearsal::actor]
impl NoNames {
    #[start]
    fn new() -> Self {
        NoNames
    }

    #[command(authenticated)] //~ is for actors whose commands have names: write #[rehearsal::actor(named)]
    fn say(&mut self) {}
}

struct Nobody;

#[rehearsal::actor]
impl Nobody {
    #[start]
    fn new() -> Self {
        Nobody
    }

    #[command(everybody)] //~ `everybody` is nobody who can call a command by name
    fn say(&mut self) {}
}

struct TwoAtOnce;

#[rehearsal::actor]
impl TwoAtOnce {
    #[start]
    fn new() -> Self {
        TwoAtOnce
    }

    #[command(public, internal)] //~ write #[command], or who may call it by name: #[command(public)]
    fn say(&mut self) {}
}

fn main() {}
