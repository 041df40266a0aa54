//! Floor 0: the operating system and time.
//!
//! Owns: the one seam for time, spawn, delivery choice, randomness and faults (`seam`); the framed wire
//! (`wire`); re-executing this binary as another process (`boot`, `process`); signals, capture, shared pages.
//! All `unsafe` code of the crate is here, and all `cfg` on the platform.
//!
//! Never: knows an actor, a trial or a setting.
//!
//! Read next: `boot`, then `actor/mod.rs` one floor up.
