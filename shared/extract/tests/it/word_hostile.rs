//! Word documents made to harm: each ends in text or in a typed failure.

use std::collections::BTreeMap;

use dynrag_domain::{
    documents::{FailureCode, Format},
    warnings::WarningCode,
};
use dynrag_extract::Limits;

use crate::{
    extractor,
    hostile::soaking,
    office_file::{docx, paragraph},
    read, read_with, small,
    word::{count, read_file},
    word_file::{WordFile, everything, p, p_of, r, tbl, tc, tc_of, tr, word_xml},
};

/// Each would be hundreds of megabytes, did not something end it.
#[tokio::test]
async fn what_a_small_file_multiplies_has_an_end() {
    let long = "word ".repeat(2_000);
    let wide = tr(&[
        &tc_of(r#"<w:gridSpan w:val="999999999"/>"#, &p(&r(&long))),
        &tc("x"),
    ]);
    let first = tr(&[
        &tc_of(r#"<w:vMerge w:val="restart"/>"#, &p(&r(&long))),
        &tc("x"),
    ]);
    let next = tr(&[&tc_of("<w:vMerge/>", &p("")), &tc("x")]);
    let below = std::iter::once(first.as_str()).chain(std::iter::repeat_n(next.as_str(), 20_000));
    let below = tbl(&below.collect::<Vec<_>>());
    let label = format!(
        r#"<w:abstractNum w:abstractNumId="0"><w:lvl w:ilvl="0"><w:lvlText w:val="{}"/></w:lvl></w:abstractNum>
        <w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>"#,
        "%1".repeat(50_000)
    );
    let item = p_of(r#"<w:numPr><w:numId w:val="1"/></w:numPr>"#, "x");
    let box_of = |blocks: &str| {
        p(&format!(
            "<w:r><w:pict><v:shape><w:txbxContent>{blocks}</w:txbxContent></v:shape></w:pict></w:r>"
        ))
    };
    let nested = (0..60).fold(p(&r("deep")), |inner, _| box_of(&inner));
    for (name, file) in [
        ("spans", WordFile::of(&tbl(&[wide.as_str(); 50]))),
        ("merges", WordFile::of(&below)),
        (
            "labels",
            WordFile::of(&item.repeat(5_000)).xml("numbering", "numbering", &label),
        ),
        (
            "notes",
            WordFile::of(&p(
                &r#"<w:r><w:footnoteReference w:id="1"/></w:r>"#.repeat(20_000)
            ))
            .xml(
                "footnotes",
                "footnotes",
                &format!(r#"<w:footnote w:id="1">{}</w:footnote>"#, p(&r(&long))),
            ),
        ),
        ("boxes", WordFile::of(&nested)),
    ] {
        match read(Format::Docx, &file.bytes()).await {
            Ok(read) => assert!(read.text.len() < 1 << 20, "{name}: {}", read.text.len()),
            Err(code) => assert!(
                matches!(code, FailureCode::TextTooLarge | FailureCode::CorruptFile),
                "{name}: {code:?}"
            ),
        }
    }
}

#[tokio::test]
async fn all_tables_together_repeat_so_much_at_most() {
    let long = "word ".repeat(200);
    let of = |first: &str, second: &str| {
        let spanning = tc_of(r#"<w:gridSpan w:val="1000"/>"#, &p(&r(second)));
        format!("{}<w:p/>", tbl(&[&tr(&[&tc(first), &spanning])]))
    };
    let extractor = extractor().with_limits(Limits {
        output_bytes: 32 << 20,
        ..small()
    });
    for (table, times) in [(of("a", &long), 6), (of(&long, ""), 600)] {
        let one = read_file(&WordFile::of(&table)).await;
        assert_eq!(count(&one, WarningCode::TableCut), 0);
        let all = WordFile::of(&table.repeat(times)).bytes();
        let all = read_with(&extractor, Format::Docx, &all).await.unwrap();
        assert!(count(&all, WarningCode::TableCut) > 0);
        assert!(all.text.len() < 4 << 20, "{}", all.text.len());
    }
}

#[tokio::test]
async fn a_part_is_read_once_whatever_the_case_of_its_name() {
    let read_of = async |other: &str| {
        let body = format!(r#"<w:altChunk r:id="a.html"/><w:altChunk r:id="{other}"/>"#);
        let file = WordFile::of(&body).part("aFChunk", "a.html", "<p>chunk</p>");
        let file = file.part("aFChunk", other, "<p>chunk</p>");
        read_file(&file).await.text
    };
    assert_eq!(read_of("b.html").await, "chunk\n\nchunk");
    assert_eq!(read_of("A.HTML").await, "chunk");
}

#[tokio::test]
async fn lists_count_for_themselves_in_each_part() {
    let list = r#"<w:abstractNum w:abstractNumId="0"><w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="decimal"/>
        <w:lvlText w:val="%1."/></w:lvl></w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>"#;
    let item = |text| p_of(r#"<w:numPr><w:numId w:val="1"/></w:numPr>"#, text);
    let section = r#"<w:sectPr><w:headerReference r:id="h.xml"/><w:footerReference r:id="f.xml"/></w:sectPr>"#;
    let file = WordFile::of(&[&item("one"), &item("two"), section].concat())
        .xml("numbering", "numbering", list)
        .part("header", "h.xml", word_xml("hdr", &item("above")))
        .part("footer", "f.xml", word_xml("ftr", &item("below")));
    assert_eq!(
        read_file(&file).await.text,
        "1. above\n\n1. one\n2. two\n\n1. below"
    );
}

#[tokio::test]
async fn a_header_with_an_endless_name_is_missing() {
    let name = "h".repeat(50_000);
    let body = format!(
        r#"{}<w:sectPr><w:headerReference r:id="{name}"/></w:sectPr>"#,
        p(&r("text"))
    );
    let file = WordFile::of(&body).part("header", &name, word_xml("hdr", &p(&r("header"))));
    let read = read_file(&file).await;
    assert_eq!(read.text, "text");
    assert_eq!(count(&read, WarningCode::PartsUnreadable), 1);
}

#[tokio::test]
async fn tables_keep_their_form_down_to_some_depth() {
    let nested = |depth| {
        let innermost = tbl(&[&tr(&[&tc("a"), &tc("b")]), &tr(&[&tc("c"), &tc("d")])]);
        let all = (1..depth).fold(innermost, |inner, _| {
            let cell = tc_of("", &inner);
            tbl(&[&tr(&[&tc("x"), &tc("y")]), &tr(&[&tc("z"), &cell])])
        });
        WordFile::of(&all)
    };
    let text = async |depth| read_file(&nested(depth)).await.text;
    assert!(text(16).await.contains("a, b; c, d"));
    assert!(text(17).await.contains("a b c d"));
    assert!(text(60).await.contains("a b c d"));
}

#[tokio::test]
async fn depth_has_an_end() {
    let nested = |depth: usize| {
        let open = "<w:tbl><w:tr><w:tc>".repeat(depth);
        let close = "</w:tc></w:tr></w:tbl>".repeat(depth);
        docx(&format!("{open}{}{close}", paragraph("Normal", "deep")))
    };
    let read_at = async |depth| {
        read(Format::Docx, &nested(depth))
            .await
            .map(|read| read.text)
    };
    assert_eq!(read_at(160).await.as_deref(), Ok("deep"));
    assert_eq!(read_at(10_000).await, Err(FailureCode::CorruptFile));
}

/// Elements in places where they make no sense: a cell in a run, a field in a table.
#[tokio::test]
async fn elements_in_wrong_places_end_in_a_type() {
    let names = [
        "p",
        "r",
        "t",
        "tbl",
        "tr",
        "tc",
        "pPr",
        "numPr",
        "gridSpan",
        "fldChar",
        "instrText",
        "del",
        "sdtContent",
        "txbxContent",
        "drawing",
        "footnoteReference",
        "rubyBase",
        "moveFromRangeStart",
        "altChunk",
        "sectPr",
    ];
    let every = if soaking() { 1 } else { 7 };
    let pairs = names
        .iter()
        .flat_map(|one| names.iter().map(move |other| (one, other)));
    let mut ends = BTreeMap::new();
    for (one, other) in pairs.filter(|(one, other)| one < other).step_by(every) {
        let swapped = everything().with_body(|body| {
            let mut body = body.to_owned();
            // By way of a name that nothing has.
            for (from, to) in [(*one, "swapped"), (*other, *one), ("swapped", *other)] {
                for (before, after) in [("<w:", ">"), ("<w:", "/>"), ("<w:", " "), ("</w:", ">")] {
                    body = body.replace(
                        &format!("{before}{from}{after}"),
                        &format!("{before}{to}{after}"),
                    );
                }
            }
            body
        });
        let end = match read(Format::Docx, &swapped.bytes()).await {
            Ok(_) => "text",
            Err(code) => code.as_str(),
        };
        *ends.entry(end).or_insert(0) += 1;
    }
    println!("{ends:?}");
    assert!(ends["text"] > 20, "{ends:?}");
}
