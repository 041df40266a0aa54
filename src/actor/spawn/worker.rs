//! An actor as a process of its own: the worker's end.
//!
//! The main thread runs the actor's loop and reads the socket; what the actor has to say is written by whichever thread
//! says it; a thread beside gives the signs of life, so that a command that computes is no silence.

use std::any::Any;
use std::io;
use std::process::exit;
use std::sync::Arc;
use std::time::Duration;

use super::builder;
use super::ready::{self, Started};
use tokio::runtime::{Builder, Runtime};

use crate::actor::address::Address;
use crate::actor::behavior::ProcessActor;
use crate::actor::context::{Context, Outlet};
use crate::actor::crossing::{self, Down, Hello, Inbound, Up};
use crate::actor::cycle;
use crate::actor::envelope::{BuiltIn, Envelope};
use crate::actor::error::{Cause, SpawnError};
use crate::actor::exit::{Exit, Reason};
use crate::actor::info::{ActorName, Placement};
use crate::actor::letter;
use crate::actor::life::{Seat, live};
use crate::actor::mailbox::{CONTROL_CAPACITY, Refused};
use crate::actor::names;
use crate::actor::node::{AnyActor, Shared};
use crate::actor::overflow::Overflow;
#[cfg(feature = "reach")]
use crate::actor::reach;
#[cfg(feature = "stream")]
use crate::actor::stream;
use crate::actor::uplink::{OpenRequest, Uplink};
use crate::actor::{overview, panic, span};
use crate::sys::boot::WorkerBoot;
use crate::sys::process::{OwnedFd, ReadEnd};
use crate::sys::wire::{BlockingSender, FrameReader};
use crate::sys::{anchor, seam, thread};

/// Exit code of a worker whose actor ended in another way than told to; cargo stays quiet at it.
pub(super) const FAILED: i32 = 101;

/// How many of the actors in a process its parent is told of.
const TOLD: usize = 64;

type Frames = FrameReader<ReadEnd>;

/// What the actor's own entry is given, once the handshake has named it.
struct Errand {
    runtime: Runtime,
    frames: Frames,
    link: Arc<Uplink>,
    passed: Vec<OwnedFd>,
    hello: Hello,
    args: Vec<u8>,
    /// The process that started this one.
    parent: u32,
}

/// What a process does that was started to be an actor; the process ends with the actor.
///
/// The bootstrap calls it (`#[rehearsal::program]`, `rehearsal::main!()`) with what
/// [`boot::enter`](crate::sys::boot::enter) found, before anything else of the program runs.
pub fn serve(boot: WorkerBoot) -> ! {
    panic::install();
    match begin(boot) {
        Ok((entry, errand)) => {
            // The entry was made for this type of errand in the same program; it takes it out and does not return.
            entry(&mut Some(errand) as &mut dyn Any);
            exit(FAILED)
        }
        Err(error) => {
            eprintln!("rehearsal: this worker process could not begin: {error}");
            exit(FAILED)
        }
    }
}

/// Reads the first frame and looks up the actor it names.
fn begin(boot: WorkerBoot) -> io::Result<(anchor::Entry, Errand)> {
    let WorkerBoot { socket, passed, arbiter_pid: parent, forks: _ } = boot;
    let link = Arc::new(Uplink::new(BlockingSender::new(&socket)?));
    let idle = link.clone();
    let runtime = Builder::new_current_thread().enable_all().on_thread_park(move || idle.rest()).build()?;
    let mut frames = {
        let _inside = runtime.enter();
        FrameReader::new(ReadEnd::from_std(socket)?.looking_out(link.lookout()))
    };
    let first = seam::block_on(&runtime, frames.next()).map_err(io::Error::other)?;
    let Some(first) = first else { exit(FAILED) };
    match read_hello(first) {
        Ok((hello, args)) => {
            let (entry, args) = (anchor::entry_at(hello.entry), args.to_vec());
            Ok((entry, Errand { runtime, frames, link, passed, hello, args, parent }))
        }
        Err(why) => {
            let _ = link.say(&Up::Refused { why: why.clone() });
            Err(io::Error::other(why))
        }
    }
}

/// The handshake's frame, if it comes from this very program.
pub(super) fn read_hello(frame: &[u8]) -> Result<(Hello, &[u8]), String> {
    let (version, _) = crossing::split::<u32>(frame).map_err(|error| error.to_string())?;
    if version != crossing::VERSION {
        return Err(format!(
            "the parent speaks version {version} of the handshake, this process version {}: they are not the same program",
            crossing::VERSION
        ));
    }
    let (hello, args) = crossing::split::<Hello>(frame).map_err(|error| error.to_string())?;
    let program = anchor::program();
    if hello.program != program {
        return Err(format!(
            "the program's file was replaced since the parent started (parent {:#x}, this process {program:#x}); start it again",
            hello.program
        ));
    }
    Ok((hello, args))
}

/// The entry of one actor type in the worker process: what the handshake names by its place in the program.
pub(crate) fn serve_actor<A: ProcessActor>(errand: &mut dyn Any) {
    let errand = errand.downcast_mut::<Option<Errand>>().and_then(Option::take);
    let Some(errand) = errand else { return };
    let Errand { runtime, frames, link, passed, hello, args, parent } = errand;
    #[cfg(not(feature = "reach"))]
    let _ = parent;
    link.set_window(hello.window);
    let refuse = |why: String| -> ! {
        let _ = link.say(&Up::Refused { why });
        exit(FAILED)
    };
    if hello.kind != A::KIND || hello.table != A::TABLE {
        refuse(format!(
            "the parent wants `{}` with command table {:#x}, this process has `{}` with {:#x}: they are not the same program",
            hello.kind,
            hello.table,
            A::KIND,
            A::TABLE
        ));
    }
    let args = match crossing::read::<A::Args>(&args) {
        Ok(args) => args,
        Err(why) => refuse(format!("the start arguments: {why}")),
    };
    builder::number_from(hello.id);
    let name = ActorName { kind: A::KIND, id: hello.id, name: hello.name.map(Into::into) };
    let shared = Shared::<A>::new(name, Placement::Process, hello.window, Overflow::Wait);
    if hello.in_sight {
        shared.mailbox.keep_in_sight(Envelope::command::<A>);
    }
    let actor: Arc<dyn AnyActor> = shared.clone();
    cycle::know(&actor);
    let outlet = Outlet::remote(&link, hello.listens);
    let (ready, is_ready) = ready::pair();
    let cx = Context::new(shared.clone(), outlet, passed);
    // Another life of a process actor is another process, which the parent starts.
    let seated: Arc<dyn AnyActor> = shared.clone();
    let seat = Seat {
        shared: shared.clone(),
        seated: Some(seated),
        args: Some(args),
        actor: None,
        cx,
        ready: Some(ready),
        again: None,
    };
    // Held until the parent says that its last proxy is gone.
    let proxy = Address::new(shared.clone());
    names::take_for_host(&actor);
    #[cfg(feature = "reach")]
    if let Some(door) = &hello.door {
        reach::enter(door, parent);
    }
    give_signs_of_life(link.clone(), hello.notify_every, shared.clone());

    let counted = shared.clone();
    let exit_of_actor = seam::block_on(&runtime, async {
        let living = seam::spawn(live(seat));
        let reporting = seam::spawn(report_start(link.clone(), is_ready));
        let reading = seam::spawn(receive(shared, proxy, frames, link.clone()));
        let lost = living.await.err().map(|error| format!("its loop was lost: {error}"));
        let exit_of_actor = counted
            .node
            .exit()
            .unwrap_or_else(|| Exit::because(Reason::Unreachable, lost.unwrap_or_default()));
        let _ = reporting.await;
        reading.abort();
        exit_of_actor
    });
    link.end_signs();
    let code = if exit_of_actor.is_orderly() { 0 } else { FAILED };
    let taken = counted.node.handled();
    let _ = link.say(&Up::Ended { exit: exit_of_actor, taken });
    runtime.shutdown_background();
    exit(code)
}

async fn report_start(link: Arc<Uplink>, is_ready: Started) {
    let _ = match is_ready.await {
        Some(Ok(())) => link.say(&Up::Started),
        Some(Err(SpawnError::Start { message, .. })) => link.say(&Up::Failed { message }),
        Some(Err(other)) => link.say(&Up::Failed { message: other.to_string() }),
        // How it ended instead is said at the end.
        None => Ok(()),
    };
}

/// Says `Notify` every so often, from a thread of its own: a command that computes is no silence.
fn give_signs_of_life(link: Arc<Uplink>, every: Duration, own: Arc<dyn AnyActor>) {
    let give = move || link.give_signs(every, || overview::within(&*own, TOLD));
    // Without the thread the parent will take long commands for silence; there is nobody to tell but the log.
    if let Err(error) = thread::start("rehearsal-notify".to_owned(), give) {
        eprintln!("rehearsal: no thread for signs of life: {error}");
    }
}

/// Reads messages into the mailbox until the parent is gone.
async fn receive<A: ProcessActor>(
    shared: Arc<Shared<A>>,
    proxy: Address<A>,
    mut frames: Frames,
    link: Arc<Uplink>,
) {
    let mut proxy = Some(proxy);
    // The number of the span that the next message was called in.
    let mut ask = 0;
    // Where the socket ends or carries nonsense there is nobody to work for, and nobody who would hear of it.
    while let Ok(Some(frame)) = frames.next().await {
        let Ok((header, body)) = crossing::split::<Down>(frame) else { break };
        if let Down::Span { ask: next } = header {
            ask = next;
            continue;
        }
        take(&shared, &mut proxy, std::mem::take(&mut ask), header, body, &link);
    }
    shared.mailbox.kill();
}

fn take<A: ProcessActor>(
    shared: &Shared<A>,
    proxy: &mut Option<Address<A>>,
    ask: u64,
    header: Down,
    body: &[u8],
    link: &Arc<Uplink>,
) {
    let inbound = |request| Inbound { link, request, body };
    if let Down::Command { .. } | Down::Open { .. } | Down::Echo { .. } = &header {
        link.has_come();
    }
    let carried = |envelope| span::carry_from(ask, envelope);
    match header {
        Down::Stop => shared.mailbox.stop(),
        Down::Kill => shared.mailbox.kill(),
        Down::Leave => *proxy = None,
        Down::Span { .. } => unreachable!("it is noted where it is read"),
        Down::Ping { request } => control(shared, BuiltIn::Ping(inbound(request).reply())),
        Down::Info { request } => control(shared, BuiltIn::Info(inbound(request).reply())),
        Down::GiveUp { ticket } => control(shared, BuiltIn::GiveUp(ticket)),
        #[cfg(feature = "stream")]
        Down::Stream { number } => stream::heard_from_parent(&shared.node, number, body),
        #[cfg(not(feature = "stream"))]
        Down::Stream { .. } => {}
        Down::Echo { request } => match crossing::read::<String>(body) {
            Ok(text) => post(shared, carried(built_in(BuiltIn::Echo(text, inbound(request).reply())))),
            Err(why) => inbound(request).refuse(why),
        },
        Down::Open { request, entry } => {
            let mut open = OpenRequest::new(&inbound(request));
            anchor::entry_at(entry)(&mut open);
            if let Some(call) = open.read {
                post(shared, carried(built_in(BuiltIn::Open(call))));
            }
        }
        Down::Command { request, command } => {
            match crossing::guarded(|| A::unpack(command, inbound(request))) {
                Ok(message) => post(shared, carried(Envelope::Command(message))),
                Err(why) => inbound(request).refuse(why),
            }
        }
    }
}

fn built_in<M>(built_in: BuiltIn) -> Envelope<M> {
    Envelope::BuiltIn(Box::new(built_in))
}

fn control<A: ProcessActor>(shared: &Shared<A>, question: BuiltIn) {
    match shared.mailbox.push_control(Box::new(question)) {
        // Closed: the end that is on its way to the parent answers for it.
        Ok(()) | Err(Refused::Closed(_)) => {}
        Err(Refused::Full(question)) => question.refuse(Cause::Full { capacity: CONTROL_CAPACITY }),
    }
}

fn post<A: ProcessActor>(shared: &Shared<A>, envelope: Envelope<A::Message>) {
    let mut envelope = Some(envelope);
    // The parent never has more under way than fits; what the actor sends to itself takes no room from that.
    if !shared.mailbox.push_anyway(&mut envelope) {
        // The end says so, to whom it was from, and the parent; it was not taken.
        letter::shielded(|| drop(envelope));
    }
}

#[cfg(all(test, feature = "harness"))]
mod tests;
