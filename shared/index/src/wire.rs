//! Numbers and texts as bytes, and their reading within bounds.

use crate::error::Corrupt;

type Result<T> = std::result::Result<T, Corrupt>;

/// Bytes of a block's checksum, which follows its contents.
pub(crate) const CHECKSUM: usize = 4;

pub(crate) fn put_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// How many bytes [`put_varint`] writes.
pub(crate) fn varint_length(value: u64) -> usize {
    (64 - (value | 1).leading_zeros() as usize).div_ceil(7)
}

pub(crate) fn put_text(out: &mut Vec<u8>, text: &str) {
    put_varint(out, text.len() as u64);
    out.extend_from_slice(text.as_bytes());
}

/// Appends the checksum of what was written since `start`.
pub(crate) fn seal(out: &mut Vec<u8>, start: usize) {
    let sum = crc32fast::hash(out.get(start..).unwrap_or_default());
    out.extend_from_slice(&sum.to_le_bytes());
}

/// Returns the contents of a block that [`seal`] ended.
pub(crate) fn unseal(block: &[u8]) -> Result<&[u8]> {
    match block.split_last_chunk() {
        Some((contents, sum)) if crc32fast::hash(contents).to_le_bytes() == *sum => Ok(contents),
        _ => Err(Corrupt::Damaged("a checksum differs")),
    }
}

/// Reads what the functions above wrote. Everything is bounded by the bytes there are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
}

const SHORT: Corrupt = Corrupt::Damaged("a section ends too early");

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    pub(crate) fn bytes(&mut self, length: usize) -> Result<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(length).ok_or(SHORT)?;
        self.rest = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        let (taken, rest) = self.rest.split_first_chunk().ok_or(SHORT)?;
        self.rest = rest;
        Ok(*taken)
    }

    pub(crate) fn u8(&mut self) -> Result<u8> {
        self.array().map(u8::from_le_bytes)
    }

    pub(crate) fn u32(&mut self) -> Result<u32> {
        self.array().map(u32::from_le_bytes)
    }

    pub(crate) fn i32(&mut self) -> Result<i32> {
        self.array().map(i32::from_le_bytes)
    }

    pub(crate) fn u64(&mut self) -> Result<u64> {
        self.array().map(u64::from_le_bytes)
    }

    pub(crate) fn i64(&mut self) -> Result<i64> {
        self.array().map(i64::from_le_bytes)
    }

    pub(crate) fn f32(&mut self) -> Result<f32> {
        self.array().map(f32::from_le_bytes)
    }

    pub(crate) fn u128(&mut self) -> Result<u128> {
        self.array().map(u128::from_be_bytes)
    }

    pub(crate) fn length(&mut self) -> Result<usize> {
        usize::try_from(self.u32()?).map_err(|_| SHORT)
    }

    pub(crate) fn varint(&mut self) -> Result<u64> {
        // Most numbers are small.
        if let Some((byte, rest)) = self.rest.split_first()
            && byte & 0x80 == 0
        {
            self.rest = rest;
            return Ok(u64::from(*byte));
        }
        let mut value = 0u64;
        for (place, byte) in self.rest.iter().take(10).enumerate() {
            value |= u64::from(byte & 0x7f) << (7 * place);
            if byte & 0x80 == 0 {
                self.rest = self.rest.get(place + 1..).unwrap_or_default();
                return Ok(value);
            }
        }
        Err(Corrupt::Damaged("a number does not end"))
    }

    pub(crate) fn varint_u32(&mut self) -> Result<u32> {
        u32::try_from(self.varint()?).map_err(|_| Corrupt::Damaged("a number is too large"))
    }

    pub(crate) fn text(&mut self) -> Result<&'a str> {
        let length = usize::try_from(self.varint()?).map_err(|_| SHORT)?;
        std::str::from_utf8(self.bytes(length)?)
            .map_err(|_| Corrupt::Damaged("a text is not UTF-8"))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    pub(crate) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    pub(crate) fn end(&self) -> Result<()> {
        if self.rest.is_empty() {
            Ok(())
        } else {
            Err(Corrupt::Damaged("a section is longer than its contents"))
        }
    }
}

/// Writes a column of numbers: their first bytes, their second bytes and so on, compressed.
pub(crate) fn put_column(out: &mut Vec<u8>, values: &[u32]) -> std::io::Result<()> {
    let mut planes = Vec::with_capacity(values.len() * 4);
    for plane in 0..4 {
        planes.extend(values.iter().map(|value| value.to_le_bytes()[plane]));
    }
    let compressed = zstd::bulk::compress(&planes, 3)?;
    out.extend_from_slice(&length_u32(compressed.len())?.to_le_bytes());
    out.extend_from_slice(&compressed);
    Ok(())
}

/// A length in 32 bits.
pub(crate) fn length_u32(length: usize) -> std::io::Result<u32> {
    u32::try_from(length).map_err(|_| std::io::Error::other("a segment is too large"))
}

/// Reads a column of `rows` numbers. The caller has bounded `rows` by the object's size.
pub(crate) fn take_column(reader: &mut Reader<'_>, rows: usize) -> Result<Vec<u32>> {
    let length = reader.length()?;
    let compressed = reader.bytes(length)?;
    let planes = zstd::bulk::decompress(compressed, rows * 4)
        .map_err(|_| Corrupt::Damaged("a column cannot be decompressed"))?;
    if planes.len() != rows * 4 {
        return Err(Corrupt::Damaged("a column has another length"));
    }
    let (low, high) = planes.split_at(rows * 2);
    let ((a, b), (c, d)) = (low.split_at(rows), high.split_at(rows));
    let values = a.iter().zip(b).zip(c).zip(d);
    Ok(values
        .map(|(((a, b), c), d)| u32::from_le_bytes([*a, *b, *c, *d]))
        .collect())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn numbers_and_columns_come_back(values in prop::collection::vec(any::<u32>(), 0..200), large: u64) {
            let mut out = Vec::new();
            put_varint(&mut out, large);
            prop_assert_eq!(out.len(), varint_length(large));
            put_column(&mut out, &values).unwrap();
            let mut reader = Reader::new(&out);
            prop_assert_eq!(reader.varint().unwrap(), large);
            prop_assert_eq!(take_column(&mut reader, values.len()).unwrap(), values);
            reader.end().unwrap();
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            let mut reader = Reader::new(&bytes);
            while !reader.is_empty() && reader.text().is_ok() {}
            assert!(take_column(&mut Reader::new(&bytes), 100).is_err());
        }
    }

    #[test]
    fn a_block_with_a_flipped_bit_is_refused() {
        let mut block = b"contents".to_vec();
        seal(&mut block, 0);
        assert_eq!(unseal(&block), Ok(&b"contents"[..]));
        for place in 0..block.len() {
            block[place] ^= 1;
            assert!(unseal(&block).is_err());
            block[place] ^= 1;
        }
        assert!(unseal(&[]).is_err());
    }
}
