//! Operations of the user's own, recorded.

use std::any::TypeId;

use super::{Expr, folds};
use crate::number::custom::CustomOperation;
use crate::ops::index::NodeIndex;
use crate::program::graph::builder::Builder;
use crate::program::graph::custom::Custom;
use crate::program::record::session::{Recordable, Session, knows_numbers, of_builder, with_session};

impl<T: Recordable> Expr<T> {
    /// A call of an operation, or its expression if the recording asks for that. An operation without data is the same
    /// at each call.
    #[track_caller]
    pub(crate) fn with_custom<const N: usize, O: CustomOperation<N, T>>(operation: &O, x: [Self; N]) -> Self {
        if of_builder::<T>(|builder| builder.expresses, false)
            && let Some(y) = operation.expression(x)
        {
            return y;
        }
        let is_known = x.iter().all(|x| x.is_constant()) || knows_numbers::<T>();
        let data = if is_known { operation.value(x.map(|x| x.data)) } else { T::nan() };
        let make = || Custom::new(operation.clone());
        Self::record_custom(data, &x, |builder| {
            if size_of::<O>() == 0 {
                builder.custom_index_of_type(TypeId::of::<O>(), make)
            } else {
                builder.custom_index(make())
            }
        })
    }

    /// A call of an operation of a graph, whose value is not known unless all operands are.
    pub(crate) fn call_custom(custom: Custom<T>, x: &[Self]) -> Self {
        let is_known = x.iter().all(|x| x.is_constant());
        let data = if is_known { custom.value(&x.iter().map(|x| x.data).collect::<Vec<T>>()) } else { T::nan() };
        Self::record_custom(data, x, |builder| builder.custom_index(custom))
    }

    #[track_caller]
    fn record_custom(data: T, x: &[Self], index: impl FnOnce(&mut Builder<T>) -> usize) -> Self {
        if x.is_empty() || folds::<T>() && x.iter().all(|x| x.is_constant()) {
            return Self::constant(data);
        }
        with_session(|session: &mut Session<T>| {
            let operands: Vec<NodeIndex> = x.iter().map(|&x| session.id(x)).collect();
            let index = index(&mut session.builder);
            Self { data, id: session.builder.push_custom(index, &operands), session: session.number }
        })
    }
}
