//! Compiles and runs the exported source of all cases, once.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use testing::rustc::rustc;

use super::cases::{Case, all_cases};

pub(crate) struct Compiled {
    pub(crate) cases: Vec<Case>,
    /// For each case and point, the results of the function with `std` and with `libm`.
    pub(crate) results: Vec<Vec<[Option<Vec<f64>>; 2]>>,
}

/// A `libm` that calls `std`, so that results can be compared bit for bit.
const LIBM: &str = "
macro_rules! functions {
    ($($name:ident $namef:ident $method:ident $($other:ident)*;)*) => {
        $(
            pub fn $name(x: f64 $(, $other: f64)*) -> f64 { x.$method($($other),*) }
            pub fn $namef(x: f32 $(, $other: f32)*) -> f32 { x.$method($($other),*) }
        )*
    };
}
functions! {
    sqrt sqrtf sqrt; cbrt cbrtf cbrt; exp expf exp; exp2 exp2f exp2; expm1 expm1f exp_m1; log logf ln;
    log2 log2f log2; log10 log10f log10; log1p log1pf ln_1p; sin sinf sin; cos cosf cos; tan tanf tan;
    asin asinf asin; acos acosf acos; atan atanf atan; sinh sinhf sinh; cosh coshf cosh; tanh tanhf tanh;
    asinh asinhf asinh; acosh acoshf acosh; atanh atanhf atanh; fabs fabsf abs; floor floorf floor; ceil ceilf ceil;
    round roundf round; rint rintf round_ties_even; trunc truncf trunc; pow powf powf y; atan2 atan2f atan2 y; hypot hypotf hypot y;
    copysign copysignf copysign y; fma fmaf mul_add y z;
}
";

const MAIN: &str = "
trait Outputs {
    fn list(self) -> Option<Vec<f64>>;
}

trait Float: Copy {
    fn of(x: f64) -> Self;
}

macro_rules! outputs {
    ($($T:ident)*) => {
        $(
            impl Float for $T {
                fn of(x: f64) -> Self { x as $T }
            }
            impl Outputs for $T {
                fn list(self) -> Option<Vec<f64>> { Some(vec![self.into()]) }
            }
            impl<const N: usize> Outputs for [$T; N] {
                fn list(self) -> Option<Vec<f64>> { Some(self.iter().map(|&x| x.into()).collect()) }
            }
        )*
    };
}

outputs! { f32 f64 }

impl<O: Outputs> Outputs for Option<O> {
    fn list(self) -> Option<Vec<f64>> { self?.list() }
}

fn array<T: Float, const N: usize>(numbers: &[f64]) -> [T; N] {
    assert_eq!(numbers.len(), N);
    std::array::from_fn(|k| T::of(numbers[k]))
}

fn table<T: Float, const N: usize>(numbers: &[f64]) -> Vec<[T; N]> {
    numbers.chunks(N).map(array).collect()
}

fn main() {
    for line in std::io::stdin().lines() {
        let line = line.unwrap();
        let numbers = |text: &str| -> Vec<f64> {
            text.split_whitespace().map(|bits| f64::from_bits(u64::from_str_radix(bits, 16).unwrap())).collect()
        };
        let mut parts = line.split(';');
        let function = parts.next().unwrap().parse().unwrap();
        let (parameters, inputs) = (numbers(parts.next().unwrap()), numbers(parts.next().unwrap()));
        match call(function, &parameters, &inputs) {
            None => println!(\"none\"),
            Some(list) => {
                println!(\"{}\", list.iter().map(|x| format!(\"{:x} \", x.to_bits())).collect::<String>())
            }
        }
    }
}
";

pub(crate) fn compiled() -> &'static Compiled {
    static COMPILED: OnceLock<Compiled> = OnceLock::new();
    COMPILED.get_or_init(|| {
        let cases = all_cases();
        let results = run(&cases);
        Compiled { cases, results }
    })
}

/// Passes the text to the standard input of a process.
pub(crate) fn feed(process: &mut Child, text: String) {
    let mut stdin = process.stdin.take().unwrap();
    std::thread::spawn(move || stdin.write_all(text.as_bytes()));
}

fn run(cases: &[Case]) -> Vec<Vec<[Option<Vec<f64>>; 2]>> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("source");
    fs::create_dir_all(&folder).unwrap();
    let mut code = [String::from("//! Generated.\n"), String::from("//! Generated.\n#![no_std]\n")];
    let mut calls = String::new();
    for (k, case) in cases.iter().enumerate() {
        code.iter_mut().zip(&case.sources).for_each(|(code, source)| *code += source);
        for (flavour, library) in ["with_std", "with_libm"].iter().enumerate() {
            let mut arguments = String::new();
            if case.has_parameters {
                arguments += "&array(parameters), ";
            }
            arguments += match (case.is_of_sum, case.has_inputs) {
                (true, _) => "&table(inputs)",
                (false, true) => "&array(inputs)",
                (false, false) => "",
            };
            let number = 2 * k + flavour;
            writeln!(calls, "        {number} => {library}::{}({arguments}).list(),", case.name).unwrap();
        }
    }
    let strict = ["--crate-type", "lib", "-D", "warnings", "-D", "missing-docs"];
    std::thread::scope(|scope| {
        scope.spawn(|| rustc(&folder, "with_std.rs", &code[0], &strict));
        rustc(&folder, "libm.rs", LIBM, &["--crate-type", "lib"]);
        rustc(&folder, "with_libm.rs", &code[1], &[&strict[..], &["--extern", "libm"]].concat());
    });
    let call = "fn call(function: usize, parameters: &[f64], inputs: &[f64]) -> Option<Vec<f64>>";
    let main = format!("{MAIN}\n{call} {{\n    match function {{\n{calls}        _ => unreachable!(),\n    }}\n}}\n");
    rustc(&folder, "main.rs", &main, &["--extern", "with_std", "--extern", "with_libm"]);

    let mut lines = String::new();
    let list = |numbers: &[f64]| numbers.iter().map(|x| format!("{:x}", x.to_bits())).collect::<Vec<_>>().join(" ");
    for (k, case) in cases.iter().enumerate() {
        for point in &case.points {
            for number in [2 * k, 2 * k + 1] {
                writeln!(lines, "{number};{};{}", list(&point.parameters), list(&point.inputs)).unwrap();
            }
        }
    }
    let mut process =
        Command::new(folder.join("main")).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("it was built");
    feed(&mut process, lines);
    let output = process.wait_with_output().unwrap();
    assert!(output.status.success(), "the generated functions panicked");
    let output = String::from_utf8(output.stdout).unwrap();
    let mut lines = output.lines().map(|line| {
        let number = |bits| f64::from_bits(u64::from_str_radix(bits, 16).unwrap());
        (line != "none").then(|| line.split_whitespace().map(number).collect::<Vec<_>>())
    });
    let mut next = || lines.next().expect("a line for each point");
    cases.iter().map(|case| case.points.iter().map(|_| [next(), next()]).collect()).collect()
}
