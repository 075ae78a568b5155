//! Which operations the lanes have, and which nodes need more care than others.

use super::super::graph::{Graph, Node, exponent};
use super::super::{Options, Precision};
use crate::ops::op::Op;

/// Whether the lanes have a way to compute an operation on many numbers at once.
pub(super) fn is_fast(op: Op) -> bool {
    #[allow(clippy::enum_glob_use, reason = "a list of operations")]
    use Op::*;
    #[rustfmt::skip]
    let has_kernel = matches!(
        op,
        max | min | clamp | mul_add | sign | signum | copysign | step | above | greater | over
            | relu | leaky_relu | elu | elu_slope | floor | ceil | trunc | fract | to_degrees | to_radians
            | exp | exp2 | exp_m1 | exp_m1_slope | sinh | cosh | tanh | tanh_slope
            | sigmoid | sigmoid_slope | softplus | erf | erf_slope | normal_cdf | normal_pdf
            | ln | log2 | log10 | ln_1p | cbrt | powf | powf_by_base | powf_by_exponent | hypot_slope
            | sin | cos | tan | asin | acos | atan | atan_slope | atan2
    );
    has_kernel || is_plain(op)
}

/// Whether the fast form is the plain float's, bit for bit.
pub(super) fn is_plain(op: Op) -> bool {
    #[allow(clippy::enum_glob_use, reason = "a list of operations")]
    use Op::*;
    matches!(op, add | sub | mul | div | scale | neg | recip | sqrt | abs | detach | powi)
}

/// Whether the fast form of an operation takes uniforms as they are.
pub(super) fn takes_uniforms(op: Op) -> bool {
    #[allow(clippy::enum_glob_use, reason = "a list of operations")]
    use Op::*;
    matches!(op, add | sub | mul | scale | div)
}

/// Which nodes must have the bits of the plain float.
pub(super) fn exact<T: Precision>(graph: &Graph<T>, options: Options) -> Vec<bool> {
    let mut exact = vec![options.is_exact(); graph.nodes.len()];
    for &id in graph.guards.iter().flat_map(|guard| &guard.operands) {
        exact[id as usize] = true;
    }
    for (k, node) in graph.nodes.iter().enumerate().rev() {
        if exact[k] {
            graph.operands(node).iter().for_each(|&id| exact[id as usize] = true);
        }
    }
    exact
}

/// Whether the NaN of a product in which a zero should have won may go unnoticed.
pub(super) fn hides_nan<T: Precision>(graph: &Graph<T>) -> bool {
    #[allow(clippy::enum_glob_use, reason = "a list of operations")]
    use Op::*;
    let depends = graph.dependents(|node| node.op == scale);
    let hides = |node: &Node| match node.op {
        max | min | clamp | greater | above | step | copysign | powf | powf_by_base | powf_by_exponent | hypot
        | hypot_slope | atan2_slope => true,
        powi => exponent(node) == 0,
        _ => false,
    };
    let hiding = graph.nodes.iter().filter(|node| hides(node)).flat_map(|node| graph.operands(node));
    hiding.chain(graph.guards.iter().flat_map(|guard| &guard.operands)).any(|&id| depends[id as usize])
}
