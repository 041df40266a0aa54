//! What an actor may change of an actor that it is about to spawn.

use std::sync::Arc;
use std::time::Duration;

use super::info::Placement;

/// What an actor is about to be spawned with: given to the `#[on_params]` function of the actor that spawns it, which
/// may change it.
///
/// The function is called each time a [`Spawn`](super::Spawn) is awaited from inside of the actor: in a command, a
/// hook, or what they call. What it sets is set over what was said of the actor with the methods of `Spawn`.
///
/// ```
/// use rehearsal::prelude::*;
/// use rehearsal::actor::Params;
///
/// pub struct Child;
///
/// #[rehearsal::actor]
/// impl Child {
///     #[start]
///     pub fn new() -> Child { Child }
/// }
///
/// pub struct Parent;
///
/// #[rehearsal::actor]
/// impl Parent {
///     #[start]
///     pub fn new() -> Parent { Parent }
///
///     #[command]
///     pub async fn bear(&mut self) -> Result<String, SpawnError> {
///         Ok(Child::spawn().name("junior").await?.name().name())
///     }
///
///     #[on_params]
///     fn of_our_house(params: &mut Params) {
///         let own = params.name.as_deref().unwrap_or("nobody");
///         params.name = Some(format!("house-of-{own}").into());
///     }
/// }
///
/// #[rehearsal::program]
/// async fn main() -> Result<(), Box<dyn std::error::Error>> {
///     let parent = Parent::spawn().await?;
///     assert_eq!(parent.bear().await?, "house-of-junior");
///     Ok(())
/// }
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Params {
    /// The type's name of the actor that is about to be spawned.
    pub kind: &'static str,
    /// Where it is to be placed. For the hook to know: where it goes is settled, and to change this changes nothing.
    pub placement: Placement,
    /// What it is called, where it was given a name.
    pub name: Option<Arc<str>>,
    /// The most messages that may wait in its mailbox; none is taken as one.
    pub mailbox: usize,
    /// How long it may take to be ready.
    pub timeout: Duration,
    /// How long it may give no sign of life, where it is placed in a process.
    pub silence: Duration,
}
