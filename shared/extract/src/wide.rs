//! Detects text in UTF-16 and UTF-32, with or without a byte order mark.

use std::{collections::HashSet, sync::LazyLock};

/// Number of bytes that are looked at.
const SAMPLE: usize = 64 * 1024;
/// Fewest bytes for a guess by control characters.
const LEAST: usize = 8;
/// With fewer units than this, all must be frequent characters.
const FEW: usize = 8;

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
        if sample.len() >= LEAST && controls >= 2 && controls * 100 >= sample.len() {
            return [Self::Utf32Le, Self::Utf32Be, Self::Utf16Le, Self::Utf16Be]
                .into_iter()
                .find(|wide| Census::of(sample, *wide).is_text());
        }
        // Chinese and Japanese may have none.
        if !bytes.len().is_multiple_of(2) || is_single_byte(sample) {
            return None;
        }
        [Self::Utf16Le, Self::Utf16Be]
            .into_iter()
            .find(|wide| Census::of(sample, *wide).is_east_asian())
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
}

/// Whether the bytes are surely not UTF-16 without spaces: all are printable ASCII, or some are UTF-8.
fn is_single_byte(sample: &[u8]) -> bool {
    if sample.iter().all(|byte| is_printable(*byte)) {
        return true;
    }
    // The sample may end inside a character.
    let whole =
        std::str::from_utf8(sample).map_or_else(|error| error.error_len().is_none(), |_| true);
    whole && !sample.is_ascii()
}

/// Whether a byte is a character of ASCII text.
const fn is_printable(byte: u8) -> bool {
    matches!(byte, b'\t' | b'\n' | b'\r' | 0x20..0x7f)
}

/// Counts of the units of a sample.
#[derive(Default)]
struct Census {
    all: usize,
    common: usize,
    scripts: [usize; SCRIPTS],
    odd: usize,
    /// Kana and ideographs. Two characters of other encodings look like an ideograph.
    ideographs: usize,
    /// Those of them that are frequent in Chinese or Japanese, and the punctuation of both.
    frequent: usize,
    /// Those of the frequent ones whose bytes are not two ASCII characters.
    apart: usize,
}

impl Census {
    fn of(sample: &[u8], wide: Wide) -> Self {
        let mut census = Self::default();
        for bytes in sample.chunks_exact(wide.width()) {
            let unit = wide.unit(bytes);
            census.all += 1;
            match kind(unit) {
                Kind::Common => census.common += 1,
                Kind::Of(script) => census.scripts[script] += 1,
                Kind::Odd => census.odd += 1,
            }
            if matches!(unit, 0x3001..=0xff1f) {
                census.ideographs += usize::from(matches!(unit, 0x3041..=0x9fff));
                let frequent = is_frequent(unit);
                census.frequent += usize::from(frequent);
                let packed = bytes.iter().all(|byte| is_printable(*byte));
                census.apart += usize::from(frequent && !packed);
            }
        }
        census
    }

    /// Whether nearly all characters belong to one script or to all scripts.
    fn is_text(&self) -> bool {
        let most = self.scripts.iter().copied().max().unwrap_or_default();
        self.are_mostly(most) && (self.ideographs * 10 <= self.all || self.are_frequent())
    }

    /// Whether the text is Chinese or Japanese without spaces.
    fn is_east_asian(&self) -> bool {
        if self.all < FEW {
            return self.all > 1 && self.frequent == self.all && self.apart > 0;
        }
        self.are_mostly(self.scripts[EAST_ASIAN])
            && self.frequent * 10 >= self.all * 3
            && self.apart * 5 >= self.all
    }

    fn are_mostly(&self, script: usize) -> bool {
        self.all > 0 && self.odd * 50 <= self.all && (self.common + script) * 100 >= self.all * 95
    }

    /// Whether ideographs and kana are frequent ones as often as in text. By chance one in fifty is.
    const fn are_frequent(&self) -> bool {
        self.frequent * 5 >= self.ideographs && self.apart * 10 >= self.ideographs
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

/// The most frequent ideographs of Chinese, simplified and traditional, and of Japanese: nearly half of what is in a
/// text. Those are left out whose bytes in UTF-16 are two ASCII characters, or among them the lead bytes of kana in
/// Shift_JIS. Source: word frequencies of the Python package `wordfreq` 3.1, the first 400 ideographs of Chinese, 300 of
/// them also in their traditional form, and 300 of Japanese.
const FREQUENT: &str = "一万下与专世业东了予争事二于亚些交产京人什今从仕他付代以们件价任会伝使來供係保信俺個們候傳像僕内円再军决况准几\
    出分切划则初力办加务动動務勝包化北历原去参又及友反发取受变口只可台史号司各合同后向吗和品員嗎四回因团国图國圖城\
    基士声売处外多始委安完官定实実家實对导対将將導小少尔島川工己已市布师广应店府度建开式引待很後得從德心必応快怎思\
    悪情想意愛感應成我或战技把报拉持指接推提據文料斯新方於无日早时明更書最會月望期果标様残殺每比民气気沒没治法消演\
    点状现現球理生的目直相看県真知確私种科称程立站管系約經続網線约级线组经结给统续网置美老考者而联聞聯能萬落葉處號\
    行術表被裏西見規視见规视觉解言計記設話該認語說説読誰調論議變讓计认让议记许论设证话该语说请调買資質资起足路身車\
    軍転车込达过运近还这进送选這通造連進運過道達違選還那部都配里重野量金長长門開間関關门问间队际限院際难集電需非面\
    音頭題领题風食飲马體高麼點";

static FREQUENT_UNITS: LazyLock<HashSet<u32>> =
    LazyLock::new(|| FREQUENT.chars().map(u32::from).collect());

/// Whether a unit is kana, punctuation of East Asia, or a frequent ideograph.
fn is_frequent(unit: u32) -> bool {
    match unit {
        0x3041..=0x3096 | 0x30a1..=0x30fc | 0x3001 | 0x3002 | 0x300c | 0x300d => true,
        0xff01 | 0xff08 | 0xff09 | 0xff0c | 0xff1a | 0xff1b | 0xff1f => true,
        0x3400..=0x9fff => FREQUENT_UNITS.contains(&unit),
        _ => false,
    }
}

const SCRIPTS: usize = 10;
const EAST_ASIAN: usize = 7;

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
        0x2010..=0x203f | 0x20a0..=0x20bf | 0x2100..=0x22ff | 0x2460..=0x27bf => Kind::Common,
        0x300..=0x3ff | 0x1f00..=0x1fff => Kind::Of(0),
        0x400..=0x52f => Kind::Of(1),
        0x530..=0x58f | 0x10a0..=0x10ff => Kind::Of(2),
        0x590..=0x5ff => Kind::Of(3),
        0x600..=0x6ff | 0x750..=0x77f | 0xfb50..=0xfdff | 0xfe70..=0xfefc | 0x200b..=0x200f => {
            Kind::Of(4)
        }
        0x900..=0xdff => Kind::Of(5),
        0xe00..=0xeff => Kind::Of(6),
        0xf00..=0x109f | 0x1780..=0x17ff => Kind::Of(8),
        0x1200..=0x139f => Kind::Of(9),
        0x3000..=0x33ff | 0x3400..=0x9fff | 0xac00..=0xd7a3 | 0x1100..=0x11ff | 0xff00..=0xffef => {
            Kind::Of(EAST_ASIAN)
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
            "市民プールは平日は七時、日曜日は九時に開きます。利用者は最大四時間まで滞在でき、六歳未満の子どもは無料です。",
            "このたびは、お問い合わせいただきまして、まことにありがとうございます。",
            "東京都新宿区西新宿二丁目八番一号",
            "支払期限は三十日です。\n契約は有効です。\n",
            "供应商应在收到订单后十五个工作日内交货付款期限三十天由双方另行商定",
            "甲方應當在收到乙方開具的發票後三十個工作日內支付全部貨款",
            "合同",
            "စာချုပ်သည် လက်မှတ်ရေးထိုးသည့်နေ့မှ စတင်သည်",
            "ውሉ ከተፈረመበት ቀን ጀምሮ ይጸናል",
        ] {
            for (little, wide) in [(true, Wide::Utf16Le), (false, Wide::Utf16Be)] {
                assert_eq!(Wide::guess(&utf16(text, little)), Some(wide), "{text}");
            }
            let utf32: Vec<u8> = text
                .chars()
                .flat_map(|c| u32::from(c).to_le_bytes())
                .collect();
            if text.chars().count() > 2 {
                assert_eq!(Wide::guess(&utf32), Some(Wide::Utf32Le), "{text}");
            }
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

    #[test]
    fn short_text_and_text_of_bytes_are_not_taken_for_it() {
        for text in [
            "0x0A 0x0B 0x0C 0x0D 0x0E 0x0F ".repeat(20),
            "0x0A 0x0B 0x0C Größe ".repeat(20),
            "100;200;000\n".repeat(20),
            "1\n2\n3\n4\n5\n6\n".to_owned(),
            "gqN, ab".to_owned(),
            "über".to_owned(),
            "né où".to_owned(),
            "Die Größe beträgt fünf Meter".to_owned(),
            "次は、はやくこいと言われたので花と若い英国人を呼ぶ".to_owned(),
        ] {
            for encoding in [
                encoding_rs::WINDOWS_1252,
                encoding_rs::SHIFT_JIS,
                encoding_rs::UTF_8,
            ] {
                let (bytes, _, unmappable) = encoding.encode(&text);
                if !unmappable {
                    for start in [0, 1] {
                        assert_eq!(Wide::guess(&bytes[start..]), None, "{text}");
                    }
                }
            }
        }
    }
}
