//! What a parent adds to what its process actor tells of itself.

use std::sync::Arc;

use crate::actor::behavior::Actor;
use crate::actor::error::Cause;
use crate::actor::info::Info;
use crate::actor::node::Shared;
use crate::actor::reply::{RemoteReply, Reply};

/// The answer of a worker's `info` on its way, to which its parent adds what only it knows.
pub(super) struct SeenFromHere<A: Actor> {
    pub(super) shared: Arc<Shared<A>>,
    pub(super) reply: Reply<Info>,
}

impl<A: Actor> RemoteReply<Info> for SeenFromHere<A> {
    fn send(self: Box<Self>, mut info: Info) {
        let here = self.shared.mailbox.info();
        info.last_notify = Some(self.shared.node.silent_for());
        info.restarts = self.shared.node.restarts();
        info.mailbox.waiting += here.waiting;
        info.mailbox.high_water = info.mailbox.high_water.max(here.high_water);
        info.mailbox.dropped += here.dropped;
        self.reply.send(info);
    }

    fn fail(self: Box<Self>, cause: Cause) {
        self.reply.fail(cause);
    }
}
