//! Structure that is found in a recorded function.
//!
//! A function that adds up terms in a loop, or fills a list of residuals, consists of a few small functions on many
//! sets of inputs. Its graph is divided into *elements* ([`partition`]), elements of the same shape become the rows of
//! a template ([`groups`], [`template`]), and each template is a small program, which is differentiated and runs on all
//! of its rows in vector lanes ([`gradient`], [`matrix`]).

#![cfg(feature = "compiled")]

pub(crate) mod along;
mod chains;
pub(crate) mod dots;
mod facts;
pub(crate) mod gradient;
mod groups;
pub(crate) mod making;
pub(crate) mod matrix;
mod operands;
mod partition;
pub(crate) mod run;
mod scatter;
pub(crate) mod source;
mod sums;
mod template;
pub(crate) mod variables;
pub(crate) mod whole;
