//! Damaged copies of valid files, for the tests of readers. Deterministic.
#![allow(clippy::unwrap_used, reason = "a test stops here")]

/// Copies of a file that were cut, shortened, changed or repeated in up to four places.
pub fn mutants(sound: &[u8], count: usize) -> impl Iterator<Item = Vec<u8>> {
    let mut seed = 7u64;
    let mut below = move |end: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        usize::try_from(seed >> 33).unwrap() % end.max(1)
    };
    (0..count).map(move |_| {
        let mut mutant = sound.to_vec();
        for _ in 0..=below(4) {
            let at = below(mutant.len());
            let end = (at + 1 + below(20)).min(mutant.len());
            match below(4) {
                0 => mutant.truncate(at.max(2)),
                _ if mutant.is_empty() => {}
                1 => mutant.drain(at..end).for_each(drop),
                2 => mutant[at] = u8::try_from(below(256)).unwrap(),
                _ => {
                    let part = mutant[at..end].repeat(1 + below(9));
                    mutant.splice(at..at, part);
                }
            }
        }
        mutant
    })
}
