//! A library whose unit tests run through Rehearsal (`[lib] harness = false`).

/// Adds two numbers, so that there is something to test.
pub fn add(left: u64, right: u64) -> u64 {
    left + right
}

#[cfg(test)]
mod unit {
    #[rehearsal::test]
    fn adds() {
        assert_eq!(super::add(2, 2), 4);
    }

    #[rehearsal::test]
    async fn adds_later() {
        assert_eq!(super::add(2, 3), 5);
    }
}

#[cfg(test)]
rehearsal::main!();
