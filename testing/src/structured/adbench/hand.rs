//! The distances of a posed hand to points that were measured.

use gradtape::{Plain, Real, VectorFunction};

use super::rotate;
use crate::number;
use crate::workloads::Draws;

/// A rotation, and a translation in the last column.
type Transform<F> = [[F; 4]; 3];

/// A bone of the model, at rest.
pub struct Bone {
    /// An earlier bone. The wrist has none.
    pub parent: Option<usize>,
    /// From the bone to its parent.
    pub relative: Transform<f64>,
    /// From the hand to the bone.
    pub inverse_absolute: Transform<f64>,
}

pub struct Vertex {
    /// At rest.
    pub position: [f64; 3],
    /// Bones that move the vertex, and their weights.
    pub weights: Vec<(usize, f64)>,
}

/// Hand tracking of `ADBench`, of the simple kind: a hand is posed so that vertices meet measured points.
///
/// The variables are the rotation of the hand as axis times angle, its translation, and four angles of each finger: the
/// second bone bends and spreads, the third and the fourth bend. A bone's transform `A` is that of its parent times its
/// transform at rest times `R_z(spread) R_x(bend)`. With the transforms `B` at rest, a vertex `v` of weights `w` moves
/// to `R Σ w A B⁻¹ v + t`. The residuals are measured points minus their vertices, three numbers for each.
pub struct Hand {
    pub bones: Vec<Bone>,
    pub vertices: Vec<Vertex>,
    /// Which vertex each point matches, and where it was measured.
    pub points: Vec<(usize, [f64; 3])>,
}

const FINGERS: usize = 5;
/// Of a finger. The wrist is before all fingers, and the forearm after them.
const BONES: usize = 4;

impl Hand {
    /// The problem of so many vertices and points, and a starting point. `ADBench`'s model has 22 bones, too, and 544
    /// vertices; its file `hand1_simple_t26_c100.txt` has 100 points.
    pub fn new(vertices: usize, points: usize) -> (Self, Vec<f64>) {
        let mut draws = Draws::new();
        let mut near = |center: [f64; 3], spread: f64| {
            let draws = draws.take(3);
            [0, 1, 2].map(|i| center[i] + spread * draws[i])
        };
        let mut bones: Vec<Bone> = Vec::new();
        let mut absolutes: Vec<Transform<f64>> = Vec::new();
        for index in 0..FINGERS * BONES + 2 {
            let parent = match index {
                0 => None,
                _ if index % BONES == 1 => Some(0),
                _ => Some(index - 1),
            };
            let relative = rigid(&near([0.0; 3], 0.5), near([0.0, 0.04, 0.0], 0.01));
            let absolute = parent.map_or(relative, |parent| composed(&absolutes[parent], &relative));
            bones.push(Bone { parent, relative, inverse_absolute: inverse(&absolute) });
            absolutes.push(absolute);
        }

        let vertex = |index: usize| {
            let bone = index % bones.len();
            let position = moved(&absolutes[bone], &near([0.0; 3], 0.02));
            let [count, ..] = near([0.0; 3], 1.0);
            // The shares of the model: most vertices have one bone or two.
            let count = 1 + [-0.2, 0.85, 0.93].iter().filter(|&&least| count >= least).count();
            let chain = std::iter::successors(Some(bone), |&bone| bones[bone].parent).take(count);
            let parts: Vec<(usize, f64)> = chain.map(|bone| (bone, near([1.5; 3], 1.0)[0])).collect();
            let total: f64 = parts.iter().map(|part| part.1).sum();
            Vertex { position, weights: parts.into_iter().map(|(bone, part)| (bone, part / total)).collect() }
        };
        let vertices: Vec<Vertex> = (0..vertices).map(vertex).collect();
        let matched = |k: usize| 7 * k % vertices.len();
        let points = (0..points).map(|k| (matched(k), near(vertices[matched(k)].position, 0.05))).collect();
        (Self { bones, vertices, points }, draws.take(6 + FINGERS * 4))
    }
}

/// The rotation about the axis by the angle that is the axis' length, then the translation.
fn rigid<F: Real>(axis: &[F], translation: [F; 3]) -> Transform<F> {
    let (one, zero) = (F::one(), F::zero());
    let columns = [[one, zero, zero], [zero, one, zero], [zero, zero, one]].map(|unit| rotate(axis, &unit));
    [0, 1, 2].map(|i| [columns[0][i], columns[1][i], columns[2][i], translation[i]])
}

/// The product of two transforms. The second one is applied first.
fn composed<F: Real>(a: &Transform<F>, b: &Transform<F>) -> Transform<F> {
    let columns = [0, 1, 2, 3].map(|j| [b[0][j], b[1][j], b[2][j]]);
    a.map(|a| {
        let [x, y, z, translation] = columns.map(|b| a[0] * b[0] + a[1] * b[1] + a[2] * b[2]);
        [x, y, z, translation + a[3]]
    })
}

fn moved<F: Real>(a: &Transform<F>, point: &[F; 3]) -> [F; 3] {
    a.map(|a| a[0] * point[0] + a[1] * point[1] + a[2] * point[2] + a[3])
}

/// The inverse of a rotation and a translation.
fn inverse(a: &Transform<f64>) -> Transform<f64> {
    let transposed = [0, 1, 2].map(|i| [a[0][i], a[1][i], a[2][i], 0.0]);
    let back = moved(&transposed, &[a[0][3], a[1][3], a[2][3]]);
    [0, 1, 2].map(|i| [transposed[i][0], transposed[i][1], transposed[i][2], -back[i]])
}

/// `R_z(spread) R_x(bend)`.
fn joint<F: Real>(bend: F, spread: F) -> Transform<F> {
    let [(s, c), (sin, cos)] = [bend, spread].map(|angle| (angle.sin(), angle.cos()));
    let zero = F::zero();
    [[cos, -sin * c, sin * s, zero], [sin, cos * c, -cos * s, zero], [zero, s, c, zero]]
}

impl Hand {
    /// The transform of each bone from rest to the pose.
    fn posed<F: Real>(&self, angles: &[F]) -> Vec<Transform<F>> {
        let constants = |a: &Transform<f64>| a.map(|row| row.map(|x| F::constant(number(x))));
        let mut relatives: Vec<Transform<F>> = self.bones.iter().map(|bone| constants(&bone.relative)).collect();
        for (bones, angles) in relatives[1..].chunks_mut(BONES).zip(angles.chunks(4)) {
            bones[1] = composed(&bones[1], &joint(angles[0], angles[1]));
            bones[2] = composed(&bones[2], &joint(angles[2], F::zero()));
            bones[3] = composed(&bones[3], &joint(angles[3], F::zero()));
        }
        let mut absolutes: Vec<Transform<F>> = Vec::new();
        for (bone, relative) in self.bones.iter().zip(relatives) {
            absolutes.push(bone.parent.map_or(relative, |parent| composed(&absolutes[parent], &relative)));
        }
        let of_rest = |(absolute, bone): (&_, &Bone)| composed(absolute, &constants(&bone.inverse_absolute));
        absolutes.iter().zip(&self.bones).map(of_rest).collect()
    }
}

impl<T: Plain> VectorFunction<T> for Hand {
    fn outputs(&self, _: usize) -> usize {
        3 * self.points.len()
    }

    fn eval<F: Real<Plain = T>>(&self, x: &[F], y: &mut [F]) {
        let bones = self.posed(&x[6..]);
        let hand = rigid(&x[..3], [x[3], x[4], x[5]]);
        let mut positions = Vec::new();
        for vertex in &self.vertices {
            let rest = vertex.position.map(|x| F::constant(number(x)));
            let mut position = [F::zero(); 3];
            for &(bone, weight) in &vertex.weights {
                let by_bone = moved(&bones[bone], &rest);
                (0..3).for_each(|i| position[i] += by_bone[i] * number::<T>(weight));
            }
            positions.push(moved(&hand, &position));
        }
        for (errors, (vertex, point)) in y.chunks_mut(3).zip(&self.points) {
            (0..3).for_each(|i| errors[i] = -positions[*vertex][i] + number::<T>(point[i]));
        }
    }
}
