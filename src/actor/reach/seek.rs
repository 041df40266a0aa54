//! Asking other processes for a name: one after the other, nearest first; each says who else may know.

use std::any::Any;
use std::collections::VecDeque;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::{Poll, ready};
use std::time::Duration;

use serde_core::Serialize;
use serde_core::de::DeserializeOwned;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::desk::{self, Place};
use super::lane;
use crate::actor::behavior::{Actor, ProcessActor};
use crate::actor::crossing;
use crate::actor::lookup::{self, LookupError, Passage};
use crate::actor::spawn::stand_in;
use crate::sys::process::{ReadEnd, WriteEnd};
use crate::sys::wire::wired;
use crate::sys::{anchor, seam};

/// How long one process may take to answer: one that is stopped does not.
const PATIENCE: Duration = Duration::from_secs(2);

/// More than any of these frames has.
const LONGEST: usize = 1 << 20;

/// Who is looked for.
#[derive(Debug, Clone)]
struct Seek {
    program: u64,
    nonce: u64,
    /// The place of `receive` for the actor's type.
    entry: i64,
    table: u64,
    realm: u64,
    name: String,
}

wired! { struct Seek { program, nonce, entry, table, realm, name } }

/// What a process knows of that.
#[derive(Debug)]
enum Sought {
    /// It is here; what follows on this socket is said to it.
    Found {
        name: String,
        process_id: u32,
        window: usize,
    },
    WrongType {
        found: String,
    },
    /// It is not here.
    Missing {
        near: Option<String>,
        others: Vec<Place>,
    },
    Refused {
        why: String,
    },
}

wired! {
    enum Sought {
        Found { name, process_id, window }, WrongType { found }, Missing { near, others }, Refused { why }
    }
}

/// Somebody who has come to the desk.
struct Caller {
    seek: Seek,
    from: ReadEnd,
    to: WriteEnd,
}

/// Looks for an actor outside of this process, on the thread that such things run on.
pub(crate) async fn search<A: Actor>(
    realm: u64,
    name: String,
    passage: Passage<A>,
    limit: Duration,
    here: LookupError,
) -> Result<A::Proxy, LookupError> {
    let (Some(nonce), LookupError::NoSuchActor { near, .. }) = (desk::nonce(), &here) else {
        return Err(here);
    };
    let near = near.clone();
    let handle = match desk::handle() {
        Ok(handle) => handle,
        Err(error) => {
            return Err(missing::<A>(name, near, &[format!("no other process can be asked: {error}")]));
        }
    };
    let searching = {
        let _inside = handle.enter();
        seam::spawn(look_round::<A>(realm, nonce, name.clone(), passage, limit, near))
    };
    match searching.await {
        Ok(found) => found,
        Err(error) => Err(missing::<A>(name, None, &[error.to_string()])),
    }
}

async fn look_round<A: Actor>(
    realm: u64,
    nonce: u64,
    name: String,
    passage: Passage<A>,
    limit: Duration,
    mut near: Option<String>,
) -> Result<A::Proxy, LookupError> {
    let due = seam::now() + limit.min(Duration::from_secs(24 * 3600));
    let mut asked = vec![std::process::id()];
    let mut unasked = Vec::new();
    let mut places = VecDeque::from(desk::neighbours(realm));
    while let Some(place) = places.pop_front() {
        if asked.contains(&place.pid) {
            continue;
        }
        asked.push(place.pid);
        let (program, entry) = (anchor::program(), anchor::offset_of(passage.seek));
        let seek = Seek { program, nonce, entry, table: A::TABLE, realm: place.realm, name: name.clone() };
        let left = due.saturating_duration_since(seam::now()).min(PATIENCE);
        let answer = seam::timeout(left, ask(place.pid, seek)).await;
        let why = match answer {
            Some(Ok((Sought::Found { name, process_id, window }, from, to))) => {
                return Ok(stand_in::stand_in::<A>(name, process_id, window, passage.pack, (from, to)));
            }
            Some(Ok((Sought::WrongType { found }, ..))) => {
                return Err(LookupError::WrongType { name, asked: std::any::type_name::<A>(), found });
            }
            Some(Ok((Sought::Missing { near: other, others }, ..))) => {
                near = near.or(other);
                places.extend(others);
                continue;
            }
            Some(Ok((Sought::Refused { why }, ..))) => why,
            Some(Err(error)) => error.to_string(),
            None => format!("it did not answer within {left:?}"),
        };
        unasked.push(format!("process {} could not be asked: {why}", place.pid));
    }
    Err(missing::<A>(name, near, &unasked))
}

fn missing<A: Actor>(name: String, near: Option<String>, unasked: &[String]) -> LookupError {
    let unasked = (!unasked.is_empty()).then(|| unasked.join("; "));
    LookupError::NoSuchActor { name, kind: A::KIND, near, unasked }
}

async fn ask(pid: u32, seek: Seek) -> io::Result<(Sought, ReadEnd, WriteEnd)> {
    let (mut from, mut to) = crate::sys::desk::connect(&desk::name_of(seek.nonce, pid))?;
    say(&mut to, &seek).await?;
    let sought = hear(&mut from).await?;
    Ok((sought, from, to))
}

/// Somebody has come to the desk: hears whom they look for, and has the actor's type answer.
pub(super) async fn greet(nonce: u64, mut from: ReadEnd, mut to: WriteEnd) {
    let Some(Ok(seek)) = seam::timeout(PATIENCE, hear::<Seek>(&mut from)).await else { return };
    if seek.program != anchor::program() || seek.nonce != nonce {
        let why = "it is not the same program: its file was replaced".to_owned();
        let _ = say(&mut to, &Sought::Refused { why }).await;
        return;
    }
    let entry = anchor::entry_at(seek.entry);
    entry(&mut Some(Caller { seek, from, to }) as &mut dyn Any);
}

/// The entry of one actor type: what a search names by its place in the program.
pub(crate) fn receive<A: ProcessActor>(caller: &mut dyn Any) {
    if let Some(caller) = caller.downcast_mut::<Option<Caller>>().and_then(Option::take) {
        drop(seam::spawn(answer::<A>(caller)));
    }
}

async fn answer<A: ProcessActor>(caller: Caller) {
    let Caller { seek: Seek { realm, name, table, .. }, from, mut to } = caller;
    let sought = match lookup::find::<A>(realm, &name) {
        _ if table != A::TABLE => Sought::Refused { why: "its commands are others".to_owned() },
        Ok(proxy) => {
            let (name, process_id) = (proxy.name().name(), proxy.pid());
            let window = proxy.shared.mailbox.capacity();
            if say(&mut to, &Sought::Found { name, process_id, window }).await.is_ok() {
                lane::serve((*proxy).clone(), from, to).await;
            }
            return;
        }
        Err(LookupError::WrongType { found, .. }) => Sought::WrongType { found },
        Err(LookupError::NoSuchActor { near, .. }) => {
            Sought::Missing { near, others: desk::neighbours(realm) }
        }
    };
    let _ = say(&mut to, &sought).await;
}

/// Writes one frame.
async fn say<T: Serialize>(to: &mut WriteEnd, value: &T) -> io::Result<()> {
    let mut frame = Vec::new();
    crossing::write(&mut frame, value).map_err(io::Error::other)?;
    let mut written = 0;
    poll_fn(|cx| {
        while written < frame.len() {
            match ready!(Pin::new(&mut *to).poll_write(cx, &frame[written..]))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                more => written += more,
            }
        }
        Poll::Ready(Ok(()))
    })
    .await
}

/// Reads one frame, and not a byte more: what follows is somebody else's.
async fn hear<T: DeserializeOwned>(from: &mut ReadEnd) -> io::Result<T> {
    let mut len = [0; 4];
    read_exactly(from, &mut len).await?;
    let len = u32::from_le_bytes(len) as usize;
    if len > LONGEST {
        return Err(io::Error::other(format!("it sent a frame of {len} bytes")));
    }
    let mut body = vec![0; len];
    read_exactly(from, &mut body).await?;
    crossing::read(&body).map_err(io::Error::other)
}

async fn read_exactly(from: &mut ReadEnd, into: &mut [u8]) -> io::Result<()> {
    let mut buffer = ReadBuf::new(into);
    poll_fn(|cx| {
        while buffer.remaining() > 0 {
            let before = buffer.remaining();
            ready!(Pin::new(&mut *from).poll_read(cx, &mut buffer))?;
            if buffer.remaining() == before {
                return Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into()));
            }
        }
        Poll::Ready(Ok(()))
    })
    .await
}
