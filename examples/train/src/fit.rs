//! A network for a table: trained, tested and saved.

use std::path::Path;

use rand::SeedableRng;
use rand::rngs::Xoshiro256PlusPlus;

use crate::console::{Console, printable};
use crate::evaluation::{Evaluation, most_common_class};
use crate::model::Model;
use crate::network::Network;
use crate::options::Options;
use crate::run::Result;
use crate::table::TrainingTable;
use crate::training::Training;
use crate::{cross_validation, importance, output_file, plot};

const TEST_SHARE: f64 = 0.2;

pub(crate) fn fit(path: &Path, options: &Options, console: &mut Console<'_>) -> Result<()> {
    if options.save.is_some() && options.save == options.plot {
        return Err("--plot: expected another file than that of --save".into());
    }
    for (option, file) in [("--save", &options.save), ("--plot", &options.plot)] {
        if let Some(file) = file {
            output_file::check(option, file, &[path])?;
        }
    }
    #[cfg(feature = "threads")]
    if let Some(count) = options.threads {
        rayon::ThreadPoolBuilder::new().num_threads(count).build_global()?;
    }
    let table = TrainingTable::read(path, options, console.out)?;
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(options.seed);
    console.interrupt.listen()?;
    if let Some(folds) = options.cross_validate {
        return cross_validation::run(&table, folds, options, &mut rng, console);
    }
    let TrainingTable { name, has_header, columns, data, .. } = &table;
    let (mut training, mut test) = data
        .split(TEST_SHARE, &mut rng)
        .map_err(|_| format!("{name}: expected at least 3 rows, found {}", data.len()))?;
    let (encoding, scaling) = table.prepare(&mut training, &mut test);
    let of_rows = Training { name, data: &training, test_rows: test.len(), options };
    let (network, losses) = Network::train(&of_rows, &mut rng, console)?;
    let baseline = most_common_class(training.target());
    let mut report = Vec::new();
    let evaluation = Evaluation::after_training(&network, &test)?;
    evaluation.write("test", &scaling, baseline, &mut report)?;
    console.out.write_all(&report)?;
    if let Some(plot) = &options.plot {
        let picture = plot::of_training(&losses, &network, &encoding, &scaling, &evaluation);
        picture.draw(plot)?;
        writeln!(console.out, "drawn as {}{}", printable(&plot.display().to_string()), picture.note)?;
    }
    if let Some(save) = &options.save {
        let importance = importance::of_columns(&network, &encoding, &test, &scaling, options.seed)?;
        let model = Model {
            format: Model::FORMAT.to_owned(),
            version: Model::VERSION,
            program: Model::program(),
            seed: options.seed,
            has_header: *has_header,
            columns: *columns,
            encoding,
            scaling,
            network,
            most_common_class: baseline,
            training_rows: training.len(),
            test_rows: test.len(),
            test: String::from_utf8(report)?.lines().map(str::to_owned).collect(),
            importance,
        };
        model.write(save)?;
        writeln!(console.out, "saved as {}", printable(&save.display().to_string()))?;
    }
    Ok(())
}
