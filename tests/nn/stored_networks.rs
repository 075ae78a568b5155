//! Stored networks, scalings, data sets and encodings can be read again, and damaged ones are refused.

use gradtape::nn::{Activation, Columns, Dataset, Encoding, Init, Missing, Mlp, Scaling, Table, TableFormat, Target};
use gradtape::program::Precision;
use rand::SeedableRng;
use rand::rngs::Xoshiro256PlusPlus;
use serde::de::DeserializeOwned;
use serde_json::{Value as Json, from_str, from_value, json, to_string, to_value};
use testing::activations::activations;
use testing::{TestFloat, bits, number};

/// A network with every activation, and layers of different widths.
fn network<T: TestFloat>(seed: u64) -> Mlp<T> {
    let layers: Vec<_> = activations().into_iter().enumerate().map(|(i, activation)| (1 + i % 3, activation)).collect();
    let mut network = Mlp::new(3, &layers, Init::Uniform, &mut Xoshiro256PlusPlus::seed_from_u64(seed)).unwrap();
    // Biases without a short decimal representation.
    network.parameters_mut().iter_mut().for_each(|w| *w += number::<T>(0.1));
    network
}

/// The network that is read predicts the same bits, and is stored as the same text.
#[track_caller]
fn assert_is_read<T: TestFloat + Precision>(network: &Mlp<T>) {
    let text = to_string(network).unwrap();
    let read: Mlp<T> = from_str(&text).unwrap();
    assert_eq!(to_string(&read).unwrap(), text);
    assert_eq!(read.to_string(), network.to_string());
    for k in 0..20_u8 {
        let x: Vec<T> = (0..network.inputs()).map(|_| number(f64::from(k).sin())).collect();
        let outputs = |network: &Mlp<T>| network.forward(&x).unwrap().into_iter().map(bits).collect::<Vec<_>>();
        assert_eq!(outputs(&read), outputs(network), "{network} at {x:?}");
    }
}

fn networks_predict_the_same_bits<T: TestFloat + Precision>() {
    for seed in 0..20 {
        assert_is_read(&network::<T>(seed));
    }
    for activation in activations() {
        let parameters = [0.1, -0.7, 1e-30, 3.3, 0.0, -1e10].map(number).to_vec();
        assert_is_read(&Mlp::<T>::from_parameters(2, &[(2, activation)], parameters).unwrap());
    }
}

#[test]
fn networks_of_f64_predict_the_same_bits_when_they_are_read_again() {
    networks_predict_the_same_bits::<f64>();
}

#[test]
fn networks_of_f32_predict_the_same_bits_when_they_are_read_again() {
    networks_predict_the_same_bits::<f32>();
}

#[test]
fn parameters_keep_all_their_bits() {
    let odd = f64::from_bits(0xfff8_0000_dead_beef);
    let parameters = vec![0.1, -0.0, 5e-324, f64::MAX, f64::INFINITY, f64::NEG_INFINITY, f64::NAN, odd];
    let network = Mlp::from_parameters(7, &[(1, Activation::Identity)], parameters).unwrap();
    let read: Mlp<f64> = from_str(&to_string(&network).unwrap()).unwrap();
    let bits = |network: &Mlp<f64>| network.parameters().iter().map(|w| w.to_bits()).collect::<Vec<_>>();
    assert_eq!(bits(&read), bits(&network));
}

#[test]
fn activations_keep_their_parameters_and_those_that_could_not_be_read_are_not_written() {
    for p in [0.1, 1.0 / 3.0, -0.0, 5e-324, f64::MAX, f64::MIN_POSITIVE, 1e100] {
        for activation in [Activation::LeakyRelu { slope: p }, Activation::Elu { alpha: p }] {
            let stored = to_value(activation).unwrap();
            assert_eq!(stored, json!(activation.to_string()));
            let read: Activation = from_value(stored).unwrap();
            let (Activation::LeakyRelu { slope: q } | Activation::Elu { alpha: q }) = read else { panic!("{read}") };
            assert_eq!((q.to_bits(), read), (p.to_bits(), activation));
        }
    }
    for p in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let network = Mlp::from_parameters(1, &[(1, Activation::Elu { alpha: p })], vec![1.0, 2.0]).unwrap();
        let error = to_string(&network).unwrap_err().to_string();
        assert!(error.starts_with("activation: expected one of identity, "), "{error}");
        assert!(error.ends_with(&format!("found \"elu({p})\"")), "{error}");
    }
}

/// A small network.
fn two_layers() -> Mlp<f64> {
    let layers = [(2, Activation::LeakyRelu { slope: 0.1 }), (1, Activation::Tanh)];
    Mlp::from_parameters(1, &layers, vec![1.0, 2.0, -1.0, 0.5, 3.0, -2.0, 0.25]).unwrap()
}

#[test]
fn a_stored_network_is_what_the_documentation_says() {
    let expected = json!({
        "format": "gradtape network", "version": 1, "precision": "f64",
        "inputs": 1, "layers": [[2, "leaky_relu(0.1)"], [1, "tanh"]],
        "parameters": [
            "3ff0000000000000", "4000000000000000", "bff0000000000000", "3fe0000000000000", "4008000000000000",
            "c000000000000000", "3fd0000000000000",
        ],
    });
    assert_eq!(to_value(two_layers()).unwrap(), expected);
    // The fields that tell whether the rest can be understood come first.
    assert!(to_string(&two_layers()).unwrap().starts_with(r#"{"format":"gradtape network","version":1,"precision":"#));
}

/// The error for a text that cannot be read: one line.
#[track_caller]
fn complaint<T: DeserializeOwned>(text: &str) -> String {
    let error = from_str::<T>(text).err().unwrap_or_else(|| panic!("this was read: {text}")).to_string();
    assert!(!error.is_empty() && !error.contains(char::is_control), "{error:?}");
    error
}

/// The error for a stored network in which one field was replaced.
#[track_caller]
fn refusal(field: &str, value: Json) -> String {
    let mut stored = to_value(two_layers()).unwrap();
    stored[field] = value;
    complaint::<Mlp<f64>>(&stored.to_string())
}

#[test]
fn what_is_foreign_newer_or_of_the_other_precision_is_refused_with_what_was_expected() {
    fn starts(error: &str, expected: &str) {
        assert!(error.starts_with(expected), "{error:?} does not say {expected:?}");
    }
    let text = to_string(&two_layers()).unwrap();
    starts(&complaint::<Mlp<f32>>(&text), "precision: expected \"f32\", found \"f64\"");
    starts(&refusal("format", json!("a\nb")), "format: expected \"gradtape network\", found \"a\\nb\"");
    starts(&refusal("version", json!(2)), "version of the format: expected 1, which this version");
    // The version is checked before any field that a newer version may have.
    let newer = r#"{"format": "gradtape network", "version": 2, "shape": []}"#;
    starts(&complaint::<Mlp<f64>>(newer), "version of the format");
    let program = gradtape::program::Program::record(|x| x[0], &[1.0]);
    starts(&complaint::<Mlp<f64>>(&to_string(&program).unwrap()), "format: expected \"gradtape network\"");
    for text in ["", "{}", "[]", "null", "[1, 2]", "\"gradtape network\"", &text[..text.len() - 1]] {
        complaint::<Mlp<f64>>(text);
    }
}

#[test]
fn what_no_network_can_be_is_refused_with_what_was_expected() {
    let hex = |count: usize| Json::from(vec!["3ff0000000000000"; count]);
    let huge = u64::from(u32::MAX) * 4;
    for (field, value, expected) in [
        ("parameters", hex(6), "network: expected 7 parameters, found 6"),
        ("parameters", hex(8), "network: expected 7 parameters, found 8"),
        ("parameters", json!(["3ff"]), "parameter: expected 16 hexadecimal digits of a number of f64, found \"3ff\""),
        ("parameters", json!(["+ff0000000000000"]), "parameter: expected 16 hexadecimal digits"),
        ("parameters", json!([1.0]), "invalid type: floating point `1.0`, expected a string"),
        ("inputs", json!(2), "network: expected 9 parameters, found 7"),
        ("inputs", json!(0), "network: expected at least 1 input, found 0"),
        ("inputs", json!(-1), "invalid value: integer `-1`"),
        ("inputs", json!(u64::MAX), "layer 1 of the network: expected widths that memory has room for"),
        ("layers", json!([]), "network: expected at least 1 layer, found 0"),
        ("layers", json!([[0, "tanh"]]), "layer 1 of the network: expected at least 1 neuron, found 0"),
        ("layers", json!([[2, "tanh"], [0, "tanh"]]), "layer 2 of the network: expected at least 1 neuron, found 0"),
        ("layers", json!([[huge, "tanh"], [huge, "tanh"]]), "layer 2 of the network: expected widths that memory has"),
        ("layers", json!([[3, "tanh"]]), "network: expected 6 parameters, found 7"),
        ("layers", json!([[7, "thanh"]]), "activation: expected one of identity, tanh, "),
        ("layers", json!([[7, "tanh(1)"]]), "activation: expected one of identity, tanh, "),
        ("layers", json!([[7, "elu(NaN)"]]), "activation: expected one of identity, tanh, "),
        ("layers", json!([[7, "elu(\n)"]]), "activation: expected one of identity, tanh, "),
        ("layers", json!([[7]]), "invalid length 1"),
        ("more", json!(1), "unknown field `more`"),
        ("two\nlines", json!(1), "unknown field `two\u{fffd}lines`"),
    ] {
        let error = refusal(field, value);
        assert!(error.starts_with(expected), "{error:?} does not say {expected:?}");
    }
    let whole = to_value(two_layers()).unwrap();
    for field in ["format", "version", "precision", "inputs", "layers", "parameters"] {
        let mut stored = whole.clone();
        stored.as_object_mut().unwrap().remove(field);
        let error = complaint::<Mlp<f64>>(&stored.to_string());
        assert!(error.starts_with(&format!("missing field `{field}`")), "{error}");
    }
}

/// Whatever is read is an error, or a network that predicts and can be stored again.
fn is_harmless(text: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(text) else { return false };
    let Ok(network) = from_str::<Mlp<f64>>(text) else { return false };
    let outputs = network.forward(&vec![0.5; network.inputs()]).unwrap();
    assert_eq!(outputs.len(), network.outputs());
    let written = to_string(&network).unwrap();
    assert_eq!(to_string(&from_str::<Mlp<f64>>(&written).unwrap()).unwrap(), written);
    true
}

#[test]
fn files_with_changed_bytes_are_refused_or_networks() {
    const BYTES: &[u8] = b"0123456789,[]\"abcdefx-. {}:\\n";
    let text = to_string(&two_layers()).unwrap().into_bytes();
    let (mut read, mut refused) = (0, 0);
    let mut count = |is_read: bool| if is_read { read += 1 } else { refused += 1 };
    for at in 0..text.len() {
        for &byte in BYTES {
            let mut changed = text.clone();
            changed[at] = byte;
            count(is_harmless(&changed));
            // A second replacement, elsewhere.
            let other = (at * 31 + usize::from(byte) * 7) % text.len();
            changed[other] = BYTES[at % BYTES.len()];
            count(is_harmless(&changed));
        }
        count(is_harmless(&text[..at]));
        let mut shorter = text.clone();
        shorter.remove(at);
        count(is_harmless(&shorter));
    }
    assert!(read > 1000 && refused > 1000, "{read} were read and {refused} refused");
}

#[test]
fn scalings_and_data_sets_keep_all_their_bits() {
    let rows = vec![0.1, 1e300, -1.0 / 3.0, 5e-324, f64::MAX, -0.0];
    let names = vec!["a".to_owned(), "b".to_owned()];
    let classes = Target::Classes { names: vec!["yes".into(), "no".into()], labels: vec![1, 0, 1] };
    for target in [classes, Target::Numbers(vec![0.1, -f64::MAX, 1e-310])] {
        let data = Dataset::new(names.clone(), rows.clone(), target).unwrap();
        let read: Dataset = from_str(&to_string(&data).unwrap()).unwrap();
        assert_eq!(read, data);
        assert_eq!(to_string(&read).unwrap(), to_string(&data).unwrap());
        let scaling = data.scaling();
        let read: Scaling = from_str(&to_string(&scaling).unwrap()).unwrap();
        let scaled = |scaling: &Scaling| {
            let mut data = data.clone();
            data.standardize(scaling);
            to_string(&data).unwrap()
        };
        assert_eq!((&read, scaled(&read)), (&scaling, scaled(&scaling)));
        let again = Scaling::new(&scaling.features().collect::<Vec<_>>(), scaling.target()).unwrap();
        assert_eq!(again, scaling);
    }
}

#[test]
fn damaged_scalings_and_data_sets_are_refused() {
    let scaling = Scaling::new(&[[1.0, 2.0]], [0.0, 1.0]).unwrap();
    let of_scaling = |numbers: Json| {
        let mut stored = to_value(&scaling).unwrap();
        stored["numbers"] = numbers;
        complaint::<Scaling>(&stored.to_string())
    };
    let (one, zero, two) = ("3ff0000000000000", "0000000000000000", "4000000000000000");
    assert!(of_scaling(json!([])).contains("a mean and a standard deviation for each feature and the target, found 0"));
    assert!(of_scaling(json!([one, two, zero])).contains("found 3 numbers"));
    assert!(of_scaling(json!([one, two])).contains("at least 1 feature"));
    assert!(of_scaling(json!([one, zero, zero, one])).contains("standard deviation above 0, found 1 and 0"));
    assert!(of_scaling(json!([one, two, zero, "7ff0000000000000"])).contains("found 0 and inf"));
    assert!(of_scaling(json!([one, two, zero, "1.0"])).contains("16 hexadecimal digits"));
    for text in [[[f64::NAN, 1.0]], [[1.0, f64::INFINITY]], [[1.0, -1.0]]] {
        assert!(Scaling::new(&text, [0.0, 1.0]).is_err());
    }
    let target = Target::Classes { names: vec!["yes".into(), "no".into()], labels: vec![1] };
    let data = Dataset::new(vec!["a".into()], vec![1.0], target).unwrap();
    let of_data = |field: &str, value: Json| {
        let mut stored = to_value(&data).unwrap();
        stored[field] = value;
        complaint::<Dataset>(&stored.to_string())
    };
    assert!(of_data("features", json!([])).contains("1 features for each of 1 rows"));
    assert!(of_data("names", json!([""])).contains("names that are not empty"));
    assert!(of_data("target", json!({"classes": {"names": ["a", "b"], "labels": [2]}})).contains("labels below 2"));
    assert!(of_data("target", json!({"numbers": ["7ff8000000000000"]})).contains("finite numbers"));
    assert!(of_data("format", json!("gradtape network")).contains("\"gradtape data set\""));
    assert!(of_data("rows", json!(1)).contains("unknown field"));
    complaint::<Dataset>(&to_string(&scaling).unwrap());
    complaint::<Scaling>(&to_string(&data).unwrap());
}

/// A table with numbers, words and missing cells.
fn table() -> Table {
    let text = "size,colour,y\n0.1,red,p\n,blue,q\n1e300,,p\n-7.7,red,q\n";
    Table::from_reader(text.as_bytes(), "text", TableFormat::default()).unwrap()
}

#[test]
fn encodings_keep_all_their_bits() {
    for missing in [Missing::Mean, Missing::Drop] {
        for target in ["y", "size"] {
            let ignore = if target == "size" { vec!["y".to_owned()] } else { vec![] };
            let columns = Columns { target: Some(target.into()), ignore, missing, ..Columns::default() };
            let Ok(encoding) = Encoding::of(&table(), &columns) else {
                assert_eq!((target, missing), ("size", Missing::Mean), "a label is missing");
                continue;
            };
            let text = to_string(&encoding).unwrap();
            let read: Encoding = from_str(&text).unwrap();
            assert_eq!((&read, to_string(&read).unwrap()), (&encoding, text));
            assert_eq!(
                to_string(&read.dataset(&table()).unwrap()).unwrap(),
                to_string(&encoding.dataset(&table()).unwrap()).unwrap()
            );
        }
    }
}

#[test]
fn damaged_encodings_are_refused() {
    let columns = Columns { missing: Missing::Mean, ..Columns::default() };
    let stored = to_value(Encoding::of(&table(), &columns).unwrap()).unwrap();
    let mean = stored["inputs"][0]["kind"]["number"].clone();
    let expected = json!({
        "format": "gradtape encoding", "version": 1, "precision": "f64",
        "inputs": [
            {"name": "size", "kind": {"number": mean}, "may_be_missing": true},
            {"name": "colour", "kind": {"categories": ["blue", "red"]}, "may_be_missing": true},
        ],
        "target": "y", "classes": ["p", "q"], "missing": "mean",
    });
    assert_eq!(stored, expected);
    let names = "names in one line that are not empty and all different, found ";
    for (place, value, expected) in [
        ("/format", json!("gradtape network"), "format: expected \"gradtape encoding\"".to_owned()),
        ("/version", json!(2), "version of the format: expected 1".to_owned()),
        ("/inputs", json!([]), "encoding: expected at least 1 column of features, found none".to_owned()),
        ("/inputs/1/name", json!("size"), format!("encoding: expected {names}\"size\"")),
        ("/inputs/1/name", json!("y"), format!("encoding: expected {names}\"y\"")),
        ("/inputs/1/name", json!(""), format!("encoding: expected {names}\"\"")),
        ("/target", json!("a\nb"), format!("encoding: expected {names}\"a\\nb\"")),
        ("/classes", json!(["p"]), "encoding: expected at least 2 classes, found 1".to_owned()),
        ("/classes", json!(["p", "p"]), format!("encoding: expected {names}\"p\"")),
        (
            "/inputs/1/kind/categories",
            json!([]),
            "encoding: expected at least 1 category, found none of \"colour\"".to_owned(),
        ),
        ("/inputs/1/kind/categories", json!(["a", "a"]), format!("encoding: expected {names}")),
        (
            "/inputs/0/kind/number",
            json!("7ff0000000000000"),
            "encoding: expected means that are finite, found inf".to_owned(),
        ),
        ("/inputs/0/kind/number", json!("1.5"), "mean: expected 16 hexadecimal digits".to_owned()),
        ("/inputs/0/kind", json!({"date": "1"}), "unknown variant `date`".to_owned()),
        ("/missing", json!("guess"), "unknown variant `guess`".to_owned()),
    ] {
        let mut changed = stored.clone();
        *changed.pointer_mut(place).unwrap() = value;
        let error = complaint::<Encoding>(&changed.to_string());
        assert!(error.starts_with(&expected), "{place}: {error:?} does not say {expected:?}");
    }
    // A feature with the name of that of another column.
    let mut doubled = stored.clone();
    doubled["inputs"][1] = json!({"name": "size missing", "kind": {"number": stored["inputs"][0]["kind"]["number"]}, "may_be_missing": false});
    assert!(complaint::<Encoding>(&doubled.to_string()).contains("all different, found \"size missing\""));
}
