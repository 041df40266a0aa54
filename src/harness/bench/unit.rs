//! Numbers as people read them.

use criterion::Throughput;

/// Nanoseconds with four digits and the unit that suits them: `12.35 µs`.
pub fn time(ns: f64) -> String {
    let (value, unit) = match ns {
        ns if ns < 1.0 => (ns * 1e3, "ps"),
        ns if ns < 1e3 => (ns, "ns"),
        ns if ns < 1e6 => (ns / 1e3, "µs"),
        ns if ns < 1e9 => (ns / 1e6, "ms"),
        ns => (ns / 1e9, "s"),
    };
    format!("{} {unit}", four_digits(value))
}

/// A ratio less one, in percent and with its sign: `+2.1 %`.
pub fn change(ratio: f64) -> String {
    format!("{:+.1} %", ratio * 100.0)
}

/// How much a second goes through where an iteration takes so long.
pub fn rate(throughput: &Throughput, ns: f64) -> String {
    let per_second = amount(throughput) as f64 * 1e9 / ns;
    let (factor, letters, unit) = match throughput {
        Throughput::Bytes(_) => (1024.0, ["", "Ki", "Mi", "Gi"], "B/s"),
        Throughput::BytesDecimal(_) => (1e3, ["", "k", "M", "G"], "B/s"),
        Throughput::Bits(_) => (1e3, ["", "k", "M", "G"], "bit/s"),
        Throughput::Elements(_) | Throughput::ElementsAndBytes { .. } => (1e3, ["", "K", "M", "G"], "elem/s"),
    };
    let (mut value, mut at) = (per_second, 0);
    while value >= factor && at + 1 < letters.len() {
        value /= factor;
        at += 1;
    }
    format!("{} {}{unit}", four_digits(value), letters[at])
}

/// The number of a throughput.
pub fn amount(throughput: &Throughput) -> u64 {
    match throughput {
        Throughput::Bits(amount)
        | Throughput::Bytes(amount)
        | Throughput::BytesDecimal(amount)
        | Throughput::Elements(amount)
        | Throughput::ElementsAndBytes { elements: amount, .. } => *amount,
    }
}

/// Bytes of a throughput; 0 where it is none of bytes.
pub fn bytes(throughput: &Throughput) -> u64 {
    match throughput {
        Throughput::Bytes(bytes) | Throughput::BytesDecimal(bytes) => *bytes,
        Throughput::ElementsAndBytes { bytes, .. } => *bytes,
        Throughput::Bits(bits) => bits / 8,
        Throughput::Elements(_) => 0,
    }
}

/// What a throughput counts, for programs.
pub fn of(throughput: &Throughput) -> &'static str {
    match throughput {
        Throughput::Bits(_) => "bits",
        Throughput::Bytes(_) | Throughput::BytesDecimal(_) => "bytes",
        Throughput::Elements(_) | Throughput::ElementsAndBytes { .. } => "elements",
    }
}

/// A number with commas: `405,000`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() * 2);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

fn four_digits(value: f64) -> String {
    match value {
        value if value < 10.0 => format!("{value:.3}"),
        value if value < 100.0 => format!("{value:.2}"),
        value if value < 1_000.0 => format!("{value:.1}"),
        value => format!("{value:.0}"),
    }
}
