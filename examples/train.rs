//! Trains networks, as the README says. The program is the crate in the folder `train`.

fn main() -> std::process::ExitCode {
    train::main()
}
