//! The program, to be installed: `cargo install --path examples/train`.

fn main() -> std::process::ExitCode {
    train::main()
}
