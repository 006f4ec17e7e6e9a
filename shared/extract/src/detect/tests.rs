use super::*;

const TEXTS: [Option<Format>; 3] = [Some(Format::Txt), Some(Format::Md), Some(Format::Json)];

#[test]
fn content_goes_before_what_was_said() {
    let pdf = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n";
    let old = b"%PDF-1.4\r1 0 obj\r<<>>\rendobj\rxref\rtrailer\r%%EOF\r";
    for declared in [
        None,
        Some(Format::Txt),
        Some(Format::Md),
        Some(Format::Html),
    ] {
        assert_eq!(detect(pdf, declared, None), Some(Format::Pdf));
        assert_eq!(detect(old, declared, None), Some(Format::Pdf));
        for page in [
            "\n<!DOCTYPE HTML><p>x",
            "<?xml version='1.0'?><!-- a --><html><head><title>x</title></head>",
            "<html>\n<body bgcolor=white>\n<h1>x</h1>",
            "<body>x</body>\n",
        ] {
            assert_eq!(
                detect(page.as_bytes(), declared, None),
                Some(Format::Html),
                "{page}"
            );
        }
    }
    assert_eq!(detect(b"%PDF-1.7\n", None, None), Some(Format::Pdf));
    assert_eq!(detect(b"<html>x", None, None), Some(Format::Html));
    let utf16: Vec<u8> = "\u{feff}<html><p>x</p>"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    assert_eq!(detect(&utf16, None, None), Some(Format::Html));
}

#[test]
fn text_about_a_format_is_text() {
    for text in [
        "%PDF-1.7 is how a PDF starts; the gateway wants it.",
        "%PDF-\nis the header of most files",
        "%PDF-1.7\nis the first line of a file.",
        "<html> and <body> are the outer elements of a page.",
        "<html> and </html> enclose a page.",
        "<!DOCTYPE html> is the first line of a page.",
        "{\\rtf is how RTF begins",
        "{\\rtf1 is how RTF begins}",
        "RIFF is a container of chunks",
        "Rar! is the first word",
        "BZh is the magic of bzip2",
        "BZh91AY&SY is the magic of bzip2",
        "%!PS is how a job starts",
        "%!PS-Adobe-3.0 is how a document starts",
        "II* is little, MM* is big",
        "MZ\u{90} are the initials of Mark Zbikowski",
        "GIF89a is a version",
        "PK is the initials of Phil Katz",
        "SQLite format 3 is a header",
        "7z and xz",
    ] {
        for declared in TEXTS {
            assert_eq!(detect(text.as_bytes(), declared, None), declared, "{text}");
        }
        assert_eq!(
            detect(text.as_bytes(), Some(Format::Txt), Some("a.md")),
            Some(Format::Md)
        );
    }
}

#[test]
fn a_header_after_junk_counts_only_where_a_pdf_is_likely() {
    assert_eq!(
        detect(b"junk %PDF-1.4", Some(Format::Pdf), None),
        Some(Format::Pdf)
    );
    assert_eq!(
        detect(b"\0\0\0 %PDF-1.4\xe2\0\x01\x02\x03\xe3", None, None),
        Some(Format::Pdf)
    );
    assert_eq!(
        detect(b"how %PDF-1.4 starts", None, None),
        Some(Format::Txt)
    );
    let far = [vec![b' '; 2000], b"x%PDF-1.4".to_vec()].concat();
    assert_eq!(detect(&far, Some(Format::Pdf), None), None);
}

#[test]
fn binaries_are_not_text() {
    let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0";
    let gif = b"GIF89a\x01\0\x01\0\x80\0\0\xff\xff\xff\0\0\0!\xf9\x04\x01\0\0\0\0,";
    let mut state = 5_u32;
    let noise: Vec<u8> = (0..600)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state.to_be_bytes()[0]
        })
        .collect();
    let with_noise = |magic: &[u8]| [magic, &noise].concat();
    let tar = [
        b"a.txt".as_slice(),
        &[0; 252],
        b"ustar\0",
        &[0; 200],
        b"text",
    ]
    .concat();
    for bytes in [
        png.to_vec(),
        gif.to_vec(),
        tar,
        noise.clone(),
        b"II*\0\x08\0\0\0".to_vec(),
        b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff\0\0".to_vec(),
        b"RIFF\x24\x08\0\0WAVEfmt \x10\0\0\0\x01\0\x02\0\"V\0\0".to_vec(),
        b"\xff\xd8\xff\xe0\0\x10JFIF\0".to_vec(),
        b"\x7fELF\x02\x01\x01\0".to_vec(),
        b"\0asm\x01\0\0\0".to_vec(),
        b"SQLite format 3\0\x10\0\x01\x01".to_vec(),
        with_noise(b"BZh91AY&SY"),
        with_noise(b"Rar!\x1a\x07\x01\0"),
        with_noise(b"\x1f\x8b\x08\0"),
        with_noise(b"\xfd7zXZ\0"),
        with_noise(b"7z\xbc\xaf\x27\x1c"),
        vec![0; 100],
    ] {
        for declared in [
            None,
            Some(Format::Pdf),
            Some(Format::Txt),
            Some(Format::Csv),
        ] {
            assert_eq!(
                detect(&bytes, declared, Some("a.txt")),
                None,
                "{:?}",
                &bytes[..8]
            );
        }
    }
    // PostScript.
    assert_eq!(
        detect(b"%!PS-Adobe-3.0\nshowpage\n", None, Some("a.ps")),
        None
    );
}

#[test]
fn text_may_have_some_control_characters() {
    let nulls = [
        vec![0; 5000],
        b"line\nline\n".to_vec(),
        vec![0; 700],
        b"line\n".to_vec(),
    ]
    .concat();
    let utf16: Vec<u8> = "Die Kündigungsfrist"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    for text in [
        b"a\0b".as_slice(),
        b"2026-11-20 disk full\0\0\0\0\n2026-11-21 again\n",
        &nulls,
        &utf16,
        b"\xff\xfea\0",
        b"\0\0\xfe\xff\0\0\0a",
        b"N\x08NA\x08AM\x08ME\x08E\n",
        b"\x1b[31mred\x1b[0m\n",
        b"\x1e{\"a\":1}\n\x1e{\"a\":2}\n",
        b"one\x0btwo\x1a",
        b"caf\xe9 cr\xe8me",
        b"\x01\x02Header\x1f line\x07 one\nplain text follows\x1a",
    ] {
        assert_eq!(
            detect(text, Some(Format::Txt), None),
            Some(Format::Txt),
            "{text:?}"
        );
    }
}

#[test]
fn the_name_says_more_than_plain_text() {
    for (name, found) in [
        ("data.csv", Format::Csv),
        ("notes.md", Format::Md),
        ("page.html", Format::Html),
        ("mail.eml", Format::Eml),
        ("data.json", Format::Json),
        ("server.log", Format::Txt),
        ("x.pdf", Format::Txt),
        ("README", Format::Txt),
    ] {
        assert_eq!(
            detect(b"a,b", Some(Format::Txt), Some(name)),
            Some(found),
            "{name}"
        );
    }
    assert_eq!(
        detect(b"a,b", Some(Format::Md), Some("a.csv")),
        Some(Format::Md)
    );
    assert_eq!(detect(b"a,b", None, Some("a.csv")), Some(Format::Csv));
    assert_eq!(detect(b"plain", None, Some("x.pdf")), None);
}

#[test]
fn a_mail_without_a_name_is_known_by_its_fields() {
    let mail = b"Return-Path: <a@example.org>\r\nReceived: from x\r\n\tby y\r\nFrom: a@example.org\r\nSubject: x\r\n\r\ntext";
    assert_eq!(detect(mail, None, None), Some(Format::Eml));
    assert_eq!(detect(mail, Some(Format::Txt), None), Some(Format::Txt));
    let mailbox = [
        b"From a@example.org Fri Nov 20 09:30:00 2026\n".as_slice(),
        mail,
    ]
    .concat();
    assert_eq!(detect(&mailbox, None, None), Some(Format::Eml));
    for text in [
        "From: Ada\nSubject: fees\n\nDear Bob",
        "From: me, with love\nyours",
        "Received: nothing\n",
    ] {
        assert_eq!(detect(text.as_bytes(), None, None), Some(Format::Txt));
    }
}

/// A zip file of stored parts, or parts that claim a compression method.
fn zip(parts: &[(&str, &[u8], u16)]) -> Vec<u8> {
    let two = |n: usize| u16::try_from(n).unwrap().to_le_bytes();
    let four = |n: usize| u32::try_from(n).unwrap().to_le_bytes();
    let (mut file, mut directory) = (Vec::new(), Vec::new());
    for (name, content, method) in parts {
        let size = [four(content.len()), four(content.len())].concat();
        let at = four(file.len());
        let extra = b"\x99\x99\x02\0ab";
        file.extend(
            [
                b"PK\x03\x04\x14\0\0\0".as_slice(),
                &method.to_le_bytes(),
                &[0; 8],
                &size,
            ]
            .concat(),
        );
        file.extend(
            [
                two(name.len()).as_slice(),
                &two(extra.len()),
                name.as_bytes(),
                extra,
                content,
            ]
            .concat(),
        );
        directory.extend(
            [
                b"PK\x01\x02\x14\0\x14\0\0\0".as_slice(),
                &method.to_le_bytes(),
                &[0; 8],
                &size,
            ]
            .concat(),
        );
        directory.extend([two(name.len()).as_slice(), &[0; 12], &at, name.as_bytes()].concat());
    }
    let end = [
        b"PK\x05\x06\0\0\0\0".as_slice(),
        &two(parts.len()),
        &two(parts.len()),
        &four(directory.len()),
        &four(file.len()),
        &[0; 2],
    ]
    .concat();
    [file, directory, end].concat()
}

#[test]
fn zip_files_are_told_apart_by_their_parts() {
    let types = ("[Content_Types].xml", b"".as_slice(), 8);
    let odt = b"application/vnd.oasis.opendocument.text".as_slice();
    let template = b"application/vnd.oasis.opendocument.text-template".as_slice();
    let sheet = b"application/vnd.oasis.opendocument.spreadsheet".as_slice();
    let part = |name: &'static str| (name, b"".as_slice(), 8);
    let container = part("META-INF/container.xml");
    for (parts, found) in [
        (
            vec![
                ("mimetype", b"application/epub+zip".as_slice(), 0),
                container,
            ],
            Some(Format::Epub),
        ),
        (
            vec![container, ("mimetype", b"application/epub+zip\r\n", 0)],
            Some(Format::Epub),
        ),
        (vec![("mimetype", b"??", 8), container], Some(Format::Epub)),
        (vec![container], Some(Format::Epub)),
        (vec![("mimetype", odt, 0)], Some(Format::Odt)),
        (
            vec![part("content.xml"), ("mimetype", template, 0)],
            Some(Format::Odt),
        ),
        (vec![("mimetype", sheet, 0), part("content.xml")], None),
        (vec![types, part("word/document.xml")], Some(Format::Docx)),
        (
            vec![part("docProps/app.xml"), part("word/document2.xml"), types],
            Some(Format::Docx),
        ),
        (vec![types, part("word\\document.xml")], Some(Format::Docx)),
        (
            vec![types, part("word/styles.xml"), part("word/main.xml")],
            Some(Format::Docx),
        ),
        (
            vec![types, part("ppt/presentation.xml")],
            Some(Format::Pptx),
        ),
        (vec![types, part("xl/workbook.xml")], Some(Format::Xlsx)),
        (
            vec![types, part("xl/workbook.bin"), part("xl/styles.xml")],
            None,
        ),
        (vec![types, part("visio/document.xml")], None),
        (vec![part("a.txt")], None),
        (vec![("letter.txt", b"word/document.xml", 0)], None),
    ] {
        let file = zip(&parts);
        let names: Vec<&str> = parts.iter().map(|(name, ..)| *name).collect();
        assert_eq!(detect(&file, Some(Format::Pdf), None), found, "{names:?}");
        // Without the central directory at its end, as after an interrupted upload.
        let end = file.len() - 22;
        let cut = &file[..end - 10];
        assert_eq!(detect(cut, Some(Format::Pdf), None), found, "{names:?}");
    }
    let docx = zip(&[part("word/document.xml")]);
    let moved = [b"MZ\x90\0\x03\0\0\0\x04\0\0\0".as_slice(), &docx].concat();
    assert_eq!(detect(&moved, Some(Format::Docx), None), Some(Format::Docx));
    assert_eq!(detect(&moved, None, None), None);
    let odt = zip(&[("mimetype", b"??", 8), part("content.xml")]);
    assert_eq!(detect(&odt, None, Some("a.odt")), Some(Format::Odt));
    assert_eq!(detect(&odt, None, Some("a.ods")), None);
}

#[test]
fn an_encrypted_package_is_what_it_is_called() {
    let name: Vec<u8> = "EncryptedPackage"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let compound = [b"\xd0\xcf\x11\xe0".as_slice(), &name].concat();
    assert_eq!(
        detect(&compound, Some(Format::Xlsx), None),
        Some(Format::Xlsx)
    );
    assert_eq!(detect(&compound, Some(Format::Pdf), None), None);
    assert_eq!(detect(&compound[..20], Some(Format::Docx), None), None);
}

#[test]
fn text_is_what_it_is_called() {
    assert_eq!(
        detect(b"# a", Some(Format::Md), Some("a.txt")),
        Some(Format::Md)
    );
    assert_eq!(detect(b"# a", None, Some("a.md")), Some(Format::Md));
    assert_eq!(detect(b"# a", None, None), Some(Format::Txt));
    assert_eq!(
        detect(b"<p>part", Some(Format::Html), None),
        Some(Format::Html)
    );
    assert_eq!(
        detect(b"<header>", Some(Format::Md), None),
        Some(Format::Md)
    );
    assert_eq!(detect(b"plain", Some(Format::Pdf), None), None);
    assert_eq!(detect(b"", Some(Format::Pdf), None), Some(Format::Pdf));
}
