//! Durations and sizes as people write them: a number, then a unit.

use std::time::Duration;

/// What a duration may look like, for errors and help.
pub const DURATION_FORMS: &str = "a number with a unit, as in 500ms, 5s, 1.5s, 10m or 2h";

/// What pauses may look like, for errors and help.
pub const PAUSES_FORMS: &str = "a duration, as in 100ms, or one that doubles up to another, as in 100ms..2s";

/// What a size may look like, for errors and help.
pub const SIZE_FORMS: &str = "a number of bytes, or a number with a unit, as in 64KiB, 1MiB or 2GiB";

/// Nanoseconds in each unit of time.
const TIME_UNITS: &[(&str, f64)] = &[
    ("ns", 1.0),
    ("us", 1e3),
    ("µs", 1e3),
    ("ms", 1e6),
    ("s", 1e9),
    ("sec", 1e9),
    ("m", 60e9),
    ("min", 60e9),
    ("h", 3_600e9),
    ("d", 86_400e9),
];

/// Bytes in each unit of size; `k`, `KB` and `KiB` all mean 1,024.
const SIZE_UNITS: &[(&str, f64)] = &[
    ("", 1.0),
    ("b", 1.0),
    ("k", 1024.0),
    ("kb", 1024.0),
    ("kib", 1024.0),
    ("m", 1_048_576.0),
    ("mb", 1_048_576.0),
    ("mib", 1_048_576.0),
    ("g", 1_073_741_824.0),
    ("gb", 1_073_741_824.0),
    ("gib", 1_073_741_824.0),
];

/// Reads a duration such as `500ms`, `5s`, `1.5 s` or `10m`; `None` where the text is not one.
///
/// A bare number is refused: whether `5` means seconds or milliseconds is a guess. Only `0` needs no unit.
pub fn parse_duration(text: &str) -> Option<Duration> {
    if text.trim() == "0" {
        return Some(Duration::ZERO);
    }
    let nanoseconds = scaled(text, TIME_UNITS)?;
    (nanoseconds < u64::MAX as f64).then(|| Duration::from_nanos(nanoseconds.round() as u64))
}

/// Reads the pause before each try, as in `100ms`, or the first and the longest of pauses that double, as in `100ms..2s`;
/// `None` where the text is neither.
pub fn parse_pauses(text: &str) -> Option<(Duration, Option<Duration>)> {
    match text.split_once("..") {
        None => Some((parse_duration(text)?, None)),
        Some((first, most)) => {
            let (first, most) = (parse_duration(first)?, parse_duration(most)?);
            (first <= most).then_some((first, Some(most)))
        }
    }
}

/// Reads a size in bytes such as `4096`, `64KiB` or `1.5MiB`; `None` where the text is not one.
pub fn parse_size(text: &str) -> Option<u64> {
    let bytes = scaled(&text.to_ascii_lowercase(), SIZE_UNITS)?;
    (bytes < u64::MAX as f64).then(|| bytes.round() as u64)
}

/// Splits `text` into number and unit and multiplies them.
fn scaled(text: &str, units: &[(&str, f64)]) -> Option<f64> {
    let text = text.trim();
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.' && c != '_').unwrap_or(text.len());
    let (number, unit) = (text[..end].replace('_', ""), text[end..].trim());
    let factor = units.iter().find(|(name, _)| *name == unit)?.1;
    let number: f64 = number.parse().ok()?;
    Some(number * factor)
}

/// Writes a duration as a person would: `250ms`, `1s`, `1.5s`, `1m 30s`, `2h`.
pub fn format_duration(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let millis = duration.subsec_millis();
    if duration < Duration::from_millis(1) && !duration.is_zero() {
        return format!("{}µs", duration.as_micros());
    }
    if seconds == 0 {
        return format!("{millis}ms");
    }
    if seconds < 60 {
        return match millis {
            0 => format!("{seconds}s"),
            _ => format!("{}s", format!("{seconds}.{millis:03}").trim_end_matches('0')),
        };
    }
    let (hours, minutes, rest) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    let parts = [(hours, "h"), (minutes, "m"), (rest, "s")];
    let told: Vec<String> =
        parts.iter().filter(|(n, _)| *n > 0).map(|(n, unit)| format!("{n}{unit}")).collect();
    told.join(" ")
}

/// Writes a duration so that [`parse_duration`] reads the same one: `250ms`, `90s`, `2h`.
pub fn exact_duration(duration: Duration) -> String {
    let ns = duration.as_nanos();
    let units = [
        (3_600_000_000_000, "h"),
        (60_000_000_000, "m"),
        (1_000_000_000, "s"),
        (1_000_000, "ms"),
        (1_000, "us"),
    ];
    let unit = units.into_iter().find(|(unit_ns, _)| ns > 0 && ns.is_multiple_of(*unit_ns));
    let (unit_ns, unit) = unit.unwrap_or((1, "ns"));
    format!("{}{unit}", ns / unit_ns)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rehearsal::test]
    fn durations_need_a_unit_and_may_have_a_fraction() {
        let table: &[(&str, Option<u64>)] = &[
            ("5s", Some(5_000)),
            ("1.5s", Some(1_500)),
            ("250ms", Some(250)),
            ("10m", Some(600_000)),
            ("2 h", Some(7_200_000)),
            ("1_000ms", Some(1_000)),
            ("0", Some(0)),
            ("5", None),
            ("", None),
            ("s", None),
            ("-1s", None),
            ("5 parsecs", None),
            ("1.2.3s", None),
            ("99999999999999999999d", None),
        ];
        for (text, millis) in table {
            assert_eq!(parse_duration(text), millis.map(Duration::from_millis), "{text:?}");
        }
    }

    #[rehearsal::test]
    fn what_is_written_exactly_is_read_as_the_same() {
        for (ms, text) in [(0, "0ns"), (250, "250ms"), (90_000, "90s"), (120_000, "2m"), (7_200_000, "2h")] {
            assert_eq!(exact_duration(Duration::from_millis(ms)), text);
            assert_eq!(parse_duration(text), Some(Duration::from_millis(ms)));
        }
        let odd = Duration::from_nanos(1_000_001);
        assert_eq!(parse_duration(&exact_duration(odd)), Some(odd));
    }

    #[rehearsal::test]
    fn sizes_are_bytes_unless_a_unit_says_otherwise() {
        let table: &[(&str, Option<u64>)] = &[
            ("4096", Some(4096)),
            ("64KiB", Some(65_536)),
            ("1.5MiB", Some(1_572_864)),
            ("2g", Some(2 << 30)),
            ("1 MB", Some(1 << 20)),
            ("lots", None),
            ("-1", None),
        ];
        for (text, bytes) in table {
            assert_eq!(parse_size(text), *bytes, "{text:?}");
        }
    }

    #[rehearsal::test]
    fn durations_are_written_as_a_person_would() {
        let table = [
            (250, "250ms"),
            (1_000, "1s"),
            (1_500, "1.5s"),
            (1_050, "1.05s"),
            (90_000, "1m 30s"),
            (600_000, "10m"),
            (3_600_000, "1h"),
            (0, "0ms"),
        ];
        for (millis, text) in table {
            assert_eq!(format_duration(Duration::from_millis(millis)), text);
        }
    }
}
