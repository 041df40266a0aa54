//! Where a process is found by its relatives.

use std::io;
use std::sync::{Arc, OnceLock};

use tokio::runtime::{Builder, Handle};

use super::seek;
use crate::actor::crossing::Door;
use crate::actor::info::Placement;
use crate::actor::realm::Realm;
use crate::sys::desk::Desk;
use crate::sys::wire::wired;
use crate::sys::{seam, thread};

/// Where a name can be asked for: a realm of a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) pid: u32,
    pub(super) realm: u64,
}

wired! { struct Place { pid, realm } }

/// What all processes that descend from one have in common, and whence this one comes.
struct Home {
    nonce: u64,
    parent: Option<Place>,
}

static HOME: OnceLock<Home> = OnceLock::new();

/// The thread that look-ups run on, once it was needed; or why there is none.
static THREAD: OnceLock<Result<Handle, Arc<io::Error>>> = OnceLock::new();

/// What a process is told that is started for an actor of this realm. Opens this process's own desk.
pub(crate) fn door(realm: u64) -> Option<Door> {
    let home = HOME.get_or_init(|| Home { nonce: seam::random_u64(), parent: None });
    handle().ok()?;
    Some(Door { nonce: home.nonce, realm })
}

/// This process was started by one that said so.
pub(crate) fn enter(door: &Door, parent: u32) {
    let parent = Some(Place { pid: parent, realm: door.realm });
    if HOME.set(Home { nonce: door.nonce, parent }).is_ok()
        && let Err(error) = handle()
    {
        eprintln!("rehearsal: actors of this process cannot be looked up from others: {error}");
    }
}

/// The number by which relatives know each other; none where nobody could be one.
pub(super) fn nonce() -> Option<u64> {
    HOME.get().map(|home| home.nonce)
}

/// The name of a process's desk.
pub(super) fn name_of(nonce: u64, pid: u32) -> String {
    format!("rehearsal-{nonce:016x}-{pid}")
}

/// Where to ask for what is not in this realm: the processes that its actors have, and the parent's realm where this is
/// the process's own. The realm of a test goes no further up.
pub(super) fn neighbours(realm: u64) -> Vec<Place> {
    let parent = HOME.get().and_then(|home| home.parent).filter(|_| realm == 0);
    let living = Realm::of(realm).map(|realm| realm.living()).unwrap_or_default();
    let apart = living.into_iter().filter(|living| living.actor.placement() == Placement::Process);
    parent.into_iter().chain(apart.map(|living| Place { pid: living.actor.pid(), realm: 0 })).collect()
}

/// The runtime that look-ups run on.
pub(super) fn handle() -> Result<&'static Handle, Arc<io::Error>> {
    THREAD.get_or_init(|| start().map_err(Arc::new)).as_ref().map_err(Clone::clone)
}

fn start() -> io::Result<Handle> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let handle = runtime.handle().clone();
    let nonce = HOME.get().map_or(0, |home| home.nonce);
    let desk = {
        let _inside = handle.enter();
        Desk::open(&name_of(nonce, std::process::id()))?
    };
    thread::start("rehearsal-reach".to_owned(), move || {
        seam::block_on(&runtime, async {
            // Where no more files can be opened the next one may find some closed.
            loop {
                match desk.next().await {
                    Ok((from, to)) => drop(seam::spawn(seek::greet(nonce, from, to))),
                    Err(_) => seam::sleep(BREATH).await,
                }
            }
        })
    })?;
    Ok(handle)
}

/// How long to wait for a file descriptor where there is none.
const BREATH: std::time::Duration = std::time::Duration::from_millis(50);
