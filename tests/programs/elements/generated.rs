//! A file of generated functions, which is compiled, run, and compared with [`Compiled`] and the driver.

use std::fmt::Write as _;
use std::ops::Range;
use std::path::Path;
use std::process::Command;

use gradtape::program::Precision;
use gradtape::sparse::Csr;
use gradtape::{Compiled, CompiledSource, Driver, Function, Mode, VectorFunction};
use testing::TestFloat;
use testing::rustc::rustc;

/// A generated file, and what its functions should print.
#[derive(Default)]
pub(super) struct Generated {
    pub(super) functions: String,
    main: String,
    /// How many functions there are.
    pub(super) count: usize,
    expected: Vec<(String, Option<Vec<f64>>)>,
}

/// Prints results; and gives a matrix all its zeros.
const PRINTING: &str = r#"
fn print<T: Copy + Into<f64>>(value: Option<Vec<T>>, vectors: &[&[T]]) {
    let Some(value) = value else { return println!("none") };
    let numbers = value.iter().chain(vectors.iter().flat_map(|vector| vector.iter()));
    println!("{}", numbers.map(|&x| format!("{:e}", x.into())).collect::<Vec<String>>().join(" "));
}

#[allow(dead_code)]
fn dense<T: Copy + Into<f64>>(starts: &[u32], columns: &[u32], numbers: &[T], width: usize) -> Vec<f64> {
    let mut matrix = vec![0.0; (starts.len() - 1) * width];
    for i in 0..starts.len() - 1 {
        for k in starts[i]..starts[i + 1] {
            matrix[i * width + columns[k as usize] as usize] = numbers[k as usize].into();
        }
    }
    matrix
}
"#;

fn in_f64<T: TestFloat>(numbers: &[T]) -> Vec<f64> {
    numbers.iter().map(|&x| x.into()).collect()
}

/// So many numbers, and a matrix, which are written.
fn filled<T: TestFloat>(count: usize, write: impl FnOnce(&mut [T], &mut Csr<T>)) -> (Vec<T>, Csr<T>) {
    let (mut numbers, mut matrix) = (vec![T::zero(); count], Csr::default());
    write(&mut numbers, &mut matrix);
    (numbers, matrix)
}

impl Generated {
    /// Adds the next function, which writes vectors of these lengths, and calls it at each point. `then` follows each
    /// call.
    pub(super) fn add_source<T: TestFloat + Precision>(
        &mut self,
        source: &CompiledSource<T>,
        (lengths, has_value): (&[usize], bool),
        points: &[Vec<T>],
        then: &str,
    ) {
        let (float, name, text) = (T::NAME, format!("f{}", self.count), source.to_string());
        self.functions += &text;
        self.count += 1;
        let value = if has_value { "|value| vec![value]" } else { "|()| vec![]" };
        for x in points {
            let list: Vec<String> = x.iter().map(|&x| format!("{:?}_{float}", Into::<f64>::into(x))).collect();
            let mut arguments = format!("&[{}]", list.join(", "));
            let (mut declared, mut vectors) = (String::new(), Vec::new());
            for (k, length) in lengths.iter().enumerate() {
                write!(declared, "let mut vector{k} = [7.0_{float}; {length}]; ").unwrap();
                write!(arguments, ", &mut vector{k}").unwrap();
                vectors.push(format!("&vector{k}"));
            }
            if source.memory() > 0 {
                write!(arguments, ", &mut [9.0; {}]", source.memory()).unwrap();
            }
            let call = format!("{name}({arguments})");
            let call = if text.contains("-> Option<") { call } else { format!("Some({call})") };
            let vectors = vectors.join(", ");
            writeln!(self.main, "    {declared}\n    let value: Option<Vec<{float}>> = {call}.map({value});").unwrap();
            writeln!(self.main, "    print(value.clone(), &[{vectors}]);\n    {then}").unwrap();
        }
    }

    pub(super) fn expect<T: TestFloat>(&mut self, what: &str, x: &[T], expected: Option<Vec<f64>>) {
        self.expected.push((format!("{what} of f{} in {} bytes at {x:?}", self.count - 1, size_of::<T>()), expected));
    }

    /// Adds value and gradient of a function that is recorded at the first point. Where it `branches` otherwise,
    /// nothing is computed.
    pub(super) fn add<T: TestFloat + Precision>(&mut self, f: impl Function<T>, points: &[Vec<T>], branches: &[bool]) {
        self.add_wrt(f, 0..points[0].len(), points, branches);
    }

    /// The same, but the gradient is that by a range of the inputs.
    pub(super) fn add_wrt<T: TestFloat + Precision>(
        &mut self,
        f: impl Function<T>,
        range: Range<usize>,
        points: &[Vec<T>],
        branches: &[bool],
    ) {
        let compiled = Compiled::new(&f).wrt(range.clone());
        let source = compiled.to_rust(&format!("f{}", self.count), &points[0]).unwrap();
        self.add_source(&source, (&[range.len()], true), points, "");
        let tape = Driver::new(&f).with_mode(Mode::Reverse);
        for (k, x) in points.iter().enumerate() {
            let mut gradient = vec![T::zero(); x.len()];
            let value = tape.gradient(x, &mut gradient);
            let expected = [vec![value.into()], in_f64(&gradient[range.clone()])].concat();
            self.expect("gradient", x, (branches.get(k) != Some(&true)).then_some(expected));
        }
    }

    /// Adds a sparse matrix. `ours` are the numbers beside it and the matrix of [`Compiled`], and `theirs` those of the
    /// driver. The pattern and all numbers should be ours, and the matrix with its zeros theirs.
    fn add_matrix<T: TestFloat + Precision>(
        &mut self,
        (source, has_value): (&CompiledSource<T>, bool),
        points: &[Vec<T>],
        branches: &[bool],
        ours: impl Fn(&[T]) -> (Vec<T>, Csr<T>),
        theirs: impl Fn(&[T]) -> (Vec<T>, Csr<T>),
    ) {
        let (first, matrix) = ours(&points[0]);
        let columns_of_matrix = matrix.columns();
        let [starts, columns] = ["ROW_STARTS", "COLUMNS"].map(|table| format!("F{}_{table}", self.count));
        let dense = format!("dense(&{starts}, &{columns}, &vector1, {columns_of_matrix})");
        let then = format!("print(value.map(|_| {dense}), &[]);");
        let lengths = [first.len() - usize::from(has_value), matrix.nnz()];
        self.add_source(source, (&lengths, has_value), points, &then);
        for (k, x) in points.iter().enumerate() {
            let computes = branches.get(k) != Some(&true);
            let ((first, ours), (_, theirs)) = (ours(x), theirs(x));
            let numbers = computes.then(|| in_f64(&[&first, ours.values()].concat()));
            self.expect("numbers", x, numbers);
            self.expect("matrix", x, computes.then(|| in_f64(&theirs.to_dense().concat())));
        }
        let places = matrix.offsets().iter().chain(matrix.indices());
        let pattern = places.map(|&k| f64::from(u32::try_from(k).unwrap())).collect();
        writeln!(self.main, "    print(Some([&{starts}[..], &{columns}].concat()), &[]);").unwrap();
        self.expect("pattern", &points[0], Some(pattern));
    }

    pub(super) fn add_jacobian<T: TestFloat + Precision>(
        &mut self,
        f: impl VectorFunction<T>,
        points: &[Vec<T>],
        branches: &[bool],
    ) {
        self.add_compiled_jacobian(&Compiled::new(&f).without_driver(), points, branches, Clone::clone);
    }

    /// Of the driver's matrix, `stored` makes the one that is compared.
    pub(super) fn add_compiled_jacobian<T: TestFloat + Precision>(
        &mut self,
        compiled: &Compiled<impl VectorFunction<T>, T>,
        points: &[Vec<T>],
        branches: &[bool],
        stored: impl Fn(&Csr<T>) -> Csr<T>,
    ) {
        let source = compiled.sparse_jacobian_to_rust(&format!("f{}", self.count), &points[0]).unwrap();
        let driver = Driver::new(compiled.function());
        let outputs = compiled.function().outputs(points[0].len());
        let ours = |x: &[T]| filled(outputs, |y, matrix| compiled.sparse_jacobian(x, y, matrix));
        let theirs = |x: &[T]| {
            let (y, matrix) = filled(outputs, |y, matrix| driver.sparse_jacobian(x, y, matrix));
            (y, stored(&matrix))
        };
        self.add_matrix((&source, false), points, branches, ours, theirs);
    }

    pub(super) fn add_hessian<T: TestFloat + Precision>(
        &mut self,
        f: impl Function<T>,
        points: &[Vec<T>],
        branches: &[bool],
    ) {
        self.add_compiled_hessian(&Compiled::new(&f).without_driver(), points, branches, Clone::clone);
    }

    /// Of the driver's matrix, `stored` makes the one that is compared.
    pub(super) fn add_compiled_hessian<T: TestFloat + Precision>(
        &mut self,
        compiled: &Compiled<impl Function<T>, T>,
        points: &[Vec<T>],
        branches: &[bool],
        stored: impl Fn(&Csr<T>) -> Csr<T>,
    ) {
        let driver = Driver::new(compiled.function());
        let source = compiled.sparse_hessian_to_rust(&format!("f{}", self.count), &points[0]).unwrap();
        let all = 1 + points[0].len();
        let theirs = |x: &[T]| {
            let (y, matrix) = filled(all, |y, matrix| y[0] = driver.sparse_hessian(x, &mut y[1..], matrix));
            (y, stored(&matrix))
        };
        let count = 1 + theirs(&points[0]).1.rows();
        let ours = |x: &[T]| filled(count, |y, matrix| y[0] = compiled.sparse_hessian(x, &mut y[1..], matrix));
        self.add_matrix((&source, true), points, branches, ours, theirs);
    }

    /// Compiles and runs all functions.
    pub(super) fn assert_right(&self, folder: &str) {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(folder);
        std::fs::create_dir_all(&folder).unwrap();
        let code = format!("{}{PRINTING}\nfn main() {{\n{}}}\n", self.functions, self.main);
        rustc(&folder, "main.rs", &code, &["-D", "warnings"]);
        let output = Command::new(folder.join("main")).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let output = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.lines().count(), self.expected.len());
        for (line, (what, expected)) in output.lines().zip(&self.expected) {
            let Some(expected) = expected else {
                assert_eq!(line, "none", "{what}");
                continue;
            };
            let found: Vec<f64> = line.split_whitespace().map(|x| x.parse().unwrap()).collect();
            assert_eq!(found.len(), expected.len(), "{what}: {line}");
            let scale = expected.iter().filter(|x| x.is_finite()).fold(1.0, |scale: f64, x| scale.max(x.abs()));
            let tolerance = if what.contains("in 4 bytes") { 1e-3 } else { 1e-9 };
            for (found, expected) in found.iter().zip(expected) {
                let is_near = found == expected || found.is_nan() && expected.is_nan();
                assert!(is_near || (found - expected).abs() <= tolerance * scale, "{what}: {found} for {expected}");
            }
        }
    }
}
