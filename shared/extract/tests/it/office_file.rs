//! Writes Office files, OpenDocument texts and books, small ones.

use std::io::{Cursor, Write};

use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

/// A zip file of these parts; the first is not compressed, as `mimetype` must not be.
pub fn zipped(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (number, (name, content)) in parts.iter().enumerate() {
        let method = if number == 0 {
            CompressionMethod::Stored
        } else {
            CompressionMethod::Deflated
        };
        let options = SimpleFileOptions::default().compression_method(method);
        zip.start_file(*name, options).unwrap();
        zip.write_all(content).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// A zip file with another part.
pub fn with_part(file: Vec<u8>, name: &str, content: &[u8]) -> Vec<u8> {
    let mut zip = ZipWriter::new_append(Cursor::new(file)).unwrap();
    zip.start_file(name, SimpleFileOptions::default()).unwrap();
    zip.write_all(content).unwrap();
    zip.finish().unwrap().into_inner()
}

/// The core properties of an Office file, as of the default template, with these elements.
pub fn core(elements: &str) -> String {
    format!(
        r#"<?xml version="1.0"?><cp:coreProperties xmlns:cp="c" xmlns:dc="d" xmlns:dcterms="t" xmlns:xsi="x">{elements}</cp:coreProperties>"#
    )
}

/// The content types of an Office file.
pub const TYPES: &str = r#"<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">
<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>
<Default Extension="xml" ContentType="application/xml"/></Types>"#;

/// Relationships of these ids, kinds and targets.
pub fn relationships(of: &[(&str, &str, &str)]) -> String {
    let each: String = of
        .iter()
        .map(|(id, kind, target)| {
            format!(
                r#"<Relationship Id="{id}" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/{kind}" Target="{target}"/>"#
            )
        })
        .collect();
    format!(
        r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{each}</Relationships>"#
    )
}

/// A document of this body.
pub fn docx(body: &str) -> Vec<u8> {
    let document = format!(
        r#"<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>{body}</w:body></w:document>"#
    );
    let root = relationships(&[("rId1", "officeDocument", "word/document.xml")]);
    let styles = relationships(&[("rId1", "styles", "styles.xml")]);
    zipped(&[
        ("[Content_Types].xml", TYPES.as_bytes()),
        ("_rels/.rels", root.as_bytes()),
        ("word/document.xml", document.as_bytes()),
        ("word/_rels/document.xml.rels", styles.as_bytes()),
        ("word/styles.xml", STYLES.as_bytes()),
    ])
}

const STYLES: &str = r#"<w:styles xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">
<w:style w:type="paragraph" w:styleId="Heading1"><w:name w:val="heading 1"/><w:pPr><w:outlineLvl w:val="0"/></w:pPr></w:style>
<w:style w:type="paragraph" w:styleId="Heading2"><w:name w:val="heading 2"/><w:pPr><w:outlineLvl w:val="1"/></w:pPr></w:style></w:styles>"#;

/// A paragraph in a style.
pub fn paragraph(style: &str, text: &str) -> String {
    format!(r#"<w:p><w:pPr><w:pStyle w:val="{style}"/></w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>"#)
}

/// A row of a table.
pub fn cells(row: &[&str]) -> String {
    let cells: String = row
        .iter()
        .map(|cell| format!("<w:tc><w:p><w:r><w:t>{cell}</w:t></w:r></w:p></w:tc>"))
        .collect();
    format!("<w:tr>{cells}</w:tr>")
}

/// A workbook of one sheet, `Stock`.
pub fn xlsx(rows: &str) -> Vec<u8> {
    let workbook = r#"<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="Stock" sheetId="1" r:id="rId1"/></sheets></workbook>"#;
    let root = relationships(&[("rId1", "officeDocument", "xl/workbook.xml")]);
    let sheets = relationships(&[("rId1", "worksheet", "worksheets/sheet1.xml")]);
    let sheet = format!(
        r#"<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{rows}</sheetData></worksheet>"#
    );
    zipped(&[
        ("[Content_Types].xml", TYPES.as_bytes()),
        ("_rels/.rels", root.as_bytes()),
        ("xl/workbook.xml", workbook.as_bytes()),
        ("xl/_rels/workbook.xml.rels", sheets.as_bytes()),
        ("xl/worksheets/sheet1.xml", sheet.as_bytes()),
    ])
}

/// Media type of OpenDocument text.
pub const ODT: &[u8] = b"application/vnd.oasis.opendocument.text";

/// A text of this body.
pub fn odt(body: &str) -> Vec<u8> {
    odt_of("<dc:title>A kettle&apos;s manual</dc:title>", body)
}

/// A text of this body, its automatic styles, and more parts: its styles, its objects.
pub fn odt_with(styles: &str, body: &str, parts: &[(&str, &str)]) -> Vec<u8> {
    let content = format!(
        r#"<office:document-content xmlns:office="o" xmlns:text="t" xmlns:table="b" xmlns:draw="w" xmlns:style="s" xmlns:svg="v" xmlns:xlink="x" xmlns:dc="d" xmlns:form="f"><office:automatic-styles>{styles}</office:automatic-styles><office:body><office:text>{body}</office:text></office:body></office:document-content>"#
    );
    let mut all: Vec<(&str, &[u8])> = vec![("mimetype", ODT), ("content.xml", content.as_bytes())];
    all.extend(parts.iter().map(|(name, part)| (*name, part.as_bytes())));
    zipped(&all)
}

/// The same, with these elements of metadata.
pub fn odt_of(meta: &str, body: &str) -> Vec<u8> {
    let content = format!(
        r#"<?xml version="1.0"?><office:document-content xmlns:office="o" xmlns:text="t" xmlns:table="b"><office:body><office:text>{body}</office:text></office:body></office:document-content>"#
    );
    let meta = format!(
        r#"<office:document-meta xmlns:office="o" xmlns:dc="d"><office:meta>{meta}</office:meta></office:document-meta>"#
    );
    zipped(&[
        ("mimetype", ODT),
        ("content.xml", content.as_bytes()),
        ("meta.xml", meta.as_bytes()),
    ])
}

const CONTAINER: &[u8] =
    br#"<container><rootfiles><rootfile full-path="OEBPS/a.opf"/></rootfiles></container>"#;

/// Slides of a title and a text.
pub fn pptx(slides: &[(&str, &str)]) -> Vec<u8> {
    let slide = |(title, text): &(&str, &str)| {
        format!(
            r#"<p:sld xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main" xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"><p:cSld><p:spTree>
            <p:sp><p:nvSpPr><p:cNvPr id="1" name="t"/><p:cNvSpPr/><p:nvPr><p:ph type="title"/></p:nvPr></p:nvSpPr><p:txBody><a:p><a:r><a:t>{title}</a:t></a:r></a:p></p:txBody></p:sp>
            <p:sp><p:nvSpPr><p:cNvPr id="2" name="b"/><p:cNvSpPr/><p:nvPr/></p:nvSpPr><p:txBody><a:p><a:r><a:t>{text}</a:t></a:r></a:p></p:txBody></p:sp>
            </p:spTree></p:cSld></p:sld>"#
        )
    };
    let ids: String = (1..=slides.len())
        .map(|n| format!(r#"<p:sldId id="{}" r:id="rId{n}"/>"#, 255 + n))
        .collect();
    let presentation = format!(
        r#"<p:presentation xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><p:sldIdLst>{ids}</p:sldIdLst></p:presentation>"#
    );
    let root = relationships(&[("rId1", "officeDocument", "ppt/presentation.xml")]);
    let named: Vec<[String; 3]> = (1..=slides.len())
        .map(|n| {
            [
                format!("rId{n}"),
                format!("slides/slide{n}.xml"),
                format!("ppt/slides/slide{n}.xml"),
            ]
        })
        .collect();
    let links: Vec<(&str, &str, &str)> = named
        .iter()
        .map(|[id, target, _]| (id.as_str(), "slide", target.as_str()))
        .collect();
    let links = relationships(&links);
    let contents: Vec<String> = slides.iter().map(slide).collect();
    let mut parts = vec![
        ("[Content_Types].xml", TYPES.as_bytes()),
        ("_rels/.rels", root.as_bytes()),
        ("ppt/presentation.xml", presentation.as_bytes()),
        ("ppt/_rels/presentation.xml.rels", links.as_bytes()),
    ];
    for ([_, _, name], content) in named.iter().zip(&contents) {
        parts.push((name.as_str(), content.as_bytes()));
    }
    zipped(&parts)
}

/// A book of one package document and these parts in its folder.
pub fn epub(package: &str, parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut all: Vec<(&str, &[u8])> = vec![
        ("mimetype", b"application/epub+zip"),
        ("META-INF/container.xml", CONTAINER),
        ("OEBPS/a.opf", package.as_bytes()),
    ];
    all.extend_from_slice(parts);
    zipped(&all)
}
