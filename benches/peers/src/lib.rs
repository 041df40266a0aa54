//! What `benches/tables.rs` measures and prints.
//!
//! Read next: `column` for what is measured, `peer/mod.rs` for whom, `table` for how often; then `process/mod.rs`.

pub mod column;
pub mod memory;
pub mod peer;
pub mod process;
pub mod table;
