//! Star colouring of a symmetric pattern.
//!
//! The pattern describes a graph: the vertices `i` and `j` are neighbours where the matrix has a number. A star
//! colouring gives neighbours different colours, and of each two neighbours, one has no other neighbour of the other
//! one's colour. Then any two colours induce a forest of stars, and each number is read at the leaf of its edge.
//!
//! Why that is enough for a Hessian: A. H. Gebremedhin, F. Manne, A. Pothen, "What Color Is Your Jacobian? Graph
//! Coloring for Computing Derivatives", SIAM Review 47 (2005), section 4.

use super::Sparsity;
use super::color::{UNCOLORED, index};

/// A count of the neighbours of one vertex that have one colour.
#[derive(Clone, Copy, Default)]
struct Tally {
    color: u32,
    count: u32,
    /// The neighbour that had the colour first.
    first: u32,
}

/// The tallies of all vertices. A vertex has at most as many tallies as neighbours, so they fit into a list as long as
/// that of the pattern. In the part of a vertex, the tallies in use come first, sorted by colour.
struct Tallies<'a> {
    pattern: &'a Sparsity,
    list: Vec<Tally>,
    used: Vec<usize>,
}

impl Tallies<'_> {
    fn of(&self, vertex: usize) -> &[Tally] {
        &self.list[self.pattern.offsets()[vertex]..][..self.used[vertex]]
    }

    fn find(&self, vertex: usize, color: u32) -> Option<Tally> {
        let tallies = self.of(vertex);
        tallies.binary_search_by_key(&color, |tally| tally.color).ok().map(|at| tallies[at])
    }

    fn count(&self, vertex: usize, color: u32) -> u32 {
        self.find(vertex, color).map_or(0, |tally| tally.count)
    }

    /// Counts one more neighbour of a vertex with this colour.
    fn add(&mut self, vertex: usize, color: u32, neighbor: u32) {
        let at = self.of(vertex).binary_search_by_key(&color, |tally| tally.color);
        let used = self.used[vertex];
        let tallies = &mut self.list[self.pattern.span(vertex)];
        match at {
            Ok(at) => tallies[at].count += 1,
            Err(at) => {
                tallies.copy_within(at..used, at + 1);
                tallies[at] = Tally { color, count: 1, first: neighbor };
                self.used[vertex] += 1;
            }
        }
    }
}

/// The colours of a symmetric pattern: each vertex, in this order, gets the first colour that fits.
///
/// `v` may get the colour `c` if each coloured neighbour `i`, of colour `a`, has another colour than `c` and
/// - has no neighbour of colour `c` yet: `i` becomes a leaf of `v`; or
/// - is the only neighbour of `v` of colour `a`: `v` becomes a leaf of `i`. Then `i` is no longer a leaf; if it was a
///   leaf of its only neighbour `u` of colour `c`, `u` must be a leaf of `i` as well.
///
/// A new colour always fits.
pub(super) fn star(pattern: &Sparsity, order: &[u32]) -> Vec<u32> {
    let vertices = pattern.rows();
    let list = vec![Tally::default(); pattern.nnz()];
    let mut tallies = Tallies { pattern, list, used: vec![0; vertices] };
    let mut colors = vec![UNCOLORED; vertices];
    // For each colour: the last vertex that has a neighbour of this colour.
    let mut taken_for: Vec<u32> = Vec::new();
    for &v in order {
        let neighbors = || pattern.row(v as usize).iter().copied().filter(|&i| i != v as usize);
        for tally in tallies.of(v as usize) {
            taken_for[tally.color as usize] = v;
        }
        let fits = |c: u32| {
            neighbors().filter(|&i| colors[i] != UNCOLORED).all(|i| {
                let a = colors[i];
                let is_leaf = || tallies.count(v as usize, a) == 1;
                match tallies.find(i, c) {
                    None => true,
                    Some(Tally { count: 1, first: u, .. }) => is_leaf() && tallies.count(u as usize, a) == 1,
                    Some(_) => is_leaf(),
                }
            })
        };
        let color = (0..).zip(&taken_for).find(|&(c, &last)| last != v && fits(c)).map(|(c, _)| c);
        let color = color.unwrap_or_else(|| {
            taken_for.push(UNCOLORED);
            index(taken_for.len() - 1)
        });
        colors[v as usize] = color;
        for i in neighbors() {
            tallies.add(i, color, v);
        }
    }
    colors
}
