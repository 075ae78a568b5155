//! Programs as pictures: a graph and a point go in, the text of a picture in the language of Graphviz comes out.

mod label;
mod write;

use crate::error::Error;
use crate::ops::op::Op;
use crate::program::graph::Graph;
use crate::program::graph::custom::Custom;
use crate::program::precision::Precision;
use crate::tape::{Tape, Value};

/// The picture of a program at a point, as text in the language of [Graphviz](https://graphviz.org/doc/info/lang.html).
///
/// [`Program::dot`](crate::program::Program::dot) makes it; `Display` writes it. Each number that the outputs depend on
/// has a box: inputs are blue, parameters green, outputs orange. A box shows the name or the operation, the number
/// (`data`), and the derivative of the output by it (`grad`). Constants have no box; they are written where they are
/// used: `× 4`. Edges are numbered where the order of operands matters (in a scalar product only if one operand is used
/// twice). An edge that passes no derivative is dashed.
///
/// The picture shows the recorded operations, before they are optimised. In a sum over rows, data and gradients are
/// those of this row.
///
/// # Examples
///
/// A function at a point: record it there, and draw it there.
///
/// ```
/// use gradtape::program::Program;
///
/// let x = [2.0, -3.0];
/// let program = Program::record(|x| (x[0] + x[1]) * 4.0, &x);
/// let picture = program.dot(&[], &x)?.names(&["a", "b"]);
/// assert_eq!(
///     picture.to_string(),
///     r##"digraph {
///   rankdir=LR
///   node [shape=record]
///   n0 [label="a|data 2.0000|grad 4.0000" style=filled fillcolor="#d8e6ff"]
///   n1 [label="b|data -3.0000|grad 4.0000" style=filled fillcolor="#d8e6ff"]
///   n2 [label="+|data -1.0000|grad 4.0000"]
///   n0 -> n2
///   n1 -> n2
///   n4 [label="× 4|data -4.0000|grad 1.0000" style=filled fillcolor="#ffe2c4"]
///   n2 -> n4
/// }
/// "##
/// );
/// # Ok::<(), gradtape::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Dot<'p, T> {
    graph: &'p Graph<T>,
    /// The point: parameters, then inputs.
    point: Vec<T>,
    /// The number of each node.
    data: Vec<T>,
    /// The derivative by each node.
    gradients: Option<Vec<T>>,
    /// The names of parameters, then inputs, then outputs. An empty text is no name.
    names: Vec<String>,
    layout: Layout,
    decimals: usize,
    shows_numbers: bool,
    folds_parameters: bool,
}

/// The direction of a picture, from the inputs to the outputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Layout {
    /// Inputs to the left, outputs to the right.
    #[default]
    LeftToRight,
    /// Inputs at the top, outputs at the bottom.
    TopToBottom,
    /// Inputs to the right, outputs to the left.
    RightToLeft,
    /// Inputs at the bottom, outputs at the top.
    BottomToTop,
}

impl<'p, T: Precision> Dot<'p, T> {
    /// The picture of a graph for these parameters and inputs.
    pub(crate) fn new(graph: &'p Graph<T>, parameters: &[T], inputs: &[T]) -> Result<Self, Error> {
        for (what, expected, found) in
            [("parameters", graph.parameters, parameters.len()), ("inputs", graph.inputs, inputs.len())]
        {
            if expected as usize != found {
                return Err(Error::unexpected("picture", format!("{expected} {what}"), found.to_string()));
            }
        }
        let data = graph.values(parameters, inputs);
        graph.check_guards(&data, "picture", "a point", false)?;
        let dot = Dot {
            graph,
            point: [parameters, inputs].concat(),
            data,
            gradients: None,
            names: Vec::new(),
            layout: Layout::default(),
            decimals: 4,
            shows_numbers: true,
            folds_parameters: false,
        };
        Ok(if graph.outputs.len() == 1 { dot.gradients_of(0) } else { dot })
    }
}

impl<T: Precision> Dot<'_, T> {
    /// Names for the parameters, the inputs and the outputs, in this order.
    ///
    /// A leaf without a name, or with an empty one, is called `w0`, `w1` ... or `x0`, `x1` ...
    ///
    /// # Panics
    ///
    /// If there are more names than parameters, inputs and outputs.
    ///
    /// # Examples
    ///
    /// ```
    /// use gradtape::program::Program;
    ///
    /// let program = Program::record(|x| x[0] * 3.0 + x[1], &[2.0, 1.0]);
    /// let text = program.dot(&[], &[2.0, 1.0])?.names(&["speed", "", "way"]).to_string();
    /// assert!(text.contains(r#"label="speed|data 2.0000"#));
    /// assert!(text.contains(r#"label="x1|data 1.0000"#));
    /// assert!(text.contains(r#"label="way|+|data 7.0000"#));
    /// # Ok::<(), gradtape::Error>(())
    /// ```
    #[track_caller]
    #[must_use]
    pub fn names(mut self, names: &[impl AsRef<str>]) -> Self {
        let nameable = self.point.len() + self.graph.outputs.len();
        assert!(names.len() <= nameable, "{} names for {nameable} parameters, inputs and outputs", names.len());
        self.names = names.iter().map(|name| name.as_ref().to_owned()).collect();
        self
    }

    /// The picture in this direction; by default from left to right.
    ///
    /// # Examples
    ///
    /// ```
    /// use gradtape::program::{Layout, Program};
    ///
    /// let program = Program::record(|x| x[0].sin(), &[1.0]);
    /// let text = program.dot(&[], &[1.0])?.direction(Layout::TopToBottom).to_string();
    /// assert!(text.contains("rankdir=TB"));
    /// # Ok::<(), gradtape::Error>(())
    /// ```
    #[must_use]
    pub fn direction(self, direction: Layout) -> Self {
        Self { layout: direction, ..self }
    }

    /// The picture with this number of decimals; by default four.
    ///
    /// # Examples
    ///
    /// ```
    /// use gradtape::program::Program;
    ///
    /// let program = Program::record(|x| x[0].sin(), &[1.0_f64]);
    /// let text = program.dot(&[], &[1.0])?.decimals(2).to_string();
    /// assert!(text.contains(r#"label="sin|data 0.84|grad 1.00""#));
    /// # Ok::<(), gradtape::Error>(())
    /// ```
    #[must_use]
    pub fn decimals(self, decimals: usize) -> Self {
        Self { decimals, ..self }
    }

    /// The picture with names and operations only.
    ///
    /// # Examples
    ///
    /// ```
    /// use gradtape::program::Program;
    ///
    /// let program = Program::record(|x| x[0].sin(), &[1.0]);
    /// let text = program.dot(&[], &[1.0])?.without_numbers().to_string();
    /// assert!(text.contains(r#"label="sin""#));
    /// # Ok::<(), gradtape::Error>(())
    /// ```
    #[must_use]
    pub fn without_numbers(self) -> Self {
        Self { shows_numbers: false, ..self }
    }

    /// The picture without gradients, as before `backward`.
    ///
    /// # Examples
    ///
    /// ```
    /// use gradtape::program::Program;
    ///
    /// let program = Program::record(|x| x[0].sin(), &[0.0]);
    /// let text = program.dot(&[], &[0.0])?.without_gradients().to_string();
    /// assert!(text.contains(r#"label="sin|data 0.0000""#));
    /// # Ok::<(), gradtape::Error>(())
    /// ```
    #[must_use]
    pub fn without_gradients(self) -> Self {
        Self { gradients: None, ..self }
    }

    /// The picture without boxes for parameters. They are written where they are used, as constants are.
    ///
    /// # Examples
    ///
    /// ```
    /// use gradtape::program::Program;
    ///
    /// let program = Program::record_with(|w, x| x[0] * w[0] + w[1], &[3.0, 0.5], &[2.0]);
    /// let text = program.dot(&[3.0, 0.5], &[2.0])?.names(&["w", "b"]).fold_parameters().to_string();
    /// assert!(text.contains(r#"label="× w|data 6.0000|grad 1.0000""#));
    /// assert!(text.contains(r#"label="+ b|data 6.5000|grad 1.0000""#));
    /// # Ok::<(), gradtape::Error>(())
    /// ```
    #[must_use]
    pub fn fold_parameters(self) -> Self {
        Self { folds_parameters: true, ..self }
    }

    /// The picture with the gradient of this output, for a program with several outputs.
    ///
    /// # Panics
    ///
    /// If there is no such output.
    ///
    /// # Examples
    ///
    /// ```
    /// use gradtape::program::Program;
    ///
    /// let program = Program::record(|x| [x[0] * 2.0, x[0] * 3.0], &[1.0]);
    /// let text = program.dot(&[], &[1.0])?.gradients_of(1).to_string();
    /// assert!(text.contains(r#"label="x0|data 1.0000|grad 3.0000""#));
    /// assert!(text.contains(r#"label="× 2|data 2.0000|grad 0.0000""#));
    /// # Ok::<(), gradtape::Error>(())
    /// ```
    #[track_caller]
    #[must_use]
    pub fn gradients_of(self, output: usize) -> Self {
        let count = self.graph.outputs.len();
        assert!(output < count, "there is no output {output} of {count}");
        let tape = Tape::new();
        let point = tape.vars(&self.point);
        let (parameters, inputs) = point.split_at(self.graph.parameters as usize);
        let mut nodes = self.graph.nodes.iter();
        let values = self.graph.evaluate(parameters, inputs, Custom::on_tape, |x| {
            // A detached number is a constant on a tape and has no derivative. Here it is a new variable.
            let is_detached = nodes.next().is_some_and(|node| node.op == Op::detach);
            if is_detached { tape.var(x.data()) } else { x.retain() }
        });
        let gradients = values[self.graph.outputs[output].index()].backward();
        let by = |x: &Value<T>| if x.is_constant() { T::zero() } else { gradients.wrt(*x) };
        Self { gradients: Some(values.iter().map(by).collect()), ..self }
    }
}
