//! What was probably meant by a word that is not known.

/// ` (did you mean ``timeout``?)`, where one of these differs from it by a slip or two; otherwise nothing.
pub(crate) fn meant(word: &str, known: &[&str]) -> String {
    let nearest = known.iter().map(|known| (distance(word, known), known)).min();
    match nearest {
        Some((slips, known)) if slips <= 2 && slips * 3 <= word.len() => {
            format!(" (did you mean `{known}`?)")
        }
        _ => String::new(),
    }
}

/// How many letters have to be put in, taken out or replaced (Levenshtein, 1966).
fn distance(from: &str, to: &str) -> usize {
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (at, from) in from.bytes().enumerate() {
        let mut across = row[0];
        row[0] = at + 1;
        for (at, to) in to.bytes().enumerate() {
            let replaced = across + usize::from(from != to);
            across = row[at + 1];
            row[at + 1] = replaced.min(across + 1).min(row[at] + 1);
        }
    }
    row[to.len()]
}

#[cfg(test)]
mod tests {
    use super::{distance, meant};

    #[test]
    fn a_slip_or_two_is_understood() {
        for (from, to, slips) in [("", "", 0), ("a", "", 1), ("kitten", "sitting", 3), ("rate", "tare", 2)] {
            assert_eq!((distance(from, to), distance(to, from)), (slips, slips), "{from} {to}");
        }
        let known = ["concurrency", "count", "rate"];
        assert_eq!(meant("concurency", &known), " (did you mean `concurrency`?)");
        for other in ["", "lazy", "isolation", "at"] {
            assert_eq!(meant(other, &known), "", "{other}");
        }
    }
}
