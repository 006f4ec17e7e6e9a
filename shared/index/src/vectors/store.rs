//! The vectors of a segment being built.

use half::f16;

use super::kernel::read_f16;

/// Rows up to which a segment is flat: all its rows are compared, with `f32`.
pub(crate) const FLAT: usize = 2_048;

/// Vectors in `f32` as long as the segment may be flat, then in `f16`, half the memory.
#[derive(Debug, Default)]
pub(crate) struct Store {
    dimension: usize,
    rows: usize,
    single: Vec<f32>,
    half: Vec<u16>,
}

impl Store {
    pub(crate) fn new(dimension: usize) -> Self {
        Self {
            dimension,
            ..Self::default()
        }
    }

    pub(crate) fn dimension(&self) -> usize {
        self.dimension
    }

    pub(crate) fn push(&mut self, vector: &[f32]) {
        let half = |value: &f32| f16::from_f32(*value).to_bits();
        if self.rows == FLAT {
            self.half = self.single.iter().map(half).collect();
            self.single = Vec::new();
        }
        if self.rows < FLAT {
            self.single.extend_from_slice(vector);
        } else {
            self.half.extend(vector.iter().map(half));
        }
        self.rows += 1;
    }

    /// Copies a row's vector.
    pub(crate) fn read(&self, row: usize, to: &mut [f32]) {
        let place = row * self.dimension..(row + 1) * self.dimension;
        if let Some(vector) = self.single.get(place.clone()) {
            to.copy_from_slice(vector);
        } else if let Some(vector) = self.half.get(place) {
            read_f16(vector, to);
        }
    }

    /// Writes a row's vector, as `f32` or as `f16`.
    pub(crate) fn write(&self, row: usize, flat: bool, out: &mut Vec<u8>) {
        let place = row * self.dimension..(row + 1) * self.dimension;
        match (self.single.get(place.clone()), self.half.get(place), flat) {
            (Some(vector), _, true) => out.extend(vector.iter().flat_map(|v| v.to_le_bytes())),
            (Some(vector), _, false) => {
                out.extend(vector.iter().flat_map(|v| f16::from_f32(*v).to_le_bytes()));
            }
            (None, Some(vector), false) => out.extend(vector.iter().flat_map(|v| v.to_le_bytes())),
            (None, Some(vector), true) => {
                let values = vector.iter().map(|v| f16::from_bits(*v).to_f32());
                out.extend(values.flat_map(f32::to_le_bytes));
            }
            (None, None, _) => {}
        }
    }
}
