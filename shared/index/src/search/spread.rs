//! How scores are spread.

/// How the scores of all rows that may be found are spread.
///
/// A retriever's scores mean something in relation to those of all rows: scaled by [`Spread::scale`], those of two
/// retrievers can be added up.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Spread {
    rows: u64,
    sum: f64,
    squares: f64,
    max: f32,
}

impl Spread {
    /// The spread of rows that have a score of 0, until scores are added.
    pub fn of_rows(rows: u64) -> Self {
        Self {
            rows,
            ..Self::default()
        }
    }

    /// Adds a row with its score.
    pub fn add_row(&mut self, score: f32) {
        self.rows += 1;
        if self.rows == 1 {
            self.max = score;
        }
        self.add_score(score);
    }

    /// Adds the score of a row that [`Spread::of_rows`] counted.
    pub fn add_score(&mut self, score: f32) {
        self.max = self.max.max(score);
        self.sum += f64::from(score);
        self.squares += f64::from(score) * f64::from(score);
    }

    /// Adds rows of which only mean and variance are known; none of them is the best.
    pub(crate) fn add_rows(&mut self, rows: usize, mean: f32, variance: f32) {
        let (mean, variance) = (f64::from(mean), f64::from(variance));
        self.rows += rows as u64;
        self.sum += rows as f64 * mean;
        self.squares += rows as f64 * (mean * mean + variance);
    }

    /// Sets the best score, where it is known better than when it was added.
    pub fn set_best(&mut self, score: f32) {
        self.max = score;
    }

    /// Returns how many rows there are.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Returns the mean of the scores; 0 without rows.
    pub fn mean(&self) -> f32 {
        (self.sum / self.rows.max(1) as f64) as f32
    }

    /// Returns the standard deviation of the scores.
    pub fn deviation(&self) -> f32 {
        let rows = self.rows.max(1) as f64;
        let mean = self.sum / rows;
        (self.squares / rows - mean * mean).max(0.0).sqrt() as f32
    }

    /// Scales a score: 1 is the best, 0 the mean. Where all scores are equal, 1.
    pub fn scale(&self, score: f32) -> f32 {
        let range = self.max - self.mean();
        if range > f32::EPSILON {
            (score - self.mean()) / range
        } else {
            1.0
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_known_by_their_mean_count_like_rows() {
        let (mut one_by_one, mut together) = (Spread::default(), Spread::default());
        for score in [-0.5, -0.3, -0.1] {
            one_by_one.add_row(score);
        }
        together.add_row(-0.1);
        together.add_rows(2, -0.4, 0.01);
        assert!((one_by_one.mean() - together.mean()).abs() < 1e-6);
        assert!((one_by_one.deviation() - together.deviation()).abs() < 1e-6);
        assert_eq!((one_by_one.scale(-0.1), one_by_one.rows()), (1.0, 3));
        assert_eq!(one_by_one.scale(-0.3), 0.0);
        // Rows without a score have 0.
        let mut some = Spread::of_rows(4);
        some.add_score(2.0);
        assert_eq!((some.mean(), some.scale(2.0)), (0.5, 1.0));
    }
}
