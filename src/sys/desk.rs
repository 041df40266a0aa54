//! A socket with a name, by which processes of this machine and user find each other.

pub(crate) use super::platform::desk::{Desk, connect};
