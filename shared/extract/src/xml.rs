//! What the readers of XML have in common.

use dynrag_domain::documents::FailureCode;
use quick_xml::{
    XmlVersion,
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

/// XML that is none.
pub fn refusal(error: &quick_xml::Error) -> Refusal {
    let detail = format!("xml: {:?}", std::mem::discriminant(error));
    Refusal::new(FailureCode::CorruptFile, detail)
}
