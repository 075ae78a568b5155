//! The pages keep their word in a fresh crate: what they show compiles with the dependencies that they state before it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// What a page asks for that states nothing.
const PLAIN: &str = "[dependencies]\ngradtape = \"0.1\"";

/// Some pages with snippets: a test that finds none must not pass.
const WITH_SNIPPETS: &str = "README.md src/check.rs src/interop/complex.rs src/interop/linalg.rs src/lib.rs src/nn.rs \
                             src/nn/loss.rs src/program.rs src/sparse.rs";

/// The snippets of a page as programs, each with the number of its first line, by the dependencies stated before them.
type Snippets = BTreeMap<String, Vec<(usize, String)>>;

fn snippets(page: &str) -> Snippets {
    let (mut found, mut dependencies) = (Snippets::new(), PLAIN.to_owned());
    let mut lines = page.lines().map(str::trim_end).zip(1..);
    while let Some((line, number)) = lines.next() {
        let Some(language) = line.trim_start().strip_prefix("```") else { continue };
        let block = lines.by_ref().map(|(line, _)| line).take_while(|line| line.trim_start() != "```");
        let block: Vec<&str> = block.collect();
        if language == "toml" && block.iter().any(|line| line.ends_with("dependencies]")) {
            dependencies = block.join("\n");
        } else if language.split(',').all(|word| ["", "rust", "no_run", "should_panic"].contains(&word)) {
            found.entry(dependencies.clone()).or_default().push((number + 1, program(&block)));
        }
    }
    found
}

/// A snippet as the program that rustdoc makes of it. What is guarded by a feature of gradtape is compiled without the
/// guard, because the feature is none of the fresh crate.
fn program(snippet: &[&str]) -> String {
    let visible = snippet.iter().map(|&line| match line.trim_start().strip_prefix("# ") {
        Some(guard) if guard.starts_with("#[cfg(feature") => "{",
        Some(hidden) => hidden,
        None if line.trim() == "#" => "",
        None => line,
    });
    let code: String = visible.flat_map(|line| [line, "\n"]).collect();
    if code.contains("fn main()") {
        code
    } else if code.trim_end().ends_with("(())") {
        format!("fn main() {{ fn inner() -> Result<(), impl std::fmt::Debug> {{\n{code}}} inner().unwrap() }}\n")
    } else {
        format!("fn main() {{\n{code}}}\n")
    }
}

/// The text of a page; of a Rust file, the documentation of its module, on the same lines.
fn text(file: &Path) -> String {
    let text = fs::read_to_string(file).unwrap();
    if file.extension().unwrap() == "md" {
        return text;
    }
    let lines = text.lines().map(|line| line.strip_prefix("//!").unwrap_or_default());
    lines.map(|line| line.strip_prefix(' ').unwrap_or(line)).collect::<Vec<_>>().join("\n")
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    paths.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// What the compiler says about a fresh crate with these dependencies and programs of a page, if it is an error.
fn errors(page: &str, number: usize, dependencies: &str, programs: &[(usize, String)]) -> Option<String> {
    let temporary = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let folder = temporary.join(format!("{}-{number}", page.replace('/', "-")));
    // Files of an earlier run would be compiled, too.
    let _ = fs::remove_dir_all(&folder);
    // Examples may use what a page states as `[dev-dependencies]`.
    fs::create_dir_all(folder.join("examples")).unwrap();
    let package = "[package]\nname = \"fresh\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n";
    let patch = format!("[patch.crates-io]\ngradtape = {{ path = '{ROOT}' }}");
    fs::write(folder.join("Cargo.toml"), format!("{package}\n{patch}\n\n{dependencies}\n")).unwrap();
    // The versions that are there, because the members use them.
    fs::copy(Path::new(ROOT).join("Cargo.lock"), folder.join("Cargo.lock")).unwrap();
    for (line, program) in programs {
        let file = folder.join(format!("examples/line_{line}.rs"));
        fs::write(file, format!("// {page}, line {line}\n#![allow(unused)]\n{program}")).unwrap();
    }
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["check", "--offline", "--examples", "--keep-going"]).current_dir(folder);
    // Some pages set the profile. With that of the workspace, and in its folder, what members use is compiled already.
    cargo.args(["--config", "profile.dev.opt-level = 0", "--config", "profile.dev.debug = 'none'"]);
    let output = cargo.arg("--target-dir").arg(temporary.parent().unwrap()).output().unwrap();
    (!output.status.success()).then(|| format!("{page}\n{}", String::from_utf8_lossy(&output.stderr)))
}

#[test]
fn the_snippets_of_every_page_compile_with_the_dependencies_that_it_states() {
    let root = Path::new(ROOT);
    let mut pages = [vec![root.join("README.md")], files(&root.join("docs")), files(&root.join("src"))].concat();
    pages.retain(|page| page.extension().is_some_and(|extension| extension == "md" || extension == "rs"));
    let (mut with_snippets, mut failures) = (Vec::new(), Vec::new());
    for page in pages {
        let name = page.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/");
        for (number, (dependencies, programs)) in snippets(&text(&page)).iter().enumerate() {
            failures.extend(errors(&name, number, dependencies, programs));
            with_snippets.push(name.clone());
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    for page in WITH_SNIPPETS.split(' ') {
        assert!(with_snippets.iter().any(|name| name == page), "{page} has no snippet");
    }
}

#[test]
fn snippets_are_found_with_their_hidden_lines_and_the_dependencies_before_them() {
    let page = r#"A page.
```
# use gradtape::num_traits::Float;
# #[cfg(feature = "csv")] {
#[derive(Debug)]
struct Guarded;
# }
# Ok::<(), ()>(())
```
```compile_fail,E0277
neither this
```
```console
nor this
```
```toml
[dependencies]
gradtape = { version = "0.1", features = ["csv"] }
```
```toml
[profile.dev]
```
```rust,no_run
fn main() {}
```
```
1 + 1;
```
"#;
    let guarded = "use gradtape::num_traits::Float;\n{\n#[derive(Debug)]\nstruct Guarded;\n}\nOk::<(), ()>(())\n";
    let guarded =
        format!("fn main() {{ fn inner() -> Result<(), impl std::fmt::Debug> {{\n{guarded}}} inner().unwrap() }}\n");
    let with_csv = "[dependencies]\ngradtape = { version = \"0.1\", features = [\"csv\"] }";
    let after = vec![(24, "fn main() {}\n".to_owned()), (27, "fn main() {\n1 + 1;\n}\n".to_owned())];
    assert_eq!(snippets(page), Snippets::from([(PLAIN.to_owned(), vec![(3, guarded)]), (with_csv.to_owned(), after)]));
}
