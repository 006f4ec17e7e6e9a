//! The rest of the arithmetic: functions that the compiler turns into vector instructions.

/// Independent lanes of a sum.
const LANES: usize = 16;

/// Combines what `term` makes of each number, in an order that vectors can follow.
#[inline(always)]
pub fn reduce(
    values: &[f32],
    start: f32,
    term: impl Fn(f32) -> f32,
    combine: impl Fn(f32, f32) -> f32,
) -> f32 {
    let mut lanes = [start; LANES];
    let (chunks, tail) = values.as_chunks::<LANES>();
    for chunk in chunks {
        for lane in 0..LANES {
            lanes[lane] = combine(lanes[lane], term(chunk[lane]));
        }
    }
    let tail = tail.iter().map(|value| term(*value));
    lanes.into_iter().chain(tail).fold(start, combine)
}

/// The exponential function of numbers from -87 to 0, to 2 units of the last place; of smaller ones that of -87.
#[inline(always)]
pub fn exp(x: f32) -> f32 {
    // Adding it leaves the nearest integer in the low bits.
    const SHIFT: f32 = 12_582_912.0;
    let x = if x > -87.0 { x } else { -87.0 };
    let shifted = x.mul_add(std::f32::consts::LOG2_E, SHIFT);
    let n = shifted - SHIFT;
    // ln 2 in two parts, so that the rest is exact.
    let r = n.mul_add(-0.693_359_4, x);
    let r = n.mul_add(2.121_944_4e-4, r);
    let mut p = 1.987_569_1e-4_f32;
    for factor in [
        1.398_199_9e-3,
        8.333_452e-3,
        4.166_579_6e-2,
        1.666_666_5e-1,
        0.5,
    ] {
        p = p.mul_add(r, factor);
    }
    let p = (p * r).mul_add(r, r) + 1.0;
    f32::from_bits(p.to_bits().wrapping_add(shifted.to_bits() << 23))
}

/// The Gaussian error linear unit, x Φ(x), to 2e-7: Abramowitz and Stegun, 7.1.26.
#[inline(always)]
pub fn gelu(x: f32) -> f32 {
    let z = x.abs() * std::f32::consts::FRAC_1_SQRT_2;
    let t = 1.0 / z.mul_add(0.327_591_1, 1.0);
    let mut p = 1.061_405_4_f32;
    for factor in [-1.453_152, 1.421_413_7, -0.284_496_74, 0.254_829_6] {
        p = p.mul_add(t, factor);
    }
    // Half the probability beyond |x| on either side.
    let tail = 0.5 * p * t * exp(-z * z);
    x * if x > 0.0 { 1.0 - tail } else { tail }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_is_combined() {
        for count in [0, 1, 15, 16, 17, 100] {
            let values: Vec<f32> = (0..count).map(|n| n as f32).collect();
            let sum: f32 = values.iter().map(|n| n * n).sum();
            let found = reduce(&values, 0.0, |n| n * n, |a, b| a + b);
            assert_eq!(found, sum, "{count}");
        }
    }

    #[test]
    fn exponentials_are_those_of_the_standard_library() {
        for n in 0..=8_700 {
            let x = n as f32 * -0.01;
            let (found, exact) = (exp(x), x.exp());
            assert!(
                (found / exact - 1.0).abs() < 5e-7,
                "{x}: {found} for {exact}"
            );
        }
        assert_eq!(exp(-1e9), exp(-87.0));
    }

    #[test]
    fn activations_are_those_of_the_table() {
        // x Φ(x), with Φ from a table of the normal distribution.
        for (x, exact) in [
            (0.0, 0.0),
            (0.5, 0.345_731_23),
            (1.0, 0.841_344_8),
            (3.0, 2.995_950_3),
            (-1.0, -0.158_655_25),
            (-3.0, -0.004_049_694),
            (20.0, 20.0),
            (-20.0, 0.0),
        ] {
            let found = gelu(x);
            assert!((found - exact).abs() < 1e-6, "{x}: {found} for {exact}");
        }
    }
}
