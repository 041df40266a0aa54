//! Every process is an arbiter here.

use crate::sys::boot::{Boot, Role};

pub(in crate::sys) fn enter() -> Boot {
    Boot { role: Role::Arbiter, threads: super::limit::thread_count() }
}
