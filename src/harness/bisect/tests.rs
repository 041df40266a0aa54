//! Tables of trials that depend on others, and what is found out about them.

use super::search::{Finding, Search, Step};

/// Searches with a trial that fails as `fails` says of what ran before it; also how many tries it took.
fn search(count: usize, mut fails: impl FnMut(&[usize]) -> bool) -> (Finding, usize) {
    let mut search = Search::new(count);
    for tries in 0..1_000 {
        match search.step() {
            Step::Done(finding) => return (finding, tries),
            Step::Try(before) => {
                assert!(before.is_sorted() && before.windows(2).all(|pair| pair[0] != pair[1]), "{before:?}");
                search.saw(fails(&before));
            }
        }
    }
    panic!("it never ends");
}

#[rehearsal::test]
fn one_that_pollutes_is_found_wherever_it_stands() {
    for count in [1, 2, 3, 7, 64, 100] {
        for guilty in 0..count {
            let (found, tries) = search(count, |before| before.contains(&guilty));
            assert_eq!(found, Finding::Needs { trials: vec![guilty], fails: true }, "{guilty} of {count}");
            // Alone, behind all, the pair, alone again; and as many as it takes to halve what there is.
            let most = 4 + count.next_power_of_two().ilog2() as usize;
            assert!(tries <= most, "{tries} tries for {guilty} of {count}");
        }
    }
}

#[rehearsal::test]
fn one_without_which_it_fails_is_found_too() {
    let (found, _) = search(20, |before| !before.contains(&13));
    assert_eq!(found, Finding::Needs { trials: vec![13], fails: false });
}

#[rehearsal::test]
fn several_that_only_together_do_harm_are_all_found() {
    for guilty in [vec![0, 1], vec![3, 17], vec![18, 19], vec![2, 3, 11], vec![0, 5, 9, 19]] {
        let (found, _) = search(20, |before| guilty.iter().all(|one| before.contains(one)));
        assert_eq!(found, Finding::Needs { trials: guilty, fails: true });
    }
}

#[rehearsal::test]
fn of_two_that_do_harm_each_alone_the_first_is_found() {
    let (found, _) = search(20, |before| before.contains(&4) || before.contains(&12));
    assert_eq!(found, Finding::Needs { trials: vec![4], fails: true });
}

#[rehearsal::test]
fn one_that_the_others_are_nothing_to_is_said_to_be_so() {
    assert_eq!(search(20, |_| true), (Finding::Independent { fails: true }, 2));
    assert_eq!(search(20, |_| false), (Finding::Independent { fails: false }, 2));
    assert_eq!(search(0, |_| true), (Finding::Independent { fails: true }, 1));
}

#[rehearsal::test]
fn one_that_goes_by_chance_is_not_blamed_on_others() {
    // It fails every other time; and alone it fails the second time it is asked.
    let mut times = 0;
    let (found, _) = search(20, |_| {
        times += 1;
        times % 2 == 0
    });
    assert_eq!(found, Finding::Unstable);
    let mut alone = 0;
    let (found, _) = search(8, |before| {
        alone += usize::from(before.is_empty());
        before.contains(&3) || alone > 1
    });
    assert_eq!(found, Finding::Unstable);
    // Whatever it does, it ends.
    let mut state = 7_u64;
    for _ in 0..500 {
        search(50, |_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            state >> 63 == 1
        });
    }
}
