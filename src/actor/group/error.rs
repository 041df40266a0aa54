//! Why a group could not do what was asked of it.

use crate::actor::info::ActorName;

/// Why a [`Group`](super::Group) could not take a member, or had none to choose.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum GroupError {
    /// It has no member.
    Empty {
        /// What the group is called.
        group: String,
        /// How many members it had before.
        left: u64,
        /// The member that left last.
        last: Option<ActorName>,
    },
    /// It has as many members as it may.
    Full {
        /// What the group is called.
        group: String,
        /// Who was to join.
        actor: ActorName,
        /// The most members it may have.
        most: usize,
    },
    /// Who was to join has ended.
    Ended {
        /// What the group is called.
        group: String,
        /// Who was to join.
        actor: ActorName,
    },
}

impl std::fmt::Display for GroupError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            GroupError::Empty { group, last: None, .. } => {
                write!(f, "group `{group}` has no member to choose, and never had one: join an actor first")
            }
            GroupError::Empty { group, left, last: Some(last) } => write!(
                f,
                "group `{group}` has no member left to choose: {left} have left or ended, {last} was the last; join another"
            ),
            GroupError::Full { group, actor, most } => write!(
                f,
                "{actor} cannot join group `{group}`: it has {most} members, its most; let one leave, or make it with Group::up_to(..)"
            ),
            GroupError::Ended { group, actor } => {
                write!(f, "{actor} cannot join group `{group}`: it has ended")
            }
        }
    }
}

impl std::error::Error for GroupError {}
