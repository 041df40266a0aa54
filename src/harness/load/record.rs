//! A load benchmark as tools read it.

use serde_json::{Value, json};

use super::account::Account;
use super::level::Figures;
use super::sample::Spread;
use super::spec::Clients;
use super::usl::Law;

/// The version of what is written; it changes with the meaning of a field, not with a new one.
const SCHEMA: u32 = 1;

/// Everything, as the text of a file.
pub fn json(account: &Account) -> String {
    format!("{:#}\n", value(account))
}

/// Everything. Times are nanoseconds, rates a second, memory bytes; what is not known is `null`.
pub fn value(account: &Account) -> Value {
    let spec = &account.spec;
    json!({
        "schema": SCHEMA,
        "kind": "load",
        "name": account.name(),
        "path": account.path,
        "clients": spec.clients.word(),
        "processes_at_most": (spec.clients == Clients::Processes).then_some(spec.processes),
        "rate": spec.rate,
        "warm_up_ms": spec.warm_up_ms,
        "duration_ms": spec.count.is_none().then_some(spec.duration_ms),
        "count": spec.count,
        "levels": account.levels.iter().map(level).collect::<Vec<_>>(),
        "first_level_again": account.again.as_ref().map(level),
        "noise": account.noise(),
        "scaling_law": account.law.as_ref().map(law),
        "warnings": account.warnings,
        "error": account.error,
    })
}

fn level(figures: &Figures) -> Value {
    let (kinds, away) = (figures.errors.kinds(), figures.processes > 0);
    json!({
        "clients": figures.clients,
        "throughput": figures.throughput,
        "done": figures.done,
        "failed": figures.errors.total(),
        "errors": kinds.iter().map(|(kind, count)| json!({ "kind": kind, "count": count })).collect::<Vec<_>>(),
        "errors_of_other_kinds": figures.errors.others(),
        "latency_ns": spread(&figures.latency),
        "late_start_ns": figures.kept.is_some().then(|| spread(&figures.lateness)),
        "intended": figures.kept.map(|kept| kept.intended),
        "never_started": figures.kept.map(|kept| kept.missed()),
        "saturated": figures.kept.map(|kept| kept.is_saturated()),
        "processor_ns": figures.processor_ns,
        "memory_bytes": figures.memory_bytes,
        "processes_of_clients": away.then_some(figures.processes),
        "clients_processor_ns": figures.clients_processor_ns.filter(|_| away),
        "clients_memory_bytes": figures.clients_memory_bytes.filter(|_| away),
        "processors_of_others": figures.others,
        "measured_ns": figures.measured_ns,
    })
}

fn spread(spread: &Spread) -> Value {
    json!({
        "count": spread.count,
        "p50": spread.p50_ns,
        "p90": spread.p90_ns,
        "p99": spread.p99_ns,
        "p99.9": spread.p999_ns,
        "max": spread.max_ns,
    })
}

fn law(law: &Law) -> Value {
    json!({
        "lambda": law.lambda,
        "sigma": law.sigma,
        "kappa": law.kappa,
        "relative_error": law.error,
        "peak_clients": law.peak().map(|(clients, _)| clients),
        "peak_throughput": law.peak().map(|(_, throughput)| throughput),
        "ceiling": law.ceiling(),
    })
}
