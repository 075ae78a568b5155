//! Random parts of data sets, with the same mixture of classes.

use rand::Rng;
use rand::seq::SliceRandom;

use super::{Dataset, Target};
use crate::error::Error;

impl Dataset {
    /// A random split into a training set and a test set, in this order, with `share` of the rows in the test set.
    ///
    /// Every class is split in this proportion to within one row.
    ///
    /// # Errors
    ///
    /// If one of the two sets would be empty.
    pub fn split(&self, share: f64, rng: &mut impl Rng) -> Result<(Self, Self), Error> {
        let mut groups = self.groups(rng);
        // With many small classes, not every class can give a row to the test set: their order decides, so it is
        // random.
        groups.shuffle(rng);
        let (mut training, mut test) = (Vec::new(), Vec::new());
        for rows in &groups {
            let seen = training.len() + test.len() + rows.len();
            #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
            let wanted = (share * seen as f64).round() as usize;
            let (of_test, of_training) = rows.split_at(wanted.saturating_sub(test.len()).min(rows.len()));
            test.extend(of_test);
            training.extend(of_training);
        }
        if training.is_empty() || test.is_empty() {
            let expected = format!("enough rows for a test set of a share of {share}");
            return Err(Error::unexpected("data set", expected, format!("{}", self.len())));
        }
        Ok((self.select(&training), self.select(&test)))
    }

    /// A random division into `count` parts, each once as the test set: pairs of a training set and a test set, in this
    /// order.
    ///
    /// Every class, and the whole, is divided equally to within one row.
    ///
    /// # Errors
    ///
    /// If `count` is below 2 or above the number of rows.
    ///
    /// # Examples
    ///
    /// ```
    /// use gradtape::nn::{Dataset, Target};
    /// use rand::{SeedableRng, rngs::StdRng};
    ///
    /// let data = Dataset::new(vec!["x".into()], vec![1.0, 2.0, 3.0], Target::Numbers(vec![0.0; 3]))?;
    /// let folds = data.folds(3, &mut StdRng::seed_from_u64(1))?;
    /// let mut tested: Vec<f64> = folds.iter().map(|(_, test)| test.row(0)[0]).collect();
    /// tested.sort_by(f64::total_cmp);
    /// assert_eq!(tested, [1.0, 2.0, 3.0]);
    /// assert!(folds.iter().all(|(training, test)| (training.len(), test.len()) == (2, 1)));
    /// # Ok::<(), gradtape::Error>(())
    /// ```
    pub fn folds(&self, count: usize, rng: &mut impl Rng) -> Result<Vec<(Self, Self)>, Error> {
        if count < 2 || count > self.len() {
            let expected = format!("a number of folds from 2 to {}, the number of rows", self.len());
            return Err(Error::unexpected("data set", expected, count.to_string()));
        }
        // Dealt out in turn, class by class.
        let rows = self.groups(rng).concat();
        let part = |fold: usize, is_test: bool| -> Vec<usize> {
            rows.iter().enumerate().filter(|(k, _)| (k % count == fold) == is_test).map(|(_, &row)| row).collect()
        };
        Ok((0..count).map(|fold| (self.select(&part(fold, false)), self.select(&part(fold, true)))).collect())
    }

    /// The rows of each class, or all rows, in random order.
    fn groups(&self, rng: &mut impl Rng) -> Vec<Vec<usize>> {
        let mut rows: Vec<_> = (0..self.len()).collect();
        rows.shuffle(rng);
        let mut groups = vec![Vec::new(); self.target().width()];
        for row in rows {
            let group = if let Target::Classes { labels, .. } = self.target() { labels[row] } else { 0 };
            groups[group].push(row);
        }
        groups
    }
}
