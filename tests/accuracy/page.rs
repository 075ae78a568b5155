//! The tables of the worst errors in `docs/accuracy.md`. They must agree with the measurement.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::measure::Worst;

const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/accuracy.md");
/// The text above this line is written by hand.
const MARK: &str = "<!-- From here on written by the test `accuracy`. -->\n";

/// What the page says before the second table.
const SPECIAL: &str = "\
Their values are measured, too: `by` is `value` there. Where no parameter is named, it is 2 for `polygamma`, 2.5 for
`gamma_p` and `gamma_q`. The arguments of `ln_gamma` and its derivatives are above -30, those of `J` below 60, and those
of `ln_beta` from 1e-30 to 1e30.
";

/// Prints the tables, and writes or checks those of the page.
pub(crate) fn compare(wide: &[Vec<Worst>; 2], narrow: &[Vec<Worst>; 2]) {
    let tables = tables(wide, narrow);
    println!("{tables}");
    let excessive: Vec<_> = wide.iter().chain(narrow).flatten().filter(|row| row.share > 1.0).collect();
    assert!(excessive.is_empty(), "more than is allowed: {excessive:#?}");
    let page = std::fs::read_to_string(PATH).expect("the page can be read");
    let (prose, documented) = page.split_once(MARK).expect("the page has the mark");
    if std::env::var_os("GRADTAPE_WRITE").is_some() {
        std::fs::write(PATH, format!("{prose}{MARK}{tables}")).expect("the page can be written");
        return;
    }
    let (documented, measured) = (errors(documented), errors(&tables));
    assert!(documented.keys().eq(measured.keys()), "docs/accuracy.md has other rows: set GRADTAPE_WRITE=1 once");
    for (row, errors) in measured {
        for (error, documented) in errors.into_iter().zip(documented[&row]) {
            // The functions of another machine's mathematical library differ a little.
            assert!(error <= 1.25 * documented + 0.5, "{row:?}: {error} ulp, and docs/accuracy.md says {documented}");
        }
    }
}

/// First the regular rows of operations, then those of special functions, then the exceptions.
fn tables(wide: &[Vec<Worst>; 2], narrow: &[Vec<Worst>; 2]) -> String {
    const HEAD: &str = "\n| operation | by | f64 | at | f32 | at |\n|---|---|---|---|---|---|\n";
    let mut tables = [HEAD.to_owned(), format!("\n# Special functions\n\n{SPECIAL}{HEAD}")];
    let mut exceptions = String::from(
        "\n# Exceptions\n\n| operation | by | f64 | at | f32 | at | allowed | where | why |\n\
         |---|---|---|---|---|---|---|---|---|\n",
    );
    let sections =
        (0..2).flat_map(|section| wide[section].iter().zip(&narrow[section]).map(move |both| (section, both)));
    for (section, (wide, narrow)) in sections {
        let Worst { operation, by, exception, .. } = wide;
        let mut row = format!("| `{operation}` | `{by}` |");
        for worst in [wide, narrow] {
            let at = if worst.ulps >= 0.005 { format!("`{}`", worst.at) } else { String::new() };
            let ulps = if worst.ulps < 1e6 { format!("{:.2}", worst.ulps) } else { format!("{:.1e}", worst.ulps) };
            write!(row, " {ulps} | {at} |").unwrap();
        }
        match exception {
            None => writeln!(tables[section], "{row}").unwrap(),
            Some(e) => {
                // A bar alone would end the cell.
                let [allowed, region] = [e.allowed, e.region].map(|cell| cell.replace('|', "\\|"));
                writeln!(exceptions, "{row} {allowed} | {region} | {} |", e.reason).unwrap();
            }
        }
    }
    tables.concat() + &exceptions
}

/// The errors in f64 and f32 by operation, argument and region.
fn errors(tables: &str) -> BTreeMap<[&str; 3], [f64; 2]> {
    let rows = tables.lines().filter(|line| line.starts_with("| `"));
    rows.map(|row| {
        let cells: Vec<_> = row.split(" | ").map(|cell| cell.trim_matches(['|', ' '])).collect();
        let error = |k: usize| cells[k].parse().expect("a number of ulp");
        ([cells[0], cells[1], cells.get(7).copied().unwrap_or("")], [error(2), error(4)])
    })
    .collect()
}
