//! Compiled functions as Rust source: it compiles without a warning, and computes what the tape computes.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use gradtape::program::Precision;
use gradtape::{Compiled, Driver, Function, Mode, Real, function};
use testing::rustc::rustc;
use testing::structured::{GaussianMixture, Hidden, MinimalSurface, Problem, Springs};
use testing::{TestFloat, number};

/// A generated file, and what its functions should print.
#[derive(Default)]
struct Generated {
    functions: String,
    main: String,
    expected: Vec<(String, Option<Vec<f64>>)>,
}

impl Generated {
    /// Adds a function that is recorded at the first point. Where it branches otherwise, nothing is computed.
    fn add<T: TestFloat + Precision>(&mut self, f: impl Function<T>, points: &[Vec<T>], branches: &[bool]) {
        let name = format!("f{}", self.expected.len());
        let (inputs, float) = (points[0].len(), T::NAME);
        let source = Compiled::new(&f).to_rust(&name, &points[0]).unwrap();
        let has_branches = source.to_string().contains("-> Option<");
        let memory = source.memory();
        self.functions += &source.to_string();
        let tape = Driver::new(&f).with_mode(Mode::Reverse);
        for (k, x) in points.iter().enumerate() {
            let list: Vec<String> = x.iter().map(|&x| format!("{:?}_{float}", Into::<f64>::into(x))).collect();
            let list = list.join(", ");
            let argument = if memory > 0 { format!(", &mut [9.0; {memory}]") } else { String::new() };
            let call = format!("{name}(&[{list}], &mut gradient{argument})");
            let call = if has_branches { call } else { format!("Some({call})") };
            writeln!(self.main, "    let mut gradient = [7.0_{float}; {inputs}];").unwrap();
            writeln!(self.main, "    print({call}.map(|value| value.into()), gradient.iter().map(|&x| x.into()));")
                .unwrap();
            let mut gradient = vec![T::zero(); inputs];
            let value = tape.gradient(x, &mut gradient);
            let expected = std::iter::once(value).chain(gradient).map(Into::into).collect();
            let expected = if branches.get(k) == Some(&true) { None } else { Some(expected) };
            self.expected.push((format!("{name} in {float} at {x:?}"), expected));
        }
    }

    /// Compiles and runs all functions.
    fn assert_right(&self, folder: &str) {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(folder);
        std::fs::create_dir_all(&folder).unwrap();
        let print = "
fn print(value: Option<f64>, gradient: impl Iterator<Item = f64>) {
    let numbers: Vec<String> = value.into_iter().flat_map(|value| [value]).chain(gradient).map(|x| format!(\"{x:e}\")).collect();
    println!(\"{}\", if value.is_some() { numbers.join(\" \") } else { \"none\".into() });
}
";
        let code = format!("{}{print}\nfn main() {{\n{}}}\n", self.functions, self.main);
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
            let found: Vec<f64> = line.split(' ').map(|x| x.parse().unwrap()).collect();
            assert_eq!(found.len(), expected.len(), "{what}: {line}");
            let scale = expected.iter().filter(|x| x.is_finite()).fold(1.0, |scale: f64, x| scale.max(x.abs()));
            let tolerance = if what.contains("f32") { 1e-3 } else { 1e-9 };
            for (found, expected) in found.iter().zip(expected) {
                let is_near = found == expected || found.is_nan() && expected.is_nan();
                assert!(is_near || (found - expected).abs() <= tolerance * scale, "{what}: {found} for {expected}");
            }
        }
    }
}

/// The exponential of every input is needed by two elements.
struct Neighbours;

impl<T: Precision> Function<T> for Neighbours {
    fn eval<F: Real<Plain = T>>(&self, x: &[F]) -> F {
        let exp: Vec<F> = x.iter().map(|x| x.exp()).collect();
        exp.windows(2).map(|y| y[0] * y[1] - y[0]).sum::<F>().sqrt() + x[0]
    }
}

/// The sign of every number decides what is added.
struct Signs;

impl<T: Precision> Function<T> for Signs {
    fn eval<F: Real<Plain = T>>(&self, x: &[F]) -> F {
        x.iter().map(|&x| if x > F::zero() { x * x } else { x.exp() }).sum()
    }
}

#[test]
fn the_source_of_a_compiled_function_has_the_tapes_gradients() {
    fn point<T: TestFloat>(count: usize) -> Vec<T> {
        (0..).take(count).map(|k: u32| number(0.3 + (f64::from(k) * 0.7).sin() * 0.2)).collect()
    }
    fn add<T: TestFloat + Precision>(generated: &mut Generated) {
        let negative = |mut x: Vec<T>| {
            x[1] = -x[1];
            x
        };
        generated.add(Neighbours, &[point::<T>(20), point(20).into_iter().rev().collect()], &[]);
        generated.add(Neighbours, &[point::<T>(1100)], &[]);
        generated.add(Signs, &[point::<T>(9), negative(point(9))], &[false, true]);
        generated.add(Signs, &[negative(point::<T>(9)), point(9), negative(point(9))], &[false, true, false]);
        for seed in 0..12 {
            let hidden = Hidden::from_seed(seed);
            generated.add(&hidden, &[hidden.point::<T>(0)], &[]);
        }
    }
    let mut generated = Generated::default();
    add::<f64>(&mut generated);
    add::<f32>(&mut generated);
    generated.add(function!(|x: &[F]| x[0] * 0.0 + 3.0), &[vec![1.0_f64]], &[]);
    generated.add(function!(|x: &[F]| x[2] * 2.0 - x[0]), &[vec![1.0_f64, 2.0, 3.0]], &[]);
    generated.add(function!(|x: &[F]| x[2]), &[vec![1.0_f64, 2.0, 3.0]], &[]);
    let (mixture, x) = GaussianMixture::new(3, 2, 20);
    generated.add(&mixture, &[x], &[]);
    let (springs, x) = Springs::new(5);
    generated.add(&springs, &[x], &[]);
    let (surface, x) = MinimalSurface::new(6);
    generated.add(&surface, &[x], &[]);
    for problem in Problem::all() {
        generated.add(problem, &[problem.start(12)], &[]);
    }
    generated.assert_right("compiled_source");
}

#[test]
fn source_for_devices_calls_libm_and_grows_by_tables_alone() {
    let length = |count: usize| {
        let source = Compiled::new(Neighbours).to_rust("neighbours", &vec![0.5; count]).unwrap().libm().to_string();
        assert!(source.contains("libm::exp(") && !source.contains(".exp()"), "{source}");
        source.len()
    };
    assert!(length(500) < length(50) + 100);
}

#[test]
fn the_name_of_a_compiled_function_is_checked() {
    let compiled = Compiled::new(Neighbours);
    let error = compiled.to_rust("fn", &[1.0, 2.0]).unwrap_err().to_string();
    assert_eq!(error, compiled.function().record(&[1.0, 2.0]).to_rust("fn").unwrap_err().to_string());
}
