//! Groups of near rows, in an order in which neighbours are near too.
//!
//! A sample is cut in two again and again, the half that is nearer to the group before it first. So neighbouring groups
//! are near, and what a search reads is in few ranges. The groups' means are moved twice as in Lloyd's algorithm, then every
//! row goes to the nearest one.

use super::{
    kernel::{self, add, dot},
    rotation::Random,
    store::Store,
};

/// Rows that a cut is learnt from.
const CUT_SAMPLE: usize = 1_024;
/// Rounds of learning a cut, and of moving all means.
const CUT_ROUNDS: usize = 5;
const MOVES: usize = 2;
/// Rows of the sample for each group, and bytes of the whole sample: 131,072 rows of 1,536 components.
const SAMPLE_PER_GROUP: usize = 48;
const SAMPLE_BYTES: usize = 768 << 20;
/// Means that a row is compared with, and more if the vectors are short and their signs say little.
const COMPARED: usize = 32;
const COMPARED_COMPONENTS: usize = 16_384;
/// Rows that keep their order within a group.
const LEAF: usize = 8;

/// Rows of numbers.
#[derive(Debug, Default)]
pub(crate) struct Matrix {
    width: usize,
    values: Vec<f32>,
}

impl Matrix {
    pub(crate) fn new(width: usize) -> Self {
        Self {
            width: width.max(1),
            values: Vec::new(),
        }
    }

    fn load(store: &Store, rows: &[u32]) -> Self {
        let width = store.dimension().max(1);
        let mut values = vec![0.0; rows.len() * width];
        for (to, row) in values.chunks_exact_mut(width).zip(rows) {
            store.read(place(*row), to);
        }
        Self { width, values }
    }

    pub(crate) fn push(&mut self, row: &[f32]) {
        self.values.extend_from_slice(row);
    }

    pub(crate) fn row(&self, row: usize) -> &[f32] {
        let start = row * self.width;
        self.values
            .get(start..start + self.width)
            .unwrap_or_default()
    }

    pub(crate) fn rows(&self) -> impl Iterator<Item = &[f32]> {
        self.values.chunks_exact(self.width)
    }

    pub(crate) fn len(&self) -> usize {
        self.values.len() / self.width
    }

    fn mean<'a>(width: usize, rows: impl Iterator<Item = &'a [f32]>) -> Vec<f32> {
        let (mut mean, mut count) = (vec![0.0; width], 0usize);
        for row in rows {
            add(row, &mut mean);
            count += 1;
        }
        mean.iter_mut()
            .for_each(|value| *value /= count.max(1) as f32);
        mean
    }
}

/// Rows in groups.
#[derive(Debug)]
pub(crate) struct Clusters {
    /// The mean of each group.
    pub(crate) means: Matrix,
    /// Rows, group after group.
    pub(crate) order: Vec<u32>,
    /// How many rows each group has, at least one.
    pub(crate) sizes: Vec<u32>,
}

/// Rows that a group should have: probing reads whole groups, and every group has a centroid in the prefix.
fn group_size(rows: usize) -> usize {
    (rows.isqrt() / 2).clamp(128, 512)
}

/// A row number as an index.
fn place(row: u32) -> usize {
    row as usize
}

/// Groups rows of a store.
pub(crate) fn cluster(store: &Store, rows: &[u32], seed: u64) -> Clusters {
    let mut random = Random(seed);
    let size = group_size(rows.len());
    let wanted = rows.len().div_ceil(size).max(1);
    let means = {
        let most = SAMPLE_BYTES / size_of::<f32>() / store.dimension().max(1);
        let sample = sample(rows, (wanted * SAMPLE_PER_GROUP).min(most), &mut random);
        learn(&Matrix::load(store, &sample), wanted, &mut random)
    };
    let mut groups: Vec<Vec<u32>> = vec![Vec::new(); means.len()];
    let nearest = Nearest::new(&means);
    let mut vector = vec![0.0; store.dimension()];
    for row in rows {
        store.read(place(*row), &mut vector);
        if let Some(group) = groups.get_mut(nearest.find(&vector)) {
            group.push(*row);
        }
    }
    let mut clusters = Clusters {
        means: Matrix::new(store.dimension()),
        order: Vec::with_capacity(rows.len()),
        sizes: Vec::new(),
    };
    let mut before = None;
    // Equal vectors all go to one group, which is read as a whole.
    for group in groups.iter().flat_map(|group| group.chunks(2 * size)) {
        let vectors = Matrix::load(store, group);
        let mut members: Vec<u32> = (0u32..).take(group.len()).collect();
        let mut cuts = Cuts {
            vectors: &vectors,
            random: &mut random,
            before: &mut before,
            leaves: Vec::new(),
        };
        cuts.cut(&mut members, LEAF);
        clusters
            .means
            .push(&Matrix::mean(vectors.width, vectors.rows()));
        clusters.sizes.push(group.len() as u32);
        let ordered = members
            .iter()
            .filter_map(|member| group.get(place(*member)));
        clusters.order.extend(ordered);
    }
    clusters
}

/// Some of the rows, in their order.
fn sample(rows: &[u32], wanted: usize, random: &mut Random) -> Vec<u32> {
    if rows.len() <= wanted {
        return rows.to_vec();
    }
    let mut needed = wanted;
    let mut sample = Vec::with_capacity(wanted);
    for (left, row) in (1..=rows.len()).rev().zip(rows) {
        if random.below(left) < needed {
            sample.push(*row);
            needed -= 1;
        }
    }
    sample
}

fn learn(vectors: &Matrix, wanted: usize, random: &mut Random) -> Matrix {
    let mut members: Vec<u32> = (0u32..).take(vectors.len()).collect();
    let mut cuts = Cuts {
        vectors,
        random,
        before: &mut None,
        leaves: Vec::new(),
    };
    cuts.cut(&mut members, vectors.len().div_ceil(wanted));
    let mut means = Matrix::new(vectors.width);
    for leaf in cuts.leaves {
        means.push(&leaf);
    }
    for _ in 0..MOVES {
        let mut sums = vec![0.0; means.values.len()];
        let mut counts = vec![0usize; means.len()];
        let nearest = Nearest::new(&means);
        for vector in vectors.rows() {
            let found = nearest.find(vector);
            let sum = sums.chunks_exact_mut(vectors.width).nth(found);
            if let (Some(sum), Some(count)) = (sum, counts.get_mut(found)) {
                add(vector, sum);
                *count += 1;
            }
        }
        let places = means.values.chunks_exact_mut(vectors.width);
        for ((mean, sum), count) in places.zip(sums.chunks_exact(vectors.width)).zip(counts) {
            if count > 0 {
                let values = mean.iter_mut().zip(sum);
                values.for_each(|(mean, sum)| *mean = sum / count as f32);
            }
        }
    }
    means
}

/// Cuts rows in two until few are left.
struct Cuts<'a> {
    vectors: &'a Matrix,
    random: &'a mut Random,
    /// The mean of the rows before.
    before: &'a mut Option<Vec<f32>>,
    /// Means of the parts.
    leaves: Vec<Vec<f32>>,
}

impl Cuts<'_> {
    fn mean(&self, members: &[u32]) -> Vec<f32> {
        let rows = members
            .iter()
            .map(|member| self.vectors.row(place(*member)));
        Matrix::mean(self.vectors.width, rows)
    }

    fn cut(&mut self, members: &mut [u32], leaf: usize) {
        if members.len() <= leaf.max(1) {
            let mean = self.mean(members);
            *self.before = Some(mean.clone());
            self.leaves.push(mean);
            return;
        }
        let (one, other) = self.two_means(members);
        let other_first = self
            .before
            .as_ref()
            .is_some_and(|before| nearness(before, &other) > nearness(before, &one));
        let (first, second) = if other_first {
            (other, one)
        } else {
            (one, other)
        };
        let difference: Vec<f32> = first.iter().zip(&second).map(|(a, b)| a - b).collect();
        let middle = (dot(&first, &first) - dot(&second, &second)) / 2.0;
        let mut sides: Vec<(f32, u32)> = members
            .iter()
            .map(|member| {
                (
                    dot(self.vectors.row(place(*member)), &difference) - middle,
                    *member,
                )
            })
            .collect();
        sides.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        // A part of less than an eighth, or of equal rows, makes no progress: then the halves are equal.
        let cut = sides.partition_point(|(side, _)| *side > 0.0);
        let least = members.len().div_ceil(8);
        let cut = if cut < least || cut > members.len() - least {
            members.len() / 2
        } else {
            cut
        };
        members
            .iter_mut()
            .zip(&sides)
            .for_each(|(to, (_, member))| *to = *member);
        let (near, far) = members.split_at_mut(cut);
        self.cut(near, leaf);
        self.cut(far, leaf);
    }

    /// Means of two parts of the rows.
    fn two_means(&mut self, members: &[u32]) -> (Vec<f32>, Vec<f32>) {
        let some: Vec<&[f32]> = (0..members.len().min(CUT_SAMPLE))
            .map(|number| {
                let number = match members.len() <= CUT_SAMPLE {
                    true => number,
                    false => self.random.below(members.len()),
                };
                self.vectors
                    .row(members.get(number).map_or(0, |member| place(*member)))
            })
            .collect();
        let mut pick = || {
            some.get(self.random.below(some.len()))
                .copied()
                .unwrap_or_default()
        };
        let mut one = pick().to_vec();
        let far = (0..8)
            .map(|_| pick())
            .min_by(|a, b| nearness(&one, a).total_cmp(&nearness(&one, b)));
        let mut other = far.unwrap_or_default().to_vec();
        for _ in 0..CUT_ROUNDS {
            let difference: Vec<f32> = one.iter().zip(&other).map(|(a, b)| a - b).collect();
            let middle = (dot(&one, &one) - dot(&other, &other)) / 2.0;
            let (mut near, mut far) = (Vec::new(), Vec::new());
            for row in &some {
                if dot(row, &difference) > middle {
                    near.push(*row);
                } else {
                    far.push(*row);
                }
            }
            if near.is_empty() || far.is_empty() {
                break;
            }
            one = Matrix::mean(self.vectors.width, near.into_iter());
            other = Matrix::mean(self.vectors.width, far.into_iter());
        }
        (one, other)
    }
}

/// Greater for vectors that are nearer to the first one.
fn nearness(to: &[f32], vector: &[f32]) -> f32 {
    dot(to, vector) - dot(vector, vector) / 2.0
}

/// Finds the nearest of the means: those that differ from the vector in the fewest signs are compared.
struct Nearest<'a> {
    means: &'a Matrix,
    halves: Vec<f32>,
    /// The mean of the means: signs are those of the differences from it.
    centre: Vec<f32>,
    signs: Vec<u64>,
    compared: usize,
}

impl<'a> Nearest<'a> {
    fn new(means: &'a Matrix) -> Self {
        let centre = Matrix::mean(means.width, means.rows());
        let mut codes = Vec::new();
        means
            .rows()
            .for_each(|mean| signs(mean, &centre, &mut codes));
        Self {
            halves: means.rows().map(|mean| dot(mean, mean) / 2.0).collect(),
            centre,
            signs: codes,
            compared: COMPARED + COMPARED_COMPONENTS / means.width,
            means,
        }
    }

    fn find(&self, vector: &[f32]) -> usize {
        let mut code = Vec::with_capacity(vector.len().div_ceil(64));
        signs(vector, &self.centre, &mut code);
        let mut differing = Vec::with_capacity(self.means.len());
        kernel::differing(&code, &self.signs, &mut differing);
        if self.compared < differing.len() {
            differing.select_nth_unstable(self.compared);
            differing.truncate(self.compared);
        }
        let mut best = (f32::NEG_INFINITY, 0);
        for (_, mean) in differing {
            let mean = place(mean);
            let half = self.halves.get(mean).copied().unwrap_or_default();
            let score = dot(vector, self.means.row(mean)) - half;
            if score > best.0 {
                best = (score, mean);
            }
        }
        best.1
    }
}

/// Appends the signs of a vector's difference from a centre, in words.
fn signs(vector: &[f32], centre: &[f32], to: &mut Vec<u64>) {
    to.extend(
        vector
            .chunks(64)
            .zip(centre.chunks(64))
            .map(|(vector, centre)| {
                let bits = vector.iter().zip(centre).enumerate();
                bits.fold(0u64, |word, (bit, (value, centre))| {
                    word | u64::from(value > centre) << bit
                })
            }),
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clustered(rows: usize) -> (Store, Vec<u32>) {
        let mut random = Random(1);
        let mut store = Store::new(16);
        for row in 0..rows {
            let mut vector = vec![0.0; 16];
            vector[row % 16] = 1.0;
            for value in &mut vector {
                *value += random.below(100) as f32 / 1000.0;
            }
            store.push(&vector);
        }
        (store, (0..rows as u32).collect())
    }

    #[test]
    fn every_row_is_in_one_group_of_bounded_size() {
        let (store, rows) = clustered(3_000);
        let clusters = cluster(&store, &rows[..2_900], 9);
        let mut order = clusters.order.clone();
        order.sort_unstable();
        assert_eq!(order, rows[..2_900]);
        assert_eq!(clusters.sizes.iter().sum::<u32>(), 2_900);
        assert_eq!(clusters.sizes.len(), clusters.means.len());
        assert!(clusters.sizes.iter().all(|size| (1..=256).contains(size)));
    }

    #[test]
    fn near_rows_are_neighbours() {
        let (store, rows) = clustered(4_000);
        let clusters = cluster(&store, &rows, 9);
        let changes = clusters
            .order
            .windows(2)
            .filter(|pair| pair[0] % 16 != pair[1] % 16)
            .count();
        assert!(changes < 40, "{changes}");
    }

    #[test]
    fn equal_rows_are_cut_by_number() {
        let mut store = Store::new(4);
        (0..2_500).for_each(|_| store.push(&[0.5; 4]));
        let rows: Vec<u32> = (0..2_500).collect();
        let clusters = cluster(&store, &rows, 9);
        assert_eq!(clusters.order.len(), 2_500);
        assert!(clusters.sizes.iter().all(|size| *size <= 256));
    }
}
