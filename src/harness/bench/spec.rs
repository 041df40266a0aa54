//! A benchmark as the attribute registers it.

use std::future::Future;
use std::pin::Pin;

use criterion::{Bencher, Throughput};

use super::attempt;
use super::id::Id;
use crate::harness::outcome::Returned;
use crate::harness::registry::{Body, Registry, Run, RuntimeSpec};

/// What `#[rehearsal::bench]` says of one benchmark: constants, as the macro emits them.
#[derive(Debug, Clone, Copy)]
pub struct Bench {
    /// `module_path!()` of the place, crate name included, then `::` and the function's name.
    pub path: &'static str,
    /// The function's name.
    pub function: &'static str,
    /// The name of the one of `args` that it is called with, where it has any.
    pub argument: Option<&'static str>,
    /// Criterion's group, where one is given.
    pub group: Option<&'static str>,
    /// What one iteration goes through.
    pub throughput: Option<fn() -> Throughput>,
    /// How many samples are taken; Criterion's own default, or what the command line says, where `None`.
    pub sample_size: Option<usize>,
    /// How long it is run before it is measured, milliseconds; as above where `None`.
    pub warm_up_ms: Option<u64>,
    /// How long it is measured, milliseconds; as above where `None`.
    pub measurement_ms: Option<u64>,
    /// How much memory its process may hold while it is measured, bytes; what the command line says where `None`.
    pub memory_bytes: Option<u64>,
    /// What [`runtime`](super::runtime()) gives it.
    pub runtime: RuntimeSpec,
    /// Calls the function.
    pub call: fn(&mut Bencher<'_>),
}

impl Bench {
    /// Its trial's name.
    pub fn name(&self) -> String {
        let function = self.path.split_once("::").map_or(self.path, |(_, name)| name);
        match self.argument {
            Some(argument) => format!("{function}::{argument}"),
            None => function.to_owned(),
        }
    }

    /// What Criterion calls it.
    pub fn id(&self) -> Id {
        let throughput = self.throughput.map(|throughput| throughput());
        let function = self.path.split_once("::").map_or(self.path, |(_, name)| name);
        let value = self.argument.map(str::to_owned);
        match self.group {
            Some(group) => {
                Id { group: group.to_owned(), function: Some(self.function.to_owned()), value, throughput }
            }
            // Criterion has a throughput for what is in a group alone, so that it makes one of a function; what is in it
            // is called after how much it goes through, as is the custom.
            None => {
                let value = value
                    .or_else(|| throughput.as_ref().map(|amount| super::unit::amount(amount).to_string()));
                Id { group: function.to_owned(), function: None, value, throughput }
            }
        }
    }
}

impl Run for Bench {
    fn run(&self, _: &mut dyn FnMut(Pin<&mut dyn Future<Output = ()>>)) -> Returned {
        attempt::run(self)
    }

    fn is_async(&self) -> bool {
        false
    }

    fn bench(&self) -> Option<&Bench> {
        Some(self)
    }
}

/// All benchmarks of this program that Criterion runs.
pub(super) fn all() -> Vec<Bench> {
    let of = |entry: &&crate::harness::registry::Entry| match entry.body {
        Body::Other(body) => body.bench().copied(),
        _ => None,
    };
    Registry::collect().entries().iter().filter_map(of).collect()
}

/// What the benchmark at this address says of the memory of its process, if it is one and does.
pub fn memory_of(address: (u32, Option<&'static str>)) -> Option<u64> {
    match Registry::collect().at(address)?.body {
        Body::Other(body) => body.bench()?.memory_bytes,
        _ => None,
    }
}
