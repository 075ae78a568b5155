//! Claims about the programs of this package on several ranks, which `mpirun` starts on one machine.

use std::process::{Command, Output};
use std::sync::{Mutex, PoisonError};

use gradtape::program::Communicator as _;

const TRAIN: &str = env!("CARGO_BIN_EXE_train");
const NETWORK: &str = env!("CARGO_BIN_EXE_network");
const CURVE: &str = env!("CARGO_BIN_EXE_curve");
const EXCHANGE: &str = env!("CARGO_BIN_EXE_exchange");
const IRIS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/data/iris.csv");
const DIGITS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/data/digits.csv");

/// Ranks that wait keep a core busy, so tests run their ranks one after the other.
static CORES: Mutex<()> = Mutex::new(());

/// Runs programs together, each on some ranks. A run that hangs ends with a failure.
fn run(programs: &[(usize, &[&str])]) -> Output {
    let _cores = CORES.lock().unwrap_or_else(PoisonError::into_inner);
    let mut mpirun = Command::new("mpirun");
    mpirun.args(["--allow-run-as-root", "--oversubscribe", "--mca", "mpi_yield_when_idle", "1", "--timeout", "120"]);
    for (k, (ranks, program)) in programs.iter().enumerate() {
        mpirun.args((k > 0).then_some(":")).args(["-n", &ranks.to_string()]).args(*program);
    }
    mpirun.output().expect("Open MPI has `mpirun`: install openmpi-bin")
}

/// The output of ranks without errors.
fn output(ranks: usize, program: &[&str]) -> String {
    let output = run(&[(ranks, program)]);
    assert!(output.status.success(), "{program:?} on {ranks} ranks: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// The one message of ranks that fail.
fn error(programs: &[(usize, &[&str])]) -> String {
    let output = run(programs);
    let text = String::from_utf8_lossy(&output.stderr);
    let errors: Vec<_> = text.lines().filter_map(|line| line.strip_prefix("error: ")).collect();
    let [error] = errors[..] else { panic!("{programs:?}: not one error in {text}") };
    assert!(!output.status.success());
    error.to_owned()
}

#[test]
fn a_network_has_the_same_bits_on_any_number_of_ranks() {
    for engine in ["program", "tape"] {
        for precision in ["f32", "f64"] {
            let expected = output(1, &[NETWORK, engine, precision]);
            assert_eq!(expected.lines().count(), 1 + 33, "{expected}");
            for ranks in [2, 3, 4] {
                assert_eq!(
                    output(ranks, &[NETWORK, engine, precision]),
                    expected,
                    "{engine}, {precision}, {ranks} ranks"
                );
            }
        }
    }
}

#[test]
fn a_curve_is_found_with_the_same_bits_on_any_number_of_ranks() {
    let expected = output(1, &[CURVE]);
    for (name, truth) in [("amplitude ", 2.0), ("decay ", 0.3), ("frequency ", 1.5)] {
        let line = expected.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        let found: f64 = line.split(',').next().unwrap().parse().unwrap();
        assert!((found - truth).abs() < 0.01, "{name}: {found}, not {truth}");
    }
    for ranks in [2, 3] {
        assert_eq!(output(ranks, &[CURVE]), expected, "{ranks} ranks");
    }
}

#[test]
fn the_program_train_prints_the_same_on_any_number_of_ranks_but_for_their_number() {
    for (args, idle) in [
        (&["--data", IRIS, "--epochs", "20"][..], ", of which some have nothing to do: --batch 128 gives work to all"),
        (&["--data", DIGITS, "--batch", "200", "--epochs", "5", "--patience", "2"], ""),
        (&["--data", DIGITS, "--batch", "200", "--epochs", "2", "--precision", "f32", "--engine", "tape"], ""),
    ] {
        let command = [&[TRAIN], args].concat();
        let alone = output(1, &command);
        let (_, expected) = alone.split_once("1 ranks\n").unwrap();
        assert!(expected.contains("test accuracy"), "{expected}");
        let two = output(2, &command);
        assert_eq!(two.strip_prefix(&format!("2 ranks{idle}\n")), Some(expected));
        let (_, three) = output(3, &command).split_once('\n').map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
        assert_eq!(three, expected);
    }
    let article = output(2, &[TRAIN]);
    assert!(
        article.starts_with("2 ranks, which all compute the same: only with --data, they share\nnetwork "),
        "{article}"
    );
    assert_eq!(article.lines().filter(|line| line.starts_with("step 1,")).count(), 1, "{article}");
}

#[test]
fn one_rank_saves_the_model_of_all_and_predicts_with_it() {
    let folder = env!("CARGO_TARGET_TMPDIR");
    let saved = |ranks: usize| {
        let [model, plot] = ["json", "svg"].map(|kind| format!("{folder}/of-{ranks}.{kind}"));
        let train = [TRAIN, "--data", DIGITS, "--batch", "200", "--epochs", "2", "--save", &model, "--plot", &plot];
        output(ranks, &train);
        assert!(std::fs::read_to_string(plot).unwrap().starts_with("<svg"));
        (std::fs::read_to_string(&model).unwrap(), model)
    };
    let [(one, _), (two, model)] = [1, 2].map(saved);
    assert_eq!(one, two);
    let predictions = output(2, &[TRAIN, "predict", "--model", &model, "--data", DIGITS]);
    assert_eq!(predictions.lines().count(), 1 + 1797);
}

#[test]
fn the_time_of_an_exchange_is_measured_for_each_length() {
    let times = output(2, &[EXCHANGE]);
    for length in ["8", "1024", "16384", "131072", "1048576"] {
        let time =
            times.lines().find_map(|line| line.strip_prefix(length)?.strip_prefix(" bytes: ")?.strip_suffix(" µs"));
        assert!(time.unwrap().parse::<f64>().unwrap() > 0.0, "{times}");
    }
}

#[test]
fn what_fails_on_one_rank_ends_all_with_one_message() {
    let train = [TRAIN, "--data", DIGITS, "--batch", "200", "--epochs", "2"];
    let changed = |at: usize, value| {
        let mut changed = train;
        changed[at] = value;
        changed
    };
    let difference = |what| format!("rank 1: expected the same {what} as rank 0 has, found a difference");
    let unreadable = "no.csv: cannot be read: No such file or directory (os error 2)".to_owned();
    for (programs, expected) in [
        (&[(1, &train[..]), (1, &changed(2, "no.csv")), (1, &train)][..], format!("rank 1: {unreadable}")),
        (&[(1, &changed(2, "no.csv")), (1, &train)], format!("rank 0: {unreadable}")),
        (&[(3, &changed(2, "no.csv"))], unreadable),
        (&[(1, &train), (2, &changed(2, IRIS))], difference("number of rows")),
        (&[(1, &train), (1, &changed(4, "201"))], difference("options")),
        (&[(1, &train), (1, &changed(6, "3"))], difference("options")),
        (&[(1, &train), (1, &changed(5, "--batches"))], "rank 1: unexpected argument '--batches' found".to_owned()),
        (
            &[(2, &[TRAIN, "--data", IRIS, "--cross-validate", "3"])],
            "--cross-validate: not available with several processes; run one process, by \
             cargo run --release --package gradtape-train -- ..."
                .to_owned(),
        ),
        (
            &[(2, &[TRAIN, "--data", IRIS, "--threads", "2"])],
            "--threads: not available with several processes; leave it out, and start more processes in place of threads"
                .to_owned(),
        ),
        (&[(1, &[NETWORK, "tape", "f64"]), (1, &[NETWORK, "program", "f64"])], difference("batch, loss and engine")),
        (&[(1, &[NETWORK, "tape", "f64"]), (1, &[NETWORK, "tape", "f32"])], difference("network")),
        (
            &[(2, &[TRAIN, "--data", IRIS, "--optimizer", "sgd", "--rate", "1e300"])],
            // All ranks have this one.
            error(&[(1, &[TRAIN, "--data", IRIS, "--optimizer", "sgd", "--rate", "1e300"])]),
        ),
    ] {
        assert_eq!(error(programs), expected, "{programs:?}");
    }
}

#[test]
fn a_rank_that_is_killed_ends_the_others() {
    let train = [TRAIN, "--data", DIGITS, "--batch", "200", "--epochs", "1000000"];
    let killed = ["sh", "-c", "(sleep 2; kill -9 $$) & exec \"$@\"", "sh"];
    let output = run(&[(1, &train), (1, &[&killed[..], &train].concat()), (1, &train)]);
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && message.contains("signal 9 (Killed)"), "{message}");
}

#[test]
fn a_rank_that_panics_ends_the_others() {
    let this = std::env::current_exe().unwrap();
    let rank = [this.to_str().unwrap(), "--ignored", "--exact", "rank_of_the_test_of_panics", "--nocapture"];
    let output = run(&[(3, &rank)]);
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && message.contains("this rank panics"), "{message}");
    assert!(!message.contains("another rank waited in vain"), "{message}");
}

#[test]
#[ignore = "`mpirun` runs it, for the test above"]
fn rank_of_the_test_of_panics() {
    gradtape_mpi::run(|mut ranks| {
        assert_ne!(ranks.rank(), 1, "this rank panics");
        ranks.check_same("number", 1)?;
        panic!("another rank waited in vain");
    });
}
