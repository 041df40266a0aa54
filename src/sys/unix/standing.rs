//! What the system keeps for a process as a whole and code of it can change by a call: how Linux tells it, as text.

use std::fs::read_to_string;

use super::signal::signal_name;

/// The file mode mask, the ignored signals and the limits of this process, as they were when they were looked at last.
/// Nothing at all where the system does not tell.
#[derive(Debug)]
pub struct Standing {
    mask: Option<String>,
    ignored: Option<u64>,
    limits: Vec<(String, String)>,
}

impl Standing {
    /// What there is now.
    pub fn now() -> Standing {
        let read = |name: &str| read_to_string(format!("/proc/self/{name}")).unwrap_or_default();
        Standing::of(&read("status"), &read("limits"))
    }

    fn of(status: &str, limits: &str) -> Standing {
        let line = |name: &str| status.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
        Standing {
            mask: line("Umask:").map(str::to_owned),
            ignored: line("SigIgn:").and_then(|hex| u64::from_str_radix(hex, 16).ok()),
            limits: limits.lines().skip(1).filter_map(limit).collect(),
        }
    }

    /// What is not as it was at the last look, in words.
    pub fn change(&mut self) -> Vec<String> {
        let now = Standing::now();
        let change = self.change_to(&now);
        *self = now;
        change
    }

    fn change_to(&self, now: &Standing) -> Vec<String> {
        let mut change = Vec::new();
        if let (Some(from), Some(to)) = (&self.mask, &now.mask)
            && from != to
        {
            change.push(format!("the file mode mask, from {from} to {to}"));
        }
        if let (Some(from), Some(to)) = (self.ignored, now.ignored) {
            for signal in (1..=64).filter(|signal| (from ^ to) >> (signal - 1) & 1 != 0) {
                let is_ignored = to >> (signal - 1) & 1 != 0;
                let how = if is_ignored { "is ignored" } else { "is not ignored any more" };
                change.push(format!("what signals do: {} ({signal}) {how}", signal_name(signal)));
            }
        }
        for (name, to) in &now.limits {
            let from = self.limits.iter().find(|(of, _)| of == name).map(|(_, value)| value);
            if let Some(from) = from.filter(|from| *from != to) {
                change.push(format!("a limit, {name}, from {from} to {to}"));
            }
        }
        change
    }
}

/// Name and soft limit of a line: `Max file size     unlimited     unlimited     bytes`.
fn limit(line: &str) -> Option<(String, String)> {
    let (name, rest) = line.split_once("  ")?;
    Some((name.to_lowercase(), rest.split_ascii_whitespace().next()?.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::Standing;

    const STATUS: &str = "Name:\tx\nUmask:\t0022\nSigBlk:\t0000000000000000\nSigIgn:\t0000000000001000\n";
    const LIMITS: &str = "Limit                     Soft Limit           Hard Limit           Units     \n\
                          Max file size             unlimited            unlimited            bytes     \n\
                          Max nice priority         0                    0                    \n";

    #[rehearsal::test]
    fn what_is_not_as_it_was_is_named() {
        let before = Standing::of(STATUS, LIMITS);
        let table = [
            ("0022", "0077", "the file mode mask, from 0022 to 0077"),
            ("1000", "0000", "what signals do: SIGPIPE (13) is not ignored any more"),
            ("0001000", "0011000", "what signals do: SIGCHLD (17) is ignored"),
            (
                "file size             unlimited",
                "file size             0",
                "a limit, max file size, from unlimited to 0",
            ),
            ("priority         0 ", "priority         7 ", "a limit, max nice priority, from 0 to 7"),
        ];
        for (from, to, expected) in table {
            let now = Standing::of(&STATUS.replace(from, to), &LIMITS.replace(from, to));
            assert_eq!(before.change_to(&now), [expected], "{from} to {to}");
        }
        assert_eq!(before.change_to(&Standing::of(STATUS, LIMITS)), [""; 0]);
    }

    #[rehearsal::test]
    fn a_system_that_does_not_tell_has_changed_nothing() {
        let (told, untold) = (Standing::of(STATUS, LIMITS), Standing::of("", ""));
        assert_eq!([told.change_to(&untold), untold.change_to(&told)], [[""; 0], [""; 0]]);
    }
}
