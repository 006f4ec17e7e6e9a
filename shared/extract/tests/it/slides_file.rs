//! Writes presentations part by part.

use crate::office_file::{TYPES, relationships, zipped};

const NAMESPACES: &str = r#"xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main" xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart" xmlns:dgm="http://schemas.openxmlformats.org/drawingml/2006/diagram" xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math""#;

/// A slide and the parts that it refers to.
#[derive(Default)]
pub struct Slide {
    /// Attributes of the slide.
    attributes: &'static str,
    shapes: String,
    /// Id, kind and name of parts.
    links: Vec<(&'static str, &'static str, &'static str)>,
}

impl Slide {
    pub fn new(shapes: impl Into<String>) -> Self {
        Self {
            shapes: shapes.into(),
            ..Self::default()
        }
    }

    pub fn with(mut self, attributes: &'static str) -> Self {
        self.attributes = attributes;
        self
    }

    /// A relationship to a part of this name in the folder `ppt`.
    pub fn linked(mut self, id: &'static str, kind: &'static str, part: &'static str) -> Self {
        self.links.push((id, kind, part));
        self
    }
}

/// A part's name and content.
pub type Part = (String, String);

/// A part in the folder `ppt`.
pub fn part(name: &str, content: impl Into<String>) -> Part {
    (format!("ppt/{name}"), content.into())
}

/// An element of a part with the usual prefixes declared.
pub fn root(name: &str, content: &str) -> String {
    format!(
        "<{name} {NAMESPACES}>{content}</{}>",
        name.split(' ').next().unwrap()
    )
}

/// The parts of a presentation. The first slide has the highest number in its part's name, and the main part is
/// not where it usually is.
pub fn parts(slides: &[Slide], more: Vec<Part>) -> Vec<Part> {
    let count = slides.len();
    let file = |n: usize| format!("slides/slide{}.xml", count - n);
    let ids: String = (0..count)
        .map(|n| format!(r#"<p:sldId id="{}" r:id="rId{n}"/>"#, 256 + n))
        .collect();
    let names: Vec<(String, String)> = (0..count).map(|n| (format!("rId{n}"), file(n))).collect();
    let mut links: Vec<(&str, &str, &str)> = names
        .iter()
        .map(|(id, file)| (id.as_str(), "slide", file.as_str()))
        .collect();
    links.push(("authors", "authors", "authors.xml"));
    links.push(("old", "commentAuthors", "commentAuthors.xml"));
    let main = root("p:presentation", &format!("<p:sldIdLst>{ids}</p:sldIdLst>"));
    let mut parts = vec![
        ("[Content_Types].xml".to_owned(), TYPES.to_owned()),
        (
            "_rels/.rels".to_owned(),
            relationships(&[("rId1", "officeDocument", "/ppt/presentation2.xml")]),
        ),
        part("presentation2.xml", main),
        part("_rels/presentation2.xml.rels", relationships(&links)),
    ];
    for (n, slide) in slides.iter().enumerate() {
        let tree = format!("<p:cSld><p:spTree>{}</p:spTree></p:cSld>", slide.shapes);
        let content = root(&format!("p:sld {}", slide.attributes), &tree)
            .replace(&format!("</p:sld {}>", slide.attributes), "</p:sld>");
        parts.push(part(&file(n), content));
        let targets: Vec<String> = slide
            .links
            .iter()
            .map(|(_, _, part)| format!("../{part}"))
            .collect();
        let links: Vec<(&str, &str, &str)> = slide
            .links
            .iter()
            .zip(&targets)
            .map(|((id, kind, _), target)| (*id, *kind, target.as_str()))
            .collect();
        parts.push(part(
            &format!("slides/_rels/slide{}.xml.rels", count - n),
            relationships(&links),
        ));
    }
    parts.extend(more);
    parts
}

/// A file of these parts.
pub fn packed(parts: &[Part]) -> Vec<u8> {
    let parts: Vec<(&str, &[u8])> = parts
        .iter()
        .map(|(name, content)| (name.as_str(), content.as_bytes()))
        .collect();
    zipped(&parts)
}

/// A presentation of these slides and other parts.
pub fn deck(slides: &[Slide], more: Vec<Part>) -> Vec<u8> {
    packed(&parts(slides, more))
}

/// A shape with paragraphs, in a placeholder (`type="body" idx="1"`) or, with an empty one, in none.
pub fn shape(placeholder: &str, paragraphs: &str) -> String {
    let placeholder = if placeholder.is_empty() {
        String::new()
    } else {
        format!("<p:ph {placeholder}/>")
    };
    format!(
        r#"<p:sp><p:nvSpPr><p:cNvPr id="2" name="x"/><p:cNvSpPr/><p:nvPr>{placeholder}</p:nvPr></p:nvSpPr><p:spPr/><p:txBody><a:bodyPr/><a:lstStyle/>{paragraphs}</p:txBody></p:sp>"#
    )
}

/// A paragraph of one run.
pub fn line(text: &str) -> String {
    format!("<a:p><a:r><a:t>{text}</a:t></a:r></a:p>")
}

pub fn title(text: &str) -> String {
    shape(r#"type="title""#, &line(text))
}

/// A text box.
pub fn text_box(text: &str) -> String {
    shape("", &line(text))
}

/// A frame around a graphic.
pub fn frame(graphic: &str) -> String {
    format!(
        r#"<p:graphicFrame><p:nvGraphicFramePr><p:cNvPr id="4" name="f"/></p:nvGraphicFramePr><a:graphic><a:graphicData uri="u">{graphic}</a:graphicData></a:graphic></p:graphicFrame>"#
    )
}

/// A picture with these attributes and properties.
pub fn picture(attributes: &str, inner: &str) -> String {
    format!(
        r#"<p:pic><p:nvPicPr><p:cNvPr id="5" name="image1.png" {attributes}>{inner}</p:cNvPr><p:nvPr/></p:nvPicPr><p:blipFill/></p:pic>"#
    )
}

/// A page of notes: picture of the slide, notes, number.
pub fn notes(paragraphs: &str) -> String {
    let shapes = [
        shape(r#"type="sldImg""#, ""),
        shape(r#"type="body" idx="1""#, paragraphs),
        shape(r#"type="sldNum" idx="5""#, &line("17")),
        shape(r#"type="hdr" idx="3""#, &line("Printed by the library")),
    ];
    root(
        "p:notes",
        &format!("<p:cSld><p:spTree>{}</p:spTree></p:cSld>", shapes.concat()),
    )
}

/// A bar chart of a series.
pub fn chart(title: &str, series: &str, points: &[(&str, &str)]) -> String {
    let cache = |texts: &mut dyn Iterator<Item = &str>| {
        texts
            .enumerate()
            .map(|(n, text)| format!(r#"<c:pt idx="{n}"><c:v>{text}</c:v></c:pt>"#))
            .collect::<String>()
    };
    let names = cache(&mut points.iter().map(|(name, _)| *name));
    let values = cache(&mut points.iter().map(|(_, value)| *value));
    let content = format!(
        "<c:chart><c:title><c:tx><c:rich>{}</c:rich></c:tx></c:title><c:plotArea><c:barChart><c:ser>
        <c:tx><c:strRef><c:strCache><c:pt idx=\"0\"><c:v>{series}</c:v></c:pt></c:strCache></c:strRef></c:tx>
        <c:cat><c:strRef><c:strCache>{names}</c:strCache></c:strRef></c:cat>
        <c:val><c:numRef><c:numCache>{values}</c:numCache></c:numRef></c:val></c:ser></c:barChart></c:plotArea></c:chart>",
        line(title)
    );
    root("c:chartSpace", &content)
}

/// The data of a diagram: a document, whose children these are, the last of them first in the file.
pub fn diagram(texts: &[&str]) -> String {
    let points: String = texts
        .iter()
        .enumerate()
        .rev()
        .map(|(n, text)| {
            format!(
                r#"<dgm:pt modelId="{n}"><dgm:t>{}</dgm:t></dgm:pt>"#,
                line(text)
            )
        })
        .collect();
    let steps: String = (0..texts.len())
        .map(|n| format!(r#"<dgm:cxn modelId="c{n}" srcId="d" destId="{n}" srcOrd="{n}"/>"#))
        .collect();
    let content = format!(
        r#"<dgm:ptLst><dgm:pt modelId="d" type="doc"/>{points}</dgm:ptLst><dgm:cxnLst>{steps}</dgm:cxnLst>"#
    );
    root("dgm:dataModel", &content)
}

/// Layout and master whose bodies have bullets on the first level, and prompts, which are not text of the
/// slide.
pub fn layout_and_master() -> Vec<Part> {
    let sheet = |prompt: &str| {
        let shapes = [
            shape(r#"type="title""#, &line(prompt)),
            shape(r#"type="body" idx="1""#, &line(prompt)),
            text_box(prompt),
        ];
        format!("<p:cSld><p:spTree>{}</p:spTree></p:cSld>", shapes.concat())
    };
    let styles = r#"<p:txStyles><p:titleStyle><a:lvl1pPr><a:buNone/></a:lvl1pPr></p:titleStyle><p:bodyStyle><a:lvl1pPr><a:buChar char="•"/></a:lvl1pPr><a:lvl2pPr><a:buChar char="–"/></a:lvl2pPr></p:bodyStyle></p:txStyles>"#;
    vec![
        part(
            "slideLayouts/layout.xml",
            root("p:sldLayout", &sheet("Click to edit")),
        ),
        part(
            "slideLayouts/_rels/layout.xml.rels",
            relationships(&[("rId1", "slideMaster", "../slideMasters/master.xml")]),
        ),
        part(
            "slideMasters/master.xml",
            root(
                "p:sldMaster",
                &format!("{}{styles}", sheet("Click to edit")),
            ),
        ),
    ]
}

/// A presentation with one of everything, for tests that break it.
pub fn everything() -> Vec<Part> {
    let table = frame(&format!(
        r#"<a:tbl><a:tr><a:tc gridSpan="2"><a:txBody>{}</a:txBody></a:tc><a:tc hMerge="1"/></a:tr><a:tr><a:tc rowSpan="2"/><a:tc/></a:tr></a:tbl>"#,
        line("cell")
    ));
    let body = shape(
        r#"type="body" idx="1""#,
        r#"<a:p><a:pPr lvl="1"><a:buAutoNum type="romanUcPeriod" startAt="4"/></a:pPr><a:r><a:t>one_x000B_two</a:t></a:r><a:br/><a:fld type="slidenum"><a:t>1</a:t></a:fld></a:p>"#,
    );
    let shapes = [
        title("Title"),
        body,
        table,
        frame(r#"<c:chart r:id="c"/>"#),
        frame(r#"<dgm:relIds r:dm="d"/>"#),
        format!(
            "<p:grpSp>{}{}</p:grpSp>",
            text_box("inner"),
            picture(r#"descr="A duck""#, "")
        ),
    ];
    let slide = Slide::new(shapes.concat())
        .linked("c", "chart", "charts/chart.xml")
        .linked("d", "diagramData", "diagrams/data.xml")
        .linked("n", "notesSlide", "notesSlides/notes.xml")
        .linked("l", "slideLayout", "slideLayouts/layout.xml")
        .linked("o", "comments", "comments/comments.xml");
    let mut more = layout_and_master();
    more.extend([
        part(
            "charts/chart.xml",
            chart("Chart", "Series", &[("a", "1"), ("b", "#N/A")]),
        ),
        part("diagrams/data.xml", diagram(&["First", "Second"])),
        part("notesSlides/notes.xml", notes(&line("A note"))),
        part(
            "comments/comments.xml",
            root(
                "p:cmLst",
                r#"<p:cm authorId="0"><p:text>A comment</p:text></p:cm>"#,
            ),
        ),
        part(
            "commentAuthors.xml",
            root("p:cmAuthorLst", r#"<p:cmAuthor id="0" name="Ann"/>"#),
        ),
    ]);
    parts(&[slide], more)
}
