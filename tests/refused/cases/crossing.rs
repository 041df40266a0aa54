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

fn main() {
    drop(Local::spawn().thread());
    drop(Local::spawn().process()); //~ `Opaque` cannot cross to another process
}
