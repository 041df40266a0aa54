//! Open commands: free functions under `#[rehearsal::command]`, which any actor carries out on request.

use std::any::Any;
use std::future::Future;
use std::pin::Pin;

use serde_core::Serialize;
use serde_core::de::DeserializeOwned;

use super::context::{self, Context};
use super::crossing::Outbound;
use super::reply::Reply;
use super::uplink::OpenRequest;
use crate::sys::anchor;

/// A free function that any actor carries out: what `proxy.run(..)` takes. Written by `#[rehearsal::command]`.
///
/// Whether it will cross to another process is only known when it is run, so its arguments and its result must always
/// be able to.
pub trait OpenCommand: Sized + Send + 'static {
    /// The function's name.
    const NAME: &'static str;
    /// Its arguments as a tuple.
    type Args: Serialize + DeserializeOwned + Send + 'static;
    /// What it returns.
    type Output: Serialize + DeserializeOwned + Send + 'static;

    /// Takes the arguments out.
    fn into_args(self) -> Self::Args;
    /// Puts the arguments in.
    fn from_args(args: Self::Args) -> Self;
    /// Carries it out, inside the actor `cx` belongs to.
    fn call(self, cx: &mut Context<context::Any>) -> impl Future<Output = Self::Output> + Send;
}

/// An open command whose type is not known, with the place for its answer.
pub trait OpenCall: Send {
    /// Carries it out and answers.
    fn run<'a>(
        self: Box<Self>,
        cx: &'a mut Context<context::Any>,
    ) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>>;
    /// Writes it out for another process.
    fn pack(self: Box<Self>, out: Outbound<'_>);
    /// The name of the command.
    fn name(&self) -> &'static str;
    /// Itself, to put the place for the answer in.
    fn as_any(&mut self) -> &mut dyn Any;
}

struct Ticket<C: OpenCommand> {
    command: C,
    reply: Reply<C::Output>,
}

impl<C: OpenCommand> OpenCall for Ticket<C> {
    fn run<'a>(
        self: Box<Self>,
        cx: &'a mut Context<context::Any>,
    ) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>> {
        Box::pin(async move {
            let Ticket { command, reply } = *self;
            let output = command.call(cx).await;
            reply.send(output);
        })
    }

    fn pack(self: Box<Self>, out: Outbound<'_>) {
        let Ticket { command, reply } = *self;
        out.open(C::NAME, anchor::offset_of(unpack::<C>), &command.into_args(), reply);
    }

    fn name(&self) -> &'static str {
        C::NAME
    }

    fn as_any(&mut self) -> &mut dyn Any {
        self
    }
}

/// An open command nobody waits for yet.
pub(crate) fn ticket<C: OpenCommand>(command: C) -> Box<dyn OpenCall> {
    Box::new(Ticket { command, reply: Reply::nobody() })
}

/// The place for the answer.
pub(crate) fn place<C: OpenCommand>(call: &mut dyn OpenCall) -> Option<&mut Reply<C::Output>> {
    call.as_any().downcast_mut::<Ticket<C>>().map(|ticket| &mut ticket.reply)
}

/// What the worker process calls to read the command back: its place in the program is what crosses.
fn unpack<C: OpenCommand>(request: &mut dyn Any) {
    if let Some(request) = request.downcast_mut::<OpenRequest>() {
        request.read::<C>();
    }
}

/// The command read back, with the way its answer goes.
pub(crate) fn returned<C: OpenCommand>(args: C::Args, reply: Reply<C::Output>) -> Box<dyn OpenCall> {
    Box::new(Ticket { command: C::from_args(args), reply })
}
