//! Claims about what only the whole example has: its pictures, its optimiser L-BFGS, and its threads.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use gradtape::nn::Mlp;

use super::train_example::{Csv, IRIS, number, process, train};

/// A picture that a test draws, and what is told of it.
struct Drawn(PathBuf, String);

impl Drawn {
    fn new(name: &str, args: &[&str]) -> Self {
        let mut drawn = Self(Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.svg")), String::new());
        let path = drawn.0.to_str().unwrap().to_owned();
        let out = train(&[args, &["--plot", &path]].concat()).unwrap();
        let line = out.lines().find_map(|line| line.strip_prefix(&format!("drawn as {path}"))).unwrap();
        line.clone_into(&mut drawn.1);
        drawn
    }

    fn text(&self) -> String {
        fs::read_to_string(&self.0).unwrap()
    }

    /// How many elements of this kind the picture has.
    fn count(&self, element: &str) -> usize {
        self.text().matches(&format!("<{element} ")).count()
    }
}

impl Drop for Drawn {
    fn drop(&mut self) {
        fs::remove_file(&self.0).unwrap();
    }
}

/// A table `a,b,y`; `y` is the result of the function for each pair of `0.1, 0.3, ...` and `0.2, 0.5, ...`.
fn table(name: &str, y: impl Fn(f64, f64) -> String) -> Csv {
    let mut text = "a,b,y\n".to_owned();
    for k in 0..60 {
        let (a, b) = (0.1 + 0.2 * f64::from(k % 10), 0.2 + 0.3 * f64::from(k / 10));
        writeln!(text, "{a:.2},{b:.2},{}", y(a, b)).unwrap();
    }
    Csv::new(name, text)
}

#[test]
fn two_features_are_drawn_as_a_plane_with_a_dot_for_each_row_of_the_test_set() {
    let data = table("plane.csv", |a, b| if a > b { "above <&>" } else { "below" }.to_owned());
    let drawn = Drawn::new("plane", &["--data", data.path(), "--epochs", "5"]);
    let text = drawn.text();
    for expected in ["losses", "training", "below", "above &lt;&amp;&gt;", "what is predicted where, and the test set"]
    {
        assert!(text.contains(expected), "{expected}");
    }
    assert!(!text.contains("validation") && drawn.count("rect") > 120);
    // A white rim around each dot, and one dot for each class in the legend, on the right of all others.
    assert_eq!(drawn.count("circle"), 2 * 12 + 2);
    let places: Vec<u32> =
        text.lines().filter_map(|line| line.strip_prefix("<circle cx=\"")?.split('"').next()?.parse().ok()).collect();
    let (legend, dots): (Vec<u32>, Vec<u32>) = places.iter().partition(|&&place| place == places[places.len() - 1]);
    assert!(legend.len() == 2 && dots.iter().all(|dot| dot + 8 < legend[0]), "{places:?}");
}

/// The confusion table of a picture: the numbers of its cells, row by row, with 0 where there is none, and the names of
/// its rows.
fn confusion(text: &str, classes: usize) -> (Vec<Vec<usize>>, Vec<String>) {
    let lines: Vec<&str> = text.lines().collect();
    let of = |line: &str, name: &str| -> usize {
        line.split_once(&format!("{name}=\"")).unwrap().1.split('"').next().unwrap().parse().unwrap()
    };
    let texts: Vec<(usize, usize, bool, &str)> = lines
        .windows(2)
        .filter(|pair| pair[0].starts_with("<text ") && !pair[0].contains("transform"))
        .map(|pair| (of(pair[0], " x"), of(pair[0], " y"), pair[0].contains("text-anchor=\"end\""), pair[1]))
        .collect();
    let squares: Vec<&&str> = lines.iter().filter(|line| line.starts_with("<rect ") && of(line, " x") > 600).collect();
    let side = of(squares[0], "width");
    let (left, top) = (of(squares[0], " x"), of(squares[0], " y"));
    let mut counts = vec![vec![0; classes]; classes];
    for &(x, y, is_name, text) in &texts {
        if !is_name && (left..left + classes * side).contains(&x) && (top..top + classes * side).contains(&y) {
            counts[(y - top) / side][(x - left) / side] = text.parse().unwrap();
        }
    }
    let names = texts.iter().filter(|(x, _, is_name, _)| *is_name && (600..left).contains(x));
    (counts, names.map(|(.., name)| (*name).to_owned()).collect())
}

#[test]
fn more_classes_than_colours_are_drawn_as_a_table_and_more_than_fit_are_put_together() {
    for classes in [10_usize, 11, 20, 30] {
        let rows = (0..classes * 20).fold("a,b,y\n".to_owned(), |mut text, k| {
            let (class, noise) = (k % classes, k * 7919 % 101);
            writeln!(text, "{}.{noise:03},{}.{noise:03},c{class}", class % 6, class / 6).unwrap();
            text
        });
        let data = Csv::new(&format!("classes-{classes}.csv"), rows);
        let drawn = Drawn::new(
            &format!("classes-{classes}"),
            &["--data", data.path(), "--epochs", "3", "--task", "classification"],
        );
        let text = drawn.text();
        assert_eq!(text.contains("what is predicted where"), classes == 10, "{classes}");
        assert_eq!(drawn.1.contains("too many classes for the colours of a plane"), classes > 10, "{}", drawn.1);
        if classes == 10 {
            continue;
        }
        assert!(text.contains("\npredicted class\n") && text.contains("\ntrue class\n"), "{classes}");
        let shown = if classes == 30 { 21 } else { classes };
        let (counts, names) = confusion(&text, shown);
        assert_eq!((names.len(), names.contains(&"(others)".to_owned())), (shown, classes == 30), "{names:?}");
        // A fifth of the rows of each class is tested.
        let sums: Vec<usize> = counts.iter().map(|row| row.iter().sum()).collect();
        assert!(sums[..shown.min(20)].iter().all(|&sum| sum == 4), "{classes}: {sums:?}");
        assert_eq!(sums.iter().sum::<usize>(), 4 * classes);
        assert_eq!(text.contains("the 20 of 30 classes confused most"), classes == 30);
    }
}

#[test]
fn other_classes_are_drawn_as_a_table_and_numbers_against_the_true_ones() {
    let drawn = Drawn::new("iris", &["--data", IRIS, "--epochs", "20", "--patience", "3"]);
    let text = drawn.text();
    for expected in ["rows of the test set", "true class", "predicted class", "setosa", "virginica", "validation"] {
        assert!(text.contains(expected), "{expected}");
    }
    let data = table("numbers.csv", |a, b| format!("{}", 2.0 * a - b));
    let drawn = Drawn::new("numbers", &["--data", data.path(), "--epochs", "5", "--precision", "f32"]);
    assert!(drawn.text().contains("y in the test set") && drawn.text().contains("y predicted"));
    assert_eq!(drawn.count("circle"), 12);
}

#[test]
fn the_moons_are_drawn_with_their_border() {
    for engine in ["program", "tape"] {
        let drawn = Drawn::new(&format!("moons-{engine}"), &["moons", "--engine", engine]);
        assert!(drawn.text().contains("what is predicted where, and all points"));
        assert_eq!(drawn.count("circle"), 2 * 100 + 2);
    }
}

#[test]
fn tables_with_columns_that_are_constant_or_huge_are_drawn() {
    for (name, x) in [("constant", "1"), ("huge", "1e300"), ("tiny", "-1e-300")] {
        let mut text = "a,b,y\n".to_owned();
        for k in 0..12 {
            let (y, b) = (["p", "q"][k % 2], k * k);
            writeln!(text, "{x},{b},{y}").unwrap();
        }
        let data = Csv::new(&format!("{name}.csv"), text);
        let drawn = Drawn::new(name, &["--data", data.path(), "--epochs", "2"]);
        assert!(!drawn.text().contains("NaN") && !drawn.text().contains("inf"), "{name}");
    }
}

#[test]
fn the_loss_of_one_epoch_is_drawn_as_a_dot() {
    let data = table("dot.csv", |a, b| format!("{}", 2.0 * a - b));
    for (options, dots) in [("--epochs 1", 1), ("--epochs 1 --patience 1", 2), ("--epochs 2 --patience 2", 0)] {
        let args: Vec<&str> = ["--data", data.path()].into_iter().chain(options.split(' ')).collect();
        let drawn = Drawn::new("dot", &args);
        // Beside one for each row of the test set.
        assert_eq!(drawn.count("circle"), 12 + dots, "{options}");
    }
}

#[test]
fn a_picture_that_is_not_svg_is_refused_with_a_name_that_is() {
    for (name, remedy) in
        [("x.png", "x.svg"), ("no.folder/x", "no.folder/x.svg"), ("svg", "svg.svg"), ("x.svg.pdf", "x.svg.svg")]
    {
        for rest in [&["--data", "no/such.csv"][..], &["moons"]] {
            let error = train(&[rest, &["--plot", name]].concat()).unwrap_err();
            let expected = format!("expected a name that ends in .svg, as in {remedy}");
            assert_eq!(error, format!("invalid value '{name}' for '--plot <FILE.svg>': pictures are SVG; {expected}"));
        }
    }
    let error = train(&["--data", "no/such.csv", "--plot", "X.SVG"]).unwrap_err();
    assert!(error.starts_with("no/such.csv: cannot be read"), "{error}");
}

#[test]
fn a_picture_that_cannot_be_written_is_refused_before_the_training() {
    let data = Csv::new("read.svg", "a,y\n1,2\n");
    let path = data.path();
    let refused = |plot: &str| train(&["--data", path, "--plot", plot]).unwrap_err();
    assert_eq!(refused(path), format!("--plot {path}: expected a file of its own, found the one that is read"));
    assert!(refused("no/such/folder/x.svg").contains("found no folder no/such/folder"));
    let error = train(&["--data", IRIS, "--plot", "x.svg", "--save", "x.svg"]).unwrap_err();
    assert_eq!(error, "--plot: expected another file than that of --save");
    let error = train(&["--data", IRIS, "--plot", "x.svg", "--cross-validate", "3"]).unwrap_err();
    assert_eq!(error, "--cross-validate: trains several networks, and --plot is for one; leave out one of the two");
}

#[test]
fn the_loss_falls_with_each_step_of_lbfgs_in_both_precisions_until_no_step_is_better() {
    for precision in ["f64", "f32"] {
        let out = train(&["--data", IRIS, "--optimizer", "lbfgs", "--epochs", "40", "--precision", precision]).unwrap();
        let lines = out.lines().filter(|line| line.starts_with("epoch "));
        let losses: Vec<f64> = lines.map(|line| number(line, ", loss")).collect();
        assert!(losses.len() > 2 && losses.windows(2).all(|pair| pair[1] <= pair[0]), "{out}");
        assert!(losses[0] > 0.5 && losses[losses.len() - 1] < 0.05, "{out}");
        assert!(number(&out, "test accuracy") > 85.0, "{out}");
    }
}

/// The least squares of a plane are 0, which no other optimiser of the program reaches in so few steps.
#[test]
fn lbfgs_finds_a_plane_to_all_digits_and_then_stops() {
    let data = table("plane-of-numbers.csv", |a, b| format!("{}", 3.0 * a - 2.0 * b + 1.0));
    let args = ["--data", data.path(), "--optimizer", "lbfgs", "--activation", "identity", "--epochs", "1000"];
    let out = train(&args).unwrap();
    assert!(out.contains("lbfgs has converged: no step is better"), "{out}");
    assert!(number(&out, "root mean square error") < 1e-6, "{out}");
    assert_eq!(number(&out, "R²"), 1.0);
}

/// The squared error of a line through numbers with mean 0 and deviation 1 is `w² - 2 r w + 1 + b²`, where `r` is the
/// correlation. Two neurons in a row have `w = u v`. With `decay / 2` times the squares of all weights, the sum is
/// least at `u² = v² = r - decay / 2` and biases of 0.
#[test]
fn the_weights_of_lbfgs_decay_as_its_formula_says() {
    let x = |k: u32| f64::from(k * k % 41);
    let y = |k: u32| 3.0 * x(k) + f64::from(k * 7 % 23);
    let rows = (0..60).fold("x,y\n".to_owned(), |text, k| format!("{text}{},{}\n", x(k), y(k)));
    let csv = Csv::new("decay.csv", rows);
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("decay.json");
    let model = path.to_str().unwrap();
    let weights = |decay: &str| {
        let args = [
            "--data",
            csv.path(),
            "--optimizer",
            "lbfgs",
            "--activation",
            "identity",
            "--hidden",
            "1",
            "--epochs",
            "500",
        ];
        let out = train(&[&args[..], &["--save", model, "--weight-decay", decay]].concat()).unwrap();
        assert!(out.contains("lbfgs has converged"), "{out}");
        let json: serde_json::Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        fs::remove_file(&path).unwrap();
        let network: Mlp<f64> = serde_json::from_value(json["network"]["f64"].clone()).unwrap();
        (network.parameters().to_vec(), network.forward(&[1.0]).unwrap()[0] - network.forward(&[0.0]).unwrap()[0])
    };
    let (_, r) = weights("0");
    assert!(r > 0.9 && r < 1.0, "{r}");
    for decay in [0.1, 0.3] {
        let (parameters, slope) = weights(&decay.to_string());
        let expected = r - decay / 2.0;
        assert!((slope - expected).abs() < 1e-5, "{slope}, not {expected}");
        let sum: f64 = parameters.iter().map(|w| w * w).sum();
        assert!((sum - 2.0 * expected).abs() < 1e-4, "{parameters:?}");
    }
}

#[test]
fn options_of_small_steps_are_refused_beside_lbfgs() {
    for option in ["batch 8", "rate 0.1", "schedule cosine", "clip 1", "engine tape"] {
        let (name, value) = option.split_once(' ').unwrap();
        let args = ["--data", IRIS, "--optimizer", "lbfgs", &format!("--{name}"), value];
        let expected = format!("--{name}: lbfgs has no such option; leave it out, or take another --optimizer");
        assert_eq!(train(&args).unwrap_err(), expected);
    }
}

#[test]
fn the_number_of_threads_changes_no_digit() {
    let mut text = "a,b,y\n".to_owned();
    for k in 0..6000 {
        let (a, b) = (f64::from(k % 83) / 83.0, f64::from(k % 71) / 71.0);
        writeln!(text, "{a},{b},{}", (3.0 * a).sin() * b).unwrap();
    }
    let data = Csv::new("threads.csv", text);
    let args = ["--data", data.path(), "--epochs", "2", "--batch", "4096", "--threads"];
    let [one, three] = ["1", "3"].map(|threads| {
        let model = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("threads-{threads}.json"));
        let output = process(&[&args[..], &[threads, "--save", model.to_str().unwrap()]].concat()).output().unwrap();
        assert!(output.status.success());
        // All bits of the weights.
        let text = fs::read_to_string(&model).unwrap();
        fs::remove_file(model).unwrap();
        text
    });
    assert_eq!(one, three);
}
