//! Writes Excel workbooks, small ones. Parts have unusual names in reversed order: only relationships lead to them.

use crate::office_file::{TYPES, zipped};

const MAIN: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
const RELATIONSHIPS: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";

/// A workbook.
#[derive(Default)]
pub struct Book {
    sheets: Vec<Sheet>,
    properties: String,
    formats: Vec<(u32, String)>,
    strings: Option<String>,
    people: Option<String>,
    parts: Vec<(String, String)>,
}

struct Sheet {
    attributes: String,
    body: String,
    /// Kinds and targets of its relationships.
    related: Vec<(String, String)>,
}

impl Book {
    /// A workbook of one sheet, `Data`, of these rows.
    pub fn of(rows: &str) -> Self {
        Self::default().sheet("Data", rows)
    }

    /// With another sheet of these rows.
    pub fn sheet(self, name: &str, rows: &str) -> Self {
        let body = format!("<sheetData>{rows}</sheetData>");
        self.with(&format!(r#"name="{name}""#), &body)
    }

    /// With another sheet of these attributes and this body.
    pub fn with(mut self, attributes: &str, body: &str) -> Self {
        self.sheets.push(Sheet {
            attributes: attributes.to_owned(),
            body: body.to_owned(),
            related: Vec::new(),
        });
        self
    }

    /// With number formats: those without a code are built in. Style `n` has the `n`th of them, from 1.
    pub fn formats(mut self, formats: &[(u32, &str)]) -> Self {
        let formats = formats.iter();
        self.formats = formats
            .map(|(id, code)| (*id, (*code).to_owned()))
            .collect();
        self
    }

    /// With shared strings, as XML.
    pub fn strings(mut self, strings: &str) -> Self {
        self.strings = Some(strings.to_owned());
        self
    }

    /// With properties of the workbook, as attributes.
    pub fn properties(mut self, attributes: &str) -> Self {
        attributes.clone_into(&mut self.properties);
        self
    }

    /// With people who comment, as XML.
    pub fn people(mut self, people: &str) -> Self {
        self.people = Some(people.to_owned());
        self
    }

    /// With a part that the last sheet leads to by a relationship of this kind.
    pub fn related(mut self, kind: &str, name: &str, content: &str) -> Self {
        let sheet = self.sheets.last_mut().unwrap();
        sheet.related.push((kind.to_owned(), format!("/{name}")));
        self.part(name, content)
    }

    /// With relationships of this kind that lead from the last sheet to a part.
    pub fn linked(mut self, kind: &str, name: &str, times: usize) -> Self {
        let sheet = self.sheets.last_mut().unwrap();
        let link = (kind.to_owned(), format!("/{name}"));
        sheet.related.extend(vec![link; times]);
        self
    }

    /// With another part.
    pub fn part(mut self, name: &str, content: &str) -> Self {
        self.parts.push((name.to_owned(), content.to_owned()));
        self
    }

    /// The file.
    pub fn bytes(self) -> Vec<u8> {
        let mut parts = vec![
            ("[Content_Types].xml".to_owned(), TYPES.to_owned()),
            (
                "_rels/.rels".to_owned(),
                relationships(&[("r1", "officeDocument", "xl/workbook7.xml")]),
            ),
        ];
        let mut listed = String::new();
        let mut links = vec![("st".to_owned(), "styles".to_owned(), "look.xml".to_owned())];
        for (number, sheet) in self.sheets.iter().enumerate() {
            let Sheet {
                attributes,
                body,
                related,
            } = sheet;
            let name = format!("ws/sheet{}.xml", self.sheets.len() - number);
            listed += &format!(r#"<sheet {attributes} sheetId="{number}1" r:id="s{number}"/>"#);
            links.push((format!("s{number}"), "worksheet".to_owned(), name.clone()));
            let xml = format!(
                r#"<worksheet xmlns="{MAIN}" xmlns:r="{RELATIONSHIPS}">{body}</worksheet>"#
            );
            parts.push((format!("xl/{name}"), xml));
            let related: Vec<(&str, &str, &str)> = related
                .iter()
                .map(|(kind, target)| (target.as_str(), kind.as_str(), target.as_str()))
                .collect();
            let name = name.trim_start_matches("ws/");
            parts.push((format!("xl/ws/_rels/{name}.rels"), relationships(&related)));
        }
        for (kind, content) in [("sharedStrings", &self.strings), ("person", &self.people)] {
            if let Some(content) = content {
                links.push((kind.to_owned(), kind.to_owned(), format!("{kind}.xml")));
                let xml = format!(r#"<all xmlns="{MAIN}">{content}</all>"#);
                parts.push((format!("xl/{kind}.xml"), xml));
            }
        }
        let links: Vec<(&str, &str, &str)> = links
            .iter()
            .map(|(id, kind, target)| (id.as_str(), kind.as_str(), target.as_str()))
            .collect();
        parts.push((
            "xl/_rels/workbook7.xml.rels".to_owned(),
            relationships(&links),
        ));
        let properties = &self.properties;
        let book = format!(
            r#"<workbook xmlns="{MAIN}" xmlns:r="{RELATIONSHIPS}"><workbookPr {properties}/><sheets>{listed}</sheets></workbook>"#
        );
        parts.push(("xl/workbook7.xml".to_owned(), book));
        parts.push(("xl/look.xml".to_owned(), styles(&self.formats)));
        parts.extend(self.parts);
        let parts: Vec<(&str, &[u8])> = parts
            .iter()
            .map(|(name, content)| (name.as_str(), content.as_bytes()))
            .collect();
        zipped(&parts)
    }
}

fn relationships(of: &[(&str, &str, &str)]) -> String {
    let each: String = of
        .iter()
        .map(|(id, kind, target)| {
            format!(r#"<Relationship Id="{id}" Type="{RELATIONSHIPS}/{kind}" Target="{target}"/>"#)
        })
        .collect();
    format!(
        r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{each}</Relationships>"#
    )
}

fn styles(formats: &[(u32, String)]) -> String {
    let codes: String = formats
        .iter()
        .filter(|(_, code)| !code.is_empty())
        .map(|(id, code)| {
            let code = code
                .replace('&', "&amp;")
                .replace('"', "&quot;")
                .replace('<', "&lt;");
            format!(r#"<numFmt numFmtId="{id}" formatCode="{code}"/>"#)
        })
        .collect();
    let cells: String = formats
        .iter()
        .map(|(id, _)| format!(r#"<xf numFmtId="{id}"/>"#))
        .collect();
    format!(
        r#"<styleSheet xmlns="{MAIN}"><numFmts>{codes}</numFmts><cellXfs><xf numFmtId="0"/>{cells}</cellXfs></styleSheet>"#
    )
}

/// A row of texts; empty ones are left out.
pub fn texts(number: u32, cells: &[&str]) -> String {
    let cells: String = cells
        .iter()
        .zip('A'..='Z')
        .filter(|(cell, _)| !cell.is_empty())
        .map(|(cell, column)| {
            format!(r#"<c r="{column}{number}" t="inlineStr"><is><t>{cell}</t></is></c>"#)
        })
        .collect();
    format!(r#"<row r="{number}">{cells}</row>"#)
}
