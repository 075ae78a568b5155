//! The compiler, for tests of generated source.

use std::fs;
use std::path::Path;
use std::process::Command;

/// Writes a file to a folder and compiles it there.
pub fn rustc(folder: &Path, file: &str, code: &str, arguments: &[&str]) {
    fs::write(folder.join(file), code).expect("the folder can be written to");
    let rustc = std::env::var("RUSTC").unwrap_or_else(|_| "rustc".into());
    let command = Command::new(rustc)
        .current_dir(folder)
        .args(["--edition", "2024", "-L", ".", file])
        .args(arguments)
        .output()
        .expect("whoever runs the tests has a compiler");
    assert!(command.status.success(), "{file}: {}", String::from_utf8_lossy(&command.stderr));
}
