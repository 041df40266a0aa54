//! What a probe says that waited in vain.

use std::panic::Location;
use std::time::Duration;

use crate::actor::Exit;

/// A wait of a probe that came to nothing. Its text names what did arrive, and the line of the tester.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Missed {
    /// What was waited for, in words.
    pub wanted: &'static str,
    /// How long.
    pub limit: Duration,
    /// Where the tester waited.
    pub at: &'static Location<'static>,
    /// What arrived meanwhile and was not it.
    pub skipped: Vec<String>,
    /// What had arrived before, the last 16, the oldest first.
    pub before: Vec<String>,
    /// How many had arrived before.
    pub before_count: usize,
    /// How the stand-in ended, if that is why nothing comes.
    pub ended: Option<Exit>,
}

impl std::fmt::Display for Missed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Missed { wanted, limit, at, skipped, before, before_count, ended } = self;
        write!(f, "the probe at {at} waited for {wanted}, and ")?;
        match ended {
            Some(exit) => write!(f, "none will come: {exit}")?,
            None => write!(f, "none came within {limit:?}")?,
        }
        match skipped.is_empty() {
            true => f.write_str("; nothing arrived meanwhile")?,
            false => write!(f, "; what did arrive: {}", list(skipped))?,
        }
        match before_count {
            0 => f.write_str("; nothing had arrived before"),
            count if *count > before.len() => {
                write!(f, "; before that {count} had arrived, the last of them {}", list(before))
            }
            _ => write!(f, "; before that had arrived {}", list(before)),
        }
    }
}

impl std::error::Error for Missed {}

fn list(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
