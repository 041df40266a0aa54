//! What a test says of its realm, to be looked at when its actors have ended.

use std::panic::Location;

use super::Realm;

/// Looks at a realm, and says what is not as it was to be, and where that was said.
pub(crate) type Pledge = Box<dyn Fn(&Realm) -> Option<Broken> + Send>;

/// A pledge that was not kept.
pub(crate) struct Broken {
    /// What is not as it was to be.
    pub(crate) text: String,
    /// Where it was pledged.
    #[cfg_attr(not(feature = "harness"), allow(dead_code, reason = "only who runs trials asks for it"))]
    pub(crate) at: &'static Location<'static>,
}

/// The pledges of a realm.
#[derive(Default)]
pub(super) struct Pledges {
    /// Somebody looks at them when its actors have ended.
    awaited: bool,
    made: Vec<Pledge>,
}

impl Realm {
    /// From now on pledges are taken: the caller looks at them when the realm's actors have ended.
    #[cfg(feature = "harness")]
    pub(crate) fn await_pledges(&self) {
        if let Some(own) = &self.0 {
            own.books().pledges.awaited = true;
        }
    }

    /// Has this looked at when its actors have ended; given back where nobody will.
    pub(crate) fn pledge(&self, pledge: Pledge) -> Result<(), Pledge> {
        let Some(own) = &self.0 else { return Err(pledge) };
        let mut books = own.books();
        if !books.pledges.awaited {
            return Err(pledge);
        }
        books.pledges.made.push(pledge);
        Ok(())
    }

    /// What was pledged, to be looked at now.
    #[cfg(feature = "harness")]
    pub(crate) fn take_pledges(&self) -> Vec<Pledge> {
        self.0.as_ref().map_or_else(Vec::new, |own| std::mem::take(&mut own.books().pledges.made))
    }
}
