//! The library's slot, helm, next and mailbox as they are, and what is around them as a model needs it.

#[cfg(loom)]
mod every_order;
#[cfg(loom)]
#[path = "loom.rs"]
mod primitive;
#[cfg(not(loom))]
#[allow(unused_imports, reason = "the mailbox is modelled only")]
#[path = "../../../src/sys/primitive.rs"]
mod primitive;

#[cfg(loom)]
#[path = "pool.rs"]
mod pool;
#[cfg(not(loom))]
#[path = "../../../src/sys/pool.rs"]
mod pool;

#[path = "../../../src/sys/slot.rs"]
mod slot;

#[path = "../../../src/sys/helm.rs"]
mod helm;

#[path = "../../../src/sys/next.rs"]
mod next;

#[cfg(loom)]
mod info {
    pub struct MailboxInfo {
        pub waiting: usize,
        pub high_water: usize,
        pub capacity: usize,
        pub dropped: u64,
    }
}

#[cfg(loom)]
mod overflow {
    #[derive(Clone, Copy, PartialEq, Eq)]
    pub enum Overflow {
        Wait,
        Fail,
        DropNewest,
        DropOldest,
    }

    impl Overflow {
        pub fn waits(self) -> bool {
            self == Overflow::Wait
        }

        pub fn reaches_the_oldest(self) -> bool {
            self == Overflow::DropOldest
        }
    }
}

#[cfg(loom)]
mod sys {
    pub(crate) use crate::primitive;
}

#[cfg(loom)]
#[path = "../../../src/actor/mailbox.rs"]
mod mailbox;
