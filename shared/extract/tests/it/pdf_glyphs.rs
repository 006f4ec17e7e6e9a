//! PDFs: characters that are drawn one by one, and fonts that are not in the file.

use dynrag_domain::documents::Format;

use crate::{pdf_file::page_with, read};

/// Draws each character by itself, from the left. Characters above ASCII use `/F3`, and others Helvetica, whose widths
/// are given.
fn drawn(line: &str, bottom: u32) -> String {
    let mut left = 50.0;
    let mut content = String::new();
    for character in line.chars() {
        let (shown, width) = match character {
            ' ' => (String::new(), 0.278),
            'i' | 'l' => (
                format!("/F1 12 Tf {left} {bottom} Td ({character}) Tj"),
                0.222,
            ),
            '.' | ',' => (
                format!("/F1 12 Tf {left} {bottom} Td ({character}) Tj"),
                0.278,
            ),
            '!'..='~' => (
                format!("/F1 12 Tf {left} {bottom} Td ({character}) Tj"),
                0.556,
            ),
            other => {
                let code = u32::from(other);
                (format!("/F3 12 Tf {left} {bottom} Td <{code:04X}> Tj"), 0.6)
            }
        };
        if !shown.is_empty() {
            content.push_str(&format!("BT {shown} ET "));
        }
        left += width * 12.0;
    }
    content
}

/// A page with `/F3`: a font that is not in the file. Its codes are UTF-16.
fn page(content: &str) -> Vec<u8> {
    let map = "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapType 2 def 1 begincodespacerange \
        <0000> <FFFF> endcodespacerange 2 beginbfrange <0500> <05FF> <0500> <3000> <9FFF> <3000> endbfrange endcmap end end";
    let objects = [
        "<< /Type /Font /Subtype /Type0 /BaseFont /Nowhere /Encoding /Identity-H /DescendantFonts [11 0 R] \
         /ToUnicode 13 0 R >>"
            .to_owned(),
        "<< /Type /Font /Subtype /CIDFontType2 /BaseFont /Nowhere /FontDescriptor 12 0 R /DW 600 \
         /CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> >>"
            .to_owned(),
        "<< /Type /FontDescriptor /FontName /Nowhere /Flags 4 /FontBBox [0 -200 1000 900] /ItalicAngle 0 /Ascent 900 \
         /Descent -200 /CapHeight 700 /StemV 80 >>"
            .to_owned(),
        format!("<< /Length {} >>\nstream\n{map}\nendstream", map.len()),
    ];
    let objects: Vec<&str> = objects.iter().map(String::as_str).collect();
    let resources = "/Resources << /Font << /F1 1 0 R /F3 10 0 R >> >>";
    page_with(content, resources, "", &objects)
}

#[tokio::test]
async fn hebrew_with_latin_words_has_no_spaces_in_words() {
    // Visual order.
    let line = |words: [&str; 3]| {
        let [last, latin, first] = words;
        let turned = |word: &str| word.chars().rev().collect::<String>();
        format!("{} {latin} {}", turned(last), turned(first))
    };
    let content = [
        drawn(&line(["זמין", "1.111,5", "מחיר"]), 500),
        drawn(&line(["חדש", "nine, illi", "דגם"]), 470),
    ];
    let text = read(Format::Pdf, &page(&content.concat())).await.unwrap();
    assert_eq!(text.text, "מחיר 1.111,5 זמין\nדגם nine, illi חדש");
}

#[tokio::test]
async fn single_characters_without_a_font_are_read() {
    // The file gives them less width than the step between them.
    let row: String = "市民プールは七時に開く"
        .chars()
        .zip(0u32..)
        .map(|(character, place)| {
            let code = u32::from(character);
            format!(
                "BT /F3 14 Tf {} 500 Td <{code:04X}> Tj ET ",
                50 + 15 * place
            )
        })
        .collect();
    let column: String = "契約は有効"
        .chars()
        .zip(0u32..)
        .map(|(character, place)| {
            let code = u32::from(character);
            format!(
                "BT /F3 14 Tf 300 {} Td <{code:04X}> Tj ET ",
                400 - 18 * place
            )
        })
        .collect();
    let text = read(Format::Pdf, &page(&format!("{row}{column}")))
        .await
        .unwrap();
    assert_eq!(text.engine, "pdfium");
    assert_eq!(text.text, "市民プールは七時に開く\n契約は有効");
}

#[tokio::test]
async fn spaces_without_glyphs_add_no_lines() {
    // Blanks below the baseline of their line.
    let content = "BT /F1 12 Tf 50 500 Td (one) Tj ET BT /F1 12 Tf 75 480 Td ( ) Tj ET BT /F1 12 Tf 80 500 Td (two) Tj ET";
    let text = read(Format::Pdf, &page(content)).await.unwrap();
    assert_eq!(text.text, "one two");
}
