use dynrag_domain::warnings::WarningCode;

use super::*;

fn text(source: &str) -> String {
    read(source.as_bytes()).unwrap().text
}

fn delimiter(source: &str) -> char {
    char::from(dialect::of(source).0.delimiter)
}

#[test]
fn what_separates_is_found() {
    for (source, found) in [
        ("a,b\n1,2", ','),
        ("a;b\n1,5;2,5", ';'),
        ("1,5;2,5\n3,5;4,5", ';'),
        ("a\tb, c\n1\t2", '\t'),
        ("one column\nonly", ','),
        ("a|b\n1|2", '|'),
        ("id,text\n1,\"a; b;\nc; d; e;\"\n2,\"x;y;z\"\n", ','),
        ("id;text\n1;\"a, b,\nc, d, e,\"\n2;\"x,y,z\"\n", ';'),
        ("id,tags\n1,a;b;c\n2,d;e\n3,f\n", ','),
        ("name\tplace\nAda\tLondon, UK\nBob\tYork, UK\n", '\t'),
        ("Report of May\n\nid;sum\n1;2,50\n2;3,10\n3;4,20\n", ';'),
        ("name;note\nA;\"a, b\"\nB;\"c, d, e\"\n", ';'),
    ] {
        assert_eq!(delimiter(source), found, "{source}");
    }
}

#[test]
fn a_table_is_readable() {
    assert_eq!(
        text("Team;Cups\n\"Maple; Leafs\";13\n\nBlues;1\n"),
        "| Team | Cups |\n| --- | --- |\n| Maple; Leafs | 13 |\n| Blues | 1 |"
    );
    let latin = read(b"name,city\nJos\xe9,M\xe1laga\nAndr\xe9,Orl\xe9ans\n").unwrap();
    assert!(latin.text.contains("Málaga"), "{}", latin.text);
    assert_eq!(
        latin.warnings.as_slice()[0].code,
        WarningCode::EncodingGuessed
    );
    let export: Vec<u8> = "\u{feff}a\tb\r\n1,5\t\"x\ty\"\r\n"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    assert_eq!(
        read(&export).unwrap().text,
        "| a | b |\n| --- | --- |\n| 1,5 | x y |"
    );
}

#[test]
fn columns_beyond_the_limit_are_cut_with_a_warning() {
    let wide = vec!["x"; MAX_COLUMNS + 1].join(",");
    let table = read(wide.as_bytes()).unwrap();
    assert_eq!(table.text.matches('x').count(), MAX_COLUMNS);
    assert_eq!(table.warnings.as_slice()[0].code, WarningCode::TableCut);
}

#[test]
fn the_instruction_for_excel_is_no_row() {
    for source in [
        "sep=;\na;b\n1,5;2\n",
        "\u{feff}SEP=;\r\na;b\r\n1,5;2",
        "\"sep=;\"\na;b\n1,5;2",
        "sep=;;\na;b\n1,5;2",
    ] {
        assert_eq!(
            text(source),
            "| a | b |\n| --- | --- |\n| 1,5 | 2 |",
            "{source}"
        );
    }
    assert_eq!(
        text("sep=^\na^b,c\n1^2"),
        "| a | b,c |\n| --- | --- |\n| 1 | 2 |"
    );
    assert_eq!(text("sep=\ta\n"), "| sep= | a |\n| --- | --- |");
}

#[test]
fn only_line_ends_outside_quotes_end_a_record() {
    let rows = "| a | b |\n| --- | --- |\n| 1 2 | 3 |\n| 4 | 5 |";
    for end in ["\n", "\r\n", "\r"] {
        let source = ["a,b", "\"1\n2\",3", "4,5"].join(end);
        assert_eq!(text(&source), rows, "{end:?}");
    }
    for blank in ['\u{b}', '\u{c}', '\u{85}', '\u{2028}', '\u{2029}'] {
        assert_eq!(text(&format!("a,b\n1{blank}2,3\n4,5\n")), rows, "{blank:?}");
        assert_eq!(
            text(&format!("a,b\n\"1{blank}2\",3\n4,5\n")),
            rows,
            "{blank:?}"
        );
    }
    assert_eq!(text("a,b\n\0\"1\n2\"\0,3\n4,5"), rows);
}

#[test]
fn quotes_in_values() {
    for (row, written) in [
        ("\"say \"\"hi\"\", ok\",2", "| say \"hi\", ok | 2 |"),
        ("\"say \"hi\" ok\",2", "| say \"hi\" ok | 2 |"),
        ("5\" pipe,2", "| 5\" pipe | 2 |"),
        (" \"a, b\" , \"2\"", "| a, b | 2 |"),
        ("\"\",2", "| | 2 |"),
        ("\"C:\\dir\\\",2", "| C:\\dir\\ | 2 |"),
    ] {
        assert_eq!(
            text(&format!("a,b\n{row}\n3,4")),
            format!("| a | b |\n| --- | --- |\n{written}\n| 3 | 4 |"),
            "{row}"
        );
    }
    assert_eq!(
        text("a,b\n\"say \\\"hi\\\", ok\",\"C:\\\\dir\"\n"),
        "| a | b |\n| --- | --- |\n| say \"hi\", ok | C:\\dir |"
    );
}

#[test]
fn a_stray_quote_swallows_nothing() {
    let rows =
        |first: &str| format!("| a | b |\n| --- | --- |\n| {first} | 2 |\n| 3 | x |\n| 5 | 6 |");
    for (source, first) in [
        ("a,b\n\"1,2\n3,x\n5,6\n", "\"1"),
        ("a,b\n\"1,2\n3,\"x\"\n5,6\n", "\"1"),
        ("a,b\n\"\"1,2\n3,\"x\"\n5,6", "\"\"1"),
    ] {
        assert_eq!(text(source), rows(first), "{source}");
    }
    let long = format!("a,b\n\"1,2\n{}\"x\",y\n", "3,4\n".repeat(600));
    assert_eq!(text(&long).matches("| 3 | 4 |").count(), 600);
}

#[test]
fn stray_quotes_take_no_quadratic_time() {
    // Each quote is searched for to the end of the text or of its line; a hundredfold slowdown would show here.
    for source in [
        "\"a\"b,".repeat(100_000),
        "\"a,".repeat(100_000),
        "\"\"\"a,\n".repeat(100_000),
    ] {
        assert!(!text(&source).is_empty());
    }
}

/// A quote that goes on for hundreds of lines would swallow a table.
#[test]
fn lines_of_a_value_are_limited() {
    for (lines, rows) in [(400, 1), (600, 601)] {
        let source = format!("a,b\n\"{}\",c\n", "x\n".repeat(lines));
        let (dialect, source) = dialect::of(&source);
        assert_eq!(Records::new(source, dialect).count(), rows + 1, "{lines}");
    }
}
