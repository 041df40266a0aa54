//! What somebody most likely meant: how like two words are.

/// The candidate that `text` was most likely meant to be, if one is near enough to be worth naming.
#[cfg_attr(not(feature = "harness"), allow(unreachable_pub))]
pub fn nearest<'a>(text: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    const NEAR_ENOUGH: f64 = 0.8;
    let text: Vec<char> = text.chars().collect();
    let mut best = None;
    let mut most = NEAR_ENOUGH;
    for candidate in candidates {
        let candidate_letters: Vec<char> = candidate.chars().collect();
        // The measure is blind to two letters swapped in a word of three.
        let likeness = match transposed(&text, &candidate_letters) {
            true => 1.0,
            false => likeness(&text, &candidate_letters),
        };
        if likeness >= most {
            (best, most) = (Some(candidate), likeness);
        }
    }
    best
}

/// Whether a short word has the letters of another in another order.
fn transposed(left: &[char], right: &[char]) -> bool {
    let count = |word: &[char], letter: &char| word.iter().filter(|other| *other == letter).count();
    left.len() == 3
        && right.len() == 3
        && left.iter().all(|letter| count(left, letter) == count(right, letter))
}

/// Jaro's measure with Winkler's favour for a common beginning: 1 for the same word, 0 for no letter in common.
fn likeness(left: &[char], right: &[char]) -> f64 {
    const WORTH_A_FAVOUR: f64 = 0.7;
    let jaro = jaro(left, right);
    if jaro <= WORTH_A_FAVOUR {
        return jaro;
    }
    let begins_alike = left.iter().zip(right).take(4).take_while(|(left, right)| left == right).count();
    jaro + 0.1 * begins_alike as f64 * (1.0 - jaro)
}

/// Letters that both have at about the same place, less for each that stands in another order.
fn jaro(left: &[char], right: &[char]) -> f64 {
    let reach = (left.len().max(right.len()) / 2).saturating_sub(1);
    let mut taken = vec![false; right.len()];
    let mut matched = Vec::new();
    for (at, letter) in left.iter().enumerate() {
        let near = at.saturating_sub(reach)..(at + reach + 1).min(right.len());
        if let Some(there) = near.into_iter().find(|there| !taken[*there] && right[*there] == *letter) {
            taken[there] = true;
            matched.push(*letter);
        }
    }
    if matched.is_empty() {
        return if left.is_empty() && right.is_empty() { 1.0 } else { 0.0 };
    }
    let in_order = right.iter().zip(&taken).filter(|(_, taken)| **taken).map(|(letter, _)| letter);
    let misplaced = matched.iter().zip(in_order).filter(|(left, right)| left != right).count();
    let (count, swaps) = (matched.len() as f64, (misplaced / 2) as f64);
    (count / left.len() as f64 + count / right.len() as f64 + (count - swaps) / count) / 3.0
}

#[cfg(all(test, feature = "harness"))]
mod tests {
    use super::{likeness, nearest};

    fn of(left: &str, right: &str) -> f64 {
        let letters = |text: &str| text.chars().collect::<Vec<char>>();
        (likeness(&letters(left), &letters(right)) * 1000.0).round() / 1000.0
    }

    /// Examples from the measure's literature.
    #[rehearsal::test]
    fn the_measure_is_the_known_one() {
        assert_eq!(of("MARTHA", "MARHTA"), 0.961);
        assert_eq!(of("DWAYNE", "DUANE"), 0.84);
        assert_eq!(of("DIXON", "DICKSONX"), 0.813);
        assert_eq!(of("same", "same"), 1.0);
        assert_eq!(of("", ""), 1.0);
        assert_eq!(of("", "a"), 0.0);
        assert_eq!(of("abc", "xyz"), 0.0);
    }

    #[rehearsal::test]
    fn only_what_is_near_is_named() {
        let words = ["--timeout", "--isolation", "--nocapture"];
        assert_eq!(nearest("--isolaton", words.into_iter()), Some("--isolation"));
        assert_eq!(nearest("--no-capture", words.into_iter()), Some("--nocapture"));
        assert_eq!(nearest("adn", ["any", "and", "dna"].into_iter()), Some("dna"));
        assert_eq!(nearest("adn", ["and", "add"].into_iter()), Some("and"));
        assert_eq!(nearest("größe", words.into_iter()), None);
    }
}
