//! Generates functions without a dependency: the position of the arm's hand, and its Jacobian by the joints.
//!
//! The functions compute the same as the program, with the elementary functions of `libm`. After a change of the arm
//! below, the next build has the new derivatives.

use std::error::Error;
use std::path::Path;
use std::{env, fs};

use gradtape::program::{Expr, Program};

/// The lengths of the upper arm and of the forearm in metres.
const LENGTHS: [f32; 2] = [0.30, 0.25];

/// The position of the hand, from the angles of shoulder and elbow in radians.
fn hand(angles: &[Expr<f32>]) -> [Expr<f32>; 2] {
    let (upper, fore) = (angles[0], angles[0] + angles[1]);
    [upper.cos() * LENGTHS[0] + fore.cos() * LENGTHS[1], upper.sin() * LENGTHS[0] + fore.sin() * LENGTHS[1]]
}

fn main() -> Result<(), Box<dyn Error>> {
    // Without a branch, the recorded program does not depend on the angles at which it is recorded.
    let program = Program::record(hand, &[0.5, 1.0]);
    let hand = program.to_rust("hand")?.libm();
    let jacobian = program.jacobian().to_rust("hand_and_jacobian")?.libm();
    let file = Path::new(&env::var("OUT_DIR")?).join("arm.rs");
    fs::write(file, format!("{hand}\n{jacobian}"))?;
    println!("cargo::rerun-if-changed=build.rs");
    Ok(())
}
