//! Means in the place of missing numbers.

use super::column::InputKind;
use super::{Dataset, Encoding};

impl Encoding {
    /// Takes the mean of each column of numbers from these rows, which are those of the training: so a missing number
    /// tells nothing of the test. A column without numbers in these rows keeps its mean.
    /// [`replace_missing`](Self::replace_missing) puts the means into the data sets that were made before.
    ///
    /// # Panics
    ///
    /// If the features of the rows are not those of the encoding.
    ///
    /// # Examples
    ///
    /// ```
    /// use gradtape::nn::{Columns, Encoding, Missing, Table, TableFormat};
    /// use rand::{SeedableRng, rngs::StdRng};
    ///
    /// let text = "size,label\n1,hat\n,hat\n3,hat\n8,shoe\n,shoe\n6,shoe\n";
    /// let table = Table::from_reader(text.as_bytes(), "things", TableFormat::default())?;
    /// let columns = Columns { missing: Missing::Mean, ..Columns::default() };
    /// let mut encoding = Encoding::of(&table, &columns)?;
    /// let (mut training, mut test) = encoding.dataset(&table)?.split(0.5, &mut StdRng::seed_from_u64(1))?;
    /// encoding.learn_means(&training);
    /// encoding.replace_missing(&mut training);
    /// encoding.replace_missing(&mut test);
    ///
    /// let (missing, present): (Vec<_>, Vec<_>) = (0..3).map(|row| training.row(row)).partition(|row| row[1] == 1.0);
    /// let mean = present.iter().map(|row| row[0]).sum::<f64>() / present.len() as f64;
    /// assert!(missing.iter().all(|row| row[0] == mean));
    /// # Ok::<(), gradtape::Error>(())
    /// ```
    #[track_caller]
    pub fn learn_means(&mut self, training: &Dataset) {
        self.check_features(training);
        let mut first = 0;
        for input in &mut self.inputs {
            if let InputKind::Number { mean } = &mut input.kind {
                let is_present = |row: &&[f64]| !input.may_be_missing || row[first + 1] == 0.0;
                let present = (0..training.len()).map(|row| training.row(row)).filter(is_present);
                let count = super::number::<f64>(present.clone().count());
                if count > 0.0 {
                    *mean = present.map(|row| row[first] / count).sum();
                }
            }
            first += input.width();
        }
    }

    /// Puts the means of the columns where numbers are missing.
    ///
    /// # Panics
    ///
    /// If the features of the rows are not those of the encoding.
    #[track_caller]
    pub fn replace_missing(&self, data: &mut Dataset) {
        self.check_features(data);
        for row in 0..data.len() {
            let (row, mut first) = (data.row_mut(row), 0);
            for input in &self.inputs {
                match input.kind {
                    InputKind::Number { mean } if input.may_be_missing && row[first + 1] == 1.0 => row[first] = mean,
                    _ => {}
                }
                first += input.width();
            }
        }
    }

    #[track_caller]
    fn check_features(&self, data: &Dataset) {
        assert_eq!(data.names(), self.names(), "means are for data sets that the encoding made");
    }
}
