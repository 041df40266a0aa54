//! Commands that answer with streams: what they cannot look like, and what cannot cross.

use rehearsal::actor::{Job, Streaming};

pub struct Opaque;

pub struct Local;

#[rehearsal::actor]
impl Local {
    #[start]
    pub fn new() -> Self {
        Local
    }

    #[command]
    pub fn opaque(&mut self) -> Streaming<Opaque> {
        Streaming::channel(1).1
    }

    #[command]
    pub fn refuses(&mut self) -> Result<Streaming<u32>, Opaque> {
        Err(Opaque)
    }
}

pub struct Several;

#[rehearsal::actor]
impl Several {
    #[start]
    pub fn new() -> Self {
        Several
    }

    #[command]
    pub fn two(&mut self) -> Vec<Streaming<u32>> { //~ returns `Streaming<T>` or `Result<Streaming<T>, E>`, not `Vec<Streaming<u32>>`
        Vec::new()
    }
}

pub struct Busy;

#[rehearsal::actor]
impl Busy {
    #[start]
    pub fn new() -> Self {
        Busy
    }

    #[command]
    pub fn work(&mut self) -> Job<Streaming<u32>> { //~ a job has one result and cannot answer with a stream
        unreachable!()
    }
}

#[rehearsal::command]
pub fn open() -> Streaming<u32> { //~ an open command cannot answer with a stream
    Streaming::channel(1).1
}

pub struct Unforgetful;

#[rehearsal::actor]
impl Unforgetful {
    #[start]
    pub fn new() -> Self {
        Unforgetful
    }

    #[command]
    pub fn attach(&mut self) {} //~ `attach` is a command that every actor has
}

fn main() {
    drop(Local::spawn().thread());
    drop(Local::spawn().process()); //~ `Streaming<Opaque>` cannot cross to another process: an actor that is placed in a process sends the items
}
