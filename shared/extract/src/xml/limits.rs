//! Rejects XML that would cost a tree parser much more time than its length suggests.

use dynrag_domain::documents::FailureCode;
use quick_xml::{
    Reader,
    events::{BytesStart, Event},
    name::PrefixDeclaration,
};

use crate::protocol::Refusal;

/// Deepest nesting of elements: readers descend by recursion.
const MAX_DEPTH: usize = 512;
/// Most attributes of an element.
const MAX_ATTRIBUTES: usize = 1_000;
/// Most namespace prefixes in scope. Word declares some 40.
const MAX_PREFIXES: usize = 128;
/// Most comparisons of attributes and of prefixes in a part. A document with 10,000 pictures, each of which declares
/// its namespaces, takes a tenth.
const MAX_COMPARISONS: usize = 1 << 28;
/// Attributes of an element that cost nothing worth counting.
const FEW: usize = 16;

/// Checks nesting, attributes and namespaces in linear time. The tree parser compares the attributes of an element
/// with one another, and copies all prefixes in scope for each element that declares one.
///
/// # Errors
/// `corrupt_file` beyond the limits, or if the tags cannot be parsed.
pub fn check(source: &str) -> Result<(), Refusal> {
    let mut reader = Reader::from_str(source);
    // The tree parser finds these faults.
    let config = reader.config_mut();
    config.check_end_names = false;
    config.allow_unmatched_ends = true;
    config.allow_dangling_amp = true;
    let mut limits = Limits::default();
    loop {
        match reader
            .read_event()
            .map_err(|error| super::refusal(&error))?
        {
            Event::Start(tag) => limits.open(&tag)?,
            Event::Empty(tag) => {
                limits.open(&tag)?;
                limits.close();
            }
            Event::End(_) => limits.close(),
            Event::Eof => return Ok(()),
            _ => {}
        }
    }
}

#[derive(Default)]
struct Limits {
    depth: usize,
    /// Prefixes in scope, with the depth of the element that declares them. The default namespace has the prefix ``.
    prefixes: Vec<(usize, String)>,
    comparisons: usize,
}

impl Limits {
    fn open(&mut self, tag: &BytesStart<'_>) -> Result<(), Refusal> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(refusal("nested too deeply"));
        }
        let attributes = tag.attributes_raw();
        // Values may contain the sign, too.
        if attributes.bytes().filter(|byte| *byte == b'=').count() > FEW {
            self.attributes(tag)?;
        }
        if attributes.contains("xmlns") {
            self.declarations(tag)?;
        }
        Ok(())
    }

    fn close(&mut self) {
        let above = |(depth, _): &(usize, String)| *depth < self.depth;
        let kept = self.prefixes.iter().rposition(above);
        self.prefixes.truncate(kept.map_or(0, |last| last + 1));
        self.depth = self.depth.saturating_sub(1);
    }

    fn attributes(&mut self, tag: &BytesStart<'_>) -> Result<(), Refusal> {
        let mut attributes = tag.attributes();
        let count = attributes.with_checks(false).count();
        if count > MAX_ATTRIBUTES {
            return Err(refusal("too many attributes"));
        }
        self.spend(count)
    }

    fn declarations(&mut self, tag: &BytesStart<'_>) -> Result<(), Refusal> {
        let mut attributes = tag.attributes();
        for attribute in attributes.with_checks(false).flatten() {
            let prefix = match attribute.key.as_namespace_binding() {
                Some(PrefixDeclaration::Named(prefix)) => prefix,
                Some(PrefixDeclaration::Default) => "",
                None => continue,
            };
            if !self.prefixes.iter().any(|(_, known)| known == prefix) {
                self.prefixes.push((self.depth, prefix.to_owned()));
            }
            if self.prefixes.len() > MAX_PREFIXES {
                return Err(refusal("too many namespaces"));
            }
        }
        self.spend(self.prefixes.len())
    }

    /// Counts the comparisons of this many names with one another.
    fn spend(&mut self, names: usize) -> Result<(), Refusal> {
        self.comparisons += names * names / 2;
        if self.comparisons > MAX_COMPARISONS {
            return Err(refusal("too many attributes and namespaces"));
        }
        Ok(())
    }
}

fn refusal(detail: &str) -> Refusal {
    Refusal::new(FailureCode::CorruptFile, format!("xml: {detail}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(prefix: &str, count: usize) -> String {
        let names = (0..count).map(|name| format!(r#" {prefix}a{name:x}="b""#));
        names.collect()
    }

    fn is_read(source: &str) -> bool {
        super::super::Tree::parse(source).is_ok()
    }

    #[test]
    fn an_element_has_so_many_attributes_at_most() {
        let element = |count| format!("<a{}/>", named("", count));
        assert!(is_read(&element(MAX_ATTRIBUTES)));
        assert!(!is_read(&element(MAX_ATTRIBUTES + 1)));
        let formula = format!(r#"<a b="{}"/>"#, "x=y ".repeat(5_000));
        assert!(is_read(&formula));
    }

    #[test]
    fn so_many_prefixes_are_in_scope_at_most() {
        let outer = |count, inner: &str| format!("<b{}>{inner}</b>", named("xmlns:", count));
        let one = r#"<c xmlns:a="x"><d xmlns:e="y"/></c>"#;
        // One prefix is known and the other is not, whatever the siblings declared.
        assert!(is_read(&outer(MAX_PREFIXES - 2, &one.repeat(20))));
        assert!(!is_read(&outer(MAX_PREFIXES - 1, one)));
        assert!(!is_read(&outer(MAX_PREFIXES + 1, "")));
        let again = outer(100, &outer(100, &outer(100, "")));
        assert!(is_read(&again));
    }

    #[test]
    fn comparisons_of_a_part_are_limited() {
        let attributes = format!("<a{}/>", named("", MAX_ATTRIBUTES));
        let namespaces = r#"<a xmlns:q="q"/>"#;
        for (inner, count) in [
            (attributes.as_str(), 600),
            (namespaces, 2 * MAX_COMPARISONS / 100 / 100 + 1),
        ] {
            let of = |count| format!("<b{}>{}</b>", named("xmlns:", 100), inner.repeat(count));
            assert!(is_read(&of(20)));
            assert!(!is_read(&of(count)));
        }
    }
}
