//! Detects text in UTF-16 and UTF-32, with or without a byte order mark.

/// Number of bytes that are looked at.
const SAMPLE: usize = 64 * 1024;
/// Fewest bytes for a guess.
const LEAST: usize = 8;

/// An encoding whose units are wider than a byte.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Wide {
    /// UTF-16, little-endian.
    Utf16Le,
    /// UTF-16, big-endian.
    Utf16Be,
    /// UTF-32, little-endian.
    Utf32Le,
    /// UTF-32, big-endian.
    Utf32Be,
}

impl Wide {
    /// The encoding of a byte order mark, and the length of the mark.
    pub fn of_mark(bytes: &[u8]) -> Option<(Self, usize)> {
        // `FF FE 00 00` could also be UTF-16 with a leading NUL, which text does not have.
        if bytes.starts_with(b"\xff\xfe\0\0") && bytes.len().is_multiple_of(4) {
            Some((Self::Utf32Le, 4))
        } else if bytes.starts_with(b"\0\0\xfe\xff") {
            Some((Self::Utf32Be, 4))
        } else if bytes.starts_with(b"\xff\xfe") {
            Some((Self::Utf16Le, 2))
        } else if bytes.starts_with(b"\xfe\xff") {
            Some((Self::Utf16Be, 2))
        } else {
            None
        }
    }

    /// The encoding of bytes without a mark, if they are plausible in it but not as single-byte text.
    pub fn guess(bytes: &[u8]) -> Option<Self> {
        let sample = &bytes[..bytes.len().min(SAMPLE)];
        // Single-byte text has hardly any control characters; wide text has one in each space and in many ideographs.
        let controls = odd_controls(sample);
        if sample.len() < LEAST || controls < 2 || controls * 25 < sample.len() {
            return None;
        }
        [Self::Utf32Le, Self::Utf32Be, Self::Utf16Le, Self::Utf16Be]
            .into_iter()
            .find(|wide| wide.is_plausible(sample))
    }

    /// Number of bytes of a unit.
    pub const fn width(self) -> usize {
        match self {
            Self::Utf16Le | Self::Utf16Be => 2,
            Self::Utf32Le | Self::Utf32Be => 4,
        }
    }

    /// The value of a unit.
    pub fn unit(self, bytes: &[u8]) -> u32 {
        let add = |sum: u32, byte: &u8| sum << 8 | u32::from(*byte);
        match self {
            Self::Utf16Le | Self::Utf32Le => bytes.iter().rev().fold(0, add),
            Self::Utf16Be | Self::Utf32Be => bytes.iter().fold(0, add),
        }
    }

    /// Whether nearly all characters belong to one script or to all scripts.
    fn is_plausible(self, sample: &[u8]) -> bool {
        let mut scripts = [0_usize; SCRIPTS];
        let (mut common, mut odd, mut packed) = (0, 0, 0);
        let units = sample.chunks_exact(self.width());
        let all = units.len();
        for bytes in units {
            match kind(self.unit(bytes)) {
                Kind::Common => common += 1,
                Kind::Of(script) => {
                    scripts[script] += 1;
                    // Two ASCII characters look like one ideograph.
                    let letters = bytes.iter().all(|byte| matches!(byte, 9..=13 | 0x20..0x7f));
                    packed += usize::from(script == IDEOGRAPHS && letters);
                }
                Kind::Odd => odd += 1,
            }
        }
        let most = scripts.iter().copied().max().unwrap_or_default();
        all > 0
            && odd * 50 <= all
            && (common + most) * 100 >= all * 95
            && packed * 5 <= scripts[IDEOGRAPHS] * 3
    }
}

/// Whether a byte is a control character other than those of plain text: tabs, line ends, form feeds, backspaces,
/// escape sequences, and the separators of JSON text sequences (RFC 7464).
const fn is_odd_control(byte: u8) -> bool {
    // Branchless, so that the compiler can vectorize it.
    (byte < 8)
        | (byte == 0x0b)
        | (byte >= 0x0e) & (byte < 0x20) & (byte != 0x1b) & (byte != 0x1e)
        | (byte == 0x7f)
}

/// Number of odd control characters.
pub fn odd_controls(bytes: &[u8]) -> usize {
    let count = |part: &[u8]| -> u8 { part.iter().map(|b| u8::from(is_odd_control(*b))).sum() };
    bytes
        .chunks(usize::from(u8::MAX))
        .map(|part| usize::from(count(part)))
        .sum()
}

const SCRIPTS: usize = 8;
const IDEOGRAPHS: usize = 7;

enum Kind {
    /// ASCII, the Latin script and general punctuation, which occur in text of any script.
    Common,
    Of(usize),
    Odd,
}

/// Classifies a unit by its Unicode block. Odd units are rare in text: controls, surrogates, private use, rare scripts.
const fn kind(unit: u32) -> Kind {
    match unit {
        9 | 10 | 12 | 13 | 0x20..=0x7e | 0xa0..=0x24f | 0x1e00..=0x1eff | 0xfeff => Kind::Common,
        0x2010..=0x203f | 0x20a0..=0x20bf | 0x2100..=0x22ff | 0x2500..=0x27bf => Kind::Common,
        0x300..=0x3ff | 0x1f00..=0x1fff => Kind::Of(0),
        0x400..=0x52f => Kind::Of(1),
        0x530..=0x58f | 0x10a0..=0x10ff => Kind::Of(2),
        0x590..=0x5ff => Kind::Of(3),
        0x600..=0x6ff | 0x750..=0x77f | 0xfb50..=0xfdff | 0xfe70..=0xfefc | 0x200b..=0x200f => {
            Kind::Of(4)
        }
        0x900..=0xdff => Kind::Of(5),
        0xe00..=0xeff => Kind::Of(6),
        0x3000..=0x33ff | 0x3400..=0x9fff | 0xac00..=0xd7a3 | 0x1100..=0x11ff | 0xff00..=0xffef => {
            Kind::Of(IDEOGRAPHS)
        }
        // Emoji and rare ideographs, including their halves in UTF-16, which are not paired here.
        0xd83c..=0xd83e | 0xdc00..=0xdfff | 0x1f300..=0x1faff | 0x20000..=0x2ffff => Kind::Common,
        _ => Kind::Odd,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utf16(text: &str, little: bool) -> Vec<u8> {
        let bytes = |unit: u16| {
            if little {
                unit.to_le_bytes()
            } else {
                unit.to_be_bytes()
            }
        };
        text.encode_utf16().flat_map(bytes).collect()
    }

    #[test]
    fn text_without_a_mark_is_known_in_any_script() {
        for text in [
            "Die Kündigungsfrist beträgt drei Monate.\r\n",
            "Гарантия действует двенадцать месяцев с даты покупки.",
            "供应商应在收到订单后十五个工作日内交货。双方同意合同自签字之日起生效。",
            "納期は十二月三日に変更されました。倉庫の準備をお願いします。",
            "화물은 십이월 삼일에 도착합니다. 창고를 준비하십시오.",
            "مدة الضمان سنتان من تاريخ الشراء.",
            "การจัดส่งถูกเลื่อนออกไปเป็นวันที่สามธันวาคม",
        ] {
            for (little, wide) in [(true, Wide::Utf16Le), (false, Wide::Utf16Be)] {
                assert_eq!(Wide::guess(&utf16(text, little)), Some(wide), "{text}");
            }
            let utf32: Vec<u8> = text
                .chars()
                .flat_map(|c| u32::from(c).to_le_bytes())
                .collect();
            assert_eq!(Wide::guess(&utf32), Some(Wide::Utf32Le), "{text}");
            assert_eq!(Wide::guess(text.as_bytes()), None);
        }
    }

    #[test]
    fn other_bytes_are_not_taken_for_it() {
        let mixed = [
            b"an ordinary log of single bytes\n".to_vec(),
            utf16("and more\n", true),
        ]
        .concat();
        assert_eq!(Wide::guess(&mixed), None);
        let mut state = 7_u32;
        let noise: Vec<u8> = (0..4096)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                state.to_be_bytes()[0]
            })
            .collect();
        assert_eq!(Wide::guess(&noise), None);
        // Quiet audio: 16-bit samples close to zero.
        let sound: Vec<u8> = (0..4096_i32)
            .flat_map(|at| (i16::try_from(at * 37 % 80 - 40).unwrap()).to_le_bytes())
            .collect();
        assert_eq!(Wide::guess(&sound), None);
        assert_eq!(Wide::guess(&[0; 4096]), None);
    }
}
