//! The tree as people read it.

use std::fmt::{Display, Formatter, Result};

use super::{ActorInfo, ArbiterInfo, Role};
use crate::actor::info::Placement;

/// Levels that are drawn as such; what is deeper stands below the last of them.
const LEVELS: usize = 24;

impl Display for ArbiterInfo {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let server = &self.server;
        write!(f, "{}, process {}", server.program, server.process_id)?;
        let counts =
            [(server.workers, "worker"), (server.supervisors, "supervisor"), (server.monitors, "monitor")];
        let mut mark = ": ";
        for (count, what) in counts.into_iter().filter(|(count, _)| *count > 0) {
            write!(f, "{mark}{count} {what}{}", if count == 1 { "" } else { "s" })?;
            mark = ", ";
        }
        draw(&self.actors, f.precision().unwrap_or(usize::MAX), f)
    }
}

/// Actors alone, for at most so many lines.
#[cfg(feature = "harness")]
pub(super) struct Drawn<'a>(pub(super) &'a [ActorInfo], pub(super) usize);

#[cfg(feature = "harness")]
impl Display for Drawn<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        draw(self.0, self.1, f)
    }
}

/// A line an actor, for at most so many.
fn draw(actors: &[ActorInfo], most: usize, f: &mut Formatter<'_>) -> Result {
    let last = last_of_their_level(actors);
    let depth_of = |actor: &ActorInfo| actor.depth.min(LEVELS);
    // Whether the one above on each level is the last of it.
    let mut above = Vec::new();
    for (actor, last) in actors.iter().zip(last).take(most) {
        above.truncate(depth_of(actor));
        f.write_str("\n")?;
        for ended in &above {
            f.write_str(if *ended { "   " } else { "│  " })?;
        }
        above.push(last);
        write!(f, "{}{actor}", if last { "└─ " } else { "├─ " })?;
    }
    match actors.len().saturating_sub(most) {
        0 => Ok(()),
        more => write!(f, "\n… and {more} more"),
    }
}

/// For each whether nothing follows on its level below the same parent.
fn last_of_their_level(actors: &[ActorInfo]) -> Vec<bool> {
    let mut follows = Vec::new();
    let mut last = vec![true; actors.len()];
    for (at, actor) in actors.iter().enumerate().rev() {
        let depth = actor.depth.min(LEVELS);
        follows.resize(depth + 1, false);
        last[at] = !std::mem::replace(&mut follows[depth], true);
    }
    last
}

/// One line.
impl Display for ActorInfo {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_str(&self.name)?;
        if self.name != format!("{}-{}", self.kind, self.id) {
            write!(f, " ({})", self.kind)?;
        }
        f.write_str(match self.role {
            Role::Worker => ": ",
            Role::Supervisor => ": supervisor, ",
            Role::Monitor => ": monitor, ",
        })?;
        write!(f, "{}, {}", self.state, self.placement)?;
        if self.placement == Placement::Process {
            write!(f, " {}", self.process_id)?;
        }
        write!(f, ", {} handled", self.messages_handled)?;
        match self.busy.as_millis() {
            0 => {}
            busy_ms => write!(f, ", busy {busy_ms} ms")?,
        }
        self.draw_mailbox(f)?;
        match self.restarts {
            0 => {}
            1 => f.write_str("; restarted once")?,
            more => write!(f, "; restarted {more} times")?,
        }
        match &self.last_end {
            None => Ok(()),
            Some(exit) if self.state.is_over() => write!(f, "; {exit}"),
            Some(exit) => write!(f, "; its last life: {exit}"),
        }
    }
}

impl ActorInfo {
    fn draw_mailbox(&self, f: &mut Formatter<'_>) -> Result {
        if let Some(command) = &self.in_hand {
            write!(f, "; in `{command}`")?;
        }
        let mailbox = &self.mailbox;
        write!(f, "; mailbox {}/{}", mailbox.waiting, mailbox.capacity)?;
        if mailbox.high_water > mailbox.waiting {
            write!(f, ", was {}", mailbox.high_water)?;
        }
        if mailbox.dropped > 0 {
            write!(f, ", {} dropped", mailbox.dropped)?;
        }
        let mut mark = ": ";
        for command in &self.waiting {
            write!(f, "{mark}`{command}`")?;
            mark = ", ";
        }
        match mailbox.waiting.saturating_sub(self.waiting.len()) {
            more if more > 0 && !self.waiting.is_empty() => write!(f, " and {more} more"),
            _ => Ok(()),
        }
    }
}
