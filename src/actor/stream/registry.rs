//! The streams of one actor: those that it produces, or, for a process actor seen from its parent, those that come from
//! its process. Each has a number, by which its frames name it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use super::channel::AnyChannel;
use super::error::StreamEnd;
use super::word::Order;
use crate::actor::exit::Exit;

/// Kept beside an actor that has streams.
#[derive(Default)]
pub(crate) struct Streams(Mutex<Table>);

#[derive(Default)]
struct Table {
    last: u64,
    /// Lives of the actor that are over: a number means another stream in another life.
    life: u64,
    open: BTreeMap<u64, Weak<dyn AnyChannel>>,
    /// What is to be said to the other process: at most one order a stream, and for each there are items that came.
    orders: BTreeMap<u64, Order>,
}

/// A stream's number, and the life of the actor in which it means this stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Number {
    pub(super) number: u64,
    life: u64,
}

impl Streams {
    /// Enters a stream that this process produces.
    pub(super) fn enter(&self, channel: Weak<dyn AnyChannel>) -> Number {
        let mut table = self.table();
        table.last += 1;
        let number = table.last;
        table.open.insert(number, channel);
        Number { number, life: table.life }
    }

    /// Enters a stream that another process produces under this number.
    pub(super) fn enter_as(&self, number: u64, channel: Weak<dyn AnyChannel>) -> Number {
        let mut table = self.table();
        table.open.insert(number, channel);
        Number { number, life: table.life }
    }

    /// The stream of this number, if it is open.
    pub(super) fn find(&self, number: u64) -> Option<Arc<dyn AnyChannel>> {
        self.table().open.get(&number).and_then(Weak::upgrade)
    }

    /// The stream of this number is over.
    pub(super) fn forget(&self, own: Number) {
        let mut table = self.table();
        if table.life == own.life {
            table.open.remove(&own.number);
        }
    }

    /// Has this said to the other process.
    pub(super) fn order(&self, own: Number, order: Order) {
        let mut table = self.table();
        if table.life == own.life {
            if order == Order::Cancel {
                table.open.remove(&own.number);
            }
            let orders = &mut table.orders;
            orders.entry(own.number).and_modify(|before| *before = before.and(order)).or_insert(order);
        }
    }

    /// Has a stream cancelled that nobody here knows, or knows any more.
    pub(super) fn cancel_unknown(&self, number: u64) {
        self.table().orders.insert(number, Order::Cancel);
    }

    /// Takes out what is to be said.
    pub(crate) fn take_orders(&self) -> BTreeMap<u64, Order> {
        std::mem::take(&mut self.table().orders)
    }

    /// A life of the actor is over, and its streams with it.
    pub(crate) fn end_all(&self, exit: &Exit) {
        let open = {
            let mut table = self.table();
            table.life += 1;
            table.orders.clear();
            std::mem::take(&mut table.open)
        };
        // Not under the lock: to end a stream wakes who waits for it, and writes a frame.
        for channel in open.into_values().filter_map(|channel| channel.upgrade()) {
            channel.break_off(StreamEnd::Dead(exit.clone()));
        }
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
