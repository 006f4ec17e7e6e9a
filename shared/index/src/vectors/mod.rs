//! Vectors: how rows are grouped, coded, stored and compared.

pub(crate) mod cluster;
pub(crate) mod codes;
pub(crate) mod kernel;
pub(crate) mod rotation;
pub(crate) mod store;

use kernel::dot;

/// Scales a vector to length 1, so that a dot product is a cosine; false if it has no direction.
pub(crate) fn normalise(vector: &mut [f32]) -> bool {
    let squared = dot(vector, vector);
    // A sum that overflows or vanishes is computed again from numbers near 1.
    let length = if squared.is_normal() && squared < f32::MAX {
        squared.sqrt()
    } else {
        let largest = vector
            .iter()
            .fold(0f32, |most, value| most.max(value.abs()));
        if !vector.iter().all(|value| value.is_finite()) || largest == 0.0 {
            return false;
        }
        vector.iter_mut().for_each(|value| *value /= largest);
        dot(vector, vector).sqrt()
    };
    vector.iter_mut().for_each(|value| *value /= length);
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vector_of_any_length_has_a_direction() {
        for size in [f32::MIN_POSITIVE / 4.0, 1e-20, 1.0, 1e30, f32::MAX] {
            let mut vector = [size, -size, size, size];
            assert!(normalise(&mut vector));
            assert_eq!(vector, [0.5, -0.5, 0.5, 0.5], "{size}");
        }
        for bad in [0.0, f32::NAN, f32::INFINITY] {
            assert!(!normalise(&mut [0.0, bad]));
        }
    }
}
