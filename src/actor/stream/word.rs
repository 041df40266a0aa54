//! What the two processes of a stream say to each other: the value behind [`Up::Stream`](crate::actor::crossing::Up)
//! and [`Down::Stream`](crate::actor::crossing::Down), which name the stream.

use super::error::StreamEnd;
use crate::sys::wire::wired;

/// From the producer's process.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Said {
    /// An item follows.
    Item,
    /// All items have been said.
    Finished,
    /// There are no more, and there should have been.
    Broke { why: StreamEnd },
}

wired! { enum Said { Item, Finished, Broke { why } } }

/// From the consumer's process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    /// So many items more have been taken.
    Credit { items: u64 },
    /// Nobody reads it any more.
    Cancel,
}

wired! { enum Order { Credit { items }, Cancel } }

impl Order {
    /// Both in one, the other one behind.
    pub(crate) fn and(self, other: Order) -> Order {
        match (self, other) {
            (Order::Credit { items }, Order::Credit { items: more }) => Order::Credit { items: items + more },
            _ => Order::Cancel,
        }
    }
}
