//! A load benchmark as a picture: throughput and latency by the number of clients, one SVG.

use std::fmt::Write;

use super::account::Account;
use super::sample::Spread;
use super::table::{quantity, time, title};
use super::trouble::counted;
use crate::harness::reporter::escape::push_xml_attribute;

/// Of the whole picture, and of each of its two panels.
const WIDTH: f64 = 960.0;
const HEIGHT: f64 = 400.0;
const PANEL: Area = Area { left: 70.0, top: 64.0, width: 370.0, height: 270.0 };
const GAP: f64 = 480.0;

/// So many characters of a title find room, whatever they are.
const TITLE: usize = 95;

/// Points of the curve of the law.
const STEPS: u32 = 120;

/// Colours in light and in dark.
const STYLE: &str = "text{font:13px system-ui,sans-serif;fill:#333}.title{font-size:15px;font-weight:600}\
.grid{stroke:#ddd}.axis{stroke:#888}.law{stroke:#999;stroke-width:2;stroke-dasharray:5 4;fill:none}\
.s0{stroke:#1f77b4;fill:#1f77b4}.s1{stroke:#2ca02c;fill:#2ca02c}.s2{stroke:#e08214;fill:#e08214}\
.s3{stroke:#c03a2b;fill:#c03a2b}polyline{fill:none!important;stroke-width:2}.ground{fill:#fff}\
@media(prefers-color-scheme:dark){text{fill:#ddd}.grid{stroke:#333}.axis{stroke:#777}.ground{fill:#16181c}\
.s0{stroke:#6cb0e8;fill:#6cb0e8}.s1{stroke:#7fce7f;fill:#7fce7f}.s2{stroke:#f0a858;fill:#f0a858}\
.s3{stroke:#ef7d70;fill:#ef7d70}}";

/// A rectangle of the picture.
#[derive(Clone, Copy)]
struct Area {
    left: f64,
    top: f64,
    width: f64,
    height: f64,
}

/// What of the latency is drawn.
type Line = (&'static str, fn(&Spread) -> u64);

const LINES: [Line; 4] = [
    ("p50", |spread| spread.p50_ns),
    ("p90", |spread| spread.p90_ns),
    ("p99", |spread| spread.p99_ns),
    ("p99.9", |spread| spread.p999_ns),
];

/// The picture; it needs nothing from elsewhere.
pub fn svg(account: &Account) -> String {
    let mut out = String::new();
    let _ = write!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" width=\"{WIDTH}\" height=\"{HEIGHT}\" \
         role=\"img\"><style>{STYLE}</style><rect class=\"ground\" width=\"100%\" height=\"100%\"/>"
    );
    let mut heading = String::new();
    push_xml_attribute(&mut heading, &title(account));
    heading_text(&mut out, &heading, title(account).chars().count());
    if !account.levels.is_empty() {
        throughput(&mut out, account, PANEL);
        latency(&mut out, account, Area { left: PANEL.left + GAP, ..PANEL });
    }
    out.push_str("</svg>\n");
    out
}

/// Both axes of a panel.
struct Axes {
    area: Area,
    clients: Scale,
    values: Scale,
}

/// From a value to a part of a length.
#[derive(Clone, Copy)]
struct Scale {
    low: f64,
    high: f64,
    logarithmic: bool,
}

impl Scale {
    fn part(&self, value: f64) -> f64 {
        let of = |value: f64| if self.logarithmic { value.max(1e-9).ln() } else { value };
        let length = of(self.high) - of(self.low);
        if length <= 0.0 { 0.5 } else { (of(value) - of(self.low)) / length }
    }
}

impl Axes {
    fn point(&self, clients: f64, value: f64) -> (f64, f64) {
        let Area { left, top, width, height } = self.area;
        (left + width * self.clients.part(clients), top + height * (1.0 - self.values.part(value)))
    }

    /// Clients, each twice as many as the one before as far away from it.
    fn of(account: &Account, area: Area, values: Scale) -> Axes {
        let counts = account.levels.iter().map(|level| f64::from(level.clients));
        let (low, high) = counts.fold((f64::MAX, 0.0_f64), |(low, high), n| (low.min(n), high.max(n)));
        Axes { area, clients: Scale { low, high, logarithmic: true }, values }
    }

    fn draw(
        &self,
        out: &mut String,
        account: &Account,
        above: &str,
        ticks: &[f64],
        label: fn(f64) -> String,
    ) {
        let Area { left, top, width, height } = self.area;
        text(out, (left, top - 14.0), "start", "", above);
        for &tick in ticks {
            let (_, y) = self.point(self.clients.low, tick);
            let _ = write!(
                out,
                "<line class=\"grid\" x1=\"{left}\" x2=\"{}\" y1=\"{y:.1}\" y2=\"{y:.1}\"/>",
                left + width
            );
            text(out, (left - 8.0, y + 4.0), "end", "", &label(tick));
        }
        let bottom = top + height;
        let _ = write!(
            out,
            "<line class=\"axis\" x1=\"{left}\" x2=\"{}\" y1=\"{bottom}\" y2=\"{bottom}\"/>",
            left + width
        );
        let mut free_from = f64::MIN;
        let mut counts: Vec<u32> = account.levels.iter().map(|level| level.clients).collect();
        counts.sort_unstable();
        counts.dedup();
        for clients in counts {
            let (x, _) = self.point(f64::from(clients), self.values.low);
            let half = 4.5 * clients.to_string().len() as f64;
            if x - half > free_from {
                text(out, (x, bottom + 18.0), "middle", "", &clients.to_string());
                free_from = x + half + 4.0;
            }
        }
        text(out, (left + width / 2.0, bottom + 40.0), "middle", "", "clients");
    }

    /// Points joined by lines, a mark at each.
    fn series(&self, out: &mut String, class: &str, points: &[(f64, f64, String)]) {
        let mut line = String::new();
        let mut marks = String::new();
        for (clients, value, told) in points {
            let (x, y) = self.point(*clients, *value);
            let _ = write!(line, "{x:.1},{y:.1} ");
            let _ = write!(
                marks,
                "<circle class=\"{class}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"4\"><title>{}: {told}</title></circle>",
                counted(*clients as u64)
            );
        }
        let _ = write!(out, "<polyline class=\"{class}\" points=\"{}\"/>{marks}", line.trim_end());
    }
}

fn text(out: &mut String, (x, y): (f64, f64), anchor: &str, class: &str, words: &str) {
    let _ = write!(
        out,
        "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\" class=\"{class}\">{words}</text>"
    );
}

/// The title above both panels, narrower where it would end outside of the picture.
fn heading_text(out: &mut String, words: &str, length: usize) {
    let squeezed = if length > TITLE { "textLength=\"920\" lengthAdjust=\"spacingAndGlyphs\" " } else { "" };
    let _ = write!(out, "<text x=\"20\" y=\"28\" {squeezed}class=\"title\">{words}</text>");
}

fn in_order(account: &Account) -> Vec<&super::level::Figures> {
    let mut levels: Vec<_> = account.levels.iter().collect();
    levels.sort_by_key(|level| level.clients);
    levels
}

fn throughput(out: &mut String, account: &Account, area: Area) {
    let levels = in_order(account);
    let (low, high) = (f64::from(levels[0].clients), f64::from(levels[levels.len() - 1].clients));
    let curve: Vec<(f64, f64)> = account.law.as_ref().map_or_else(Vec::new, |law| {
        let at = |step| low * (high / low).powf(f64::from(step) / f64::from(STEPS));
        (0..=STEPS).map(|step| (at(step), law.throughput(at(step)))).collect()
    });
    let rate = account.spec.rate.map(|rate| rate as f64);
    let measured = levels.iter().map(|level| level.throughput).fold(0.0, f64::max);
    let most = curve.iter().map(|point| point.1).chain(rate).fold(measured, f64::max);
    let (ticks, end) = even_ticks(most);
    let axes = Axes::of(account, area, Scale { low: 0.0, high: end, logarithmic: false });
    axes.draw(out, account, "operations a second", &ticks, quantity);
    let straight = rate.map(|rate| vec![(low, rate), (high, rate)]);
    let (reference, told) = match straight {
        Some(line) => (line, "the rate that was asked for"),
        None => (curve, "universal scalability law"),
    };
    if !reference.is_empty() {
        let points: Vec<String> = reference
            .iter()
            .map(|&(clients, value)| {
                let (x, y) = axes.point(clients, value);
                format!("{x:.1},{y:.1}")
            })
            .collect();
        let _ = write!(out, "<polyline class=\"law\" points=\"{}\"/>", points.join(" "));
        text(out, (area.left + area.width, area.top - 14.0), "end", "", &format!("- - {told}"));
    }
    let points: Vec<_> = levels
        .iter()
        .map(|level| {
            (f64::from(level.clients), level.throughput, format!("{}/s", quantity(level.throughput)))
        })
        .collect();
    axes.series(out, "s0", &points);
}

fn latency(out: &mut String, account: &Account, area: Area) {
    let levels = in_order(account);
    let values = || levels.iter().flat_map(|level| LINES.map(|line| (line.1)(&level.latency).max(1)));
    let (low, high) = (values().min().unwrap_or(1), values().max().unwrap_or(1));
    let decade = |value: u64| f64::from(value.ilog10());
    let (low, high) = (10_f64.powf(decade(low)), 10_f64.powf(decade(high) + 1.0));
    let decades = (high / low).log10().round() as i32;
    let ticks: Vec<f64> = (0..=decades).map(|at| low * 10_f64.powi(at)).collect();
    let axes = Axes::of(account, area, Scale { low, high, logarithmic: true });
    axes.draw(out, account, "latency", &ticks, |ns| short_time(ns as u64));
    for (at, (name, of)) in LINES.iter().enumerate() {
        let points: Vec<_> = levels
            .iter()
            .map(|level| {
                let ns = of(&level.latency).max(1);
                (f64::from(level.clients), ns as f64, format!("{name} {}", time(ns)))
            })
            .collect();
        axes.series(out, &format!("s{at}"), &points);
        let x = area.left + 150.0 + 58.0 * at as f64;
        let y = area.top - 18.0;
        let _ = write!(out, "<circle class=\"s{at}\" cx=\"{x}\" cy=\"{y}\" r=\"4\"/>");
        text(out, (x + 8.0, y + 4.0), "start", "", name);
    }
}

/// A power of ten as a time.
fn short_time(ns: u64) -> String {
    match ns {
        1_000_000_000.. => format!("{} s", ns / 1_000_000_000),
        1_000_000.. => format!("{} ms", ns / 1_000_000),
        1_000.. => format!("{} µs", ns / 1_000),
        _ => format!("{ns} ns"),
    }
}

/// Four to eight round numbers from 0 on, and the last of them, which is no less than `most`.
fn even_ticks(most: f64) -> (Vec<f64>, f64) {
    let most = if most > 0.0 { most } else { 1.0 };
    let decade = 10_f64.powf((most / 4.0).log10().floor());
    let step = [1.0, 2.0, 2.5, 5.0, 10.0]
        .into_iter()
        .map(|digit| digit * decade)
        .find(|step| most / step <= 6.0)
        .unwrap_or(decade * 10.0);
    let count = (most / step).ceil() as u32;
    ((0..=count).map(|at| step * f64::from(at)).collect(), step * f64::from(count))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::harness::load::level::Figures;
    use crate::harness::load::spec::Spec;

    #[rehearsal::test]
    fn a_title_that_is_longer_than_the_picture_is_squeezed_into_it() {
        let long = "suite::a_module_of_the_tests::another_one_in_it::the_whole_way_of_an_order_from_the_basket_to_the_invoice";
        for (path, is_squeezed) in [("suite::echo", false), (long, true)] {
            let picture = svg(&Account::new(path, Spec::NONE));
            assert_eq!(picture.contains("textLength=\"920\""), is_squeezed, "{picture}");
        }
    }

    #[rehearsal::test]
    fn a_point_says_how_many_clients_it_is_of() {
        let mut account = Account::new("suite::echo", Spec::NONE);
        account.levels =
            [1, 4].map(|clients| Figures { clients, throughput: 10.0, ..Figures::default() }).into();
        let picture = svg(&account);
        for told in ["<title>1 client: 10.0/s</title>", "<title>4 clients: 10.0/s</title>"] {
            assert!(picture.contains(told), "{told}: {picture}");
        }
    }

    #[rehearsal::test]
    fn ticks_are_round_and_reach_the_top() {
        for (most, last, count) in
            [(1.0, 1.0, 6), (999.0, 1_000.0, 6), (1_001.0, 1_200.0, 7), (7.3e6, 8e6, 5), (0.0, 1.0, 6)]
        {
            let (ticks, end) = even_ticks(most);
            assert!((end - last).abs() < last * 1e-9, "{most}: {end}");
            assert_eq!(ticks.len(), count, "{most}: {ticks:?}");
        }
    }
}
