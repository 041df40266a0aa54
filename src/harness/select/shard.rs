//! One part of a suite, for one machine of several: which trials belong to it.
//!
//! By hash a trial's part depends on its name alone, so that it stays where it is when others come and go. By duration
//! the parts take about the same time, as far as the history knows; machines that do not have the same history would
//! run some trials twice and some not at all, which is why the history has a [`fingerprint`] to compare.

use crate::harness::history::record::WORTH_NS;

/// What a shard looks like, for errors and help.
pub const SHARD_FORM: &str = "K/N, two whole numbers with K from 1 to N, as in 2/5";

/// The part `K/N`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    /// From 1 to `count`.
    pub number: u32,
    /// How many there are; at least 1.
    pub count: u32,
    /// How trials are dealt out.
    pub by: By,
}

/// How trials are dealt out to shards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// By their names.
    Hash,
    /// By how long they take.
    Duration,
}

/// What a trial is expected to cost its shard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cost {
    /// It does not run.
    Nothing,
    /// It never took long enough for a record, or is new.
    Unknown,
    /// Nanoseconds.
    Known(u64),
}

impl Cost {
    fn ns(self) -> u64 {
        match self {
            Cost::Nothing => 0,
            Cost::Unknown => WORTH_NS / 2,
            Cost::Known(duration_ns) => duration_ns,
        }
    }
}

impl Shard {
    /// Reads `K/N`.
    ///
    /// # Errors
    /// What is wrong with the text; what is allowed is [`SHARD_FORM`].
    pub fn read(text: &str, by: By) -> Result<Shard, String> {
        let (number, count) = text.split_once('/').ok_or_else(|| "no `/` is in it".to_owned())?;
        let read = |part: &str| {
            let digits = part.trim();
            let number = digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse::<u32>().ok());
            number.flatten().ok_or_else(|| format!("`{digits}` is not a whole number, or too large"))
        };
        match (read(number)?, read(count)?) {
            (_, 0) => Err("no shard at all would be there".to_owned()),
            (0, _) => Err("the first shard is 1".to_owned()),
            (number, count) if number > count => Err(format!("there is no shard {number} among {count}")),
            (number, count) => Ok(Shard { number, count, by }),
        }
    }

    /// Whether the trial of this name belongs to it by hash: the same on every machine, in every version.
    pub fn has(self, name: &str) -> bool {
        // The high half of a product: uniform enough, and without a division.
        let chosen = (u128::from(mixed(hash(SEED, name.as_bytes()))) * u128::from(self.count)) >> 64;
        chosen as u32 + 1 == self.number
    }

    /// Which trials belong to it by duration, of all of a suite in the order of their names: the longest first, each to
    /// the shard that has least to do, so that the longest shard is at most a third above what is possible.
    pub fn of_durations(self, costs: &[Cost]) -> Vec<bool> {
        let mut longest_first: Vec<(u64, u64)> =
            costs.iter().zip(0..).map(|(cost, at)| (u64::MAX - cost.ns(), at)).collect();
        longest_first.sort_unstable();
        let mut load_ns =
            vec![0_u64; self.count.min(u32::try_from(costs.len()).unwrap_or(u32::MAX)) as usize];
        let mut mine = vec![false; costs.len()];
        for at in longest_first.into_iter().map(|(_, at)| at as usize) {
            let least = (0..load_ns.len()).min_by_key(|shard| load_ns[*shard]).unwrap_or_default();
            // Also what costs nothing is counted, or all of it would go to one shard.
            load_ns[least] = load_ns[least].saturating_add(costs[at].ns().max(1));
            mine[at] = least + 1 == self.number as usize;
        }
        mine
    }
}

impl std::fmt::Display for Shard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.number, self.count)
    }
}

/// What all machines must agree on where trials are dealt out by duration.
pub fn fingerprint<'a>(costs: impl Iterator<Item = (&'a str, Cost)>) -> u32 {
    let all = costs.fold(SEED, |all, (name, cost)| {
        hash(hash(hash(all, name.as_bytes()), &[0]), &cost.ns().to_le_bytes())
    });
    (mixed(all) >> 32) as u32
}

/// FNV-1a's beginning.
const SEED: u64 = 0xCBF2_9CE4_8422_2325;

/// FNV-1a, going on from `state`.
fn hash(state: u64, bytes: &[u8]) -> u64 {
    bytes.iter().fold(state, |state, byte| (state ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01B3))
}

/// The end of SplitMix64: FNV's high bits say little of the last letters, and names differ in those.
fn mixed(mut word: u64) -> u64 {
    word = (word ^ (word >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    word = (word ^ (word >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    word ^ (word >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shard(text: &str, by: By) -> Shard {
        Shard::read(text, by).unwrap_or_else(|problem| panic!("`{text}`: {problem}"))
    }

    #[rehearsal::test]
    fn what_is_no_shard_is_refused() {
        let cases = [
            ("2", "no `/` is in it"),
            ("1/0", "no shard at all would be there"),
            ("0/0", "no shard at all would be there"),
            ("0/3", "the first shard is 1"),
            ("4/3", "there is no shard 4 among 3"),
            ("a/3", "`a` is not a whole number, or too large"),
            ("-1/3", "`-1` is not a whole number, or too large"),
            ("+1/3", "`+1` is not a whole number, or too large"),
            ("1/3/4", "`3/4` is not a whole number, or too large"),
            ("/", "`` is not a whole number, or too large"),
            ("1/99999999999", "`99999999999` is not a whole number, or too large"),
        ];
        for (text, problem) in cases {
            assert_eq!(Shard::read(text, By::Hash), Err(problem.to_owned()), "{text}");
        }
        assert_eq!(shard(" 1 / 3 ", By::Hash), Shard { number: 1, count: 3, by: By::Hash });
        assert_eq!(shard("4294967295/4294967295", By::Hash).to_string(), "4294967295/4294967295");
    }

    #[rehearsal::test]
    fn by_hash_each_name_is_in_one_shard_and_shards_are_about_equal() {
        let names: Vec<String> = (0..3_000).map(|number| format!("module::test_{number}")).collect();
        for count in [1, 2, 3, 7, 16] {
            let shards: Vec<Shard> =
                (1..=count).map(|number| Shard { number, count, by: By::Hash }).collect();
            for name in &names {
                assert_eq!(shards.iter().filter(|shard| shard.has(name)).count(), 1, "{name} among {count}");
            }
            let expected = names.len() / count as usize;
            for shard in shards {
                let size = names.iter().filter(|name| shard.has(name)).count();
                assert!(size.abs_diff(expected) * 4 <= expected, "{shard} has {size} of {}", names.len());
            }
        }
    }

    /// The parts are part of the interface: machines with different versions of this crate work on one suite.
    #[rehearsal::test]
    fn by_hash_a_name_stays_where_it_is() {
        let of = |name: &str| (1..=10).find(|number| shard(&format!("{number}/10"), By::Hash).has(name));
        let names = ["", "adds", "math::adds", "math::subs", "größe", "files::a (1).txt"];
        assert_eq!(names.map(of), [Some(10), Some(1), Some(8), Some(9), Some(8), Some(2)]);
    }

    fn dealt(count: u32, costs: &[Cost]) -> Vec<usize> {
        let shards = (1..=count).map(|number| Shard { number, count, by: By::Duration }.of_durations(costs));
        let shards: Vec<Vec<bool>> = shards.collect();
        let of = |at: usize| {
            let having: Vec<usize> = (0..shards.len()).filter(|shard| shards[*shard][at]).collect();
            assert_eq!(having.len(), 1, "trial {at} is in the shards {having:?} of {count}");
            having[0] + 1
        };
        (0..costs.len()).map(of).collect()
    }

    #[rehearsal::test]
    fn by_duration_the_longest_goes_first_to_the_shard_with_least_to_do() {
        let ms = |ms: u64| Cost::Known(ms * 1_000_000);
        assert_eq!(dealt(2, &[ms(7), ms(2), ms(9), ms(4), ms(5)]), [2, 2, 1, 1, 2]);
        assert_eq!(dealt(2, &[ms(1), ms(1), ms(1), ms(1)]), [1, 2, 1, 2], "equal ones by turns");
        assert_eq!(dealt(3, &[Cost::Unknown; 7]), [1, 2, 3, 1, 2, 3, 1], "without a history too");
        assert_eq!(dealt(2, &[ms(100), Cost::Nothing, Cost::Unknown, Cost::Unknown]), [1, 2, 2, 2]);
        assert_eq!(dealt(9, &[ms(1), ms(2)]), [2, 1], "more shards than trials");
        assert_eq!(dealt(4, &[]), [0_usize; 0]);
        assert_eq!(dealt(2, &[Cost::Known(u64::MAX), Cost::Known(u64::MAX), ms(1)]), [1, 2, 1]);
    }

    #[rehearsal::test]
    fn the_longest_shard_is_near_to_the_best_there_could_be() {
        let mut state = 7_u64;
        let mut draw = || {
            state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
            mixed(state)
        };
        // Heavy tailed: most take a millisecond, a few a second.
        let costs: Vec<Cost> = (0..500)
            .map(|_| Cost::Known(1_000_000 << (draw() % 4096).leading_zeros().saturating_sub(52)))
            .collect();
        let longest_trial = costs.iter().map(|cost| cost.ns()).max().unwrap_or_default();
        for count in [2, 3, 8, 25] {
            let dealt = dealt(count, &costs);
            let loads = (1..=count as usize).map(|shard| {
                costs
                    .iter()
                    .zip(&dealt)
                    .filter(|(_, of)| **of == shard)
                    .map(|(cost, _)| cost.ns())
                    .sum::<u64>()
            });
            let bound = longest_trial.max(costs.iter().map(|cost| cost.ns()).sum::<u64>() / u64::from(count));
            let longest = loads.max().unwrap_or_default();
            assert!(
                longest * 3 <= bound * 4,
                "{longest} ns in the longest of {count}, where {bound} ns is possible"
            );
        }
    }

    #[rehearsal::test]
    fn a_history_that_differs_has_another_fingerprint() {
        let known = Cost::Known;
        let one = fingerprint([("a", known(1)), ("b", known(2))].into_iter());
        assert_eq!(one, fingerprint([("a", known(1)), ("b", known(2))].into_iter()));
        let others = [
            fingerprint([("a", known(1)), ("b", known(3))].into_iter()),
            fingerprint([("a", known(1))].into_iter()),
            fingerprint([("a", known(1)), ("c", known(2))].into_iter()),
            fingerprint([("ab", known(1)), ("", known(2))].into_iter()),
        ];
        assert!(!others.contains(&one), "{one:x} {others:x?}");
    }
}
