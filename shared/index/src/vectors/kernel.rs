//! Arithmetic over vectors and codes, compiled for what the processor offers.
//!
//! Sums are kept in sixteen lanes, so that every processor adds in the same order and finds the same scores.

use std::sync::LazyLock;

/// A set of vector instructions.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Level {
    /// AVX-512 with its count of bits.
    #[cfg(target_arch = "x86_64")]
    Avx512,
    /// AVX2 with the count of bits.
    #[cfg(target_arch = "x86_64")]
    Avx2,
    /// What every processor of the architecture has.
    Plain,
}

static LEVEL: LazyLock<Level> = LazyLock::new(|| {
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("popcnt") {
        return if is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512dq")
            && is_x86_feature_detected!("avx512vl")
            && is_x86_feature_detected!("avx512vpopcntdq")
        {
            Level::Avx512
        } else {
            Level::Avx2
        };
    }
    Level::Plain
});

/// Compiles a function for each [`Level`]; it runs the best that the processor has. What it calls must be
/// `#[inline(always)]` to be compiled for it too.
macro_rules! for_each_level {
    ($(#[$attribute:meta])* $visibility:vis fn $name:ident($($argument:ident: $type:ty),* $(,)?) $(-> $result:ty)? $body:block) => {
        $(#[$attribute])*
        $visibility fn $name($($argument: $type),*) $(-> $result)? {
            #[inline(always)]
            fn plain($($argument: $type),*) $(-> $result)? $body
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2,popcnt")]
            fn avx2($($argument: $type),*) $(-> $result)? {
                plain($($argument),*)
            }
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2,popcnt,avx512f,avx512bw,avx512dq,avx512vl,avx512vpopcntdq")]
            fn avx512($($argument: $type),*) $(-> $result)? {
                plain($($argument),*)
            }
            match *LEVEL {
                // SAFETY: the processor has the features, or the level would be another one.
                #[cfg(target_arch = "x86_64")]
                Level::Avx512 => unsafe { avx512($($argument),*) },
                // SAFETY: as above.
                #[cfg(target_arch = "x86_64")]
                Level::Avx2 => unsafe { avx2($($argument),*) },
                Level::Plain => plain($($argument),*),
            }
        }
    };
}

/// Independent sums: a register of AVX-512, or two of AVX2.
const LANES: usize = 16;

/// Adds up products of numbers that two functions read from blocks of sixteen.
macro_rules! sum_of_products {
    ($a:expr, $b:expr, $width:expr, $load:expr) => {{
        let (a, a_tail) = $a.as_chunks::<LANES>();
        let (b, b_tail) = $b.as_chunks::<{ LANES * $width }>();
        let mut sums = [0f32; LANES];
        for (a, b) in a.iter().zip(b) {
            let (b, _) = b.as_chunks::<$width>();
            for lane in 0..LANES {
                sums[lane] += a[lane] * $load(b[lane]);
            }
        }
        let (b_tail, _) = b_tail.as_chunks::<$width>();
        let tail: f32 = a_tail.iter().zip(b_tail).map(|(a, b)| a * $load(*b)).sum();
        sums.iter().sum::<f32>() + tail
    }};
}

for_each_level! {
    /// Dot product of two vectors of the same length.
    pub(crate) fn dot(a: &[f32], b: &[f32]) -> f32 {
        sum_of_products!(a, b, 1, |[b]: [f32; 1]| b)
    }
}

for_each_level! {
    /// Dot product of a vector and one that is stored as `f32`.
    pub(crate) fn dot_f32(a: &[f32], b: &[u8]) -> f32 {
        sum_of_products!(a, b, 4, f32::from_le_bytes)
    }
}

for_each_level! {
    /// Dot product of a vector and one that is stored as `f16`.
    pub(crate) fn dot_f16(a: &[f32], b: &[u8]) -> f32 {
        sum_of_products!(a, b, 2, |b| from_f16(u16::from_le_bytes(b)))
    }
}

for_each_level! {
    /// Dot product of a vector and one of signed bytes.
    pub(crate) fn dot_i8(a: &[f32], b: &[u8]) -> f32 {
        sum_of_products!(a, b, 1, |[b]: [u8; 1]| f32::from(b.cast_signed()))
    }
}

for_each_level! {
    /// Reads a vector that is held as `f16`.
    pub(crate) fn read_f16(from: &[u16], to: &mut [f32]) {
        for (from, to) in from.iter().zip(to) {
            *to = from_f16(*from);
        }
    }
}

for_each_level! {
    /// Adds a vector to another one.
    pub(crate) fn add(from: &[f32], to: &mut [f32]) {
        for (from, to) in from.iter().zip(to) {
            *to += from;
        }
    }
}

for_each_level! {
    /// Subtracts a vector from another one.
    pub(crate) fn subtract(from: &mut [f32], what: &[f32]) {
        for (from, what) in from.iter_mut().zip(what) {
            *from -= what;
        }
    }
}

/// The value of an `f16` that is finite. Without branches, so that the compiler makes vector instructions of it; `half`
/// without its feature `std`, which Arrow does not ask for, has none.
#[inline(always)]
fn from_f16(bits: u16) -> f32 {
    let magnitude = f32::from_bits(u32::from(bits & 0x7fff) << 13);
    // 2¹¹² is what the exponents' origins differ by; the multiplication also has the subnormal numbers right.
    let value = magnitude * f32::from_bits(0x7780_0000);
    f32::from_bits(value.to_bits() | u32::from(bits & 0x8000) << 16)
}

for_each_level! {
    /// Adds and subtracts in the butterflies of a Walsh–Hadamard transform; the length is a power of two.
    pub(crate) fn hadamard(values: &mut [f32]) {
        let mut half = 1;
        while half < values.len() {
            for block in values.chunks_exact_mut(2 * half) {
                let (low, high) = block.split_at_mut(half);
                for (low, high) in low.iter_mut().zip(high) {
                    (*low, *high) = (*low + *high, *low - *high);
                }
            }
            half *= 2;
        }
    }
}

for_each_level! {
    /// In how many bits a code differs from each of others, with their numbers.
    pub(crate) fn differing(code: &[u64], others: &[u64], found: &mut Vec<(u32, u32)>) {
        for (other, number) in others.chunks_exact(code.len().max(1)).zip(0u32..) {
            let words = code.iter().zip(other);
            found.push((words.map(|(a, b)| (a ^ b).count_ones()).sum(), number));
        }
    }
}

/// Bits of a query's numbers.
pub(crate) const PLANES: usize = 4;

/// The words of a query: for 64 numbers each, their lowest bits, their second bits and so on.
pub(crate) type Planes = Vec<[u64; PLANES]>;

for_each_level! {
    /// For each code its number of ones, and the sum of the query's numbers where it has ones.
    ///
    /// `codes` are `planes.len()` words of eight bytes each.
    pub(crate) fn scan(planes: &[[u64; PLANES]], codes: &[u8], found: &mut Vec<(u32, u32)>) {
        for code in codes.chunks_exact(planes.len() * 8) {
            let (words, _) = code.as_chunks::<8>();
            let (mut ones, mut sum) = (0u64, 0u64);
            for (word, plane) in words.iter().zip(planes) {
                let word = u64::from_le_bytes(*word);
                ones += u64::from(word.count_ones());
                sum += u64::from((word & plane[0]).count_ones())
                    + 2 * u64::from((word & plane[1]).count_ones())
                    + 4 * u64::from((word & plane[2]).count_ones())
                    + 8 * u64::from((word & plane[3]).count_ones());
            }
            // At most 64 ones a word, and fifteen for each: 2³² would take four million words.
            found.push((ones as u32, sum as u32));
        }
    }
}

#[cfg(test)]
mod tests {
    use half::f16;

    use super::*;

    #[test]
    fn every_length_and_type_has_the_same_sum() {
        for length in [0usize, 1, 15, 16, 17, 384, 1537] {
            let a: Vec<f32> = (0..length).map(|i| (i % 7) as f32 - 3.0).collect();
            let b: Vec<f32> = (0..length).map(|i| (i % 5) as f32 - 2.0).collect();
            let plain: f32 = a.iter().zip(&b).map(|(a, b)| a * b).sum();
            assert_eq!(dot(&a, &b), plain);
            let bytes: Vec<u8> = b.iter().flat_map(|b| b.to_le_bytes()).collect();
            assert_eq!(dot_f32(&a, &bytes), plain);
            let bytes: Vec<u8> = b
                .iter()
                .flat_map(|b| f16::from_f32(*b).to_le_bytes())
                .collect();
            assert_eq!(dot_f16(&a, &bytes), plain);
            let bytes: Vec<u8> = b.iter().map(|b| (*b as i8).cast_unsigned()).collect();
            assert_eq!(dot_i8(&a, &bytes), plain);
        }
    }

    #[test]
    fn every_finite_half_is_read() {
        for bits in 0..=u16::MAX {
            let half = f16::from_bits(bits);
            if half.is_finite() {
                assert_eq!(from_f16(bits).to_bits(), half.to_f32().to_bits());
            }
        }
    }

    #[test]
    fn codes_differ_in_as_many_bits_as_they_do() {
        let mut found = Vec::new();
        differing(&[5, u64::MAX], &[5, u64::MAX, 4, 1, 0, 0], &mut found);
        assert_eq!(found, [(0, 0), (64, 1), (66, 2)]);
    }

    #[test]
    fn a_scan_counts_every_bit() {
        let planes: Planes = vec![[u64::MAX, 1, 1 << 63, 0xff], [3, 0, 0, u64::MAX]];
        let words = [0x8000_0000_0000_00ffu64, 7, u64::MAX, 0];
        let codes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        let mut found = Vec::new();
        scan(&planes, &codes, &mut found);
        let expected: Vec<_> = words
            .chunks(2)
            .map(|code| {
                let ones = code.iter().map(|word| word.count_ones()).sum::<u32>();
                let sum = code.iter().zip(&planes).flat_map(|(word, plane)| {
                    (0..PLANES).map(move |bit| (word & plane[bit]).count_ones() << bit)
                });
                (ones, sum.sum::<u32>())
            })
            .collect();
        assert_eq!(found, expected);
    }
}
