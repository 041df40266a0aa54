//! The bugs of others: races of stop, restart and links that people reported of other actor libraries.
//!
//! Each test is named after what it guards and says who reported the opposite, and where. `tally` has the actor that
//! most of them are about; the rest is by what goes wrong.

mod family;
mod hold;
mod line;
mod link;
mod restart;
mod start;
mod stop;
mod tally;
