//! What the settings file says of a single trial, as far as whoever runs it has to know.

use serde_core::{Deserialize, Deserializer, Serialize, Serializer};

use crate::harness::registry::{Leaks, TaskPanic};
use crate::harness::select::rule::Ruling;

/// What an override sets of a trial; it goes before what the trial says itself.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Ruled {
    /// Whether a panic beside it counts.
    pub task_panic: Option<TaskPanic>,
    /// Whether what it leaves behind counts.
    pub leaks: Option<Leaks>,
}

impl Ruled {
    /// What these overrides say.
    pub fn of(ruling: &Ruling<'_>) -> Ruled {
        Ruled {
            task_panic: match ruling.word("task-panic") {
                Some("allow") => Some(TaskPanic::Allow),
                Some(_) => Some(TaskPanic::Fail),
                None => None,
            },
            leaks: match ruling.word("leaks") {
                Some("allow") => Some(Leaks::Allow),
                Some(_) => Some(Leaks::Fail),
                None => None,
            },
        }
    }
}

/// One byte on its way to a worker, two digits to the base of three: nothing, fail, allow.
impl Serialize for Ruled {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let task_panic = match self.task_panic {
            None => 0,
            Some(TaskPanic::Fail) => 1,
            Some(TaskPanic::Allow) => 2,
        };
        let leaks = match self.leaks {
            None => 0,
            Some(Leaks::Fail) => 3,
            Some(Leaks::Allow) => 6,
        };
        to.serialize_u8(task_panic + leaks)
    }
}

impl<'de> Deserialize<'de> for Ruled {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Ruled, D::Error> {
        let word = u8::deserialize(from)?;
        Ok(Ruled {
            task_panic: match word % 3 {
                0 => None,
                1 => Some(TaskPanic::Fail),
                _ => Some(TaskPanic::Allow),
            },
            leaks: match word / 3 {
                0 => None,
                1 => Some(Leaks::Fail),
                _ => Some(Leaks::Allow),
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::wire;

    #[rehearsal::test]
    fn all_there_is_to_say_crosses_in_a_byte() {
        for task_panic in [None, Some(TaskPanic::Fail), Some(TaskPanic::Allow)] {
            for leaks in [None, Some(Leaks::Fail), Some(Leaks::Allow)] {
                let ruled = Ruled { task_panic, leaks };
                let bytes = wire::encode(&(ruled,)).expect("encoded");
                assert_eq!(bytes.len(), wire::PREFIX + 1, "{ruled:?}");
                assert_eq!(wire::decode::<(Ruled,)>(&bytes[wire::PREFIX..]).expect("decoded"), (ruled,));
            }
        }
    }
}
