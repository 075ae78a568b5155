//! Claims about data sets: which are refused, and how they are split, standardised and read.

use gradtape::nn::{Columns, Dataset, Encoding, InputKind, Labels, Missing, Table, TableFormat, Target, Unknown};
use rand::rngs::Xoshiro256PlusPlus;
use rand::{RngExt, SeedableRng};

fn rng(seed: u64) -> Xoshiro256PlusPlus {
    Xoshiro256PlusPlus::seed_from_u64(seed)
}

fn classes(labels: &[usize]) -> Target {
    Target::Classes { names: vec!["a".into(), "b".into()], labels: labels.to_vec() }
}

fn assert_near(a: f64, b: f64) {
    assert!((a - b).abs() <= 1e-12, "{a} is not near {b}");
}

#[test]
fn a_split_keeps_every_row_once_and_the_mixture_of_classes() {
    let labels: Vec<usize> = (0..100).map(|row| usize::from(row % 4 == 0)).collect();
    let data = Dataset::new(vec!["x".into()], (0..100).map(f64::from).collect(), classes(&labels)).unwrap();
    let (training, test) = data.split(0.2, &mut rng(1)).unwrap();
    assert_eq!((training.len(), test.len()), (80, 20));
    let Target::Classes { labels, .. } = test.target() else { panic!() };
    assert_eq!(labels.iter().sum::<usize>(), 5);
    let mut all: Vec<f64> =
        [&training, &test].iter().flat_map(|set| (0..set.len()).map(|row| set.row(row)[0])).collect();
    all.sort_by(f64::total_cmp);
    assert_eq!(all, (0..100).map(f64::from).collect::<Vec<_>>());
    assert_eq!(data.split(0.2, &mut rng(1)).unwrap().1, test);
    assert_ne!(data.split(0.2, &mut rng(2)).unwrap().1, test);
    for share in [0.0, 1.0, 0.001, -1.0, 7.0, f64::NAN] {
        assert!(data.split(share, &mut rng(1)).is_err(), "{share}");
    }
}

#[test]
fn folds_test_every_row_once_with_the_mixture_of_classes() {
    let labels: Vec<usize> = (0..103).map(|row| usize::from(row % 4 == 0)).collect();
    let data = Dataset::new(vec!["x".into()], (0..103).map(f64::from).collect(), classes(&labels)).unwrap();
    for count in [2, 3, 10, 103] {
        let folds = data.folds(count, &mut rng(1)).unwrap();
        assert_eq!(folds.len(), count);
        let rows = |set: &Dataset| (0..set.len()).map(|row| set.row(row)[0]).collect::<Vec<_>>();
        let mut tested: Vec<f64> = folds.iter().flat_map(|(_, test)| rows(test)).collect();
        tested.sort_by(f64::total_cmp);
        assert_eq!(tested, (0..103).map(f64::from).collect::<Vec<_>>());
        for (training, test) in &folds {
            let mut all = [rows(training), rows(test)].concat();
            all.sort_by(f64::total_cmp);
            assert_eq!(all, tested);
            let Target::Classes { labels: of_test, .. } = test.target() else { panic!() };
            for (rows, whole) in [(test.len(), 103), (of_test.iter().sum(), labels.iter().sum())] {
                assert!(rows == whole / count || rows == whole.div_ceil(count), "{rows} of {whole} in {count} folds");
            }
        }
        assert_eq!(data.folds(count, &mut rng(1)).unwrap(), folds);
        assert_ne!(data.folds(count, &mut rng(2)).unwrap(), folds);
    }
    for count in [0, 1, 104] {
        let error = data.folds(count, &mut rng(1)).unwrap_err().to_string();
        assert_eq!(
            error,
            format!("data set: expected a number of folds from 2 to 103, the number of rows, found {count}")
        );
    }
}

#[test]
fn standardised_columns_have_mean_0_and_deviation_1_and_constant_ones_are_finite() {
    let columns =
        [[1.0, 2.0, 3.0, 6.0], [0.1; 4], [0.0; 4], [f64::MAX, -f64::MAX, f64::MAX, 0.0], [1e-300, 2e-300, 0.0, 0.0]];
    let rows = (0..4).flat_map(|row| columns.map(|column| column[row])).collect();
    let names = ["a", "b", "c", "d", "e"].map(String::from).to_vec();
    let mut data = Dataset::new(names, rows, Target::Numbers(vec![1.0, 3.0, 1.0, 3.0])).unwrap();
    let scaling = data.scaling();
    data.standardize(&scaling);
    for (column, deviation) in [1.0, 0.0, 0.0, 1.0, 1.0].into_iter().enumerate() {
        let x: Vec<f64> = (0..4).map(|row| data.row(row)[column]).collect();
        assert_near(x.iter().sum::<f64>(), 0.0);
        assert_near(x.iter().map(|x| x * x).sum::<f64>() / 4.0, deviation);
    }
    assert_eq!(data.target(), &Target::Numbers(vec![-1.0, 1.0, -1.0, 1.0]));
    assert_eq!(scaling.restore(-1.0), 1.0);
    assert!(format!("{scaling:?}").ends_with("target: Scale { mean: 2.0, deviation: 1.0 } }"), "{scaling:?}");
}

#[test]
fn constant_columns_become_exactly_0_and_others_have_deviation_1_at_any_magnitude() {
    let standardized = |column: &[f64]| {
        let target = Target::Numbers(column.to_vec());
        let mut data = Dataset::new(vec!["x".into()], column.to_vec(), target).unwrap();
        let scaling = data.scaling();
        data.standardize(&scaling);
        let Target::Numbers(numbers) = data.target().clone() else { panic!() };
        assert!(numbers.iter().enumerate().all(|(row, y)| data.row(row) == [*y]));
        for (y, x) in numbers.iter().zip(column) {
            assert!((scaling.restore(*y) / 4.0 - x / 4.0).abs() <= 1e-15 * x.abs() + 1e-323, "{x}");
        }
        numbers
    };
    for x in [0.1, 1.0 / 3.0, 1e-320, 1e-300, -7.3e15, 1e308, f64::MAX, -f64::MAX] {
        for rows in [1, 3, 7, 10, 49] {
            assert_eq!(standardized(&vec![x; rows]), vec![0.0; rows], "{x} {rows} times");
        }
    }
    for (scale, tolerance) in [(1e-320, 1e-2), (1e-310, 1e-9), (1e-160, 1e-14), (1.0, 1e-14), (f64::MAX, 1e-14)] {
        let column = standardized(&[-1.0, 0.25, 1.0, 0.5, -0.125].map(|x| scale * x));
        let square = column.iter().map(|x| x * x).sum::<f64>() / 5.0;
        assert!((square - 1.0).abs() < tolerance, "{scale}: {column:?}");
    }
    // A deviation that is small beside the mean still counts.
    assert_eq!(standardized(&[1e15, 1e15 + 2.0]), [-1.0, 1.0]);
}

#[test]
fn differences_are_restored_without_the_mean() {
    let data = Dataset::new(vec!["x".into()], vec![0.0; 2], Target::Numbers(vec![1e9 - 3.0, 1e9 + 3.0])).unwrap();
    assert_eq!(data.scaling().restore_difference(0.5), 1.5);
}

#[test]
fn csv_quotes_that_are_not_closed_swallow_no_rows() {
    let error = |text: &str| Dataset::from_csv_reader(text.as_bytes(), "text", None).unwrap_err().to_string();
    for (text, message) in [
        ("a,y\n1,p\n2,\"q\n3,p\n", "text, line 3, column 2: expected {open}, found \"q\\n3,p\""),
        ("a,y\n1,p\n2,\"\n", "text, line 3, column 2: expected {open}, found \"\""),
        ("a,y\n1,p\n2,\"q", "text, line 3, column 2: expected {open}, found \"q\""),
        ("a,\"y\n1,p\n2,q\n", "text, line 1, column 2: expected {open}, found \"y\\n1,p\\n2,q\""),
        (
            "a,y\n1,\"p\n2,\"q\n3,r\n",
            "text, line 2, column 2: expected a separator behind the closing quote of a cell of several lines, found \"p\\n2,q\"",
        ),
        (
            "a,y\n1,p\n2,q\tr\n",
            "text, line 3, column 2 (y): expected a word in one line, or another `target`, found \"q\\tr\"",
        ),
    ] {
        assert_eq!(error(text), message.replace("{open}", "a closing quote, or none at the beginning"));
    }
    let rows = "1,p\n".repeat(100_000);
    for text in [format!("a,y\n1,\"{rows}"), format!("a,y\n\"{rows}"), format!("a,\"{rows}"), format!("{rows}\"")] {
        assert!(error(&text).len() < 200, "{}", error(&text));
    }
    let name = "n".repeat(70_000);
    assert!(error(&format!("{name},y\nx,p\n")).len() < 200);
    assert!(error(&format!("{name},{name}\nx,p\n")).len() < 200);
    assert!(error(&format!("a,y\n1,{name}\n2,{name}\n")).len() < 200);
}

/// A cell in quotes.
fn quoted(cell: &str) -> String {
    format!("\"{}\"", cell.replace('"', "\"\""))
}

#[test]
fn cells_of_several_lines_are_read_and_a_quote_that_is_left_out_swallows_no_row() {
    let mut rng = rng(3);
    for round in 0..200 {
        let letters = ["a", "b", ",", "\"", "\n", "\r\n", "#"];
        let mut word = || {
            let inner: String = (0..rng.random_range(0..6)).map(|_| letters[rng.random_range(0..7)]).collect();
            // Spaces around a cell are left out.
            format!("x{inner}x")
        };
        let cells: Vec<[String; 2]> = (0..5).map(|_| [word(), word()]).collect();
        let rows = cells.iter().enumerate().map(|(k, [a, b])| format!("{},{k},{}\n", quoted(a), quoted(b)));
        let text = format!("a,k,b\n#c,\"\n{}", rows.collect::<String>());
        let table = table(&text);
        assert_eq!((table.len(), table.comments()), (5, 1), "{text:?}");
        for (row, [a, b]) in cells.iter().enumerate() {
            assert_eq!([table.cell(row, 0), table.cell(row, 2)], [a, b], "{text:?}");
        }
        let quotes: Vec<usize> = text.match_indices('"').map(|(at, _)| at).skip(1).collect();
        let at = quotes[round % quotes.len()];
        let damaged = format!("{}{}", &text[..at], &text[at + 1..]);
        if let Ok(table) = Table::from_reader(damaged.as_bytes(), "text", TableFormat::default()) {
            assert!(table.len() >= 5, "{damaged:?}");
        }
    }
}

#[test]
fn lines_of_a_cell_matter_only_where_it_is_a_word() {
    let text = "note,a,\"name\r\nof y\"\n\"one\ntwo\",1,p\n\"# three\n\",2,q\n";
    let names = ["note", "a", "name of y"];
    assert_eq!((table(text).names(), table(text).comments()), (&names.map(String::from)[..], 0));
    let of = |ignore: &[&str]| {
        let ignore = ignore.iter().map(|&name| name.to_owned()).collect();
        Encoding::of(&table(text), &Columns { ignore, ..Columns::default() }).map_err(|error| error.to_string())
    };
    assert_eq!(of(&["note"]).unwrap().names(), ["a"]);
    assert_eq!(
        of(&[]).unwrap_err(),
        "text, line 3, column 1 (note): expected a word in one line, or `ignore` for the column, found \"one\\ntwo\""
    );
}

#[test]
fn text_that_is_not_utf_8_is_named_with_the_command_that_converts_it() {
    let text = "a,y\n1,é\n2,“q”\n";
    let utf_16 = |bytes: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(bytes).collect::<Vec<u8>>();
    let latin = |text: &str| text.chars().map(|letter| letter as u8).collect::<Vec<u8>>();
    let marked = |mark: &[u8], bytes: Vec<u8>| [mark, &bytes].concat();
    let row = ", line 2, column 2: ";
    for (bytes, place, name, found) in [
        (marked(b"\xff\xfe", utf_16(u16::to_le_bytes)), ": ", "UTF-16", "UTF-16"),
        (marked(b"\xfe\xff", utf_16(u16::to_be_bytes)), ": ", "UTF-16", "UTF-16"),
        (utf_16(u16::to_le_bytes), ": ", "UTF-16LE", "UTF-16 (little-endian)"),
        (utf_16(u16::to_be_bytes), ": ", "UTF-16BE", "UTF-16 (big-endian)"),
        (latin("a,y\n1,é\n2,q\n"), row, "LATIN1", "other bytes, which may be Latin-1"),
        (latin("a,y\n1,é\n2,\u{93}q\u{94}\n"), row, "WINDOWS-1252", "other bytes, which may be Windows-1252"),
    ] {
        let error = Dataset::from_csv_reader(&bytes[..], "text", None).unwrap_err().to_string();
        let expected =
            format!("text{place}expected UTF-8, which iconv -f {name} -t UTF-8 FILE > NEW makes of it, found {found}");
        assert_eq!(error, expected);
    }
    for (bytes, found) in [
        (
            &b"PK\x03\x04\x14\x00"[..],
            "text: expected UTF-8, which the command to save as CSV makes of it, found a workbook or an archive",
        ),
        (b"\x1f\x8b\x08", "text: expected UTF-8, which gunzip makes of it, found a file that gzip compressed"),
        (b"a,y\n1,\xff\x81\n", "text, line 2, column 2: expected UTF-8, found other bytes"),
    ] {
        assert_eq!(Dataset::from_csv_reader(bytes, "text", None).unwrap_err().to_string(), found);
    }
}

#[test]
fn csv_errors_count_lines_of_any_ends() {
    for end in ["\n", "\r\n", "\r"] {
        let text = ["", "a,y", "1,p", "", "2,q", "x,q", "3,r", ""].join(end);
        let error = Dataset::from_csv_reader(text.as_bytes(), "text", None).unwrap_err();
        assert!(error.to_string().starts_with("text, line 6, column 1 (a): "), "{error}");
    }
}

#[test]
fn errors_are_one_line_without_control_characters_whatever_the_names() {
    let name = "a\nb\x1b[31m\rc";
    let missing = Dataset::from_csv(format!("no/{name}"), None).unwrap_err();
    let empty = Dataset::from_csv_reader(&b""[..], name, None).unwrap_err();
    for error in [missing, empty] {
        assert!(error.to_string().contains("a\u{fffd}b\u{fffd}[31m\u{fffd}c: "), "{error}");
        assert!(!error.to_string().contains(char::is_control), "{error}");
    }
}

#[test]
fn a_data_set_refuses_what_is_not_one() {
    let new = |names: &[&str], features: &[f64], target| {
        let names = names.iter().map(|&name| name.into()).collect();
        Dataset::new(names, features.to_vec(), target).unwrap_err().to_string()
    };
    let one_class = Target::Classes { names: vec!["a".into()], labels: vec![0] };
    assert_eq!(new(&[], &[], classes(&[0])), "data set: expected at least 1 feature and 1 row, found 0 and 1");
    assert_eq!(new(&["x"], &[], classes(&[])), "data set: expected at least 1 feature and 1 row, found 1 and 0");
    assert_eq!(
        new(&["x", "x"], &[1.0, 2.0], classes(&[0])),
        "data set: expected names that are not empty and all different, found \"x\""
    );
    assert_eq!(new(&["x"], &[1.0, 2.0], classes(&[0])), "data set: expected 1 features for each of 1 rows, found 2");
    assert_eq!(new(&["x"], &[f64::NAN], classes(&[0])), "data set: expected finite numbers, found NaN");
    assert_eq!(
        new(&["x"], &[1.0], Target::Numbers(vec![f64::INFINITY])),
        "data set: expected finite numbers, found inf"
    );
    assert_eq!(new(&["x"], &[1.0], classes(&[2])), "data set: expected labels below 2, found 2");
    assert_eq!(new(&["x"], &[1.0], one_class), "data set: expected at least 2 classes, found 1");
}

#[test]
fn csv_labels_are_numbers_or_classes_by_what_they_are_unless_told() {
    let read = |text: &str, labels| Dataset::from_csv_reader(text.as_bytes(), "text", labels);
    let text = "x,y\n 1 , 2 \n\n\"3\",\"4\"";
    assert_eq!(read(text, None).unwrap().target(), &Target::Numbers(vec![2.0, 4.0]));
    let names = vec!["2".to_owned(), "4".to_owned()];
    let target = Target::Classes { names, labels: vec![0, 1] };
    assert_eq!(read(text, Some(Labels::Classes)).unwrap().target(), &target);
    assert!(read("x,y\n1,2\n3,four\n", None).is_err());
    assert!(read("x,y\n1,two\n3,4\n", None).is_err());
    assert!(matches!(read("x,y\n1,two\n3,4\n", Some(Labels::Classes)).unwrap().target(), Target::Classes { .. }));
    // Whole numbers, each in several rows, are classes in the order of the numbers.
    let row = |k: usize| format!("{k},{}\n", [10, 9, 1][k % 3]);
    let rows: String = (0..40).map(row).collect();
    let Target::Classes { names, .. } = read(&format!("x,y\n0.5,9\n{rows}"), None).unwrap().target().clone() else {
        panic!()
    };
    assert_eq!(names, ["1", "9", "10"]);
    assert!(matches!(read(&format!("x,y\n0.5,9.5\n{rows}"), None).unwrap().target(), Target::Numbers(_)));
    let numbers = read(&format!("x,y\n0.5,9\n{rows}"), Some(Labels::Numbers)).unwrap();
    assert!(matches!(numbers.target(), Target::Numbers(_)));
}

fn table(text: &str) -> Table {
    Table::from_reader(text.as_bytes(), "text", TableFormat::default()).unwrap()
}

#[test]
fn separators_headers_and_decimals_are_recognised() {
    for (text, separator, has_header, decimal, names) in [
        ("a,b\n1,2\n", ',', true, '.', ["a", "b"]),
        ("1,2\n3,4\n", ',', false, '.', ["column 1", "column 2"]),
        ("a;b\n1,5;2\n", ';', true, ',', ["a", "b"]),
        ("a;b\n1.5;2\n", ';', true, '.', ["a", "b"]),
        ("a\tb\n1,5\t2\n", '\t', true, ',', ["a", "b"]),
        ("# x,y,z\na;b\n\n1;\"2,5\"\n# 1\n", ';', true, ',', ["a", "b"]),
        ("a,b\n\"x;y;z\",2\n", ',', true, '.', ["a", "b"]),
        (",b\n1,2\n", ',', true, '.', ["column 1", "b"]),
        ("\u{feff}a,b\r1,2\r", ',', true, '.', ["a", "b"]),
        ("red,1\nblue,2\n", ',', false, '.', ["column 1", "column 2"]),
        ("#,b\n#1,2\n3,4\n", ',', true, '.', ["#", "b"]),
        // Words of the first row that occur again below, and names that do, above numbers.
        ("red,p\nblue,q\nred,q\n", ',', false, '.', ["column 1", "column 2"]),
        ("colour,y\nblue,q\nred,q\n", ',', true, '.', ["colour", "y"]),
        (",y\n,q\n,q\n", ',', true, '.', ["column 1", "y"]),
        ("a,y\na,1\nb,?\n", ',', true, '.', ["a", "y"]),
        ("a,y\na,?\nb,\n", ',', false, '.', ["column 1", "column 2"]),
    ] {
        let table = table(text);
        assert_eq!(
            (table.separator(), table.has_header(), table.decimal()),
            (separator, has_header, decimal),
            "{text:?}"
        );
        assert_eq!(table.names(), names, "{text:?}");
    }
    let read = |format| Table::from_reader(&b"a b\n1 2\n"[..], "text", format);
    let by_space = TableFormat { separator: Some(' '), header: Some(false), decimal: None };
    assert_eq!(read(by_space).unwrap().cell(0, 1), "b");
    for (separator, found) in [('é', "é"), ('"', "\\\""), ('\n', "\\n"), ('\r', "\\r")] {
        let error = read(TableFormat { separator: Some(separator), ..TableFormat::default() }).unwrap_err().to_string();
        let expected = "separator: expected an ASCII character that is no quote and ends no line, found ";
        assert_eq!(error, format!("{expected}\"{found}\""));
    }
}

#[test]
fn a_first_row_that_may_have_names_is_refused_with_the_remedy_where_it_was_guessed_to_have_none() {
    let of = |text: &str, header: Option<bool>, columns: &Columns| {
        let table = Table::from_reader(text.as_bytes(), "text", TableFormat { header, ..TableFormat::default() })?;
        Encoding::of(&table, columns)
    };
    let keep = Columns { keep: vec!["column 2".to_owned()], ..Columns::default() };
    let numbers = Columns { labels: Some(Labels::Numbers), ..Columns::default() };
    let classes = Columns { labels: Some(Labels::Classes), ..Columns::default() };
    let missing = Columns { missing: Missing::Mean, ..Columns::default() };
    for (text, columns, place, kind, line, found) in [
        // A column to predict, one of features, and words below a number; then also other columns that would be
        // refused.
        ("country,2019,2020,y\nde,1.5,2.5,0\nfr,2,3,1\n", &Columns::default(), "1, column 4", "number", 2, "y"),
        ("country,2019,2020,y\nde,1.5,2.5,0\nfr,2,3,1\n", &numbers, "1, column 4", "number", 2, "y"),
        ("# years\n\npop,2019,y\n1,1.5,p\n2,2.5,q\n", &classes, "3, column 1", "number", 4, "pop"),
        ("name,1,2020\nx,red,0.5\ny,blue,1.5\n", &Columns::default(), "1, column 2", "word", 2, "1"),
        ("pop,2019,y\nNA,1.5,0\n2,2.5,1\n", &missing, "1, column 1", "number", 3, "pop"),
        ("when,pop,2020\n2024-01-01,1,0.5\n2024-01-02,2,1.5\n", &Columns::default(), "1, column 2", "number", 2, "pop"),
    ] {
        let expected = format!(
            "text, line {place}: expected a {kind} as in line {line}, or `header` yes if this line has the names, found {found:?}"
        );
        assert_eq!(of(text, None, columns).unwrap_err().to_string(), expected);
        let other = of(text, Some(false), columns).unwrap_err().to_string();
        assert!(!other.contains("`header`"), "{other}");
    }
    // A word in another line; words that are kept or classes; and a first row of which nothing is known.
    let late = of("1,1.5,0\n2,x,1\n3,3.5,0\n", None, &Columns::default()).unwrap_err().to_string();
    assert!(late.contains("text, line 2, column 2: expected a number as in line 1, or `ignore` or `keep`"), "{late}");
    assert!(of("1,pop,0\n2,2,1\n3,3,0\n", None, &keep).is_ok());
    assert!(of("1,5,y\n2,2,1\n3,3,0\n", None, &classes).is_ok());
    assert!(of("?,5,0\n2,2,1\n3,3,0\n", None, &missing).is_ok());
}

#[test]
fn lines_that_are_left_out_are_counted_and_none_are_if_the_first_name_is_a_hash() {
    for (text, rows, comments) in [
        ("# made by hand\na,b\n1,2\n#3,4\n\n5,6\n#", 2, 3),
        ("#,b\n#1,2\n3,4\n", 2, 0),
        // In quotes, it is no comment.
        ("a,b\n\"#1\",2\n#3,4\n", 1, 1),
        ("#\tb\n#1\t2\n", 1, 0),
        ("a,b\n1,2\n", 1, 0),
    ] {
        let table = table(text);
        assert_eq!((table.len(), table.comments()), (rows, comments), "{text:?}");
    }
}

#[test]
fn decimal_points_beside_decimal_commas_are_refused_unless_it_is_given_which_one_is_meant() {
    let text = "people;a;y\n3.412;17;-2,32\n5.1;18;1,5\n";
    let read = |decimal| {
        Table::from_reader(text.as_bytes(), "text", TableFormat { decimal, ..TableFormat::default() })
            .map_err(|error| error.to_string())
    };
    assert_eq!(
        read(None).unwrap_err(),
        "text, line 2, column 3: expected a decimal separator as in \"3.412\", line 2, or a given `decimal`, \
         found \"-2,32\""
    );
    // With a decimal comma, a point divides thousands, so the cell is no number.
    let table = read(Some(',')).unwrap();
    assert_eq!([0, 1, 2].map(|column| table.number(0, column)), [None, Some(17.0), Some(-2.32)]);
    let table = read(Some('.')).unwrap();
    assert_eq!([0, 1, 2].map(|column| table.number(0, column)), [Some(3.412), Some(17.0), None]);
    assert_eq!(read(Some('x')).unwrap_err(), "decimal separator: expected a point or a comma, found \"x\"");
    let quoted = Table::from_reader(
        &b"a,b\n\"1,5\",2\n"[..],
        "text",
        TableFormat { decimal: Some(','), ..TableFormat::default() },
    );
    assert_eq!(quoted.unwrap().number(0, 0), Some(1.5));
}

#[test]
fn labels_that_say_nothing_and_columns_to_predict_that_are_ignored_are_refused() {
    let error = |text: &str, columns: &Columns| Encoding::of(&table(text), columns).unwrap_err().to_string();
    let row = |k: u32| format!("{},word{}\n", f64::from(k * k) / 7.0, k / 2 + k % 2 * 30);
    let rows: String = (0..60).map(row).collect();
    let named = format!("x,y\n{rows}");
    assert_eq!(
        error(&named, &Columns::default()),
        "text, column 2 (y): expected at most half as many classes as rows, or another `target`, found 60 in 60 rows"
    );
    let told = Columns { labels: Some(Labels::Classes), ..Columns::default() };
    assert_eq!(Encoding::of(&table(&named), &told).unwrap().classes().unwrap().len(), 60);
    for (text, place) in [
        ("x;y\n1;$3\n2;$5\n", "text, line 2, column 2 (y)"),
        ("y;x\n1;3%\n2;5%\n", "text, line 2, column 2 (x)"),
        ("x,y\n\"3,000\",1\n\"5,000\",2\n", "text, line 2, column 1 (x)"),
        ("x;y\n7.123,45;1\n8.123,45;2\n", "text, line 2, column 1 (x)"),
    ] {
        let message = error(text, &Columns::default());
        let expected = format!("{place}: expected a plain number, without separators of thousands and units, or ");
        assert!(message.starts_with(&expected), "{message}");
        // In a file with commas, one in a number may be decimal.
        assert_eq!(message.contains("or `decimal` comma"), text.contains("\"3,000\""), "{message}");
    }
    let ignore = |target: Option<&str>| Columns {
        target: target.map(str::to_owned),
        ignore: vec!["y".to_owned()],
        ..Columns::default()
    };
    let text = "x,y,z\n1,2,3\n2,3,5\n";
    assert_eq!(Encoding::of(&table(text), &ignore(None)).unwrap().target(), "z");
    assert_eq!(error(text, &ignore(Some("y"))), "text: expected a column to predict that is not ignored, found \"y\"");
}

#[test]
fn an_encoding_encodes_other_tables_by_the_names_of_their_columns() {
    let training = table("size;colour;y\n1,5;red;p\n;blue;q\n3,5;?;p\n");
    let columns = Columns { missing: Missing::Mean, ..Columns::default() };
    let encoding = Encoding::of(&training, &columns).unwrap();
    assert_eq!(encoding.names(), ["size", "size missing", "colour=blue", "colour=red", "colour missing"]);
    assert_eq!((encoding.target(), encoding.classes().unwrap()), ("y", &["p".to_owned(), "q".to_owned()][..]));
    let data = encoding.dataset(&training).unwrap();
    assert_eq!(data.row(0), [1.5, 0.0, 0.0, 1.0, 0.0]);
    assert_eq!(data.row(1), [2.5, 1.0, 1.0, 0.0, 0.0]);
    assert_eq!(data.row(2), [3.5, 0.0, 0.0, 0.0, 1.0]);
    let other = encoding.dataset(&table("extra,y,colour,size\nx,q,blue,7.5\n")).unwrap();
    assert_eq!((other.row(0), other.target().len()), (&[7.5, 0.0, 1.0, 0.0, 0.0][..], 1));
    let error = |text: &str| encoding.dataset(&table(text)).unwrap_err().to_string();
    assert_eq!(error("size,y\n1,p\n"), "text: expected a column \"colour\", found the columns \"size\", \"y\"");
    let place = "text, line 2, column";
    assert_eq!(
        error("size,colour,y\n1,green,p\n"),
        format!("{place} 2 (colour): expected one of \"blue\", \"red\", or `unknown` ignore, found \"green\"")
    );
    assert_eq!(error("size,colour,y\nbig,red,p\n"), format!("{place} 1 (size): expected a number, found \"big\""));
    assert_eq!(error("size,colour,y\n1,red,r\n"), format!("{place} 3 (y): expected one of \"p\", \"q\", found \"r\""));
    assert_eq!(error("size,colour,y\n1,red,\n"), format!("{place} 3 (y): expected a label, found \"\""));
    // Without labels, or with some.
    let rows = encoding.features(&table("colour;size\n?;7,5\nred;NA\n"), Unknown::Error).unwrap();
    assert_eq!(rows, [Some(vec![7.5, 0.0, 0.0, 0.0, 1.0]), Some(vec![2.5, 1.0, 0.0, 1.0, 0.0])]);
    let labelled = encoding.labelled(&table("size,colour,y\n1,red,\n2,red,q\n3,?,NA\n"), Unknown::Error).unwrap();
    assert_eq!((labelled.len(), labelled.row(0)), (1, &[2.0, 0.0, 0.0, 1.0, 0.0][..]));
    let none = encoding.labelled(&table("size,colour,y\n1,red,\n"), Unknown::Error).unwrap_err().to_string();
    assert_eq!(none, "text: expected rows in which nothing is missing, found none");
    // A column is found by its name alone, not by its number.
    let header = TableFormat { header: Some(true), ..TableFormat::default() };
    let with_header = |text: &str| Table::from_reader(text.as_bytes(), "text", header).unwrap();
    let numbered = Encoding::of(&with_header("2,y\na,p\nb,q\n"), &Columns::default()).unwrap();
    let error = numbered.features(&with_header("y,3\np,a\n"), Unknown::Error).unwrap_err().to_string();
    assert_eq!(error, "text: expected a column \"2\", found the columns \"y\", \"3\"");
    let strict = Encoding::of(&table("a,y\n1,p\n2,q\n"), &Columns::default()).unwrap();
    let error = strict.dataset(&table("a,y\nNA,p\n")).unwrap_err().to_string();
    assert_eq!(
        error,
        format!("{place} 1 (a): expected a value, which was never missing in the training, found \"NA\"")
    );
}

#[test]
fn unknown_categories_are_counted_and_named_or_leave_all_features_0() {
    let training = table("size,colour,shape,y\n1,red,round,p\n2,blue,flat,q\n3,red,,p\n");
    let new = table("y,shape,size,colour\np,flat,1,green\nq,round,2,blue\np,?,3,green\n,oval,4,pink\n");
    for (missing, cells, features) in [
        (
            Missing::Mean,
            &[(0, 3), (2, 3), (3, 1), (3, 3)][..],
            &[
                Some([1.0, 0.0, 0.0, 1.0, 0.0, 0.0]),
                Some([2.0, 1.0, 0.0, 0.0, 1.0, 0.0]),
                Some([3.0, 0.0, 0.0, 0.0, 0.0, 1.0]),
                Some([4.0, 0.0, 0.0, 0.0, 0.0, 0.0]),
            ],
        ),
        (Missing::Drop, &[(0, 3), (3, 1), (3, 3)], &[Some([1.0, 0.0, 0.0, 1.0, 0.0, 0.0]); 4]),
    ] {
        let encoding = Encoding::of(&training, &Columns { missing, ..Columns::default() }).unwrap();
        assert_eq!(encoding.unknown(&new).unwrap(), cells);
        let found = encoding.features(&new, Unknown::Ignore).unwrap();
        if missing == Missing::Mean {
            let expected: Vec<_> = features.iter().map(|row| row.map(|row| row.to_vec())).collect();
            assert_eq!(found, expected);
            assert_eq!(encoding.labelled(&new, Unknown::Ignore).unwrap().len(), 3);
        } else {
            assert_eq!(found.iter().filter(|row| row.is_none()).count(), 1);
        }
        let error = encoding.features(&new, Unknown::Error).unwrap_err().to_string();
        let expected = format!(
            "text, line 2, column 4 (colour): expected one of \"blue\", \"red\", or `unknown` ignore, found \"green\"; {} cells \
             have 3 unknown words: \"oval\" in column 2 (shape), \"green\" in column 4 (colour), \"pink\" in column 4 (colour)",
            cells.len()
        );
        assert_eq!(error, expected);
    }
    let encoding = Encoding::of(&table("a,y\nu,p\nv,q\n"), &Columns::default()).unwrap();
    let many = (0..40).fold(String::new(), |text, k| format!("{text}word{k},p\n"));
    let error = encoding.features(&table(&format!("a,y\n{many}")), Unknown::Error).unwrap_err().to_string();
    assert!(error.contains("40 cells have 40 unknown words: ") && error.ends_with(" and others"), "{error}");
}

#[test]
fn means_of_the_training_rows_replace_missing_numbers_in_all_rows() {
    let row = |k: u32| {
        let a = if k.is_multiple_of(3) { String::new() } else { (k * k).to_string() };
        format!("{a},{},{},{k}\n", 3 * k % 7, ["u", "v", "?"][(k % 5 % 3) as usize])
    };
    let rows: String = (0..40).map(row).collect();
    let table = table(&format!("a,b,c,y\n{rows}"));
    let columns = Columns { missing: Missing::Mean, labels: Some(Labels::Numbers), ..Columns::default() };
    let mut encoding = Encoding::of(&table, &columns).unwrap();
    let before = encoding.clone();
    let (mut training, mut test) = encoding.dataset(&table).unwrap().split(0.3, &mut rng(4)).unwrap();
    encoding.learn_means(&training);
    // The target is the number of the row.
    let rows_of = |data: &Dataset| match data.target() {
        Target::Numbers(numbers) => {
            numbers.iter().map(|&y| (0..40).find(|&k| f64::from(k) == y).unwrap()).collect::<Vec<u32>>()
        }
        Target::Classes { .. } => unreachable!(),
    };
    let mean =
        |numbers: Vec<u32>| f64::from(numbers.iter().sum::<u32>()) / f64::from(u32::try_from(numbers.len()).unwrap());
    let of_a = mean(rows_of(&training).into_iter().filter(|k| k % 3 != 0).map(|k| k * k).collect());
    let of_b = mean(rows_of(&training).into_iter().map(|k| 3 * k % 7).collect());
    let means: Vec<f64> = encoding
        .inputs()
        .iter()
        .filter_map(|input| if let InputKind::Number { mean } = input.kind { Some(mean) } else { None })
        .collect();
    assert_near(means[0], of_a);
    assert_near(means[1], of_b);
    for data in [&mut training, &mut test] {
        let unchanged = data.clone();
        encoding.replace_missing(data);
        for (row, k) in rows_of(data).into_iter().enumerate() {
            assert_near(data.row(row)[0], if k % 3 == 0 { of_a } else { f64::from(k * k) });
            assert_eq!(data.row(row)[1..], unchanged.row(row)[1..]);
        }
    }
    // Other tables are encoded with the new means, and a column without numbers keeps its mean.
    let new = Table::from_reader(&b"a,b,c\nNA,1,u\n"[..], "new", TableFormat::default()).unwrap();
    assert_near(encoding.features(&new, Unknown::Error).unwrap()[0].as_ref().unwrap()[0], of_a);
    let empty = (0..training.len()).find(|&row| training.row(row)[1] == 1.0).unwrap();
    let names = training.names().to_vec();
    let one = Dataset::new(names, training.row(empty).to_vec(), Target::Numbers(vec![0.0])).unwrap();
    let mut of_one = before.clone();
    of_one.learn_means(&one);
    assert_eq!(of_one.inputs()[0], before.inputs()[0]);
}

#[test]
fn the_column_to_predict_is_the_one_that_is_called_as_labels_are_before_those_that_may_be_features() {
    for (header, target) in [
        ("class,age,Survived", "Survived"),
        ("Survived,class,age", "Survived"),
        ("y,x,label", "label"),
        ("Class,x,y", "Class"),
        ("x,y,z", "y"),
        ("a,b,c", "c"),
    ] {
        let table = table(&format!("{header}\n1.5,2.5,0.5\n2.5,1.5,0.25\n"));
        assert_eq!(Encoding::of(&table, &Columns::default()).unwrap().target(), target, "{header}");
    }
}

const DATES: &str = "dates and times must become numbers, such as days since the first";

#[test]
fn columns_that_say_nothing_are_refused_with_the_remedy() {
    let error = |text: &str, columns: Columns| Encoding::of(&table(text), &columns).unwrap_err().to_string();
    let rows = |f: &dyn Fn(u32) -> String| -> String {
        let row = |k| format!("{},{},{}\n", f(k), k % 7, k % 2);
        (0..30).map(row).collect()
    };
    for (text, expected) in [
        (
            format!("id,b,y\n{}", rows(&|k| (k + 5).to_string())),
            "text, column 1 (id): expected numbers that say something, or `ignore` or `keep` for the column, found the numbers of the \
             rows, from 5",
        ),
        (
            format!("a,b,y\n{}", rows(&|k| format!("name{k}"))),
            "text, column 1 (a): expected at most 20 different words, or `ignore` or `keep` for the column, found 30",
        ),
        (
            format!("a,b,y\n{}", rows(&|k| format!("{}.12.2024 10:00", k + 1))),
            "text, line 2, column 1 (a): expected numbers or categories, or `ignore` or `keep` for the column; {DATES}, found \"1.12.2024 10:00\"",
        ),
    ] {
        assert_eq!(error(&text, Columns::default()), expected.replace("{DATES}", DATES));
    }
    let empty = Columns { missing: Missing::Mean, ..Columns::default() };
    assert_eq!(
        error("a,b,y\n,1,p\n,2,q\n", empty),
        "text, column 1 (a): expected values, or `ignore` for the column, found none"
    );
    let drop = Columns { missing: Missing::Drop, ..Columns::default() };
    assert_eq!(
        error("a,b,y\n,1,p\n,2,q\n", drop),
        "text: expected rows in which nothing is missing, or `ignore` for columns in which much is, found none; column 1 (a) is \
         missing in 2 of 2 rows"
    );
    for (name, expected) in [("z", "\"z\""), ("0", "\"0\""), ("4", "\"4\"")] {
        let columns = Columns { target: Some(name.into()), ..Columns::default() };
        assert_eq!(
            error("a,b,y\n1,2,p\n", columns),
            format!("text: expected one of the columns \"a\", \"b\", \"y\", or a number from 1 to 3, found {expected}")
        );
    }
    let all = Columns { ignore: vec!["a".into(), "2".into()], ..Columns::default() };
    assert_eq!(
        error("a,b,y\n1,2,p\n", all),
        "text: expected features beside the column to predict, found no other column"
    );
}

#[test]
fn whole_numbers_in_sequence_are_features_where_they_may_say_something() {
    let is_feature = |names: &str, first: u32, more: bool, keep: &[&str]| {
        let row = |k: u32| {
            format!("{},{}{}\n", first + k, if more { format!("{},", k * k % 7) } else { String::new() }, k % 2)
        };
        let text = format!("{names},y\n{}", (0..30).map(row).collect::<String>());
        let keep = keep.iter().map(|&name| name.to_owned()).collect();
        Encoding::of(&table(&text), &Columns { keep, ..Columns::default() }).is_ok()
    };
    for (names, first, more, keep, expected) in [
        ("x,z", 1, true, &[][..], false),
        ("x,z", 0, true, &[], false),
        ("year,z", 1990, true, &[], true),
        ("PassengerId,z", 892, true, &[], false),
        ("row nr,z", 7, true, &[], false),
        ("x", 1, false, &[], true),
        ("id", 1, false, &[], true),
        ("x,z", 1, true, &["x"], true),
        ("id,z", 7, true, &["z", "1"], true),
    ] {
        assert_eq!(is_feature(names, first, more, keep), expected, "{names} from {first}, keeping {keep:?}");
    }
}

#[test]
fn dates_months_weeks_and_times_are_refused_and_words_like_them_are_categories() {
    let of = |a: &str, b: &str| {
        let text = format!("a,b,y\n\"{a}\",1.5,p\n\"{b}\",2.5,q\n?,1.5,q\n");
        let columns = Columns { missing: Missing::Mean, ..Columns::default() };
        Encoding::of(&table(&text), &columns).map_err(|error| error.to_string())
    };
    for (a, b) in [
        ("5 March 2020", "17 Sept 2021"),
        ("01 Jan 2020", "02 FEB 2020"),
        ("Mon, 5 May 2020 10:30:00", "Tuesday 6 june 2020"),
        ("March 5, 2020", "April 1st, 2020"),
        ("05-Mar-2020", "06-Mar-2020 10:30"),
        ("Jan-20", "Feb-20"),
        ("May 2020", "2021 May"),
        ("2024-03", "2023-12"),
        ("2024/3", "12/2024"),
        ("2024-W05", "2024W53-7"),
        ("10:30", "9:05"),
        ("10:30:59", "09:05:07.125"),
        ("10:30 AM", "9:05pm"),
        ("2024-01-31T10:30:00Z", "31.1.24"),
    ] {
        let expected = format!(
            "text, line 2, column 1 (a): expected numbers or categories, or `ignore` or `keep` for the column; {DATES}, found {a:?}"
        );
        assert_eq!(of(a, b).unwrap_err(), expected);
        // One word beside them, and they are categories.
        assert_eq!(of(a, "red").unwrap().names().len(), 4, "{a}");
    }
    for (a, b) in [
        ("May", "June"),
        ("Monday", "Tuesday"),
        ("Mary 5", "Jane 6"),
        ("march of 2020", "may of 2020"),
        ("jan 1 2 3", "feb 1 2 3"),
        ("2024-13", "2024-14"),
        ("4024-03", "4024-04"),
        ("2024-00", "2024-01"),
        ("4711-W05", "4712-W06"),
        ("10:60", "10:70"),
        ("10:3", "1:2"),
        ("25:30", "26:30"),
        ("1:2:3:4", "::"),
        ("W05", "W06"),
        ("é-1", "1-é"),
        ("ja", "fé 1"),
        ("192.168.0.1", "10.0.0.1"),
    ] {
        let categories = of(a, b);
        assert_eq!(categories.as_ref().map(|encoding| encoding.names().len()), Ok(4), "{a:?}");
    }
}

/// The encoding of a column of this name with these numbers, of another one, and the numbers 0 and 1 to predict.
fn of_numbers(name: &str, numbers: impl Iterator<Item = u32>, keep: &[&str]) -> Result<Encoding, String> {
    let row = |(k, number): (u32, u32)| format!("{number},{},{}\n", k * k % 7, k % 2);
    let text = format!("{name},z,y\n{}", (0..).zip(numbers).map(row).collect::<String>());
    let keep = keep.iter().map(|&name| name.to_owned()).collect();
    Encoding::of(&table(&text), &Columns { keep, ..Columns::default() }).map_err(|error| error.to_string())
}

#[test]
fn numbers_of_eight_digits_that_are_all_dates_are_refused_unless_they_are_kept() {
    for days in
        [&[20_240_229, 19_000_101, 20_991_231][..], &[20_240_131, 20_240_131, 20_240_201], &[20_000_229, 19_991_130]]
    {
        let error = of_numbers("when", days.iter().copied(), &[]).unwrap_err();
        let expected = format!(
            "text, line 2, column 1 (when): expected numbers that say how much, or `ignore` or `keep` for the column; {DATES}, found \
             \"{}\"",
            days[0]
        );
        assert_eq!(error, expected);
        let kept = of_numbers("when", days.iter().copied(), &["when"]).unwrap();
        assert_eq!(kept.names(), ["when", "z"]);
    }
    for no_days in [
        [20_240_131; 3],
        [20_240_131, 20_240_132, 20_240_101],
        [20_240_131, 20_230_229, 20_240_101],
        [20_240_131, 19_000_229, 20_240_101],
        [20_240_131, 20_240_631, 20_240_101],
        [20_240_131, 20_241_301, 20_240_101],
        [20_240_131, 20_240_001, 20_240_101],
        [20_240_131, 20_240_100, 20_240_101],
        [20_240_131, 21_000_101, 20_240_101],
        [20_240_131, 18_991_231, 20_240_101],
        [20_240_131, 2_024_013, 202_401_310],
    ] {
        assert_eq!(of_numbers("when", no_days.into_iter(), &[]).unwrap().names(), ["when", "z"], "{no_days:?}");
    }
    // One feature alone is a date, too; and fractions are none.
    let one = |cell: &str| Encoding::of(&table(&format!("a,y\n{cell},p\n20240131,q\n")), &Columns::default());
    assert!(one("20240130").is_err() && one("20240130.0").is_err() && one("20240130.5").is_ok());
}

#[test]
fn whole_numbers_that_are_all_different_are_refused_where_they_are_called_ids() {
    let shuffled = || (0..30).map(|k| 7 * k % 30 + 3);
    let stepped = || (0..30).map(|k| 100 + 10 * k);
    let repeated = || (0..30).map(|k| 5 + k / 2);
    for name in
        ["id", "Id", "ID", "user_id", "user id", "USER-ID", "user.Id", "PassengerId", "userID", "row2Id", "größeId"]
    {
        let found = |first: u32| {
            format!(
                "text, column 1 ({name}): expected numbers that say something, or `ignore` or `keep` for the column, found ids, \
                 another one in each row, from {first}"
            )
        };
        assert_eq!(of_numbers(name, shuffled(), &[]).unwrap_err(), found(3));
        assert_eq!(of_numbers(name, stepped(), &[]).unwrap_err(), found(100));
        assert!(of_numbers(name, stepped(), &[name]).is_ok(), "{name}");
        assert!(of_numbers(name, repeated(), &[]).is_ok(), "{name}");
    }
    for name in ["humid", "Humid", "HUMID", "solid", "idea", "identity", "x", "d", "é", "Ids", "id2"] {
        assert!(of_numbers(name, shuffled(), &[]).is_ok() && of_numbers(name, stepped(), &[]).is_ok(), "{name}");
    }
    // Fractions are no ids, and missing cells do not hide any.
    let of = |cell: &str| {
        let columns = Columns { missing: Missing::Mean, ..Columns::default() };
        Encoding::of(&table(&format!("id,a,y\n7,1,p\n{cell},2,q\n3,5,p\n")), &columns)
    };
    assert!(of("0.5").is_ok() && of("NA").is_err() && of("9").is_err() && of("7").is_ok());
}

#[test]
fn words_of_any_kind_are_categories_where_they_are_kept() {
    let rows = |f: &dyn Fn(u32) -> String| (0..44).fold(String::new(), |text, k| format!("{text}{},{}\n", f(k), k % 2));
    let keep = |name: &str| Columns { keep: vec![name.to_owned()], ..Columns::default() };
    for (what, cell, width) in [
        ("dates", &(|k: u32| format!("2024-01-{:02}", 1 + k % 4)) as &dyn Fn(u32) -> String, 4),
        ("many", &|k| format!("word{}", k % 22), 22),
        ("beside numbers", &|k| ["2", "3", "5more"][(k % 3) as usize].to_owned(), 3),
        ("with units", &|k| format!("${}", k % 5), 5),
    ] {
        let table = table(&format!("a,y\n{}", rows(cell)));
        assert!(Encoding::of(&table, &Columns::default()).is_err(), "{what}");
        let encoding = Encoding::of(&table, &keep("a")).unwrap();
        assert_eq!(encoding.names().len(), width, "{what}");
        let data = encoding.dataset(&table).unwrap();
        assert!((0..44).all(|row| data.row(row).iter().sum::<f64>() == 1.0), "{what}");
    }
    let table = table("a,b,y\n1,2,p\n2,3,q\n");
    for (name, found) in [("y", "\"y\""), ("3", "\"3\"")] {
        let error = Encoding::of(&table, &keep(name)).unwrap_err().to_string();
        assert_eq!(error, format!("text: expected columns to `keep` that are features, found {found}"));
    }
    let both = Columns { ignore: vec!["a".to_owned()], ..keep("a") };
    assert!(Encoding::of(&table, &both).unwrap_err().to_string().contains("to `keep` that are features, found \"a\""));
}

#[test]
fn all_columns_that_are_refused_are_told_at_once() {
    let row = |k: u32| format!("{k},name{k},{},{},2024-01-{},\n", k % 3, if k == 4 { "NA" } else { "1.5" }, 1 + k);
    let text = format!("id,name,z,w,day,y\n{}", (0..30).map(row).collect::<String>());
    let error = Encoding::of(&table(&text), &Columns::default()).unwrap_err().to_string();
    let places: Vec<&str> = error.split("; text, ").map(|part| part.split_once(": expected").unwrap().0).collect();
    let expected = [
        "text, line 6, column 4 (w)",
        "line 2, column 6 (y)",
        "column 1 (id)",
        "column 2 (name)",
        "line 2, column 5 (day)",
    ];
    assert_eq!(places, expected, "{error}");
    assert!(error.ends_with("; `ignore` id,name,day leaves out what cannot be a feature"), "{error}");
    // The columns that are named are those that must be named.
    let ignore = ["id", "name", "day"].map(String::from).to_vec();
    let text = text.replace("NA", "1.5").replace(",\n", ",1.5\n");
    assert_eq!(Encoding::of(&table(&text), &Columns { ignore, ..Columns::default() }).unwrap().names(), ["z", "w"]);
    let odd = text.replace("id,name", "the id,a-b");
    let error = Encoding::of(&table(&odd), &Columns::default()).unwrap_err().to_string();
    assert!(error.ends_with("; `ignore` 1,2,day leaves out what cannot be a feature"), "{error}");
    // A table of hundreds of columns.
    let wide = |cell: &dyn Fn(u32) -> String| (0..400).map(cell).collect::<Vec<_>>().join(",");
    let rows =
        (0..30).fold(wide(&|k| format!("c{k}")), |text, row| format!("{text}\n{}", wide(&|k| format!("w{}", row * k))));
    let error = Encoding::of(&table(&rows), &Columns::default()).unwrap_err().to_string();
    assert!(
        error.contains("; and 379 more errors; `ignore` c1,c2,") && error.matches("expected").count() == 20,
        "{error}"
    );
}

#[test]
fn cells_that_no_category_is_likely_to_be_are_missing() {
    for marker in
        ["", "?", "NA", "na", "n/a", "#N/A", "#NA", "<NA>", "NaN", "-nan", "NULL", "null", "1.#IND", "-1.#QNAN"]
    {
        let table = table(&format!("a,b\n1,2\n{marker},3\n"));
        assert!(table.is_missing(1, 0) && table.comments() == 0, "{marker}");
    }
    for word in ["None", "none", "-", "0", "nil", "missing", "inf"] {
        assert!(!table(&format!("a,b\n1,2\n{word},3\n")).is_missing(1, 0), "{word}");
    }
    // All columns with missing cells are told.
    let of = |text: &str| Encoding::of(&table(text), &Columns::default()).unwrap_err().to_string();
    assert_eq!(
        of("a,b,c,y\n1,2,3,p\n1,null,3,q\nNULL,?,3,q\n"),
        "text, line 3, column 2 (b): expected a value, or `missing` mean or `missing` drop, found \"null\"; values are missing in \
         the columns \"a\", \"b\""
    );
}

#[test]
fn csv_of_any_bytes_is_data_or_an_error_in_one_line() {
    let (mut rng, mut accepted, mut refused) = (rng(5), 0, 0);
    let bytes = b"a1.-e,,\n\n\r\"\xff\xef\xbb\xbf \0";
    for _ in 0..20_000 {
        let mut text = b"a,b,y\n1,2,p\n3,4e1,q\n".to_vec();
        for _ in 0..rng.random_range(0..12) {
            let at = rng.random_range(0..text.len());
            let end = rng.random_range(at..=text.len().min(at + 2));
            text.splice(at..end, [bytes[rng.random_range(0..bytes.len())]]);
        }
        for labels in [None, Some(Labels::Classes), Some(Labels::Numbers)] {
            match Dataset::from_csv_reader(&text[..], "bytes", labels) {
                Ok(_) => accepted += 1,
                Err(error) => {
                    refused += 1;
                    assert_eq!(error.to_string().lines().count(), 1, "{error}");
                }
            }
        }
    }
    assert!(accepted > 1000 && refused > 1000, "{accepted} accepted, {refused} refused");
}
