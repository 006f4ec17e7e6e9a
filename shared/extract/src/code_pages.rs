//! Decodes text in numbered code pages of Windows, DOS or the Macintosh, which RTF files and old emails use.

use encoding_rs::Encoding;

use crate::decode;

/// The upper halves of the code pages that `encoding_rs` lacks: 128 characters each, from byte 0x80. Source: the
/// Unicode Consortium's tables for IBM and Apple.
const TABLES: &[(i32, &str)] = &[
    (
        437,
        "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u{a0}",
    ),
    (
        737,
        "ΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩαβγδεζηθικλμνξοπρσςτυφχψ░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀ωάέήϊίόύϋώΆΈΉΊΌΎΏ±≥≤ΪΫ÷≈°∙·√ⁿ²■\u{a0}",
    ),
    (
        775,
        "ĆüéāäģåćłēŖŗīŹÄÅÉæÆōöĢ¢ŚśÖÜø£Ø×¤ĀĪóŻżź”¦©®¬½¼Ł«»░▒▓│┤ĄČĘĖ╣║╗╝ĮŠ┐└┴┬├─┼ŲŪ╚╔╩╦╠═╬Žąčęėįšųūž┘┌█▄▌▐▀ÓßŌŃõÕµńĶķĻļņĒŅ’\u{ad}±“¾¶§÷„°∙·¹³²■\u{a0}",
    ),
    (
        850,
        "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜø£Ø×ƒáíóúñÑªº¿®¬½¼¡«»░▒▓│┤ÁÂÀ©╣║╗╝¢¥┐└┴┬├─┼ãÃ╚╔╩╦╠═╬¤ðÐÊËÈıÍÎÏ┘┌█▄¦Ì▀ÓßÔÒõÕµþÞÚÛÙýÝ¯´\u{ad}±‗¾¶§÷¸°¨·¹³²■\u{a0}",
    ),
    (
        852,
        "ÇüéâäůćçłëŐőîŹÄĆÉĹĺôöĽľŚśÖÜŤťŁ×čáíóúĄąŽžĘę¬źČş«»░▒▓│┤ÁÂĚŞ╣║╗╝Żż┐└┴┬├─┼Ăă╚╔╩╦╠═╬¤đĐĎËďŇÍÎě┘┌█▄ŢŮ▀ÓßÔŃńňŠšŔÚŕŰýÝţ´\u{ad}˝˛ˇ˘§÷¸°¨˙űŘř■\u{a0}",
    ),
    (
        855,
        "ђЂѓЃёЁєЄѕЅіІїЇјЈљЉњЊћЋќЌўЎџЏюЮъЪаАбБцЦдДеЕфФгГ«»░▒▓│┤хХиИ╣║╗╝йЙ┐└┴┬├─┼кК╚╔╩╦╠═╬¤лЛмМнНоОп┘┌█▄Пя▀ЯрРсСтТуУжЖвВьЬ№\u{ad}ыЫзЗшШэЭщЩчЧ§■\u{a0}",
    ),
    (
        857,
        "ÇüéâäàåçêëèïîıÄÅÉæÆôöòûùİÖÜø£ØŞşáíóúñÑĞğ¿®¬½¼¡«»░▒▓│┤ÁÂÀ©╣║╗╝¢¥┐└┴┬├─┼ãÃ╚╔╩╦╠═╬¤ºªÊËÈ\u{fffd}ÍÎÏ┘┌█▄¦Ì▀ÓßÔÒõÕµ\u{fffd}×ÚÛÙìÿ¯´\u{ad}±\u{fffd}¾¶§÷¸°¨·¹³²■\u{a0}",
    ),
    (
        858,
        "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜø£Ø×ƒáíóúñÑªº¿®¬½¼¡«»░▒▓│┤ÁÂÀ©╣║╗╝¢¥┐└┴┬├─┼ãÃ╚╔╩╦╠═╬¤ðÐÊËÈ€ÍÎÏ┘┌█▄¦Ì▀ÓßÔÒõÕµþÞÚÛÙýÝ¯´\u{ad}±‗¾¶§÷¸°¨·¹³²■\u{a0}",
    ),
    (
        860,
        "ÇüéâãàÁçêÊèÍÔìÃÂÉÀÈôõòÚùÌÕÜ¢£Ù₧ÓáíóúñÑªº¿Ò¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u{a0}",
    ),
    (
        861,
        "ÇüéâäàåçêëèÐðÞÄÅÉæÆôöþûÝýÖÜø£Ø₧ƒáíóúÁÍÓÚ¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u{a0}",
    ),
    (
        862,
        "אבגדהוזחטיךכלםמןנסעףפץצקרשת¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u{a0}",
    ),
    (
        863,
        "ÇüéâÂà¶çêëèïî‗À§ÉÈÊôËÏûù¤ÔÜ¢£ÙÛƒ¦´óú¨¸³¯Î⌐¬½¼¾«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u{a0}",
    ),
    (
        865,
        "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜø£Ø₧ƒáíóúñÑªº¿⌐¬½¼¡«¤░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u{a0}",
    ),
    (
        10006,
        "Ä¹²É³ÖÜ΅àâä΄¨çéèêë£™îï•½‰ôö¦€ùûü†ΓΔΘΛΞΠß®©ΣΪ§≠°·Α±≤≥¥ΒΕΖΗΙΚΜΦΫΨΩάΝ¬ΟΡ≈Τ«»…\u{a0}ΥΧΆΈœ–―“”‘’÷ΉΊΌΎέήίόΏύαβψδεφγηιξκλμνοπώρστθωςχυζϊϋΐΰ\u{ad}",
    ),
    (
        10029,
        "ÄĀāÉĄÖÜáąČäčĆćéŹźĎíďĒēĖóėôöõúĚěü†°Ę£§•¶ß®©™ę¨≠ģĮįĪ≤≥īĶ∂∑łĻļĽľĹĺŅņŃ¬√ńŇ∆«»…\u{a0}ňŐÕőŌ–—“”‘’÷◊ōŔŕŘ‹›řŖŗŠ‚„šŚśÁŤťÍŽžŪÓÔūŮÚůŰűŲųÝýķŻŁżĢˇ",
    ),
    (
        10081,
        "ÄÅÇÉÑÖÜáàâäãåçéèêëíìîïñóòôöõúùûü†°¢£§•¶ß®©™´¨≠ÆØ∞±≤≥¥µ∂∑∏π∫ªºΩæø¿¡¬√ƒ≈∆«»…\u{a0}ÀÃÕŒœ–—“”‘’÷◊ÿŸĞğİıŞş‡·‚„‰ÂÊÁËÈÍÎÏÌÓÔ\u{f8ff}ÒÚÛÙ\u{fffd}ˆ˜¯˘˙˚¸˝˛ˇ",
    ),
];

/// Decodes `bytes`, and returns how many characters became U+FFFD. An unknown page is read as Windows-1252.
pub fn decode(page: i32, bytes: &[u8]) -> (String, usize) {
    if page == 1361 {
        return johab(bytes);
    }
    let page = same_as(page);
    if let Some((_, table)) = TABLES.iter().find(|(number, _)| *number == page) {
        let upper: Vec<char> = table.chars().collect();
        let text: String = bytes
            .iter()
            .map(|byte| match byte {
                0..0x80 => char::from(*byte),
                byte => upper[usize::from(byte - 0x80)],
            })
            .collect();
        let replaced = text.matches('\u{fffd}').count();
        return (text, replaced);
    }
    let (text, broken) = encoding(page).decode_without_bom_handling(bytes);
    let replaced = if broken {
        text.matches('\u{fffd}').count()
    } else {
        0
    };
    (text.into_owned(), replaced)
}

/// Whether a byte is the first of a two-byte character in this page.
pub fn is_lead(page: i32, byte: u8) -> bool {
    match same_as(page) {
        932 => matches!(byte, 0x81..=0x9f | 0xe0..=0xfc),
        936 | 949 | 950 => matches!(byte, 0x81..=0xfe),
        1361 => matches!(byte, 0x84..=0xf9),
        _ => false,
    }
}

/// The equivalent Windows page of a Macintosh page, for scripts that both encode alike.
const fn same_as(page: i32) -> i32 {
    match page {
        10001 => 932,
        10002 => 950,
        10003 => 949,
        10004 => 1256,
        10005 => 1255,
        10008 => 936,
        10021 => 874,
        page => page,
    }
}

/// The encoding of a page whose number is not a Windows page.
fn encoding(page: i32) -> &'static Encoding {
    match page {
        866 => encoding_rs::IBM866,
        10007 => encoding_rs::X_MAC_CYRILLIC,
        20866 => encoding_rs::KOI8_R,
        21866 => encoding_rs::KOI8_U,
        20932 | 51932 => encoding_rs::EUC_JP,
        50220..=50222 => encoding_rs::ISO_2022_JP,
        51949 => encoding_rs::EUC_KR,
        54936 => encoding_rs::GB18030,
        28591..=28606 => {
            let label = format!("iso-8859-{}", page - 28590);
            Encoding::for_label(label.as_bytes()).unwrap_or(encoding_rs::WINDOWS_1252)
        }
        page => decode::code_page(page),
    }
}

/// Decodes Johab (KS X 1001:1992, annex 3), which packs the three letters of a syllable into five bits each.
fn johab(bytes: &[u8]) -> (String, usize) {
    const NONE: u32 = u32::MAX;
    const VOWELS: [u32; 32] = {
        let mut vowels = [NONE; 32];
        let codes = [
            3, 4, 5, 6, 7, 10, 11, 12, 13, 14, 15, 18, 19, 20, 21, 22, 23, 26, 27, 28, 29,
        ];
        let mut place = 0;
        while place < codes.len() {
            vowels[codes[place]] = place as u32;
            place += 1;
        }
        vowels
    };
    let (mut text, mut replaced) = (String::new(), 0);
    let mut rest = bytes;
    while let [first, after @ ..] = rest {
        rest = after;
        if *first < 0x80 {
            text.push(char::from(*first));
            continue;
        }
        let code = after.first().map(|second| {
            rest = &after[1..];
            u32::from(*first) << 8 | u32::from(*second)
        });
        let syllable = code.and_then(|code| {
            let initial = (code >> 10 & 31).checked_sub(2)?;
            let vowel = VOWELS[(code >> 5 & 31) as usize];
            let last = match code & 31 {
                last @ 1..=17 => last - 1,
                last @ 19..=29 => last - 2,
                _ => return None,
            };
            if initial > 18 || vowel == NONE {
                return None;
            }
            char::from_u32(0xac00 + (initial * 21 + vowel) * 28 + last)
        });
        replaced += usize::from(syllable.is_none());
        text.push(syllable.unwrap_or('\u{fffd}'));
    }
    (text, replaced)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_of_dos_and_the_macintosh() {
        // The bytes are those of Python's codecs.
        assert_eq!(decode(437, b"K\x81ndigung \xe1").0, "Kündigung ß");
        assert_eq!(decode(850, b"M\x84rz \xf8C").0, "März °C");
        assert_eq!(decode(852, b"\x9d\xa2d\xab").0, "Łódź");
        assert_eq!(decode(866, b"\x8f\xe0\xa8\xa2\xa5\xe2").0, "Привет");
        assert_eq!(decode(10007, b"\x8f\xf0\xe8\xe2\xe5\xf2").0, "Привет");
        assert_eq!(decode(1361, b"\xd0\x65\x8b\x69 A").0, "한글 A");
        assert_eq!(decode(1361, b"\xff").1, 1);
        for (number, table) in TABLES {
            assert_eq!(table.chars().count(), 128, "{number}");
        }
    }
}
