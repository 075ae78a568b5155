//! The places of a sparse matrix, as they are found.

use std::rc::Rc;

use crate::ops::index::checked_u32;
use crate::program::run::index::Column;
use crate::sparse::Sparsity;

/// The number of an input or an output of the function, for each row of a group.
pub(super) type List = Rc<[u32]>;

/// The places of a matrix: the rows and the columns of each output of an element that goes there.
#[derive(Default)]
pub(super) struct Entries {
    lists: Vec<[List; 2]>,
}

impl Entries {
    /// Adds the places of an output, and returns its number.
    pub(super) fn add(&mut self, rows: &List, columns: &List) -> usize {
        self.lists.push([rows.clone(), columns.clone()]);
        self.lists.len() - 1
    }

    /// Adds the places of constants in a row.
    pub(super) fn add_row<T>(&mut self, row: usize, constants: &[(u32, T)]) {
        let columns: List = constants.iter().map(|&(column, _)| column).collect();
        self.add(&vec![checked_u32(row); columns.len()].into(), &columns);
    }

    /// The pattern of all places.
    pub(super) fn pattern(&self, rows: usize, columns: usize) -> Sparsity {
        let mut offsets = vec![0_usize; rows + 1];
        self.lists.iter().flat_map(|[rows, _]| rows.iter()).for_each(|&row| offsets[row as usize + 1] += 1);
        for row in 0..rows {
            offsets[row + 1] += offsets[row];
        }
        let (mut next, mut all) = (offsets.clone(), vec![0; offsets[rows]]);
        for (&row, &column) in self.lists.iter().flat_map(|[rows, columns]| rows.iter().zip(&**columns)) {
            all[next[row as usize]] = column as usize;
            next[row as usize] += 1;
        }
        Sparsity::new(offsets.windows(2).map(|ends| all[ends[0]..ends[1]].iter().copied()), columns)
    }

    /// The positions of the places of an output among all places of the pattern.
    pub(super) fn places(&self, output: usize, pattern: &Sparsity) -> Column {
        let [rows, columns] = &self.lists[output];
        let place = |(&row, &column): (&u32, &u32)| checked_u32(place(pattern, row as usize, column as usize));
        Column::new(&rows.iter().zip(&**columns).map(place).collect::<Vec<u32>>())
    }
}

/// The position of a place among all places of a pattern.
pub(super) fn place(pattern: &Sparsity, row: usize, column: usize) -> usize {
    pattern.offsets()[row] + pattern.row(row).binary_search(&column).expect("the pattern has all places")
}
