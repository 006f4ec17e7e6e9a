//! Reads a body within a limit, and decompresses gzip within the same limit.

use std::io::{self, Write};

use flate2::write::GzDecoder;
use http::{HeaderMap, header::CONTENT_ENCODING};
use reqwest::Response;

use crate::error::WebError;

/// What to do with a body larger than its limit.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum Overflow {
    /// The request fails.
    #[default]
    Fail,
    /// The first bytes are kept.
    Cut,
}

/// Content encoding of the bytes on the wire.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Packing {
    Plain,
    Gzip,
}

impl Packing {
    /// Reads `Content-Encoding`. Only gzip is asked for, so anything else is refused.
    pub(crate) fn of(headers: &HeaderMap) -> Result<Self, WebError> {
        let mut packing = Self::Plain;
        for value in headers.get_all(CONTENT_ENCODING) {
            let value = value.to_str().map_err(|_| WebError::Encoding)?;
            for coding in value.split(',').map(str::trim) {
                packing = match (packing, coding.to_ascii_lowercase().as_str()) {
                    (packing, "" | "identity") => packing,
                    (Self::Plain, "gzip" | "x-gzip") => Self::Gzip,
                    _ => return Err(WebError::Encoding),
                };
            }
        }
        Ok(packing)
    }
}

/// Collects a body; memory stays within the limit and a little for the decoder.
pub(crate) struct Body {
    sink: Sink,
    /// Bytes that came over the wire. Gzip may go on for ever and yield nothing.
    received: usize,
    limit: usize,
}

enum Sink {
    Plain(Bounded),
    Gzip(Box<GzDecoder<Bounded>>),
}

/// The result of [`Body::push`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Room {
    Left,
    /// The limit is passed; what was kept is exactly as long.
    Full,
}

impl Body {
    pub(crate) fn new(packing: Packing, limit: usize) -> Self {
        let bounded = Bounded {
            bytes: Vec::new(),
            limit,
            full: false,
        };
        let sink = match packing {
            Packing::Plain => Sink::Plain(bounded),
            Packing::Gzip => Sink::Gzip(Box::new(GzDecoder::new(bounded))),
        };
        Self {
            sink,
            received: 0,
            limit,
        }
    }

    pub(crate) fn push(&mut self, chunk: &[u8]) -> Result<Room, WebError> {
        self.received = self.received.saturating_add(chunk.len());
        let written = match &mut self.sink {
            Sink::Plain(bounded) => bounded.write_all(chunk),
            Sink::Gzip(decoder) => unpack(decoder, chunk),
        };
        // Gzip adds a few bytes to what cannot be made smaller.
        let overlong = self.received > self.limit.saturating_add(1_024);
        if self.bounded().full || overlong {
            return Ok(Room::Full);
        }
        written.map_err(|_| WebError::Encoding)?;
        Ok(Room::Left)
    }

    fn bounded(&self) -> &Bounded {
        match &self.sink {
            Sink::Plain(bounded) => bounded,
            Sink::Gzip(decoder) => decoder.get_ref(),
        }
    }

    /// The bytes of a body that arrived in full.
    pub(crate) fn finish(mut self) -> Result<Vec<u8>, WebError> {
        if let Sink::Gzip(decoder) = &mut self.sink {
            // An empty body is no gzip, but some servers label it so.
            if self.received > 0 && decoder.try_finish().is_err() {
                return match decoder.get_ref().full {
                    true => Err(WebError::BodyTooLarge { limit: self.limit }),
                    false => Err(WebError::Encoding),
                };
            }
        }
        Ok(self.into_kept())
    }

    /// The bytes kept so far.
    pub(crate) fn into_kept(mut self) -> Vec<u8> {
        match &mut self.sink {
            Sink::Plain(bounded) => std::mem::take(&mut bounded.bytes),
            Sink::Gzip(decoder) => std::mem::take(&mut decoder.get_mut().bytes),
        }
    }
}

/// Unpacks a piece. What follows the end of the packed data is left out, as browsers do.
fn unpack(decoder: &mut GzDecoder<Bounded>, mut chunk: &[u8]) -> io::Result<()> {
    while !chunk.is_empty() {
        match decoder.write(chunk)? {
            0 => break,
            read => chunk = &chunk[read..],
        }
    }
    Ok(())
}

/// A buffer that takes so many bytes and fails on more.
struct Bounded {
    bytes: Vec<u8>,
    limit: usize,
    full: bool,
}

impl Write for Bounded {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        let room = self.limit - self.bytes.len();
        let taken = piece.len().min(room);
        self.bytes.extend_from_slice(&piece[..taken]);
        if taken < piece.len() {
            self.full = true;
            return Err(io::Error::other("full"));
        }
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Reads the body of an answer. The flag says whether it was truncated.
pub(crate) async fn read(
    mut response: Response,
    packing: Packing,
    limit: usize,
    overflow: Overflow,
    broken: fn(reqwest::Error) -> WebError,
) -> Result<(Vec<u8>, bool), WebError> {
    let too_large = WebError::BodyTooLarge { limit };
    let announced = response.content_length().unwrap_or(0);
    if overflow == Overflow::Fail && packing == Packing::Plain && announced > limit as u64 {
        return Err(too_large);
    }
    let mut body = Body::new(packing, limit);
    while let Some(chunk) = response.chunk().await.map_err(broken)? {
        if body.push(&chunk)? == Room::Full {
            return match overflow {
                Overflow::Fail => Err(too_large),
                Overflow::Cut => Ok((body.into_kept(), true)),
            };
        }
    }
    Ok((body.finish()?, false))
}

/// Unpacks a gzip file, such as sitemap.xml.gz.
///
/// # Errors
/// [`WebError::BodyTooLarge`] where it holds more than `limit` bytes, [`WebError::Encoding`] where it
/// is damaged.
pub(crate) fn gunzip(bytes: &[u8], limit: usize) -> Result<Vec<u8>, WebError> {
    let mut body = Body::new(Packing::Gzip, limit);
    // The packed bytes are in memory already: only what comes out counts.
    let unpacked = match &mut body.sink {
        Sink::Gzip(decoder) => unpack(decoder, bytes),
        Sink::Plain(_) => Ok(()),
    };
    body.received = bytes.len();
    match unpacked {
        Err(_) if body.bounded().full => Err(WebError::BodyTooLarge { limit }),
        Err(_) => Err(WebError::Encoding),
        Ok(()) => body.finish(),
    }
}

#[cfg(test)]
mod tests {
    use flate2::{Compression, write::GzEncoder};

    use super::*;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn a_bomb_stops_at_the_limit() {
        let bomb = gzip(&vec![0; 10_000_000]);
        let mut body = Body::new(Packing::Gzip, 1_000);
        assert_eq!(body.push(&bomb), Ok(Room::Full));
        assert_eq!(body.into_kept().len(), 1_000);
        assert_eq!(
            gunzip(&bomb, 1_000),
            Err(WebError::BodyTooLarge { limit: 1_000 })
        );
        assert_eq!(
            gunzip(&bomb, 10_000_000).map(|bytes| bytes.len()),
            Ok(10_000_000)
        );
    }

    #[test]
    fn packed_data_that_yields_nothing_stops_too() {
        // A header whose file name never ends.
        let mut body = Body::new(Packing::Gzip, 10_000);
        assert_eq!(
            body.push(&[0x1f, 0x8b, 8, 8, 0, 0, 0, 0, 0, 3]),
            Ok(Room::Left)
        );
        let mut pushes = 0;
        while body.push(&[b'a'; 1_000]) == Ok(Room::Left) {
            pushes += 1;
            assert!(pushes < 20);
        }
    }

    #[test]
    fn in_pieces_as_in_one() {
        let text: Vec<u8> = (0..5_000_u32).flat_map(u32::to_le_bytes).collect();
        let mut body = Body::new(Packing::Gzip, text.len());
        for byte in gzip(&text) {
            assert_eq!(body.push(&[byte]), Ok(Room::Left));
        }
        assert_eq!(body.finish(), Ok(text));
    }

    #[test]
    fn damage_is_noticed_and_what_follows_is_left_out() {
        let good = gzip(b"text");
        let with_more = [good.as_slice(), b"garbage"].concat();
        assert_eq!(gunzip(&with_more, 100), Ok(b"text".to_vec()));
        let mut flipped = good.clone();
        let crc = flipped.len() - 6;
        flipped[crc] ^= 1;
        for bad in [&good[..good.len() - 1], b"not gzip at all", &flipped] {
            assert_eq!(gunzip(bad, 100), Err(WebError::Encoding));
        }
    }

    #[test]
    fn only_gzip_and_only_once() {
        let of = |value: &str| {
            let value = value.parse().unwrap();
            Packing::of(&HeaderMap::from_iter([(CONTENT_ENCODING, value)]))
        };
        assert_eq!(Packing::of(&HeaderMap::new()), Ok(Packing::Plain));
        assert_eq!(of("identity"), Ok(Packing::Plain));
        assert_eq!(of("GZip"), Ok(Packing::Gzip));
        for other in ["br", "deflate", "zstd", "gzip, gzip", "gzip, br"] {
            assert_eq!(of(other), Err(WebError::Encoding), "{other}");
        }
    }
}
