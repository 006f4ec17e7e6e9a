//! What the readers of XML have in common.

use dynrag_domain::documents::FailureCode;
use quick_xml::{
    Reader, XmlVersion,
    escape::resolve_predefined_entity,
    events::{BytesStart, Event},
};

use crate::protocol::Refusal;

/// An attribute by its local name.
pub fn attribute(tag: &BytesStart<'_>, name: &str) -> Option<String> {
    let found = tag
        .attributes()
        .flatten()
        .find(|attribute| attribute.key.local_name().as_ref() == name)?;
    found
        .normalized_value(XmlVersion::Implicit1_0)
        .ok()
        .map(std::borrow::Cow::into_owned)
}

/// Adds the text of an event. Entities of a document's own are not expanded, however often they nest.
pub fn push_text(event: &Event<'_>, text: &mut String) {
    match event {
        Event::Text(part) => text.push_str(&part.xml10_content()),
        Event::CData(part) => text.push_str(&part.xml10_content()),
        Event::GeneralRef(reference) => {
            if let Ok(Some(character)) = reference.resolve_char_ref() {
                text.push(character);
            } else if let Some(known) = resolve_predefined_entity(reference) {
                text.push_str(known);
            }
        }
        _ => {}
    }
}

/// Elements of metadata that are listened to, and bytes of each.
const MAX_VALUES: usize = 200;
const MAX_VALUE: usize = 8 * 1024;

/// A text in a document's metadata.
pub struct Value {
    /// Its element's local name.
    pub name: String,
    /// What it is about, where the element is of a general name (EPUB's `property`, `event`).
    pub kind: Option<String>,
    pub text: String,
}

/// What metadata says: the texts of all elements that have no other inside. It ends where the XML
/// is broken, since a document without metadata is still one.
pub fn values(source: &str) -> Vec<Value> {
    let mut reader = Reader::from_str(source);
    let mut values = Vec::new();
    let mut open: Option<Value> = None;
    while values.len() < MAX_VALUES {
        match reader.read_event() {
            Ok(Event::Start(tag)) => {
                open = Some(Value {
                    name: tag.local_name().as_ref().to_owned(),
                    kind: attribute(&tag, "property").or_else(|| attribute(&tag, "event")),
                    text: String::new(),
                });
            }
            Ok(Event::End(_)) => values.extend(open.take()),
            Ok(Event::Eof) | Err(_) => break,
            Ok(event) => {
                if let Some(value) = open.as_mut().filter(|value| value.text.len() < MAX_VALUE) {
                    push_text(&event, &mut value.text);
                }
            }
        }
    }
    values
}

/// The first value of these names in their order that `parse` can make something of.
pub fn first<T>(values: &[Value], names: &[&str], parse: impl Fn(&str) -> Option<T>) -> Option<T> {
    names.iter().find_map(|name| {
        let mut named = values.iter().filter(|value| value.name == *name);
        named.find_map(|value| parse(&value.text))
    })
}

/// XML that is none.
pub fn refusal(error: &quick_xml::Error) -> Refusal {
    let detail = format!("xml: {:?}", std::mem::discriminant(error));
    Refusal::new(FailureCode::CorruptFile, detail)
}
