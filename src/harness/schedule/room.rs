//! How many trials run at once: each takes as much room as it weighs.

/// The room that the workers of a run have together.
///
/// A worker that holds trials of weight 1, however many, takes the room of one, for it runs one at a time. A heavier one is
/// alone in its worker, and takes as much more from those that are idle meanwhile.
#[derive(Debug)]
pub(super) struct Room {
    whole: usize,
    light: usize,
    heavy: usize,
}

impl Room {
    pub(super) fn new(whole: usize) -> Room {
        Room { whole: whole.max(1), light: 0, heavy: 0 }
    }

    /// How much there is, taken or not.
    pub(super) fn whole(&self) -> usize {
        self.whole
    }

    /// There is more or less room from now on. What is taken stays so until it is given back.
    pub(super) fn resize(&mut self, whole: usize) {
        self.whole = whole.max(1);
    }

    /// What a trial of this weight takes: it can always run, if alone.
    pub(super) fn fitted(&self, weight: usize) -> usize {
        weight.clamp(1, self.whole)
    }

    /// Whether nothing is taken.
    pub(super) fn is_empty(&self) -> bool {
        self.light + self.heavy == 0
    }

    /// Whether one more worker may take so much.
    pub(super) fn has(&self, weight: usize) -> bool {
        self.light + self.heavy + weight <= self.whole
    }

    /// Whether trials of weight 1 leave so much room, `more` of them taken on: a heavy one that waits for room gets it
    /// when the heavy ones before it are through, whatever passes it by until then.
    pub(super) fn leaves(&self, more: usize, weight: usize) -> bool {
        self.light + more + weight <= self.whole
    }

    /// A worker takes it: the room of one, or of as much as a heavy trial weighs.
    pub(super) fn take(&mut self, weight: usize) {
        match weight {
            1 => self.light += 1,
            weight => self.heavy += weight,
        }
    }

    /// A worker gives it back.
    pub(super) fn give(&mut self, weight: usize) {
        match weight {
            1 => self.light -= 1,
            weight => self.heavy -= weight,
        }
    }
}
