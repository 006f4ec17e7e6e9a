//! Shared code of the XML readers.

mod limits;

use dynrag_domain::documents::FailureCode;
use quick_xml::{
    Reader, XmlVersion,
    escape::resolve_predefined_entity,
    events::{BytesStart, Event},
};

use crate::protocol::Refusal;

/// Most nodes of a part's tree. The text of a long novel takes a tenth, and the tree 300 MB.
const MAX_NODES: u32 = 4_000_000;

/// The tree of a whole part, for readers that look ahead and back. Large tables are read as events instead.
pub struct Tree<'a>(roxmltree::Document<'a>);

/// An element. Names are local, so they are the same in strict and transitional files and independent of prefixes.
#[derive(Clone, Copy)]
pub struct Element<'a>(roxmltree::Node<'a, 'a>);

/// The content of an element.
pub enum Content<'a> {
    /// Another element.
    Element(Element<'a>),
    /// Text with entities resolved.
    Text(&'a str),
}

impl<'a> Tree<'a> {
    /// Parses a part.
    ///
    /// # Errors
    /// `corrupt_file` if it is not well-formed, nested deeper than 512 elements, or has too many attributes or
    /// namespaces; `text_too_large` if it has more than four million nodes.
    pub fn parse(source: &'a str) -> Result<Self, Refusal> {
        Self::within(source, MAX_NODES)
    }

    fn within(source: &'a str, nodes_limit: u32) -> Result<Self, Refusal> {
        let options = roxmltree::ParsingOptions {
            allow_dtd: false,
            nodes_limit,
            ..roxmltree::ParsingOptions::default()
        };
        let source = source.trim_start_matches('\u{feff}');
        limits::check(source)?;
        let document = roxmltree::Document::parse_with_options(source, options);
        document.map(Self).map_err(|error| {
            let code = match error {
                roxmltree::Error::NodesLimitReached => FailureCode::TextTooLarge,
                _ => FailureCode::CorruptFile,
            };
            // The error message may quote the document.
            Refusal::new(code, format!("xml: {:?}", std::mem::discriminant(&error)))
        })
    }

    /// The outermost element.
    pub fn root(&self) -> Element<'_> {
        Element(self.0.root_element())
    }
}

impl<'a> Element<'a> {
    /// Local name.
    pub fn name(self) -> &'a str {
        self.0.tag_name().name()
    }

    /// Unique index of the node in its tree.
    pub fn place(self) -> usize {
        self.0.id().get_usize()
    }

    /// An attribute by its local name.
    pub fn attribute(self, name: &str) -> Option<&'a str> {
        let found = self.0.attributes().find(|a| a.name() == name)?;
        Some(found.value())
    }

    /// Local names and values of all attributes.
    pub fn attributes(self) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.0.attributes().map(|a| (a.name(), a.value()))
    }

    /// An attribute in the relationships namespace, such as `r:id`: the element may have another `id`.
    pub fn relation(self, name: &str) -> Option<&'a str> {
        let mut attributes = self.0.attributes();
        let found = attributes.find(|attribute| {
            let namespace = attribute.namespace().unwrap_or_default();
            attribute.name() == name && namespace.ends_with("/relationships")
        })?;
        Some(found.value())
    }

    /// The child elements.
    pub fn children(self) -> impl DoubleEndedIterator<Item = Element<'a>> {
        let all = self.0.children();
        all.filter(|node| node.is_element()).map(Element)
    }

    /// The first child element with this name.
    pub fn child(self, name: &str) -> Option<Element<'a>> {
        self.children().find(|inner| inner.name() == name)
    }

    /// The element at the end of a path of child names.
    pub fn at(self, path: &[&str]) -> Option<Element<'a>> {
        path.iter().try_fold(self, |inner, name| inner.child(name))
    }

    /// The value of the attribute `val` of a child, as in `<w:numId w:val="1"/>`.
    pub fn val(self, child: &str) -> Option<&'a str> {
        self.child(child)?.attribute("val")
    }

    /// All descendant elements, in document order.
    pub fn descendants(self) -> impl Iterator<Item = Element<'a>> {
        let all = self.0.descendants().skip(1);
        all.filter(|node| node.is_element()).map(Element)
    }

    /// Child elements and texts, in order.
    pub fn contents(self) -> impl Iterator<Item = Content<'a>> {
        self.0.children().filter_map(|node| {
            if node.is_element() {
                Some(Content::Element(Element(node)))
            } else {
                node.text().filter(|_| node.is_text()).map(Content::Text)
            }
        })
    }

    /// All text inside, at any depth.
    pub fn text(self) -> String {
        let texts = self.0.descendants().filter(|node| node.is_text());
        texts.filter_map(|node| node.text()).collect()
    }
}

/// An attribute by its local name.
pub fn attribute(tag: &BytesStart<'_>, name: &str) -> Option<String> {
    let mut attributes = tag.attributes();
    // The check for duplicates compares all with all.
    let mut attributes = attributes.with_checks(false).flatten();
    let found = attributes.find(|attribute| attribute.key.local_name().as_ref() == name)?;
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
    /// Its meaning, if the element has a general name (EPUB's `property`, `event`).
    pub kind: Option<String>,
    pub text: String,
}

/// Metadata values: the texts of all elements without children. Stops where the XML is broken, since a document
/// without metadata is still a document.
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

/// Invalid XML.
pub fn refusal(error: &quick_xml::Error) -> Refusal {
    let detail = format!("xml: {:?}", std::mem::discriminant(error));
    Refusal::new(FailureCode::CorruptFile, detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nesting_is_limited() {
        let nested = |depth: usize| format!("{}{}", "<a>".repeat(depth), "</a>".repeat(depth));
        for (depth, is_read) in [(500, true), (520, false), (100_000, false)] {
            let outcome = Tree::parse(&nested(depth)).map(|_| ());
            let expected = is_read.then_some(()).ok_or(FailureCode::CorruptFile);
            assert_eq!(outcome.map_err(|refusal| refusal.code), expected, "{depth}");
        }
    }

    #[test]
    fn nodes_are_limited() {
        let outcome = |limit| Tree::within("<a><b/><b/>text</a>", limit).map(|_| ());
        assert!(outcome(10).is_ok());
        let refused = outcome(4).map_err(|refusal| refusal.code);
        assert_eq!(refused, Err(FailureCode::TextTooLarge));
    }

    #[test]
    fn metadata_values_are_limited() {
        let many = format!("<m>{}</m>", "<a>x</a>".repeat(1_000));
        assert_eq!(values(&many).len(), MAX_VALUES);
        let long = format!("<![CDATA[{}]]>", "x".repeat(1_000)).repeat(100);
        let long = values(&format!("<title>{long}</title>"));
        assert!(long[0].text.len() < MAX_VALUE + 1_000);
    }
}
