//! What is said of a comparison.

use super::ratio::{Finding, Ratio};
use super::turns::Comparison;

/// A few lines, for a person.
pub fn describe(comparison: &Comparison) -> String {
    let Comparison { bench, ratio, noise, old, new, interleaved } = comparison;
    let mut text = format!(
        "bench {bench}: {} -> {}, ratio {}: {}\n",
        time(old.ns),
        time(new.ns),
        interval(ratio),
        match ratio.finding() {
            Finding::Slower => "slower",
            Finding::Faster => "faster",
            Finding::Unclear => "no difference to be seen",
        }
    );
    let apart = percent(noise.apart - 1.0);
    text += "    noise: the same against the same ";
    match (&noise.ratio, noise.resolution()) {
        (Some(same), Some(resolution)) => {
            text += &format!("is {}, so less than {} is not to be seen", interval(same), percent(resolution));
        }
        _ => text += &format!("is up to {apart} apart"),
    }
    if !interleaved {
        text += &format!("; single processes are up to {apart} apart, by which the interval is widened");
    }
    text.push('\n');
    if noise.is_biased() {
        text +=
            "    note: the same code looks like two different ones: the machine changes while it measures\n";
    }
    let pairs = [
        ("allocations", old.cost.allocations, new.cost.allocations),
        ("bytes allocated", old.cost.bytes, new.cost.bytes),
        ("instructions", old.cost.instructions, new.cost.instructions),
    ];
    let counted: Vec<String> =
        pairs.into_iter().filter_map(|(what, old, new)| both(what, old, new)).collect();
    if !counted.is_empty() {
        text += &format!("    an iteration: {}\n", counted.join(", "));
    }
    text
}

fn both(what: &str, old: Option<f64>, new: Option<f64>) -> Option<String> {
    let number = |number: Option<f64>| number.map_or("not counted".to_owned(), count);
    (old.is_some() || new.is_some()).then(|| format!("{what} {} -> {}", number(old), number(new)))
}

/// The line of a bench that makes the run red.
pub fn regression(comparison: &Comparison, with: &str, allowed: f64) -> String {
    format!(
        "{} is slower than {with}: {} times, and {:.3} is allowed",
        comparison.bench,
        interval(&comparison.ratio),
        1.0 + allowed
    )
}

/// One JSON object on one line.
pub fn json(comparison: &Comparison, with: &str, allowed: Option<f64>) -> String {
    let Comparison { bench, ratio, noise, old, new, interleaved } = comparison;
    let interval = |ratio: &Ratio| serde_json::json!([ratio.low, ratio.high]);
    let side = |reading: &super::turns::Reading| {
        serde_json::json!({
            "ns": reading.ns,
            "allocations": reading.cost.allocations,
            "bytes": reading.cost.bytes,
            "instructions": reading.cost.instructions,
        })
    };
    serde_json::json!({
        "type": "compare",
        "name": bench,
        "with": with,
        "interleaved": interleaved,
        "old": side(old),
        "new": side(new),
        "ratio": ratio.middle,
        "interval": interval(ratio),
        "confidence": super::ratio::CONFIDENCE,
        "noise": noise.ratio.as_ref().map(|ratio| ratio.middle),
        "noise_interval": noise.ratio.as_ref().map(interval),
        "apart": noise.apart,
        "finding": match ratio.finding() {
            Finding::Slower => "slower",
            Finding::Faster => "faster",
            Finding::Unclear => "unclear",
        },
        "regression": allowed.map(|allowed| ratio.is_regression(allowed)),
    })
    .to_string()
}

fn interval(ratio: &Ratio) -> String {
    format!("{:.3} ({:.3} .. {:.3})", ratio.middle, ratio.low, ratio.high)
}

fn percent(part: f64) -> String {
    format!("{:.1} %", part * 100.0)
}

/// Four digits and a unit.
pub fn time(ns: f64) -> String {
    let (value, unit) = match ns {
        _ if ns < 1e3 => (ns, "ns"),
        _ if ns < 1e6 => (ns / 1e3, "µs"),
        _ if ns < 1e9 => (ns / 1e6, "ms"),
        _ => (ns / 1e9, "s"),
    };
    let digits = if value < 10.0 {
        3
    } else if value < 100.0 {
        2
    } else {
        1
    };
    format!("{value:.digits$} {unit}")
}

fn count(value: f64) -> String {
    let digits = if value < 100.0 { 2 } else { 0 };
    format!("{value:.digits$}")
}

#[cfg(test)]
mod tests {
    use super::super::noise::Noise;
    use super::super::turns::Reading;
    use super::*;
    use crate::harness::bench::tally::Cost;

    fn comparison() -> Comparison {
        let reading = |ns, allocations, instructions| Reading {
            ns,
            cost: Cost { allocations: Some(allocations), bytes: None, instructions },
        };
        Comparison {
            bench: "parse::small".to_owned(),
            ratio: Ratio { middle: 1.305, low: 1.2913, high: 1.318 },
            noise: Noise { ratio: Some(Ratio { middle: 1.001, low: 0.99, high: 1.01 }), apart: 1.05 },
            old: reading(1_204.3, 3.0, Some(4_211.0)),
            new: reading(1_571.0, 4.0, None),
            interleaved: true,
        }
    }

    #[rehearsal::test]
    fn what_a_person_reads() {
        let slower = comparison();
        assert_eq!(
            describe(&slower),
            "bench parse::small: 1.204 µs -> 1.571 µs, ratio 1.305 (1.291 .. 1.318): slower\n    \
             noise: the same against the same is 1.001 (0.990 .. 1.010), so less than 1.0 % is not to be seen\n    \
             an iteration: allocations 3.00 -> 4.00, instructions 4211 -> not counted\n"
        );
        assert_eq!(
            regression(&slower, "main", 0.05),
            "parse::small is slower than main: 1.305 (1.291 .. 1.318) times, and 1.050 is allowed"
        );
        let unclear = Comparison {
            ratio: Ratio { middle: 1.01, low: 0.9, high: 1.1 },
            noise: Noise { ratio: Some(Ratio { middle: 1.1, low: 1.05, high: 1.2 }), apart: 1.3 },
            old: Reading { ns: 12.0, ..Reading::default() },
            new: Reading { ns: 2.5e9, ..Reading::default() },
            interleaved: false,
            ..slower
        };
        let said = describe(&unclear);
        assert!(
            said.contains("12.00 ns -> 2.500 s, ratio 1.010 (0.900 .. 1.100): no difference to be seen\n"),
            "{said}"
        );
        assert!(said.contains("up to 30.0 % apart, by which the interval is widened\n"), "{said}");
        assert!(said.contains("the same code looks like two different ones"), "{said}");
        assert!(!said.contains("an iteration"), "{said}");
    }

    #[rehearsal::test]
    fn what_a_program_reads() {
        let line = json(&comparison(), "main", Some(0.05));
        let value: serde_json::Value = serde_json::from_str(&line).expect("JSON");
        assert_eq!((&value["name"], &value["regression"]), (&"parse::small".into(), &true.into()));
        assert_eq!((&value["ratio"], &value["interval"][0]), (&1.305.into(), &1.2913.into()));
        assert_eq!(
            (&value["new"]["instructions"], &value["finding"]),
            (&serde_json::Value::Null, &"slower".into())
        );
        assert!(!line.contains('\n'));
    }
}
