//! What the processors of the machine do, and what of it is done by whom.

pub use super::platform::load::{available_bytes, machine, pressure, tree_ns};

/// What all processors of the machine together have done since it was started, in ticks of its clock, and what they are
/// at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Machine {
    /// How many there are.
    pub processors: u64,
    /// How many threads want one at this moment, those that have one included.
    pub running: u64,
    /// While they had nothing to do.
    pub idle: u64,
    /// While somebody else had them, on whose hardware this machine is a guest.
    pub stolen: u64,
    /// Altogether.
    pub all: u64,
}

/// How much was waited for processors of late.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Pressure {
    /// Of the last ten seconds, the thousandths in which at least one thread waited for one.
    pub waited_permille: u64,
}

impl Pressure {
    /// From the system's own text: `some avg10=2.39 avg60=1.79 ..`.
    pub fn read(text: &str) -> Option<Pressure> {
        let line = text.lines().find_map(|line| line.strip_prefix("some "))?;
        let percent = line.split_ascii_whitespace().find_map(|field| field.strip_prefix("avg10="))?;
        let percent: f64 = percent.parse().ok()?;
        Some(Pressure { waited_permille: (percent * 10.0) as u64 })
    }
}

impl Machine {
    /// How much of one processor was idle since `before`, thousandths, all together. `None` where no time has passed.
    pub fn idle_permille(&self, before: &Machine) -> Option<u64> {
        let all = self.all.checked_sub(before.all).filter(|all| *all > 0)?;
        Some(self.idle.saturating_sub(before.idle) * 1_000 * self.processors / all)
    }
}

#[cfg(all(test, feature = "harness"))]
mod tests {
    use super::Pressure;

    #[rehearsal::test]
    fn pressure_is_read() {
        let text =
            "some avg10=12.39 avg60=1.79 avg300=1.86 total=24286934178\nfull avg10=0.00 avg60=0.00 total=0\n";
        assert_eq!(Pressure::read(text), Some(Pressure { waited_permille: 123 }));
        for bad in ["", "full avg10=1.00", "some avg60=1.00", "some avg10=much"] {
            assert_eq!(Pressure::read(bad), None, "{bad}");
        }
    }
}
