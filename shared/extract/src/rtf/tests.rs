use super::*;
use crate::mutants::mutants;

fn text(source: &str) -> String {
    read(source.as_bytes(), false).unwrap().text
}

#[test]
fn characters_of_every_kind() {
    assert_eq!(text(r"{\rtf1\ansi le caf\'e9 o\'f9}"), "le café où");
    assert_eq!(
        text(r"{\rtf1\ansi\ansicpg1251 \'cf\'f0\'e8\'e2\'e5\'f2}"),
        "Привет"
    );
    assert_eq!(text(r"{\rtf1\ansi\ansicpg932 \'93\'fa\'96\'7b}"), "日本");
    assert_eq!(text(r"{\rtf1 \u233?t\u233\'e9 {\uc0\u8364}!}"), "été €!");
    assert_eq!(text(r"{\rtf1 \u-10179?\u-8704?}"), "😀");
    assert_eq!(text(r"{\rtf1 a\~b\\\{\}\emdash c}"), "a\u{a0}b\\{}—c");
    assert_eq!(text(r"{\rtf1\pc K\'81ndigung}"), "Kündigung");
    assert_eq!(text(r"{\rtf1\pca \'9b}"), "ø");
    assert_eq!(text(r"{\rtf1\mac \'8e}"), "é");
}

#[test]
fn text_in_the_code_page_of_its_font() {
    let fonts = r"\deff0{\fonttbl{\f0\fnil\fcharset0 Arial;}{\f1\fcharset204{\*\falt X;}Arial CYR;}{\f2\fcharset128 MS Gothic;}
        {\f3\froman\fcharset2 Symbol;}{\f4 Arial Greek;}{\f5\fcharset2 Wingdings;}{\f6\fnil\cpg1250 Y;}}";
    for (source, said) in [
        (r"\f1 \'cf\'f0\'e8\f0  caf\'e9", "При café"),
        (r"{\f1 \'cf{\b\'f0}}\'e9", "Прé"),
        (r"\f1 \'cf\plain\'e9", "Пé"),
        (r"\f2 \'93\'fa\'96{\'7b}", "日\u{fffd}{"),
        ("\\f2 \\'93\r\n\\'fa\\'95\\'5c\\'95\\\\", "日表表"),
        (r"\f3 a\'b7\u-3913?\f0 a", "α••a"),
        (r"\f4 \'e1", "α"),
        (r"\f5 \'fc\u-3844?", "✓✓"),
        (r"\f6 \'b3", "ł"),
        (r"\f9 \'e9", "é"),
    ] {
        let source = format!(r"{{\rtf1\ansi\ansicpg1252{fonts}{source}}}");
        assert_eq!(text(&source), said, "{source}");
    }
    let raw = b"{\\rtf1\\ansi\\ansicpg932 \x95\\\x94}\\par \x93\xfa}";
    assert_eq!(read(raw, false).unwrap().text, "表媒\n\n日");
    let cyrillic =
        r"{\rtf1\ansi\deff1{\fonttbl\f0\fswiss Arial;\f1\fcharset204 Arial;}\'cf\'f0\'e8}";
    assert_eq!(text(cyrillic), "При");
}

#[test]
fn paragraphs_and_what_is_none() {
    let source = r"{\rtf1{\fonttbl{\f0 Arial;}}{\info{\title A title}{\author Ren\'e9}{\operator Bob}
        {\creatim\yr2026\mo11\dy21\hr9\min30}{\revtim\yr2026\mo13\dy1}{\printim\yr2026}{\nofpages3}}
        {\*\generator X;}One.\par{\b Two}\line three.\par{\*\unknown x{y}}{\pict 00ff}{\*\bkmkstart b}Four.{\xe index}}";
    let read = read(source.as_bytes(), false).unwrap();
    assert_eq!(read.text, "One.\n\nTwo\nthree.\n\nFour.");
    assert_eq!(read.title.as_deref(), Some("A title"));
    assert_eq!(read.properties.author.as_deref(), Some("René"));
    let created = read.properties.created.map(|date| date.to_rfc3339());
    assert_eq!(created.as_deref(), Some("2026-11-21T09:30:00+00:00"));
    assert_eq!(read.properties.modified, None);
}

#[test]
fn a_table_is_readable() {
    let source = r"{\rtf1 Before\par\trowd\intbl a\cell b\cell\row\trowd\intbl 1\cell 2\cell\row\pard After\par}";
    assert_eq!(
        text(source),
        "Before\n\n| a | b |\n| --- | --- |\n| 1 | 2 |\n\nAfter"
    );
}

#[test]
fn merged_cells_and_tables_in_cells() {
    let source = r"{\rtf1\trowd\clvmgf\cellx1000\cellx3000\pard\intbl Group\cell Fee\cell\row
        \trowd\clvmrg\cellx1000\cellx2000\cellx3000\pard\intbl\cell Card\cell 15\cell\row
        \trowd\cellx1000\clmgf\cellx2000\clmrg\cellx3000\pard\intbl Adults\cell free\cell\cell\row\pard}";
    assert_eq!(
        text(source),
        "| Group | Fee | Fee |\n| --- | --- | --- |\n| Group | Card | 15 |\n| Adults | free | free |"
    );
    let nested = r"{\rtf1\trowd\cellx1000\cellx2000\pard\intbl Outer\par\pard\intbl\itap2 in one\nestcell{\nonesttables\par}in two\nestcell
        {\*\nesttableprops\trowd\cellx500\cellx900\nestrow}{\nonesttables\par}\pard\intbl end\cell right\cell\row\pard}";
    assert_eq!(
        text(nested),
        "| Outer in one, in two end | right |\n| --- | --- |"
    );
}

#[test]
fn what_is_hidden_or_deleted() {
    let source = r"{\rtf1 Shown {\v secret }and {\deleted old}{\revised new}.\v  more\v0  End{\v a\plain b}}";
    let left_out = read(source.as_bytes(), false).unwrap();
    assert_eq!(left_out.text, "Shown and new. Endb");
    let codes: Vec<_> = left_out
        .warnings
        .as_slice()
        .iter()
        .map(|one| (one.code, one.count))
        .collect();
    assert_eq!(
        codes,
        [
            (WarningCode::HiddenContent, 3),
            (WarningCode::TrackedDeletions, 1)
        ]
    );
    let all = read(source.as_bytes(), true).unwrap();
    assert_eq!(all.text, "Shown secret and new. more Endab");
}

#[test]
fn boxes_notes_and_margins() {
    let source = r"{\rtf1{\header Acme\par}{\footer Page {\field{\*\fldinst PAGE}{\fldrslt 1}}}A sen{\shp{\*\shpinst{\sp{\sn shapeType}{\sv 202}}
        {\shptxt Box one\par Box two\par}}{\shprslt{\*\do{\dptxbx{\dptxbxtext Box one\par}}}}}tence{\footnote\pard {\super\chftn} See law.}.
        {\*\atnauthor Ann}{\*\annotation Really?}\par{\header Acme\par}{\*\do\dobxpage{\dptxbx{\dptxbxtext Old box\par}}}End\par
        \trowd\intbl in{\*\shpinst{\shptxt Of the table\par}}side\cell\row\pard
        {\*\shpinst{\sp{\sn gtextUNICODE}{\sv DRAFT}}}}";
    let read = read(source.as_bytes(), false).unwrap();
    assert_eq!(
        read.text,
        "Acme\n\nA sentence [See law.].\n\nBox one\n\nBox two\n\n[Comment by Ann: Really?]\n\nOld box\n\nEnd\n\n| inside |\n| --- |\n\nOf the table\n\nDRAFT\n\nPage 1"
    );
}

#[test]
fn notes_in_notes_are_limited_and_all_read() {
    let source = format!(
        r"{{\rtf1 a{}word{}}}",
        r"{\footnote b".repeat(30),
        "}".repeat(30)
    );
    let read = read(source.as_bytes(), false).unwrap();
    let opening = " [b".repeat(8);
    let flat = " b".repeat(22);
    let closing = "]".repeat(8);
    assert_eq!(read.text, format!("a{opening}{flat}word{closing}"));
    let warnings = &read.warnings;
    assert_eq!(warnings.count(WarningCode::UnsupportedContent), 22);
}

#[test]
fn a_file_may_have_many_headers() {
    let header = |n: usize| format!(r"{{\header Chapter {n}\par}}{{\footer Acme\par}}");
    let headers: String = (0..300).chain(0..300).map(header).collect();
    let text = text(&format!(r"{{\rtf1 {headers}End}}"));
    let lines: Vec<&str> = text.split("\n\n").collect();
    assert_eq!(lines.len(), 302);
    assert_eq!(lines[299..], ["Chapter 299", "End", "Acme"]);
}

#[test]
fn merged_cells_of_all_tables_have_one_limit() {
    let edges: String = (1..=100).map(|n| format!(r"\cellx{}", n * 100)).collect();
    let table = format!(
        r"\trowd{edges}\intbl {}\row\trowd\cellx9900\cellx10000\intbl {}\cell y\cell\row\pard Between\par ",
        r"x\cell ".repeat(100),
        "z".repeat(190)
    );
    let all = format!(r"{{\rtf1 {}}}", table.repeat(300));
    let read = read(all.as_bytes(), false).unwrap();
    let copies = read.text.matches('z').count() - 300 * 190;
    assert!((1 << 20..=2 << 20).contains(&copies), "{copies}");
    assert!(read.warnings.count(WarningCode::TableCut) > 0);
    assert_eq!(read.text.matches("Between").count(), 300);
}

#[test]
fn headings_and_numbers_of_lists() {
    let source = r"{\rtf1{\fonttbl{\f0 Arial;}{\f3\fcharset2 Symbol;}}{\stylesheet{\s0 Normal;}{\s1\outlinelevel0 Titre 1;}{\s2 heading 2;}{\*\cs3 heading 3;}}
        \pard\s1 Scope\par\pard{\listtext\pard\plain 1.1.\tab}First\par\pard\s2{\pntext\f3\'b7\tab}Second\par\pard\outlinelevel9 Body\par}";
    let read = read(source.as_bytes(), false).unwrap();
    assert_eq!(read.text, "Scope\n\n1.1. First\n\n• Second\n\nBody");
    let paths: Vec<_> = read
        .sections
        .iter()
        .map(|section| section.heading_path.join(">"))
        .collect();
    assert_eq!(paths, ["Scope", "Scope>• Second"]);
}

#[test]
fn text_in_two_forms() {
    let source = r"{\rtf1 {\upr{ansi ?}{\*\ud{uni \u937?}}} end {\mmath{\*\moMath{\mr x=}{\mf{\mnum{\mr 1}}{\mden{\mr 2}}}}}}";
    assert_eq!(text(source), r"uni Ω end x=\frac{1}{2}");
    let page = r"{\rtf1\ansi\fromhtml1{\*\htmltag19 <html>}{\*\htmltag64 <p>}\htmlrtf {\htmlrtf0 Caf\'e9 {\*\htmltag84 <b>}\htmlrtf\b\htmlrtf0 a<b{\*\htmltag92 </b>}
        \htmlrtf\par}\htmlrtf0{\*\htmltag72 </p>}{\*\htmltag64 <p>}two{\*\htmltag84 &nbsp;}\htmlrtf\'a0\htmlrtf0{\*\htmltag27 </html>}}";
    assert_eq!(text(page), "Café a<b\n\ntwo");
}

#[test]
fn fields_without_a_result() {
    for (source, said) in [
        (
            r#"at {\field{\*\fldinst { EQ \\* jc3 \\* "Font:A" \\* hps12 \\o\\al(\\s\\up 10(\u12392\'3f),\u26481\'3f)}}{\fldrslt {}}} end"#,
            "at 東(と) end",
        ),
        (
            r"{\field{\*\fldinst EQ \\f(1,2)}{\fldrslt{\pict 00ff}}}",
            "1/2",
        ),
        (r"{\field{\*\fldinst EQ \\f(1,2)}{\fldrslt half}}", "half"),
        (
            r#"{\field{\*\fldinst SYMBOL 97 \\f "Symbol" \\s 12}{\fldrslt}}x"#,
            "αx",
        ),
        (
            r"{\field{\*\fldinst PAGE}{\fldrslt}}{\field{\*\fldinst REF {\field{\*\fldinst EQ \\f(1,2)}}}{\fldrslt y}}",
            "y",
        ),
        (
            r"{\field{\*\fldinst EQ x}{\fldrslt{\field{\*\fldinst EQ y}}}}",
            "y",
        ),
        (
            r"{\deleted{\field{\*\fldinst EQ x}{\fldrslt}}}{\field{\*\fldinst{\v EQ x}}{\fldrslt}}",
            "",
        ),
    ] {
        let source = format!(r"{{\rtf1\ansi\uc1 {source}}}");
        assert_eq!(text(&source), said, "{source}");
    }
}

#[test]
fn formulas_are_those_of_office() {
    for (source, said) in [
        (
            r"{\mrad {\mradPr {\mdegHide 1}}{\mdeg }{\me {\mr x}}}",
            r"\sqrt{x}",
        ),
        (
            r"{\mrad{\mradPr{\mctrlPr\i\f1}}{\mdeg{\mr 3}}{\me{\mr\mscr0\msty2 {\i x}}}}",
            r"\sqrt[3]{x}",
        ),
        (
            r"{\msSup{\msSupPr{\mctrlPr\f1}}{\me{\mr c}}{\msup{\mr 2}}}",
            "c^2",
        ),
        (
            r"{\msSubSup{\me{\mr x}}{\msub{\mr i}}{\msup{\mr n+1}}}",
            "x_i^{n+1}",
        ),
        (
            r"{\mnary{\mnaryPr{\mchr \u8721?}{\mlimLoc undOvr}}{\msub{\mr i=1}}{\msup{\mr n}}{\me{\mr i}}}",
            "∑_{i=1}^{n} i",
        ),
        (
            r"{\md{\mdPr{\mbegChr \{}{\mendChr }}{\me{\mr a<b}}}",
            "{a<b",
        ),
        (
            r"{\mm{\mmPr{\mmcs{\mmc{\mmcPr{\mcount 2}{\mmcJc center}}}}}{\mmr{\me{\mr a}}{\me{\mr b}}}}",
            r"\begin{matrix} a & b \end{matrix}",
        ),
        (
            r"{\mf{\mfPr{\mtype lin}}{\mnum plain}{\mden{\mr b}}}",
            "plain/b",
        ),
        (r"{\mr a{\deleted b}\'e9}", "aé"),
    ] {
        let source =
            format!(r"{{\rtf1\ansi A{{\mmath{{\*\moMath{source}}}{{\mmathPict 1}}}}holds.}}");
        assert_eq!(text(&source), format!("A {said} holds."), "{source}");
    }
    let of_paragraph = r"{\rtf1{\mmath{\*\moMathPara{\moMathParaPr{\mjc left}}{\*\moMath{\mr a=b}}{\*\moMath{\mr c=d}}}}\par End}";
    assert_eq!(text(of_paragraph), "a=b c=d\n\nEnd");
    let deep = format!(r"{{\rtf1{{\*\moMath{}{{\mr x", r"{\mbox{\me".repeat(400));
    read(deep.as_bytes(), false).unwrap();
}

#[test]
fn pictures_are_what_they_are_said_to_show() {
    let described = r"{\pict{\*\picprop{\sp{\sn wzDescription}{\sv Two boats}}{\sp{\sn wzName}{\sv p}}}\pngblip 00ff}";
    let source = format!(
        r"{{\rtf1 Below.{{\*\shppict{described}}}{{\nonshppict{described}}}\par
        {{\shp{{\*\shpinst{{\sp{{\sn wzDescription}}{{\sv A pier}}}}{{\sp{{\sn pib}}{{\sv {{\pict 00ff}}}}}}}}}}End{{\v {described}}}}}"
    );
    assert_eq!(text(&source), "Below.\n\nTwo boats\n\nA pier\n\nEnd");
}

#[test]
fn broken_files_end() {
    let refused = |bytes: &[u8]| read(bytes, false).unwrap_err().code;
    assert_eq!(refused(b"no"), FailureCode::CorruptFile);
    let deep = format!("{{\\rtf1 {}", "{".repeat(1_000_000));
    assert_eq!(refused(deep.as_bytes()), FailureCode::CorruptFile);
    for odd in [
        r"{\rtf1 \'",
        r"{\rtf1 \bin999999 x",
        r"{\rtf1 \u",
        r"{\rtf1 \",
        r"{\rtf1 }}}}x",
        r"{\rtf1 \uc-5\u5",
        r"{\rtf1 \itap99999999 x\nestcell\nestrow\cell\row\itap-5\cell",
        r"{\rtf1{\listtext\par{\shptxt{\footnote{\header x",
        r"{\rtf1\trowd\cellx-2147483648\cellx2147483647 a\cell b\cell\row",
    ] {
        read(odd.as_bytes(), false).unwrap();
    }
}

/// A Japanese file whose Latin fonts are declared as Western European.
#[test]
fn a_western_font_in_a_file_of_two_bytes() {
    let source = r"{\rtf1\ansi\ansicpg932{\fonttbl{\f0\fcharset0 Times;}}\f0 \'93\'fa\'96\'7b\par\pard{\f0 \'93a \'94 b}}";
    assert_eq!(text(source), "日本\n\n“a ” b");
}

#[test]
fn mutants_are_read_or_refused() {
    let sound = br"{\rtf1\ansi\ansicpg932\deff1{\fonttbl{\f0\fcharset0 A;}{\f1\fcharset128 B;}{\f2\fcharset2 Symbol;}}{\stylesheet{\s1 heading 1;}}{\info{\title T}}
        \pard\s1 \'93\'fa\u26085\'93\'fa\par\trowd\clvmgf\cellx99\cellx200\intbl a\cell b\itap2 c\nestcell{\*\nesttableprops\trowd\cellx9\nestrow}\cell\row\pard
        {\footnote n}{\shp{\*\shpinst{\sp{\sn x}{\sv y}}{\shptxt z\par}}}{\listtext 1.\tab}{\v h}{\upr{a}{\*\ud b}}{\field{\*\fldinst EQ \\\\f(1,2)}{\fldrslt}}{\*\moMath{\mf{\mfPr{\mtype lin}}{\mnum{\mr 1}}{\mden{\mr 2}}}}\f2 \'b7\bin3 xyz}";
    for mutant in mutants(sound, 3_000) {
        if let Err(refusal) = read(&mutant, false) {
            assert_eq!(refusal.code, FailureCode::CorruptFile);
        }
    }
}
