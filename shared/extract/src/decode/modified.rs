//! Rewrites the deviations of UTF-8 that Java and databases write as standard UTF-8.

/// A replacement character in UTF-8.
const REPLACEMENT: &[u8] = b"\xef\xbf\xbd";

/// Rewrites pairs of surrogates (CESU-8, Unicode Technical Report 26) and the two-byte NUL of Java; `None` if there are
/// none. Also returns the number of lone surrogates, which become U+FFFD.
pub fn standard(bytes: &[u8]) -> Option<(Vec<u8>, usize)> {
    let mut text: Option<Vec<u8>> = None;
    let (mut done, mut at, mut replaced) = (0, 0, 0);
    while at < bytes.len() {
        let mut encoded = [0; 4];
        let (length, character): (_, &[u8]) = match &bytes[at..] {
            [0xc0, 0x80, ..] => (2, b"\0"),
            [0xed, 0xa0..=0xbf, 0x80..=0xbf, ..] => match pair(&bytes[at..]) {
                Some(character) => (6, character.encode_utf8(&mut encoded).as_bytes()),
                None => {
                    replaced += 1;
                    (3, REPLACEMENT)
                }
            },
            _ => {
                at += 1;
                continue;
            }
        };
        let text = text.get_or_insert_default();
        text.extend_from_slice(&bytes[done..at]);
        text.extend_from_slice(character);
        at += length;
        done = at;
    }
    let mut text = text?;
    text.extend_from_slice(&bytes[done..]);
    Some((text, replaced))
}

/// The character of a pair of surrogates at the start of the bytes.
fn pair(bytes: &[u8]) -> Option<char> {
    let [
        0xed,
        a @ 0xa0..=0xaf,
        b,
        0xed,
        c @ 0xb0..=0xbf,
        d @ 0x80..=0xbf,
        ..,
    ] = bytes
    else {
        return None;
    };
    let half = |high: u8, low: u8| u32::from(high & 15) << 6 | u32::from(low & 63);
    char::from_u32(0x10000 + (half(*a, *b) << 10) + half(c & 0xf, *d))
}
