//! What cannot cross to another process is told where the actor is to be placed in one.

pub struct Opaque;

pub struct Local;

#[rehearsal::actor]
impl Local {
    #[start]
    pub fn new() -> Self {
        Local
    }

    #[command]
    pub fn take(&mut self, _it: Opaque) {}
}

pub struct Busy;

#[rehearsal::actor]
impl Busy {
    #[start]
    pub fn new() -> Self {
        Busy
    }

    #[command]
    pub fn work(&mut self, cx: &mut rehearsal::actor::Context<Self>) -> rehearsal::actor::Job<Opaque> {
        cx.executor().run(|_| Ok(Opaque))
    }
}

fn main() {
    drop(Busy::spawn().thread());
    drop(Busy::spawn().process()); //~ `Opaque` cannot cross to another process
    drop(Local::spawn().thread());
    drop(Local::spawn().process()); //~ `Opaque` cannot cross to another process
}
