//! Consistent hashing: which member a key belongs to.
//!
//! Every member has many places on a ring of numbers, and a key belongs to the member whose place comes next. One that
//! leaves gives up its own places and no others, so the keys of all others stay where they are.

use std::hash::{DefaultHasher, Hash, Hasher};

/// Places of a member: with so many, the shares of ten members differ by about a tenth.
const PLACES: u64 = 128;

/// The ring. It knows members by number, and where they are by the seed they were given.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Ring {
    /// Place and member, in the order of the places.
    places: Vec<(u64, u64)>,
}

impl Ring {
    /// A ring of these members, each with its seed.
    pub(super) fn of(members: impl Iterator<Item = (u64, u64)>) -> Ring {
        let mut ring = Ring::default();
        members.for_each(|(seed, member)| ring.append(seed, member));
        ring.places.sort_unstable();
        ring
    }

    /// A member takes its places, which its seed alone decides.
    pub(super) fn insert(&mut self, seed: u64, member: u64) {
        self.append(seed, member);
        self.places.sort_unstable();
    }

    fn append(&mut self, seed: u64, member: u64) {
        self.places.extend((0..PLACES).map(|place| (spread(seed.wrapping_add(spread(place))), member)));
    }

    pub(super) fn remove(&mut self, member: u64) {
        self.places.retain(|(_, own)| *own != member);
    }

    /// The member that a key with this hash belongs to; none where the ring is empty.
    pub(super) fn owner(&self, key: u64) -> Option<u64> {
        let next = self.places.partition_point(|(place, _)| *place < key);
        self.places.get(next).or_else(|| self.places.first()).map(|(_, member)| *member)
    }
}

/// The hash of a key or a name: the same in every process of a program.
pub(super) fn hash_of(key: &(impl Hash + ?Sized)) -> u64 {
    let mut hasher = DefaultHasher::new();
    key.hash(&mut hasher);
    hasher.finish()
}

/// Sends neighbours far apart (the finish of splitmix64).
fn spread(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(0x9E37_79B9_7F4A_7C15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}

#[cfg(all(test, feature = "harness"))]
mod tests {
    use proptest::prelude::*;

    use super::{PLACES, Ring, hash_of};

    fn ring(members: impl IntoIterator<Item = u64>) -> Ring {
        Ring::of(members.into_iter().map(|member| (hash_of(&member), member)))
    }

    fn owners(ring: &Ring, keys: u64) -> Vec<Option<u64>> {
        (0..keys).map(|key| ring.owner(hash_of(&key))).collect()
    }

    #[rehearsal::test]
    fn the_next_place_decides_and_the_last_is_followed_by_the_first() {
        let ring = Ring { places: vec![(10, 1), (20, 2), (30, 1)] };
        let table = [(0, 1), (10, 1), (11, 2), (20, 2), (21, 1), (30, 1), (31, 1), (u64::MAX, 1)];
        for (key, owner) in table {
            assert_eq!(ring.owner(key), Some(owner), "{key}");
        }
        assert_eq!(Ring::default().owner(7), None);
    }

    #[rehearsal::test]
    fn shares_are_about_the_same() {
        let ring = ring(0..10);
        let mut shares = [0_u32; 10];
        owners(&ring, 10_000).into_iter().flatten().for_each(|owner| shares[owner as usize] += 1);
        let (least, most) = (shares.iter().min().expect("ten"), shares.iter().max().expect("ten"));
        assert!((700..=1000).contains(least) && (1000..=1300).contains(most), "{shares:?}");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[rehearsal::test]
        fn one_that_leaves_moves_its_own_keys_and_no_others(count in 1_u64..12, leaving in any::<u64>()) {
            let leaving = leaving % count;
            let (all, mut rest) = (ring(0..count), ring(0..count));
            rest.remove(leaving);
            prop_assert_eq!(rest.places.len() as u64, (count - 1) * PLACES);
            for (before, after) in owners(&all, 500).into_iter().zip(owners(&rest, 500)) {
                if before == Some(leaving) {
                    prop_assert_ne!(after, before);
                    prop_assert_eq!(after.is_none(), count == 1);
                } else {
                    prop_assert_eq!(after, before);
                }
            }
        }

        #[rehearsal::test]
        fn one_that_comes_takes_keys_and_gives_none_to_others(count in 0_u64..12) {
            let (before, mut after) = (ring(0..count), ring(0..count));
            after.insert(hash_of(&count), count);
            prop_assert_eq!(&after, &ring(0..=count));
            for (was, is) in owners(&before, 500).into_iter().zip(owners(&after, 500)) {
                prop_assert!(is == was || is == Some(count), "{was:?} {is:?}");
            }
        }

        #[rehearsal::test]
        fn the_order_they_came_in_means_nothing(members in prop::collection::vec(any::<u64>(), 0..12)) {
            let mut distinct = members;
            distinct.sort_unstable();
            distinct.dedup();
            let mut one_by_one = Ring::default();
            distinct.iter().rev().for_each(|member| one_by_one.insert(hash_of(member), *member));
            prop_assert_eq!(one_by_one, ring(distinct));
        }
    }
}
