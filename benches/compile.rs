//! What each driver costs to compile.
//!
//! `cargo bench -p gradtape-benches --bench compile` writes a crate with a function of one line, compiles it in release
//! with one driver at a time, on one core, and prints by how many seconds that takes longer than the plain function:
//! minima of three.

#![allow(missing_docs, reason = "a benchmark")]

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

const FUNCTION: &str = "function!(|x| (x[1] - x[0] * x[0]).powi(2) * 100.0 + (-x[0] + 1.0).powi(2))";
const VECTOR: &str = "function!(|x| [x[1] - x[0] * x[0], -x[0] + 1.0])";

/// A name, and what the program prints; the first is the plain function.
const PROGRAMS: [(&str, &str); 17] = [
    ("value", "f.value(&x)"),
    ("slope", "f.slope(&x, &x)"),
    ("directional", "f.directional(&x, &x)"),
    ("gradient", "f.gradient(&x)"),
    ("hvp", "f.hvp(&x, &x)"),
    ("hessian", "f.hessian(&x)"),
    ("gradient and hessian", "(f.gradient(&x), f.hessian(&x))"),
    ("sparse_hessian", "f.sparse_hessian(&x)"),
    ("jvp", "g.jvp(&x, &x)"),
    ("vjp", "g.vjp(&x, &x)"),
    ("jacobian", "g.jacobian(&x)"),
    ("sparse_jacobian", "g.sparse_jacobian(&x)"),
    ("gradtape::gradient", "gradtape::gradient(|x| (x[1] - x[0] * x[0]).powi(2), &x)"),
    ("record", "f.record(&x)"),
    ("program", "f.record(&x).gradient().eval(&x)"),
    ("Compiled::gradient", "gradtape::Compiled::new(f).gradient(&x, &mut [0.0; 2])"),
    (
        "Compiled::sparse_hessian",
        "gradtape::Compiled::new(f).sparse_hessian(&x, &mut [0.0; 2], &mut Default::default())",
    ),
];

fn seconds(folder: &Path, name: &str) -> f64 {
    let start = Instant::now();
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--release", "--quiet", "--jobs", "1", "--bin", name]).current_dir(folder);
    assert!(cargo.status().expect("cargo runs benchmarks").success(), "{name}");
    start.elapsed().as_secs_f64()
}

fn main() {
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("compile");
    fs::create_dir_all(folder.join("src/bin")).expect("the target directory is ours");
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let manifest = format!(
        "[package]\nname = \"compile\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n\n[dependencies]\n\
         gradtape = {{ path = '{root}', features = [\"compiled\"] }}\n"
    );
    fs::write(folder.join("Cargo.toml"), manifest).expect("the folder is ours");
    let mut plain = 0.0;
    for (name, printed) in PROGRAMS {
        let binary = name.replace([' ', ':'], "_");
        let text = format!(
            "#![allow(unused)]\nuse gradtape::{{Function, VectorFunction, function}};\nfn main() {{\n    \
             let (f, g) = ({FUNCTION}, {VECTOR});\n    \
             let x: Vec<f64> = std::env::args().map(|argument| argument.len() as f64).collect();\n    \
             println!(\"{{:?}}\", {printed});\n}}\n"
        );
        let file = folder.join(format!("src/bin/{binary}.rs"));
        let minimum = (0..4).map(|round| {
            // Each round changes the file, so that it is compiled again. The first compiles what it depends on.
            fs::write(&file, format!("// {round}\n{text}")).expect("the folder is ours");
            seconds(&folder, &binary)
        });
        let minimum = minimum.skip(1).fold(f64::INFINITY, f64::min);
        if name == PROGRAMS[0].0 {
            plain = minimum;
            println!("{name:24}{plain:6.2} s, linking included");
        } else {
            println!("{name:24}{:6.2} s more", minimum - plain);
        }
    }
}
