//! The traits that `#[rehearsal::actor]` implements.

use std::future::Future;
use std::time::Duration;

use serde_core::Serialize;
use serde_core::de::DeserializeOwned;

use super::address::Address;
#[cfg(feature = "json")]
use super::by_name::{Answering, Arguments, Signature, WrongArguments};
use super::context::Context;
use super::crossing::{Inbound, Outbound};
use super::exit::Exit;
use super::info::Info;
use super::lookup::Passage;
use super::pace::Pace;
use super::params::Params;
use crate::sys::wire::WireError;

/// An actor: state that one loop owns, and the commands it answers. Written by `#[rehearsal::actor]`.
pub trait Actor: Sized + Send + 'static {
    /// One variant a command.
    type Message: Send + 'static;
    /// What `#[start]` takes, its context left out.
    type Args: Send + 'static;
    /// What it tells its parent through [`Context::outlet`]; `()` unless `#[actor(event = ..)]` says otherwise.
    type Event: Send + 'static;
    /// What callers hold.
    type Proxy: From<Address<Self>> + std::ops::Deref<Target = Address<Self>> + Clone + Send + Sync + 'static;

    /// The type's name.
    const KIND: &'static str;
    /// Names of the commands, in the order they were written.
    const COMMANDS: &'static [&'static str];
    /// A hash of the commands' signatures; both ends of a handshake must have the same.
    const TABLE: u64;
    /// How often each `#[periodic]` function runs.
    const PERIODS: &'static [Duration];

    /// Whether `#[start]` is a plain function: then it is [`start_now`](Actor::start_now).
    const IS_PLAIN: bool = false;

    /// Runs a `#[start]` that is a plain function; a task actor's is run by whoever spawns it.
    ///
    /// # Errors
    /// What it returned, as text, with what caused it.
    fn start_now(args: Self::Args, cx: &mut Context<Self>) -> Result<Self, String> {
        let _ = (args, cx);
        unreachable!("its start is an async function")
    }

    /// Runs `#[start]`; an error is told as text, with what caused it.
    fn start(args: Self::Args, cx: &mut Context<Self>) -> impl Future<Output = Result<Self, String>> + Send {
        async move { Self::start_now(args, cx) }
    }

    /// How its messages cross to another process where it is looked up there; none where they cannot.
    #[doc(hidden)]
    fn passage() -> Option<Passage<Self>> {
        None
    }

    /// The name of the command that a message is; the actor's kind where its commands have no names.
    fn name_of(message: &Self::Message) -> &'static str {
        let _ = message;
        Self::KIND
    }

    /// What is known of how long the command takes that a message is; nothing of one that is only begun by
    /// [`dispatch_now`](Actor::dispatch_now), or is an async function.
    #[doc(hidden)]
    fn pace_of(message: &Self::Message) -> Option<&'static Pace> {
        let _ = message;
        None
    }

    /// Answers a command that is a plain function; gives back one that is async.
    fn dispatch_now(&mut self, message: Self::Message, cx: &mut Context<Self>) -> Option<Self::Message>;

    /// Answers an async command.
    fn dispatch(
        &mut self,
        message: Self::Message,
        cx: &mut Context<Self>,
    ) -> impl Future<Output = ()> + Send {
        let _ = (message, cx);
        async { unreachable!("all of its commands are answered by dispatch_now") }
    }

    /// Runs the `#[periodic]` function of this number.
    fn tick(
        &mut self,
        period: usize,
        cx: &mut Context<Self>,
    ) -> impl Future<Output = Result<(), String>> + Send {
        let _ = (period, cx);
        async { Ok(()) }
    }

    /// Whether there is a `#[stopping]` function.
    const HAS_STOPPING: bool = false;

    /// Runs `#[stopping]`.
    fn stopping(&mut self, cx: &mut Context<Self>) -> impl Future<Output = Result<(), String>> + Send {
        let _ = cx;
        async { Ok(()) }
    }

    /// Runs `#[exit]`: the last thing before the state is dropped.
    fn exit(&mut self, exit: &Exit) {
        let _ = exit;
    }

    /// Whether there is an `#[on_info]` function.
    const HAS_ON_INFO: bool = false;

    /// Runs `#[on_info]`.
    fn on_info(&mut self, info: &mut Info) {
        let _ = info;
    }

    /// The `#[on_params]` function.
    const ON_PARAMS: Option<fn(&mut Params)> = None;

    /// Its commands as callers by name see them; none unless the actor is `named`.
    #[cfg(feature = "json")]
    const SIGNATURES: Option<&'static [Signature]> = None;

    /// Makes the message of a call by name. Written by `#[rehearsal::actor(named)]`.
    ///
    /// # Errors
    /// Arguments that the command does not take.
    #[cfg(feature = "json")]
    fn read_named(
        command: u32,
        arguments: Arguments,
        answering: Answering,
    ) -> Result<Self::Message, WrongArguments> {
        let _ = (arguments, answering);
        unreachable!("command number {command} of an actor whose commands have no names")
    }
}

/// An actor all of whose commands, start arguments and events can cross to another process.
///
/// The bounds of the implementation that the macro writes are checked where `.process()` is called, and nowhere else.
pub trait ProcessActor:
    Actor<Args: Serialize + DeserializeOwned, Event: Serialize + DeserializeOwned>
{
    /// Writes a message out.
    fn pack(message: Self::Message, out: Outbound<'_>);

    /// Reads the message of command number `command` back.
    ///
    /// # Errors
    /// Where the arguments are not what the command takes.
    fn unpack(command: u32, inbound: Inbound<'_>) -> Result<Self::Message, WireError>;
}

/// What can cross to another process. The lifetime means nothing: it makes a bound like `for<'w> T: Wire<'w>` one
/// that the compiler checks at its use and not where it is written, so that an actor may have commands that cannot
/// cross as long as it is not placed in a process.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot cross to another process",
    label = "an actor that is placed in a process sends this type over the wire",
    note = "derive serde's `Serialize` and `Deserialize` for it, or place the actor as a task or with `.thread()`"
)]
pub trait Wire<'w>: Serialize + DeserializeOwned + Send + 'static {}

#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned + Send + 'static> Wire<'_> for T {}
