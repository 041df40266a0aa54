//! Known values, and what intervals do on machines that are simulated.

use super::super::noise::Noise;
use super::{Chance, Finding, LEAST_ROUNDS, Ratio, left_out, median};

/// Published critical values of Wilcoxon's signed ranks, two sides, one in a hundred.
#[rehearsal::test]
fn what_is_left_out_is_what_tables_say() {
    let table = [
        (8, 0),
        (9, 1),
        (10, 3),
        (11, 5),
        (12, 7),
        (13, 9),
        (14, 12),
        (15, 15),
        (16, 19),
        (17, 23),
        (18, 27),
        (20, 37),
        (25, 68),
        (30, 109),
    ];
    for (differences, expected) in table {
        assert_eq!(left_out(differences, 0.005), Some(expected), "{differences} differences");
    }
    for few in 0..LEAST_ROUNDS {
        assert_eq!(left_out(few, 0.005), None, "{few} differences");
    }
}

#[rehearsal::test]
fn a_ratio_without_noise_is_that_ratio() {
    let pairs = vec![(200.0, 260.0); 15];
    let ratio = Ratio::of_pairs(&pairs).expect("enough rounds");
    assert!((ratio.middle - 1.3).abs() < 1e-12 && (ratio.low - 1.3).abs() < 1e-12, "{ratio:?}");
    assert_eq!(ratio.finding(), Finding::Slower);
    assert!(ratio.is_regression(0.05) && ratio.is_regression(0.29) && !ratio.is_regression(0.31));
    let swapped: Vec<_> = pairs.iter().map(|(old, new)| (*new, *old)).collect();
    let ratio = Ratio::of_pairs(&swapped).expect("enough rounds");
    assert_eq!(ratio.finding(), Finding::Faster);
    assert!(!ratio.is_regression(0.0));
}

/// Which side is called old changes nothing but the sign.
#[rehearsal::test]
fn both_sides_are_treated_alike() {
    let mut machine = Machine::new(3, Weather::Spikes);
    let pairs: Vec<(f64, f64)> = machine.pairs(20, 1.1);
    let swapped: Vec<(f64, f64)> = pairs.iter().map(|(old, new)| (*new, *old)).collect();
    let (ratio, swapped) = (Ratio::of_pairs(&pairs).unwrap(), Ratio::of_pairs(&swapped).unwrap());
    let close = |one: f64, other: f64| (one * other - 1.0).abs() < 1e-9;
    assert!(close(ratio.middle, swapped.middle) && close(ratio.low, swapped.high), "{ratio:?} {swapped:?}");
}

#[rehearsal::test]
fn what_is_no_time_has_no_ratio() {
    for bad in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let mut pairs = vec![(1.0, 1.0); 20];
        pairs[7].1 = bad;
        assert_eq!(Ratio::of_pairs(&pairs), None, "{bad}");
        assert_eq!(Ratio::of_samples(&[1.0, bad, 1.0], &[1.0, 1.0]), None, "{bad}");
    }
    assert_eq!(Ratio::of_pairs(&[(1.0, 1.0); LEAST_ROUNDS - 1]), None);
    assert_eq!(Ratio::of_samples(&[1.0], &[1.0, 1.0]), None);
    assert_eq!(Noise::of(&[]), None);
    assert_eq!(Noise::of(&[(0.0, 1.0)]), None);
}

#[rehearsal::test]
fn medians() {
    assert_eq!(median(&[]), None);
    assert_eq!(median(&[3.0, 1.0, 2.0]), Some(2.0));
    assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), Some(2.5));
}

/// One round in which the machine did something else is no regression.
#[rehearsal::test]
fn one_bad_round_of_fifteen_changes_nothing() {
    let mut pairs: Vec<(f64, f64)> = Machine::new(5, Weather::Calm).pairs(15, 1.0);
    pairs[4].1 *= 40.0;
    let ratio = Ratio::of_pairs(&pairs).expect("enough rounds");
    assert!(ratio.middle < 1.02 && !ratio.is_regression(0.05), "{ratio:?}");
}

/// How a simulated machine disturbs what is measured.
#[derive(Debug, Clone, Copy)]
enum Weather {
    /// Two in a hundred, up and down.
    Calm,
    /// That, and one process in five takes up to twice as long.
    Spikes,
    /// That, on a machine that gets slower all the time and faster again.
    Drift,
    /// That, on one which changes between two speeds.
    Steps,
}

const WEATHERS: [Weather; 4] = [Weather::Calm, Weather::Spikes, Weather::Drift, Weather::Steps];

struct Machine {
    chance: Chance,
    weather: Weather,
    processes: usize,
    fast: bool,
}

impl Machine {
    fn new(seed: u64, weather: Weather) -> Machine {
        let mut chance = Chance::new(0x9E37_79B9_7F4A_7C15 ^ (seed << 17) ^ seed);
        for _ in 0..8 {
            chance.below(2);
        }
        Machine { chance, weather, processes: 0, fast: true }
    }

    fn unit(&mut self) -> f64 {
        self.chance.below(1 << 30) as f64 / f64::from(1 << 30)
    }

    /// What a process measures of work that takes so long.
    fn time(&mut self, work: f64) -> f64 {
        self.processes += 1;
        // The sum of a few throws is about normal.
        let normal: f64 = (0..6).map(|_| self.unit() - 0.5).sum::<f64>() / 0.7;
        let mut time = work * (1.0 + 0.02 * normal);
        if !matches!(self.weather, Weather::Calm) && self.chance.below(5) == 0 {
            time *= 1.0 + self.unit();
        }
        if self.chance.below(10) == 0 {
            self.fast = !self.fast;
        }
        match self.weather {
            Weather::Drift => time * (1.0 + 0.3 * (self.processes as f64 / 9.0).sin()),
            Weather::Steps if self.fast => time,
            Weather::Steps => time * 1.25,
            _ => time,
        }
    }

    /// Rounds of work that takes 1, and so much; the sides take turns in going first.
    fn pairs(&mut self, rounds: usize, ratio: f64) -> Vec<(f64, f64)> {
        let round = |round: usize| match round % 2 {
            0 => {
                let old = self.time(1.0);
                (old, self.time(ratio))
            }
            _ => {
                let new = self.time(ratio);
                (self.time(1.0), new)
            }
        };
        (0..rounds).map(round).collect()
    }
}

/// The ratios of a thousand comparisons.
fn thousand(weather: Weather, rounds: usize, ratio: f64) -> Vec<Ratio> {
    let one =
        |seed| Ratio::of_pairs(&Machine::new(seed, weather).pairs(rounds, ratio)).expect("enough rounds");
    (1..=1_000).map(one).collect()
}

fn count(ratios: &[Ratio], is: impl Fn(&Ratio) -> bool) -> usize {
    ratios.iter().filter(|ratio| is(ratio)).count()
}

/// The stated rate is five of a thousand for each end. Thrown a thousand times at that rate, more than 14 come up once in
/// thousands of tries; these throws are the same each time.
#[rehearsal::test]
fn the_same_against_the_same_is_hardly_ever_slower() {
    for weather in WEATHERS {
        for rounds in [LEAST_ROUNDS, 15] {
            let ratios = thousand(weather, rounds, 1.0);
            let slower = count(&ratios, |ratio| ratio.finding() == Finding::Slower);
            let faster = count(&ratios, |ratio| ratio.finding() == Finding::Faster);
            assert!(slower <= 14 && faster <= 14, "{weather:?}, {rounds} rounds: {slower}, {faster}");
            let red = count(&ratios, |ratio| ratio.is_regression(0.05));
            assert!(red <= 5, "{weather:?}, {rounds} rounds: {red} red at 5 %");
        }
    }
}

/// What is slower by exactly what is allowed is red no more often than that.
#[rehearsal::test]
fn what_is_allowed_is_hardly_ever_red() {
    for weather in WEATHERS {
        let red = count(&thousand(weather, 15, 1.05), |ratio| ratio.is_regression(0.05));
        assert!(red <= 14, "{weather:?}: {red}");
    }
}

#[rehearsal::test]
fn a_third_more_work_is_found() {
    let red = |weather, rounds| count(&thousand(weather, rounds, 1.3), |ratio| ratio.is_regression(0.05));
    assert_eq!(red(Weather::Calm, LEAST_ROUNDS), 1_000);
    let restless = [Weather::Spikes, Weather::Drift, Weather::Steps].map(|weather| red(weather, 20));
    assert!(restless.iter().all(|red| *red > 600), "{restless:?}");
}

/// A baseline was measured by one process, and that it was a fast or a slow one is not in its samples. Widened by what was
/// seen between processes it is no finding.
#[rehearsal::test]
fn a_baseline_is_compared_with_the_noise_of_processes() {
    let mut slower = [0, 0];
    for seed in 1..=25 {
        let mut machine = Machine::new(seed, Weather::Calm);
        let speed = machine.time(1.0);
        let baseline: Vec<f64> = (0..30).map(|_| speed * (1.0 + 0.005 * machine.unit())).collect();
        let pairs = machine.pairs(8, 1.0);
        let new: Vec<f64> = pairs.iter().flat_map(|(one, other)| [*one, *other]).collect();
        let ratio = Ratio::of_samples(&baseline, &new).expect("samples");
        let noise = Noise::of(&pairs).expect("pairs");
        slower[0] += usize::from(ratio.finding() == Finding::Slower);
        slower[1] += usize::from(ratio.widened(noise.apart).finding() == Finding::Slower);
    }
    assert!(slower[0] > 1, "without the noise it often looks slower: {slower:?}");
    assert_eq!(slower[1], 0, "{slower:?}");
}

#[rehearsal::test]
fn noise_says_how_small_a_difference_can_be_seen() {
    let calm = Noise::of(&Machine::new(1, Weather::Calm).pairs(20, 1.0)).expect("pairs");
    let rough = Noise::of(&Machine::new(1, Weather::Drift).pairs(20, 1.0)).expect("pairs");
    assert!(calm.resolution().unwrap() < 0.03, "{calm:?}");
    assert!(rough.resolution() > calm.resolution() && rough.apart > calm.apart, "{rough:?} {calm:?}");
    assert!(!calm.is_biased() && !rough.is_biased());
    let biased = Noise::of(&Machine::new(1, Weather::Calm).pairs(20, 1.5)).expect("pairs");
    assert!(biased.is_biased());
    assert_eq!(Noise::of(&[(1.0, 1.2)]).expect("a pair").ratio, None);
}
