//! The product with the vector instructions of x86-64.

use std::arch::x86_64::*;

use super::{FOURS, Matrix, ROWS, Rounded, Weights};

/// Multiplies with AVX-512 and VNNI.
#[target_feature(enable = "avx2,fma,avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
pub(super) fn multiply_avx512(matrix: &Matrix, input: &Rounded, output: &mut [f32]) {
    let tokens = output.len() / matrix.rows();
    for group in 0..matrix.bias.len() {
        let mut token = 0;
        while token < tokens {
            // Weights are loaded once for all tokens of a tile; eight keep the multipliers busy.
            token += match tokens - token {
                8.. => tile_avx512::<8>(matrix, input, token, group, output),
                4.. => tile_avx512::<4>(matrix, input, token, group, output),
                2.. => tile_avx512::<2>(matrix, input, token, group, output),
                _ => tile_avx512::<1>(matrix, input, token, group, output),
            };
        }
    }
}

/// Sixteen rows for `TOKENS` inputs from `token` on.
#[target_feature(enable = "avx2,fma,avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
fn tile_avx512<const TOKENS: usize>(
    matrix: &Matrix,
    input: &Rounded,
    token: usize,
    group: usize,
    output: &mut [f32],
) -> usize {
    let blocks = matrix.blocks;
    let weights = &matrix.weights[group * blocks..][..blocks];
    let scales = &matrix.scales[group * blocks..][..blocks];
    let values = &input.blocks[token * blocks..][..TOKENS * blocks];
    let mut sums = [_mm512_setzero_ps(); TOKENS];
    for block in 0..blocks {
        let mut exact = [_mm512_setzero_si512(); TOKENS];
        for t in 0..TOKENS {
            exact[t] = _mm512_set1_epi32(values[t * blocks + block].start);
        }
        for four in 0..FOURS {
            // SAFETY: both types are 64 bytes without padding, and any bytes are a vector.
            let weights = unsafe { std::mem::transmute::<Weights, __m512i>(weights[block][four]) };
            for t in 0..TOKENS {
                let values = _mm512_set1_epi32(values[t * blocks + block].fours[four]);
                exact[t] = _mm512_dpbusd_epi32(exact[t], weights, values);
            }
        }
        // SAFETY: as above.
        let scales = unsafe { std::mem::transmute::<[f32; ROWS], __m512>(scales[block]) };
        for t in 0..TOKENS {
            let scales = _mm512_mul_ps(scales, _mm512_set1_ps(values[t * blocks + block].scale));
            sums[t] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(exact[t]), scales, sums[t]);
        }
    }
    // SAFETY: as above.
    let bias = unsafe { std::mem::transmute::<[f32; ROWS], __m512>(matrix.bias[group]) };
    for t in 0..TOKENS {
        // SAFETY: as above.
        let row =
            unsafe { std::mem::transmute::<__m512, [f32; ROWS]>(_mm512_add_ps(sums[t], bias)) };
        output[(token + t) * matrix.rows() + group * ROWS..][..ROWS].copy_from_slice(&row);
    }
    TOKENS
}

/// Multiplies with AVX2.
#[target_feature(enable = "avx2,fma")]
pub(super) fn multiply_avx2(matrix: &Matrix, input: &Rounded, output: &mut [f32]) {
    let tokens = output.len() / matrix.rows();
    for group in 0..matrix.bias.len() {
        let mut token = 0;
        while token < tokens {
            // Two are what the 16 registers hold.
            token += match tokens - token {
                2.. => tile_avx2::<2>(matrix, input, token, group, output),
                _ => tile_avx2::<1>(matrix, input, token, group, output),
            };
        }
    }
}

/// Sixteen rows for `TOKENS` inputs from `token` on.
#[target_feature(enable = "avx2,fma")]
fn tile_avx2<const TOKENS: usize>(
    matrix: &Matrix,
    input: &Rounded,
    token: usize,
    group: usize,
    output: &mut [f32],
) -> usize {
    let blocks = matrix.blocks;
    let weights = &matrix.weights[group * blocks..][..blocks];
    let scales = &matrix.scales[group * blocks..][..blocks];
    let values = &input.blocks[token * blocks..][..TOKENS * blocks];
    let ones = _mm256_set1_epi16(1);
    let mut sums = [[_mm256_setzero_ps(); 2]; TOKENS];
    for block in 0..blocks {
        let mut exact = [[_mm256_setzero_si256(); 2]; TOKENS];
        for t in 0..TOKENS {
            exact[t] = [_mm256_set1_epi32(values[t * blocks + block].start); 2];
        }
        for four in 0..FOURS {
            // SAFETY: both types are 64 bytes without padding, and any bytes are a vector.
            let weights =
                unsafe { std::mem::transmute::<Weights, [__m256i; 2]>(weights[block][four]) };
            for t in 0..TOKENS {
                let values = _mm256_set1_epi32(values[t * blocks + block].fours[four]);
                for half in 0..2 {
                    let pairs = _mm256_maddubs_epi16(weights[half], values);
                    let fours = _mm256_madd_epi16(pairs, ones);
                    exact[t][half] = _mm256_add_epi32(exact[t][half], fours);
                }
            }
        }
        // SAFETY: as above.
        let scales = unsafe { std::mem::transmute::<[f32; ROWS], [__m256; 2]>(scales[block]) };
        for t in 0..TOKENS {
            let scale = _mm256_set1_ps(values[t * blocks + block].scale);
            for half in 0..2 {
                let scales = _mm256_mul_ps(scales[half], scale);
                let exact = _mm256_cvtepi32_ps(exact[t][half]);
                sums[t][half] = _mm256_fmadd_ps(exact, scales, sums[t][half]);
            }
        }
    }
    for t in 0..TOKENS {
        // SAFETY: as above.
        let row = unsafe { std::mem::transmute::<[__m256; 2], [f32; ROWS]>(sums[t]) };
        let output = &mut output[(token + t) * matrix.rows() + group * ROWS..][..ROWS];
        for ((output, sum), bias) in output.iter_mut().zip(row).zip(matrix.bias[group]) {
            *output = sum + bias;
        }
    }
    TOKENS
}
