//! Sparse matrices: colourings keep their promises, and matrices can be recovered from their products.

#![allow(clippy::needless_pass_by_value, reason = "quickcheck hands its arguments over")]

use std::collections::HashSet;

use gradtape::sparse::{Coloring, Csr, Side, Sparsity};
use num_traits::Float;
use serde_json::{Value as Json, from_str, from_value, json, to_value};
use testing::panics::assert_refused_here;
use testing::quickcheck;

/// A symmetric pattern with a full diagonal and these entries.
fn symmetric(n: usize, pairs: impl IntoIterator<Item = (usize, usize)>) -> Sparsity {
    let mut rows: Vec<Vec<usize>> = (0..n).map(|i| vec![i]).collect();
    for (i, j) in pairs {
        rows[i].push(j);
        rows[j].push(i);
    }
    Sparsity::new(rows, n)
}

fn band(n: usize, width: usize) -> Sparsity {
    Sparsity::new((0..n).map(|i| i.saturating_sub(width)..n.min(i + width + 1)), n)
}

/// One full row, one full column, and the diagonal.
fn arrowhead(n: usize, head: usize) -> Sparsity {
    symmetric(n, (0..n).map(|i| (head, i)))
}

/// A square grid. Each point depends on the points at these distances to the right and below.
fn grid(width: usize, steps: &[(isize, usize)]) -> Sparsity {
    let mut pairs = Vec::new();
    for (x, y) in (0..width).flat_map(|y| (0..width).map(move |x| (x, y))) {
        for &(right, below) in steps {
            let x_there = x.checked_add_signed(right).filter(|&x| x < width);
            if let (Some(x_there), true) = (x_there, y + below < width) {
                pairs.push((y * width + x, (y + below) * width + x_there));
            }
        }
    }
    symmetric(width * width, pairs)
}

const FIVE_POINTS: &[(isize, usize)] = &[(1, 0), (0, 1)];
const NINE_POINTS: &[(isize, usize)] = &[(1, 0), (0, 1), (1, 1), (-1, 1)];

fn full(rows: usize, columns: usize) -> Sparsity {
    Sparsity::new((0..rows).map(|_| 0..columns), columns)
}

/// Rows with random columns: most are short, some are long or empty.
fn random(rows: &[Vec<u8>], columns: u8) -> Sparsity {
    let columns = usize::from(columns);
    let row = |(i, row): (usize, &Vec<u8>)| {
        let most = if i % 7 == 3 { row.len() } else { row.len().min(3) };
        row[..most].iter().filter(move |_| columns > 0).map(move |&j| usize::from(j) % columns).collect::<Vec<_>>()
    };
    Sparsity::new(rows.iter().enumerate().map(row), columns)
}

/// These entries and their mirror images. Entries on the diagonal are allowed.
fn random_symmetric(rows: &[Vec<u8>]) -> Sparsity {
    let pattern = random(rows, u8::try_from(rows.len()).unwrap_or(u8::MAX));
    let mut rows = vec![Vec::new(); rows.len()];
    for i in 0..pattern.rows() {
        for &j in pattern.row(i) {
            rows[i].push(j);
            rows[j].push(i);
        }
    }
    let n = rows.len();
    Sparsity::new(rows, n)
}

/// A different number for each entry.
fn numbered<T: Float>(pattern: &Sparsity) -> Csr<T> {
    let values = (0..pattern.nnz()).map(|k| T::from(k).unwrap() + T::from(0.25).unwrap()).collect();
    Csr::new(pattern.clone(), values)
}

/// A different number for each pair of mirrored entries.
fn numbered_symmetric<T: Float>(pattern: &Sparsity) -> Csr<T> {
    let upper = numbered::<T>(pattern);
    let places = (0..pattern.rows()).flat_map(|i| pattern.row(i).iter().map(move |&j| (i, j)));
    let values = places.map(|(i, j)| upper.get(i.min(j), i.max(j))).collect();
    Csr::new(pattern.clone(), values)
}

/// The matrix recovered from its products. By definition, these are the sums of the columns (or rows) of each colour.
/// If a colouring is wrong, two numbers are added, and no sum of two of them equals a third.
fn recovered<T: Float>(matrix: &Csr<T>, coloring: &Coloring) -> Csr<T> {
    let by_member = if coloring.side() == Side::Columns { matrix.transpose() } else { matrix.clone() };
    coloring.recover(|color| {
        let mut sum = vec![T::zero(); by_member.columns()];
        for &member in coloring.members(color) {
            let (columns, values) = by_member.row(member);
            columns.iter().zip(values).for_each(|(&k, &x)| sum[k] = sum[k] + x);
        }
        sum
    })
}

#[track_caller]
fn comes_back<T: Float>(matrix: &Csr<T>, coloring: &Coloring) {
    assert!(recovered(matrix, coloring) == *matrix, "{} colours of {:?}", coloring.colors(), coloring.side());
}

/// Every member with numbers has one colour, and the lists of members agree with the colours.
#[track_caller]
fn is_partition(coloring: &Coloring, rows: &Sparsity) {
    for i in 0..rows.rows() {
        assert_eq!(coloring.color(i).is_some(), !rows.row(i).is_empty());
        for color in 0..coloring.colors() {
            assert_eq!(coloring.members(color).contains(&i), coloring.color(i) == Some(color));
        }
    }
    assert!((0..coloring.colors()).all(|color| !coloring.members(color).is_empty()));
}

/// No two columns of one colour have a number in the same row.
#[track_caller]
fn columns_are_apart(pattern: &Sparsity, color: impl Fn(usize) -> Option<usize>) {
    for i in 0..pattern.rows() {
        let colors: HashSet<_> = pattern.row(i).iter().map(|&j| color(j)).collect();
        assert_eq!(colors.len(), pattern.row(i).len(), "row {i} of {pattern:?}");
    }
}

fn is_a_coloring_of_a_jacobian(pattern: &Sparsity) {
    let transpose = pattern.transpose();
    let (columns, rows) = (Coloring::of_columns(pattern), Coloring::of_rows(pattern));
    columns_are_apart(pattern, |j| columns.color(j));
    columns_are_apart(&transpose, |i| rows.color(i));
    is_partition(&columns, &transpose);
    is_partition(&rows, pattern);
    let better = Coloring::of_jacobian(pattern);
    assert_eq!(better.colors(), columns.colors().min(rows.colors()));
    assert_eq!(better.side() == Side::Columns, columns.colors() <= rows.colors());
    for coloring in [columns, rows, better] {
        comes_back(&numbered::<f32>(pattern), &coloring);
        comes_back(&numbered::<f64>(pattern), &coloring);
    }
}

fn is_a_coloring_of_a_hessian(pattern: &Sparsity) {
    let coloring = Coloring::of_hessian(pattern);
    is_partition(&coloring, pattern);
    for i in 0..pattern.rows() {
        for &j in pattern.row(i) {
            let is_alone =
                |i: usize, j: usize| pattern.row(i).iter().all(|&k| k == j || coloring.color(k) != coloring.color(j));
            assert!(is_alone(i, j) || is_alone(j, i), "({i}, {j}) of {pattern:?}");
        }
    }
    assert!(coloring.colors() <= Coloring::of_columns(pattern).colors(), "{pattern:?}");
    comes_back(&numbered_symmetric::<f32>(pattern), &coloring);
    comes_back(&numbered_symmetric::<f64>(pattern), &coloring);
}

#[test]
fn random_jacobians_are_colored_by_the_definition_and_come_back_from_their_products() {
    quickcheck(400, (|rows, columns| is_a_coloring_of_a_jacobian(&random(&rows, columns))) as fn(Vec<Vec<u8>>, u8));
}

#[test]
fn random_hessians_are_colored_by_the_definition_and_come_back_from_their_products() {
    quickcheck(400, (|rows| is_a_coloring_of_a_hessian(&random_symmetric(&rows))) as fn(Vec<Vec<u8>>));
}

#[test]
fn what_does_not_fit_the_symmetry_is_recovered_symmetric_all_the_same() {
    let is_symmetric = |rows: Vec<Vec<u8>>| {
        let pattern = random_symmetric(&rows);
        let coloring = Coloring::of_hessian(&pattern);
        // The products differ on the two sides of the diagonal, as they would by rounding.
        let hessian = recovered(&numbered::<f64>(&pattern), &coloring);
        assert_eq!(hessian, hessian.transpose());
    };
    // Here, one colour is used for none of the numbers.
    is_symmetric(vec![vec![5], vec![], vec![], vec![0]]);
    quickcheck(200, is_symmetric as fn(Vec<Vec<u8>>));
}

#[test]
fn small_and_odd_patterns_are_colored_and_come_back() {
    let table = [
        ("nothing", full(0, 0), 0),
        ("no columns", full(3, 0), 0),
        ("no rows", full(0, 3), 0),
        ("one number", full(1, 1), 1),
        ("zero", Sparsity::new([vec![], vec![], vec![]], 3), 0),
        ("a row", full(1, 5), 1),
        ("a column", full(5, 1), 1),
        ("full", full(4, 4), 4),
        ("wide", full(3, 7), 3),
        ("high", full(7, 3), 3),
        ("an empty row", Sparsity::new([vec![0], vec![], vec![0, 1]], 2), 2),
        ("an empty column", Sparsity::new([vec![0], vec![2, 0]], 3), 2),
        ("a tie that the bounds do not show", Sparsity::new([vec![0, 2, 3], vec![0, 1], vec![1, 2]], 4), 3),
        ("off the diagonal", Sparsity::new([vec![1], vec![0]], 2), 1),
    ];
    for (name, pattern, colors) in table {
        is_a_coloring_of_a_jacobian(&pattern);
        assert_eq!(Coloring::of_jacobian(&pattern).colors(), colors, "{name}");
        if pattern.is_symmetric() {
            is_a_coloring_of_a_hessian(&pattern);
        }
    }
}

/// The least possible number of colours is the length of the longest row. If the greedy algorithm needs more, the table
/// says so.
#[test]
fn structured_jacobians_take_few_colors() {
    let n = 100_000;
    let row_and_diagonal = |head: usize| Sparsity::new((0..n).map(|i| if i == head { 0..n } else { i..i + 1 }), n);
    let table = [
        ("diagonal", band(n, 0), Side::Columns, 1..=1),
        ("tridiagonal", band(n, 1), Side::Columns, 3..=3),
        ("band", band(n / 10, 4), Side::Columns, 9..=9),
        ("five points", grid(100, FIVE_POINTS), Side::Columns, 5..=7),
        ("nine points", grid(100, NINE_POINTS), Side::Columns, 9..=9),
        ("a full first row", row_and_diagonal(0), Side::Rows, 2..=2),
        ("a full last row", row_and_diagonal(n - 1), Side::Rows, 2..=2),
        ("a full first column", row_and_diagonal(0).transpose(), Side::Columns, 2..=2),
        ("a full last column", row_and_diagonal(n - 1).transpose(), Side::Columns, 2..=2),
        ("one long row", full(1, n), Side::Rows, 1..=1),
        ("one long column", full(n, 1), Side::Columns, 1..=1),
    ];
    for (name, pattern, side, colors) in table {
        let coloring = Coloring::of_jacobian(&pattern);
        assert!(colors.contains(&coloring.colors()), "{name}: {}", coloring.colors());
        assert_eq!(coloring.side(), side, "{name}");
        comes_back(&numbered::<f64>(&pattern), &coloring);
    }
}

/// A long path takes three colours, and a large grid five (G. Fertin, A. Raspaud, B. Reed, "Star coloring of graphs",
/// Journal of Graph Theory 47 (2004)); a full matrix takes all. The other rows are the colours that the greedy
/// algorithm may take.
#[test]
fn structured_hessians_take_few_colors() {
    let n = 100_000;
    let arrowhead_and_band = symmetric(n / 10, (1..n / 10).flat_map(|i| [(0, i), (i - 1, i)]));
    let table = [
        ("diagonal", band(n / 10, 0), 1..=1),
        ("tridiagonal", band(n, 1), 3..=3),
        ("band", band(n / 10, 4), 5..=9),
        ("arrowhead", arrowhead(n, 0), 2..=2),
        ("arrowhead that ends in its head", arrowhead(n, n - 1), 2..=2),
        ("arrowhead with its head in the middle", arrowhead(n / 10, n / 20), 2..=2),
        ("arrowhead and band", arrowhead_and_band, 4..=4),
        ("tree", symmetric(n / 10, (1..n / 10).map(|i| ((i - 1) / 3, i))), 3..=3),
        ("five points", grid(100, FIVE_POINTS), 5..=5),
        ("nine points", grid(100, NINE_POINTS), 5..=9),
        ("full", full(80, 80), 80..=80),
    ];
    for (name, pattern, colors) in table {
        let coloring = Coloring::of_hessian(&pattern);
        assert!(colors.contains(&coloring.colors()), "{name}: {}", coloring.colors());
        comes_back(&numbered_symmetric::<f64>(&pattern), &coloring);
    }
}

#[test]
fn patterns_are_sorted_and_hold_each_place_once() {
    let pattern = Sparsity::new([vec![3, 1, 3, 0], vec![], vec![2, 2]], 4);
    assert_eq!((pattern.offsets(), pattern.indices()), (&[0, 3, 3, 4][..], &[0, 1, 3, 2][..]));
    assert_eq!((pattern.rows(), pattern.columns(), pattern.nnz()), (3, 4, 4));
    assert!(!pattern.is_symmetric());
    assert_eq!(pattern.transpose(), Sparsity::new([vec![0], vec![0], vec![2], vec![0]], 3));
}

#[test]
fn matrices_agree_with_their_dense_rows() {
    let agrees = |rows: Vec<Vec<u8>>, columns: u8| {
        let matrix = numbered::<f64>(&random(&rows, columns));
        let dense = matrix.to_dense();
        let (transpose, dense_transpose) = (matrix.transpose(), matrix.transpose().to_dense());
        let x: Vec<f64> = (0..matrix.columns()).map(|j| f64::from(u8::try_from(j).unwrap()).sin()).collect();
        let product = matrix.mul_vec(&x);
        assert_eq!(transpose.transpose(), matrix);
        assert_eq!((dense.len(), dense_transpose.len()), (matrix.rows(), matrix.columns()));
        for i in 0..matrix.rows() {
            let sum = (0..matrix.columns()).fold(0.0, |sum, j| sum + dense[i][j] * x[j]);
            assert_eq!(product[i], sum);
            let (columns, values) = matrix.row(i);
            assert_eq!(columns, matrix.pattern().row(i));
            assert!(columns.iter().zip(values).all(|(&j, &value)| value == dense[i][j]));
            for j in 0..matrix.columns() {
                assert_eq!((matrix.get(i, j), dense_transpose[j][i]), (dense[i][j], dense[i][j]));
                assert_eq!(dense[i][j] != 0.0, matrix.pattern().row(i).contains(&j));
            }
        }
    };
    quickcheck(200, agrees as fn(Vec<Vec<u8>>, u8));
}

#[test]
fn misuse_panics_with_the_remedy() {
    let pattern = full(2, 2);
    let lower = Sparsity::new([vec![0], vec![0, 1]], 2);
    let coloring = Coloring::of_columns(&pattern);
    let matrix = numbered::<f64>(&pattern);
    let table: [(&dyn Fn(), &str); 11] = [
        (&|| _ = Sparsity::new([0..1, 0..3], 2), "row 1 names column 2, but there are 2"),
        (&|| _ = Sparsity::new([[0]], usize::MAX), "fewer than 2^32 - 1 rows and columns"),
        (&|| _ = pattern.row(2).len(), "there is no row 2 of 2"),
        (&|| _ = Csr::new(pattern.clone(), vec![1.0]), "a number for each place"),
        (&|| _ = matrix.get(0, 2), "there is no column 2 of 2"),
        (&|| _ = matrix.mul_vec(&[1.0]), "as many numbers as the matrix has columns"),
        (&|| _ = Coloring::of_hessian(&lower), "with (i, j) it has (j, i), too"),
        (&|| _ = coloring.members(2).len(), "there is no colour 2 of 2"),
        (&|| _ = coloring.color(2), "there is no 2 of 2"),
        (&|| _ = coloring.recover(|_| [1.0]), "a number for each of the rows"),
        (&|| coloring.scatter(0, |_| 1.0, &mut numbered(&lower)), "has the pattern that was coloured"),
    ];
    for (misuse, remedy) in table {
        assert_refused_here(remedy, misuse);
    }
}

#[test]
fn stored_matrices_are_read_as_they_were_written() {
    let is_same = |rows: Vec<Vec<u8>>, columns: u8| {
        let matrix = numbered::<f64>(&random(&rows, columns));
        assert_eq!(from_str::<Csr<f64>>(&serde_json::to_string(&matrix).unwrap()).unwrap(), matrix);
    };
    quickcheck(100, is_same as fn(Vec<Vec<u8>>, u8));
}

#[test]
fn damaged_matrices_are_refused() {
    let whole = to_value(numbered::<f64>(&Sparsity::new([vec![0, 2], vec![1]], 3))).unwrap();
    assert!(from_value::<Csr<f64>>(whole.clone()).is_ok());
    let table: [(&str, Json, &str); 12] = [
        ("/pattern/columns", json!(2), "row 0 of the pattern: expected ascending indices below 2, found 2"),
        ("/pattern/columns", json!(u64::from(u32::MAX)), "expected fewer than 2^32 - 1 rows and columns, found more"),
        ("/pattern/columns", json!(-1), "invalid value"),
        ("/pattern/offsets", json!([]), "expected offsets from 0 to 3, the number of indices, found from none to none"),
        ("/pattern/offsets", json!([1, 2, 3]), "found from 1 to 3"),
        ("/pattern/offsets", json!([0, 2, 4]), "found from 0 to 4"),
        (
            "/pattern/offsets",
            json!([0, 4, 3]),
            "row 0 of the pattern: expected offsets that ascend to 3, found 0 and 4",
        ),
        (
            "/pattern/offsets",
            json!([0, 2, 1, 3]),
            "row 1 of the pattern: expected offsets that ascend to 3, found 2 and 1",
        ),
        (
            "/pattern/indices",
            json!([2, 0, 1]),
            "row 0 of the pattern: expected ascending indices below 3, found 2 before 0",
        ),
        ("/pattern/indices", json!([1, 1, 1]), "found 1 before 1"),
        ("/pattern/indices", json!([0, 2, 3]), "row 1 of the pattern: expected ascending indices below 3, found 3"),
        ("/values", json!([1.0]), "matrix: expected 3 values, one for each index, found 1"),
    ];
    for (place, damage, complaint) in table {
        let mut damaged = whole.clone();
        *damaged.pointer_mut(place).unwrap() = damage;
        let error = from_value::<Csr<f64>>(damaged).unwrap_err().to_string();
        assert!(error.contains(complaint), "{error}");
    }
}
