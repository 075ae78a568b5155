//! Draws programs: `cargo run -p picture [-- directory]` writes SVG files, by default to `target/pictures`.

use std::error::Error;
use std::path::Path;
use std::{env, fs};

use gradtape::Real;
use gradtape::nn::{Activation, Mlp};
use gradtape::program::{Dot, Precision, Program};
use layout::backends::svg::SVGWriter;
use layout::core::geometry::Point;
use layout::gv::{DotParser, GraphBuilder};

/// Widths of the network: the article's 3 -> 4 -> 4 -> 1.
const WIDTHS: [usize; 4] = [3, 4, 4, 1];
/// The space around a picture, in pixels.
const MARGIN: f64 = 8.0;

fn main() -> Result<(), Box<dyn Error>> {
    let directory = env::args_os().nth(1).unwrap_or_else(|| "target/pictures".into());
    let directory = Path::new(&directory);
    fs::create_dir_all(directory)?;
    let write = |name: &str, text: String| {
        let path = directory.join(name);
        fs::write(&path, svg(&text)?)?;
        println!("wrote {}", path.display());
        Ok::<(), Box<dyn Error>>(())
    };

    let x = [2.0, -3.0];
    let program = Program::record(|x| (x[0] + x[1]) * 4.0, &x);
    let picture = program.dot(&[], &x)?.names(&["a", "b"]);
    write("before.svg", picture.clone().without_gradients().to_string())?;
    write("after.svg", picture.to_string())?;

    let (weights, x) = ([-3.0, 1.0, 6.881_373_587_019_543], [2.0, 0.0]);
    let program = Program::record_with(neuron, &weights, &x);
    let picture = program.dot(&weights, &x)?.names(&["w1", "w2", "bias", "x1", "x2", "output"]);
    write("neuron.svg", picture.to_string())?;

    let (parameters, row) = (parameters(), [2.0, 3.0, -1.0, 1.0]);
    let program = Program::record_with(error, &parameters, &row);
    let picture = network(program.dot(&parameters, &row)?);
    write("network.svg", picture.clone().fold_parameters().to_string())?;
    write("network_shape.svg", picture.clone().fold_parameters().without_numbers().to_string())?;
    write("network_parameters.svg", picture.decimals(2).to_string())
}

/// The neuron of micrograd's lecture.
fn neuron<F: Real<Plain = f64>>(w: &[F], x: &[F]) -> F {
    (w[0] * x[0] + w[1] * x[1] + w[2]).tanh()
}

/// The squared error of the network for a row: its inputs, and the target.
fn error<F: Real<Plain = f64>>(parameters: &[F], row: &[F]) -> F {
    let layers = WIDTHS[1..].iter().map(|&width| (width, Activation::Tanh)).collect::<Vec<_>>();
    let network = Mlp::from_parameters(WIDTHS[0], &layers, parameters.to_vec()).expect("the widths are those below");
    let (target, x) = row.split_last().expect("a row has a target");
    let prediction = network.forward(x).expect("a row has three inputs");
    (prediction[0] - *target).powi(2)
}

/// Weights and biases between -1/2 and 1/2, without a visible pattern.
fn parameters() -> Vec<f64> {
    let count: usize = WIDTHS.windows(2).map(|pair| (pair[0] + 1) * pair[1]).sum();
    (1..=count)
        .scan(0.0, |angle, _| {
            *angle += 2.4;
            Some(0.5 * f64::sin(*angle))
        })
        .collect()
}

/// Names as in the literature: layer, neuron, weight.
fn network<T: Precision>(dot: Dot<'_, T>) -> Dot<'_, T> {
    let mut names = Vec::new();
    for (layer, pair) in (1..).zip(WIDTHS.windows(2)) {
        for neuron in 1..=pair[1] {
            names.extend((1..=pair[0]).map(|weight| format!("w{layer}{neuron}{weight}")));
            names.push(format!("b{layer}{neuron}"));
        }
    }
    names.extend(["x1", "x2", "x3", "target", "error"].map(String::from));
    dot.names(&names)
}

/// Lays out a graph in Graphviz's language, and renders it as SVG.
fn svg(text: &str) -> Result<String, String> {
    let mut builder = GraphBuilder::new();
    builder.visit_graph(&DotParser::new(text).process()?);
    let mut graph = builder.get();
    // The renderer assumes that letters are as wide as high, so the nodes are made narrower.
    for node in graph.iter_nodes().collect::<Vec<_>>() {
        let size = graph.pos(node).size(false);
        graph.pos_mut(node).set_size(Point::new(0.6 * size.x, size.y));
    }
    let mut writer = SVGWriter::new();
    graph.do_it(false, false, false, &mut writer);

    // The renderer leaves wide margins, and no background for readers with a dark screen.
    let corners = graph.iter_nodes().map(|node| graph.pos(node).bbox(false));
    let (low, high) = corners.fold((Point::splat(f64::MAX), Point::zero()), |(low, high), (a, b)| {
        (Point::new(low.x.min(a.x), low.y.min(a.y)), Point::new(high.x.max(b.x), high.y.max(b.y)))
    });
    let (low, size) = (low.sub(Point::splat(MARGIN)), high.sub(low).add(Point::splat(2.0 * MARGIN)));
    let svg = writer.finalize();
    let (_, drawing) = svg.split_once("<defs>").ok_or("the picture has no definitions")?;
    let drawing = drawing.replace("Times, serif", "Helvetica, Arial, sans-serif");
    // Not every viewer supports vertical centring of text.
    let drawing = drawing.replace("dominant-baseline=\"middle\"", "").replace("dy=\"1.0em\"", "dy=\"1.35em\"");
    let window = format!("{:.0} {:.0} {:.0} {:.0}", low.x, low.y, size.x, size.y);
    let background = format!("x=\"{:.0}\" y=\"{:.0}\" width=\"100%\" height=\"100%\" fill=\"white\"", low.x, low.y);
    let header = format!("width=\"{:.0}\" height=\"{:.0}\" viewBox=\"{window}\"", size.x, size.y);
    Ok(format!("<svg xmlns=\"http://www.w3.org/2000/svg\" {header}>\n<rect {background}/>\n<defs>{drawing}\n"))
}
