//! Pictures as SVG, by `plotters`.

#![allow(clippy::cast_precision_loss, reason = "counts are far below 2^53")]

use std::ops::Range;

use plotters::coord::Shift;
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::console::printable;
use crate::plot::{Boundary, Confusion, Losses, MOST_COLOURS, Panel, Picture};
use crate::run::Result;

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Chart<'a, 'b> = ChartContext<'b, SVGBackend<'a>, Cartesian2d<RangedCoordf64, RangedCoordf64>>;

const SIZE: (u32, u32) = (1200, 540);
const FONT: &str = "sans-serif";
/// The size of names and numbers.
const TEXT: i32 = 15;
const TITLE: i32 = 20;
const LABELS: u32 = 64;
/// The squares in a line and in a column of the plane.
const SQUARES: usize = 120;
/// If the greatest loss is so many times the smallest, powers of ten are equally far apart.
const WIDE: f64 = 20.0;
/// So many letters of the name of an axis are drawn.
const NAME: usize = 24;
/// The width of the legend beside the plane.
const LEGEND: i32 = 140;
/// The colours that Okabe and Ito chose so that everybody tells them apart, then some of their mixtures.
const COLOURS: [RGBColor; MOST_COLOURS] = [
    RGBColor(0, 114, 178),
    RGBColor(230, 159, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(86, 180, 233),
    RGBColor(213, 94, 0),
    RGBColor(120, 120, 120),
    RGBColor(240, 228, 66),
    RGBColor(80, 60, 140),
    RGBColor(110, 70, 30),
];

/// The text of the file.
pub(crate) fn text(picture: &Picture<'_>) -> Result<String> {
    let mut text = String::new();
    {
        let area = SVGBackend::with_string(&mut text, SIZE).into_drawing_area();
        area.fill(&WHITE)?;
        let (left, right) = area.split_horizontally(SIZE.0 / 2);
        draw_losses(&left, picture.losses)?;
        match &picture.panel {
            Panel::Boundary(boundary) => draw_boundary(&right, boundary)?,
            Panel::Confusion(confusion) => draw_confusion(&right, confusion)?,
            Panel::Fit { target, rows } => draw_fit(&right, target, rows)?,
        }
        area.present()?;
    }
    Ok(text)
}

fn colour(class: usize) -> RGBColor {
    COLOURS[class % COLOURS.len()]
}

/// The smallest range that has all numbers, with some room on both sides.
fn range(numbers: impl Iterator<Item = f64>) -> Range<f64> {
    let (low, high) = numbers.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| (low.min(x), high.max(x)));
    let room = if high > low { 0.04 * (high - low) } else { 0.5 + 0.04 * low.abs() };
    low - room..high + room
}

/// A chart with a title and with names of its axes.
fn chart<'a, 'b>(
    area: &'b Area<'a>,
    title: &str,
    [x, y]: [Range<f64>; 2],
    [x_name, y_name]: [String; 2],
    y_label: &dyn Fn(f64) -> String,
) -> Result<Chart<'a, 'b>> {
    let mut chart = ChartBuilder::on(area)
        .margin(16)
        .caption(title, (FONT, TITLE))
        .x_label_area_size(LABELS - 16)
        .y_label_area_size(LABELS + 8)
        .build_cartesian_2d(x, y)?;
    chart
        .configure_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(BLACK.mix(0.12))
        .x_desc(x_name)
        .y_desc(y_name)
        .x_labels(8)
        .y_labels(8)
        .x_label_formatter(&|x| short(*x))
        .y_label_formatter(&|y| y_label(*y))
        .label_style((FONT, TEXT))
        .draw()?;
    Ok(chart)
}

fn draw_losses(area: &Area<'_>, Losses { training, validation }: &Losses) -> Result<()> {
    let all = || training.iter().chain(validation).copied().filter(|loss| loss.is_finite());
    let (low, high) = all().fold((f64::INFINITY, 0.0), |(low, high): (f64, f64), x| (low.min(x), high.max(x)));
    let in_powers = low > 0.0 && high > WIDE * low;
    let height = |loss: f64| if in_powers { loss.log10() } else { loss };
    let y = range(all().map(height));
    // In powers, three digits are enough.
    let label = |y: f64| {
        if in_powers { short(rounded(&format!("{:.2e}", 10f64.powf(y)))) } else { short(y) }
    };
    let mut chart = chart(
        area,
        "losses",
        [1.0..training.len().max(2) as f64, y],
        ["epoch", "mean loss"].map(String::from),
        &label,
    )?;
    for (name, losses, colour) in [("training", training, COLOURS[0]), ("validation", validation, COLOURS[5])] {
        if losses.is_empty() {
            continue;
        }
        let points = losses.iter().enumerate().filter(|(_, loss)| loss.is_finite());
        let points: Vec<_> = points.map(|(epoch, &loss)| (epoch as f64 + 1.0, height(loss))).collect();
        // One point is no line.
        if let [point] = points[..] {
            chart.draw_series([Circle::new(point, 4, colour.filled())])?;
        }
        chart
            .draw_series(LineSeries::new(points, colour.stroke_width(2)))?
            .label(name)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], colour.stroke_width(2)));
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperRight)
        .background_style(WHITE.mix(0.85))
        .border_style(BLACK.mix(0.3))
        .label_font((FONT, TEXT))
        .draw()?;
    Ok(())
}

fn draw_boundary(area: &Area<'_>, boundary: &Boundary<'_>) -> Result<()> {
    let Boundary { features, classes, rows, rows_are, predict } = boundary;
    let [x, y] = [0, 1].map(|k| range(rows.iter().map(|(point, _)| point[k])));
    let title = format!("what is predicted where, and {rows_are}");
    let (plane, legend) = area.split_horizontally(i32::try_from(area.dim_in_pixel().0)? - LEGEND);
    let mut chart = chart(&plane, &title, [x.clone(), y.clone()], features.map(cut), &short)?;
    let corner = |range: &Range<f64>, k: usize| range.start + (range.end - range.start) * k as f64 / SQUARES as f64;
    let middle = |range: &Range<f64>, k: usize| f64::midpoint(corner(range, k), corner(range, k + 1));
    for line in 0..SQUARES {
        let middles: Vec<_> = (0..SQUARES).map(|column| [middle(&x, column), middle(&y, line)]).collect();
        // Squares of one class in a line are one rectangle.
        let mut start = 0;
        for run in predict(&middles)?.chunk_by(|a, b| a == b) {
            let end = start + run.len();
            let corners = [(corner(&x, start), corner(&y, line)), (corner(&x, end), corner(&y, line + 1))];
            chart.draw_series([Rectangle::new(corners, colour(run[0]).mix(0.25).filled())])?;
            start = end;
        }
    }
    for (class, name) in classes.iter().enumerate() {
        let points = rows.iter().filter(|(_, label)| *label == class).map(|([x, y], _)| (*x, *y));
        let colour = colour(class);
        let dots = points
            .flat_map(|point| [Circle::new(point, 4, colour.filled()), Circle::new(point, 4, WHITE.stroke_width(1))]);
        chart.draw_series(dots)?;
        let y = 60 + i32::try_from(class)? * 24;
        legend.draw(&Circle::new((8, y), 5, colour.filled()))?;
        let style = text_style(&legend, TEXT, HPos::Left, VPos::Center);
        legend.draw(&Text::new(fitting(name, LEGEND - 24, TEXT), (20, y), style))?;
    }
    Ok(())
}

fn draw_fit(area: &Area<'_>, target: &str, rows: &[[f64; 2]]) -> Result<()> {
    let all = range(rows.iter().flatten().copied());
    let (truth, predicted) = (format!("{} in the test set", cut(target)), format!("{} predicted", cut(target)));
    let mut chart = chart(area, "predicted against true", [all.clone(), all.clone()], [truth, predicted], &short)?;
    let diagonal = [(all.start, all.start), (all.end, all.end)];
    chart.draw_series([PathElement::new(diagonal, BLACK.mix(0.5).stroke_width(1))])?;
    chart.draw_series(
        rows.iter().map(|&[truth, predicted]| Circle::new((truth, predicted), 4, COLOURS[0].mix(0.5).filled())),
    )?;
    Ok(())
}

/// A table of counts. The colour of a cell tells its share of the row.
fn draw_confusion(area: &Area<'_>, Confusion { title, classes, counts }: &Confusion) -> Result<()> {
    let area = area.margin(16, 16, 16, 16).titled(title, (FONT, TITLE))?;
    let (width, height) = area.dim_in_pixel();
    let (width, height) = (i32::try_from(width)?, i32::try_from(height)?);
    let count = i32::try_from(classes.len())?;
    // Names stand on the left and below; the name of the axis is further out.
    let (names, axis) = (112, 24);
    let side = ((width - names - axis) / count).min((height - names - axis) / count).max(1);
    let (left, all) = (names + axis, side * count);
    let size = TEXT.min(side * 2 / 3).max(6);
    let style = |size, h, v| text_style(&area, size, h, v);
    let upright = |style: TextStyle<'static>| style.transform(FontTransform::Rotate270);
    for ((row, name), counts) in (0..count).zip(classes).zip(counts) {
        let sum = counts.iter().sum::<usize>().max(1);
        let y = row * side;
        let place = (left - 8, y + side / 2);
        area.draw(&Text::new(fitting(name, names - 8, size), place, style(size, HPos::Right, VPos::Center)))?;
        for (column, &cell) in (0..count).zip(counts) {
            let x = left + column * side;
            let share = cell as f64 / sum as f64;
            let corners = [(x, y), (x + side, y + side)];
            area.draw(&Rectangle::new(corners, COLOURS[0].mix(share).filled()))?;
            area.draw(&Rectangle::new(corners, BLACK.mix(0.15).stroke_width(1)))?;
            if cell > 0 {
                let style = style(size, HPos::Center, VPos::Center).color(if share > 0.5 { &WHITE } else { &BLACK });
                area.draw(&Text::new(cell.to_string(), (x + side / 2, y + side / 2), style))?;
            }
        }
    }
    // Names that are wider than their column stand upright.
    let is_wide = classes.iter().any(|name| fitting(name, side - 4, size) != cut(name));
    for (column, name) in (0..count).zip(classes) {
        let (x, y) = (left + column * side + side / 2, all + 8);
        let text = if is_wide {
            let style = upright(style(size, HPos::Right, VPos::Center));
            Text::new(fitting(name, names - 8, size), (x, y), style)
        } else {
            Text::new(cut(name), (x, y), style(size, HPos::Center, VPos::Top))
        };
        area.draw(&text)?;
    }
    let below = all + if is_wide { names } else { axis + 8 };
    area.draw(&Text::new("predicted class", (left + all / 2, below), style(TEXT, HPos::Center, VPos::Top)))?;
    area.draw(&Text::new("true class", (8, all / 2), upright(style(TEXT, HPos::Center, VPos::Center))))?;
    Ok(())
}

fn text_style(area: &Area<'_>, size: i32, h: HPos, v: VPos) -> TextStyle<'static> {
    (FONT, size).into_text_style(area).pos(Pos::new(h, v))
}

/// As much of a name as there is room for, in one line. The middle is left out: names often begin alike.
fn fitting(name: &str, pixels: i32, size: i32) -> String {
    // A letter is about 3/5 as wide as high.
    let letters = usize::try_from(5 * pixels / (3 * size)).unwrap_or(0).max(1);
    if name.chars().count() <= letters {
        return cut(name);
    }
    let all: Vec<char> = name.chars().collect();
    let beginning = letters / 2;
    let end = all.len() - (letters - 1 - beginning);
    printable(&all[..beginning].iter().chain(&['…']).chain(&all[end..]).collect::<String>())
}

/// The beginning of a name, in one line.
fn cut(name: &str) -> String {
    printable(&name.chars().take(NAME).collect::<String>())
}

/// A number of an axis.
fn short(x: f64) -> String {
    if x.abs() < 1e-12 {
        "0".to_owned()
    } else if (1e-3..1e6).contains(&x.abs()) {
        rounded(&format!("{x:.6}")).to_string()
    } else {
        format!("{:e}", rounded(&format!("{x:.2e}")))
    }
}

/// The number that was written with fewer digits.
fn rounded(text: &str) -> f64 {
    text.parse().expect("what is written as a number is one")
}
