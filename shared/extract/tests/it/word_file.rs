//! Writes Word documents of several parts.

use crate::office_file::{TYPES, zipped};

const NAMESPACES: &str = r#"xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"
xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"
xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"
xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing"
xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"
xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/picture"
xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape"
xmlns:wpg="http://schemas.microsoft.com/office/word/2010/wordprocessingGroup"
xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"
xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart"
xmlns:dgm="http://schemas.openxmlformats.org/drawingml/2006/diagram"
xmlns:adec="http://schemas.microsoft.com/office/drawing/2017/decorative"
xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office""#;

/// A document that is being written.
pub struct WordFile {
    main: String,
    body: String,
    /// Relationships of the main part: kind, name in the folder `word`, and content. The name is the id too.
    parts: Vec<(String, String, Vec<u8>)>,
}

impl WordFile {
    /// A document of this body.
    pub fn of(body: &str) -> Self {
        Self {
            main: "document.xml".to_owned(),
            body: body.to_owned(),
            parts: Vec::new(),
        }
    }

    /// With this name of the main part.
    pub fn named(mut self, main: &str) -> Self {
        main.clone_into(&mut self.main);
        self
    }

    /// With another part, to which the main one has a relationship of this kind.
    pub fn part(mut self, kind: &str, name: &str, content: impl AsRef<[u8]>) -> Self {
        let content = content.as_ref().to_vec();
        self.parts.push((kind.to_owned(), name.to_owned(), content));
        self
    }

    /// The same, of an element of WordprocessingML.
    pub fn xml(self, kind: &str, element: &str, content: &str) -> Self {
        let name = format!("{kind}.xml");
        self.part(kind, &name, word_xml(element, content))
    }

    /// With its body changed.
    pub fn with_body(mut self, change: impl FnOnce(&str) -> String) -> Self {
        self.body = change(&self.body);
        self
    }

    /// The file.
    pub fn bytes(&self) -> Vec<u8> {
        let office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
        let relationship = |kind: &str, name: &str, target: &str| {
            format!(r#"<Relationship Id="{name}" Type="{office}/{kind}" Target="{target}"/>"#)
        };
        let all = |each: String| {
            format!(
                r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{each}</Relationships>"#
            )
        };
        let main = format!("word/{}", self.main);
        let root = all(relationship("officeDocument", "main", &main));
        let links = self.parts.iter();
        let links = all(links
            .map(|(kind, name, _)| relationship(kind, name, name))
            .collect());
        let links_name = format!("word/_rels/{}.rels", self.main);
        let document = word_xml("document", &format!("<w:body>{}</w:body>", self.body));
        let named = self.parts.iter();
        let named: Vec<String> = named.map(|(_, name, _)| format!("word/{name}")).collect();
        let mut parts = vec![
            ("[Content_Types].xml", TYPES.as_bytes()),
            ("_rels/.rels", root.as_bytes()),
            (main.as_str(), document.as_bytes()),
            (links_name.as_str(), links.as_bytes()),
        ];
        for (name, (_, _, content)) in named.iter().zip(&self.parts) {
            parts.push((name, content));
        }
        zipped(&parts)
    }
}

/// A part of one element.
pub fn word_xml(element: &str, content: &str) -> String {
    format!("<w:{element} {NAMESPACES}>{content}</w:{element}>")
}

/// A paragraph of runs, fields and so on.
pub fn p(content: &str) -> String {
    format!("<w:p>{content}</w:p>")
}

/// A paragraph with properties.
pub fn p_of(properties: &str, text: &str) -> String {
    format!("<w:p><w:pPr>{properties}</w:pPr>{}</w:p>", r(text))
}

/// A run.
pub fn r(text: &str) -> String {
    format!(r#"<w:r><w:t xml:space="preserve">{text}</w:t></w:r>"#)
}

/// A run with properties.
pub fn r_of(properties: &str, text: &str) -> String {
    format!("<w:r><w:rPr>{properties}</w:rPr><w:t>{text}</w:t></w:r>")
}

/// A table of rows.
pub fn tbl(rows: &[&str]) -> String {
    format!("<w:tbl>{}</w:tbl>", rows.concat())
}

/// A row of cells.
pub fn tr(cells: &[&str]) -> String {
    format!("<w:tr>{}</w:tr>", cells.concat())
}

/// A cell of a text.
pub fn tc(text: &str) -> String {
    tc_of("", &p(&r(text)))
}

/// A cell of properties and blocks.
pub fn tc_of(properties: &str, blocks: &str) -> String {
    format!("<w:tc><w:tcPr>{properties}</w:tcPr>{blocks}</w:tc>")
}

/// Beginning, instruction, result and end of a field.
pub fn field(instruction: &str, result: &str) -> String {
    let character = |kind| format!(r#"<w:r><w:fldChar w:fldCharType="{kind}"/></w:r>"#);
    format!(
        "{}<w:r><w:instrText>{instruction}</w:instrText></w:r>{}{result}{}",
        character("begin"),
        character("separate"),
        character("end")
    )
}

/// A text box in a drawing beside the text, with the fallback picture for older programs.
pub fn text_box(blocks: &str) -> String {
    let content = format!("<w:txbxContent>{blocks}</w:txbxContent>");
    format!(
        r#"<w:r><mc:AlternateContent><mc:Choice Requires="wps"><w:drawing><wp:anchor><wp:docPr id="1" name="Text Box 1"/>
        <a:graphic><a:graphicData><wps:wsp><wps:txbx>{content}</wps:txbx></wps:wsp></a:graphicData></a:graphic></wp:anchor></w:drawing></mc:Choice>
        <mc:Fallback><w:pict><v:shape><v:textbox>{content}</v:textbox></v:shape></w:pict></mc:Fallback></mc:AlternateContent></w:r>"#
    )
}

/// An image in the line, with these attributes and inner elements of its properties.
pub fn image(attributes: &str, inner: &str) -> String {
    format!(
        r#"<w:r><w:drawing><wp:inline><wp:docPr id="1" name="Picture 1" {attributes}>{inner}</wp:docPr><a:graphic><a:graphicData>
        <pic:pic><pic:nvPicPr><pic:cNvPr id="0" name="a.png"/></pic:nvPicPr><pic:blipFill><a:blip r:embed="none"/></pic:blipFill></pic:pic>
        </a:graphicData></a:graphic></wp:inline></w:drawing></w:r>"#
    )
}

/// A document with something of everything.
pub fn everything() -> WordFile {
    let list = r#"<w:abstractNum w:abstractNumId="0"><w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="upperRoman"/>
        <w:lvlText w:val="%1."/><w:pStyle w:val="H"/></w:lvl></w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>"#;
    let styles = r#"<w:style w:type="paragraph" w:styleId="H"><w:name w:val="heading 1"/><w:basedOn w:val="H"/>
        <w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr></w:style>"#;
    let cell = tc_of(
        r#"<w:gridSpan w:val="2"/><w:vMerge w:val="restart"/>"#,
        &p(&r("wide")),
    );
    let ruby = "<w:r><w:ruby><w:rt><w:r><w:t>b</w:t></w:r></w:rt><w:rubyBase><w:r><w:t>a</w:t></w:r></w:rubyBase></w:ruby></w:r>";
    let body = [
        p_of(r#"<w:pStyle w:val="H"/>"#, "Heading"),
        p(&format!(
            r#"{}<w:del><w:r><w:delText>x</w:delText></w:r></w:del>{}<w:r><w:footnoteReference w:id="1"/></w:r>"#,
            field("PAGE", &r("1")),
            image(r#"descr="A duck""#, "")
        )),
        p_of(r#"<w:numPr><w:ilvl w:val="0"/><w:numId w:val="1"/></w:numPr>"#, "item"),
        tbl(&[&tr(&[&cell, &tc("b")]), &tr(&[&tc_of("<w:vMerge/>", &p("")), &tbl(&[&tr(&[&tc("c")])])])]),
        p(&text_box(&p(&r("box")))),
        p(&format!("<m:oMath><m:r><m:t>x</m:t></m:r></m:oMath>{ruby}")),
        r#"<w:moveFromRangeStart w:id="1" w:name="m"/><w:moveFromRangeEnd w:id="1"/><w:sdt><w:sdtContent><w:p/></w:sdtContent></w:sdt>"#.to_owned(),
        r#"<w:altChunk r:id="a.html"/><w:sectPr><w:titlePg/><w:headerReference w:type="first" r:id="h.xml"/></w:sectPr>"#.to_owned(),
    ]
    .concat();
    let note = format!(r#"<w:footnote w:id="1">{}</w:footnote>"#, p(&r("note")));
    WordFile::of(&body)
        .xml("styles", "styles", styles)
        .xml("numbering", "numbering", list)
        .xml("footnotes", "footnotes", &note)
        .part("header", "h.xml", word_xml("hdr", &p(&r("header"))))
        .part("aFChunk", "a.html", "<p>chunk</p>")
}
