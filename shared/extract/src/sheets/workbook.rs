//! Reads the parts that the sheets of a workbook share: their order, strings, formats and people.

use std::collections::HashMap;

use dynrag_domain::{
    documents::FailureCode,
    warnings::{WarningCode, Warnings},
};
use quick_xml::{
    Reader,
    events::{BytesStart, Event},
};

use super::{
    comments, optional,
    strings::{self, Strings},
    styles::Styles,
};
use crate::{
    ooxml::{Package, Relationships},
    protocol::Refusal,
    text,
    xml::{self, Tree},
};

/// Most sheets; more occur only in malicious files.
const MAX_SHEETS: usize = 5_000;

/// A sheet and its name.
pub struct Sheet {
    pub name: String,
    pub hidden: bool,
    /// Id of its relationship. Any number of sheets may refer to a long part name, so it is not copied.
    id: Option<String>,
}

/// A workbook without the content of its sheets.
pub struct Workbook {
    /// In tab order.
    pub sheets: Vec<Sheet>,
    pub relationships: Relationships,
    /// Whether days are counted from 1904 instead of 1900.
    pub since_1904: bool,
    pub strings: Strings,
    pub styles: Styles,
    /// Names of comment authors by their ids.
    pub people: HashMap<String, String>,
}

impl Workbook {
    /// Reads the main part and the parts that it refers to.
    ///
    /// # Errors
    /// `corrupt_file` if it is not a workbook, `text_too_large`.
    pub fn read(package: &mut Package<'_>, warnings: &mut Warnings) -> Result<Self, Refusal> {
        let main = package.main_part()?;
        let corrupt = || Refusal::new(FailureCode::CorruptFile, "no workbook");
        let source = match package.xml(&main)? {
            Some(source) if !is_binary(package, &main) => source,
            _ if is_binary(package, &main) || package.part("xl/workbook.bin")?.is_some() => {
                let detail = "a binary workbook";
                return Err(Refusal::new(FailureCode::UnsupportedType, detail));
            }
            _ => return Err(corrupt()),
        };
        let relationships = package.relationships(&main)?;
        let (mut sheets, since_1904) = listed(&source).ok_or_else(corrupt)?;
        if sheets.len() > MAX_SHEETS {
            sheets.truncate(MAX_SHEETS);
            warnings.add(WarningCode::TableCut, 1);
        }
        let mut shared = |kind: &str| -> Result<String, Refusal> {
            let target = relationships.of_kind(kind).next();
            let source = target.map_or(Ok(None), |target| package.xml(&target.part));
            Ok(optional(source, kind, warnings)?.unwrap_or_default())
        };
        let strings = shared("sharedStrings")?;
        let styles = shared("styles")?;
        let (strings, whole) = Strings::read(&strings);
        if !whole {
            warnings.add_at(WarningCode::PartsUnreadable, "sharedStrings");
        }
        let (styles, whole) = Styles::read(&styles);
        if !whole {
            warnings.add_at(WarningCode::PartsUnreadable, "styles");
        }
        Ok(Self {
            sheets,
            since_1904,
            strings,
            styles,
            people: people(package, &relationships),
            relationships,
        })
    }

    /// Name of a sheet's part, if the workbook gives one.
    pub fn part(&self, sheet: &Sheet) -> Option<&str> {
        let target = self.relationships.by_id(sheet.id.as_deref()?)?;
        Some(&target.part)
    }
}

fn is_binary(package: &Package<'_>, part: &str) -> bool {
    let kind = package.content_type(part);
    kind.is_some_and(|kind| kind.contains("sheet.binary"))
}

/// The sheets, and whether days are counted from 1904. `None` if there is no list of sheets. The part is read as
/// events, because some programs write errors into it that Excel repairs.
fn listed(source: &str) -> Option<(Vec<Sheet>, bool)> {
    let mut reader = Reader::from_str(source);
    let mut since_1904 = false;
    let mut sheets = None;
    loop {
        match reader.read_event() {
            Ok(Event::Start(tag) | Event::Empty(tag)) => match tag.local_name().as_ref() {
                "workbookPr" => {
                    let value = xml::attribute(&tag, "date1904").unwrap_or_default();
                    since_1904 |= matches!(value.trim(), "1" | "true" | "on");
                }
                "sheets" => sheets = Some(Vec::new()),
                "sheet" => {
                    let sheets = sheets.as_mut()?;
                    if sheets.len() <= MAX_SHEETS {
                        sheets.push(Sheet::of(&tag));
                    }
                }
                _ => {}
            },
            Ok(Event::Eof) | Err(_) => break,
            Ok(_) => {}
        }
    }
    sheets.map(|sheets| (sheets, since_1904))
}

impl Sheet {
    fn of(tag: &BytesStart<'_>) -> Self {
        let name = xml::attribute(tag, "name").unwrap_or_default();
        let state = xml::attribute(tag, "state");
        Self {
            name: strings::unescaped(&name).into_owned(),
            hidden: matches!(state.as_deref(), Some("hidden" | "veryHidden")),
            id: xml::attribute(tag, "id"),
        }
    }
}

/// The authors of threaded comments ([MS-XLSX] 2.6.203, `persons`), each on one line.
fn people(package: &mut Package<'_>, relationships: &Relationships) -> HashMap<String, String> {
    let mut people = HashMap::new();
    for target in relationships.of_kind("person") {
        let Ok(Some(source)) = package.xml(&target.part) else {
            continue;
        };
        let Ok(tree) = Tree::parse(&source) else {
            continue;
        };
        people.extend(tree.root().children().filter_map(|person| {
            let name = person.attribute("displayName")?;
            let name = text::one_line(name, comments::MAX_AUTHOR);
            Some((person.attribute("id")?.to_owned(), name))
        }));
    }
    people
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_sheets_are_listed_than_it_takes_to_know() {
        let sheets = format!("<sheets>{}</sheets>", "<sheet name='a'/>".repeat(10_000));
        let (sheets, _) = listed(&sheets).unwrap();
        assert_eq!(sheets.len(), MAX_SHEETS + 1);
    }
}
