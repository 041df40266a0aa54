//! Things by number, in a row. New numbers are higher than old ones, so nearly all that is done is at the end; and a
//! tree for each type would be a hundred functions that everyone compiles.

/// Things by number, the lowest first.
#[derive(Debug)]
pub(super) struct Numbered<T>(Vec<(u64, T)>);

impl<T> Default for Numbered<T> {
    fn default() -> Numbered<T> {
        Numbered(Vec::new())
    }
}

impl<T> Numbered<T> {
    /// Where this number is, or would be.
    fn place(&self, number: u64) -> Result<usize, usize> {
        self.0.binary_search_by(|(other, _)| other.cmp(&number))
    }

    /// Puts a thing in; one of the same number makes room.
    pub(super) fn insert(&mut self, number: u64, thing: T) {
        match self.place(number) {
            Ok(at) => self.0[at].1 = thing,
            Err(at) => self.0.insert(at, (number, thing)),
        }
    }

    pub(super) fn get(&self, number: u64) -> Option<&T> {
        self.place(number).ok().map(|at| &self.0[at].1)
    }

    pub(super) fn get_mut(&mut self, number: u64) -> Option<&mut T> {
        self.place(number).ok().map(|at| &mut self.0[at].1)
    }

    pub(super) fn remove(&mut self, number: u64) -> Option<T> {
        self.place(number).ok().map(|at| self.0.remove(at).1)
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// The numbers from this one on.
    pub(super) fn numbers_from(&self, first: u64) -> Vec<u64> {
        let (Ok(at) | Err(at)) = self.place(first);
        self.0[at..].iter().map(|(number, _)| *number).collect()
    }

    pub(super) fn last(&self) -> Option<&(u64, T)> {
        self.0.last()
    }

    pub(super) fn iter(&self) -> std::slice::Iter<'_, (u64, T)> {
        self.0.iter()
    }

    pub(super) fn iter_mut(&mut self) -> std::slice::IterMut<'_, (u64, T)> {
        self.0.iter_mut()
    }

    /// Keeps those of which this is true.
    pub(super) fn retain(&mut self, mut keep: impl FnMut(&mut T) -> bool) {
        self.0.retain_mut(|(_, thing)| keep(thing));
    }
}

#[cfg(all(test, feature = "harness"))]
mod tests {
    use super::Numbered;

    #[rehearsal::test]
    fn things_are_found_by_number_and_stand_in_order() {
        let mut things = Numbered::default();
        for number in [5, 1, 9, 3] {
            things.insert(number, number * 10);
        }
        things.insert(9, 91);
        assert_eq!(things.iter().copied().collect::<Vec<_>>(), [(1, 10), (3, 30), (5, 50), (9, 91)]);
        assert_eq!((things.get(3), things.get(4)), (Some(&30), None));
        assert_eq!(things.numbers_from(4), [5, 9]);
        assert_eq!(things.numbers_from(5), [5, 9]);
        assert_eq!((things.remove(5), things.remove(5)), (Some(50), None));
        *things.get_mut(1).expect("it is there") = 11;
        things.retain(|thing| *thing != 30);
        assert_eq!((things.last(), things.numbers_from(0)), (Some(&(9, 91)), vec![1, 9]));
        things.clear();
        assert!(things.last().is_none());
    }
}
