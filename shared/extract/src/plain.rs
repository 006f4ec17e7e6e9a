//! Reads Markdown and plain text. Both are only normalized; Markdown gets sections at its
//! headings.

use dynrag_domain::chunks::{Extracted, Properties};
use pulldown_cmark::{Event, MetadataBlockKind, Options, Parser, Tag, TagEnd};

use crate::{
    decode::{self, controls},
    language, properties,
    text::{self, Builder},
};

/// Reads plain text.
pub fn text(bytes: &[u8]) -> Extracted {
    let decoded = decode::text(bytes, None);
    let mut builder = Builder::of(text::normalise(&controls::cleaned(&decoded.text)));
    decoded.warn(&mut builder.warnings);
    builder.finish(None, None, "plain")
}

/// Reads Markdown. The title is the front matter's, else the first heading of level 1.
pub fn markdown(bytes: &[u8]) -> Extracted {
    let decoded = decode::text(bytes, None);
    let source = text::normalise(&controls::cleaned(&decoded.text));
    let mut extracted = sections(source, None, "markdown");
    decoded.warn(&mut extracted.warnings);
    extracted
}

/// Finds the sections of normalized Markdown. Its own title counts if `title` is empty.
pub fn sections(source: String, own: Option<String>, engine: &str) -> Extracted {
    let mut builder = Builder::default();
    let mut title = None;
    let mut properties = Properties::default();
    let mut first_heading = None;
    let mut heading: Option<(u8, usize, String)> = None;
    let mut in_front_matter = false;
    let options = Options::ENABLE_TABLES | Options::ENABLE_YAML_STYLE_METADATA_BLOCKS;
    for (event, range) in Parser::new_ext(&source, options).into_offset_iter() {
        match event {
            Event::Start(Tag::MetadataBlock(MetadataBlockKind::YamlStyle)) => {
                in_front_matter = true;
            }
            Event::End(TagEnd::MetadataBlock(_)) => in_front_matter = false,
            Event::Text(yaml) if in_front_matter => {
                title = title.or_else(|| front_matter(&yaml, &["title"], text::title));
                properties = front_matter_properties(&yaml);
            }
            Event::Start(Tag::Heading { level, .. }) => {
                heading = Some((level as u8, range.start, String::new()));
            }
            Event::Text(part) | Event::Code(part) => {
                if let Some((_, _, text)) = &mut heading {
                    text.push_str(&part);
                }
            }
            Event::SoftBreak | Event::HardBreak => {
                if let Some((_, _, text)) = &mut heading {
                    text.push(' ');
                }
            }
            Event::End(TagEnd::Heading(_)) => {
                if let Some((level, start, text)) = heading.take()
                    && !text.trim().is_empty()
                {
                    if level == 1 && first_heading.is_none() {
                        first_heading = text::title(&text);
                    }
                    builder.section(level, &text, start);
                }
            }
            _ => {}
        }
    }
    let title = own.or(title).or(first_heading);
    let mut extracted = builder.finish(title, None, engine);
    extracted.text = source;
    extracted.properties = properties;
    extracted
}

/// By the names that static site generators and Pandoc know them by.
fn front_matter_properties(yaml: &str) -> Properties {
    Properties {
        author: front_matter(yaml, &["author"], properties::author),
        language: front_matter(yaml, &["lang", "language"], language::stated),
        created: front_matter(yaml, &["date", "created"], properties::date),
        modified: front_matter(
            yaml,
            &["lastmod", "modified", "updated", "last_modified_at"],
            properties::date,
        ),
    }
}

/// The first of these keys whose plain or quoted value `parse` can make something of.
fn front_matter<T>(yaml: &str, keys: &[&str], parse: fn(&str) -> Option<T>) -> Option<T> {
    keys.iter()
        .find_map(|key| parse(front_matter_value(yaml, key)?))
}

/// The value of a plain or quoted line. More of YAML is not read.
fn front_matter_value<'a>(yaml: &'a str, key: &str) -> Option<&'a str> {
    let value = yaml
        .lines()
        .find_map(|line| line.strip_prefix(key)?.strip_prefix(':'))?
        .trim();
    let bare = ['"', '\'']
        .into_iter()
        .find_map(|quote| value.strip_prefix(quote)?.strip_suffix(quote))
        .unwrap_or(value);
    if bare.starts_with(['|', '>', '[', '{', '&', '*', '!']) {
        return None;
    }
    Some(bare)
}

#[cfg(test)]
mod tests {
    use dynrag_domain::warnings::WarningCode;

    use super::*;

    #[test]
    fn headings_become_sections() {
        let source =
            "intro\n\n# One `x`\n\ntext\n\n```\n# not one\n```\n\nTwo\n---\n\n- # in a list\n";
        let extracted = markdown(source.as_bytes());
        assert_eq!(extracted.title.as_deref(), Some("One x"));
        let sections: Vec<_> = extracted
            .sections
            .iter()
            .map(|s| {
                (
                    &extracted.text[s.start..s.start + 3],
                    s.heading_path.join("/"),
                )
            })
            .collect();
        let expected = [("# O", "One x"), ("Two", "One x/Two"), ("# i", "in a list")];
        assert_eq!(
            sections,
            expected.map(|(start, path)| (start, path.to_owned()))
        );
    }

    #[test]
    fn the_front_matter_names_the_document() {
        let extracted = markdown(b"---\ntitle: \"Of mice\"\ntags: [a]\n---\n\n# Other\n");
        assert_eq!(extracted.title.as_deref(), Some("Of mice"));
        assert!(extracted.text.starts_with("---\ntitle"));
        assert_eq!(extracted.sections.len(), 1);
        assert_eq!(front_matter_value("title: |\n  x", "title"), None);
    }

    #[test]
    fn the_front_matter_says_who_and_when() {
        let source = "---\nauthor: 'Ada Lovelace'\ndate: 2026-11-20T09:30:00+01:00\nlastmod: soon\n\
            lang: de-AT\nauthors:\n  - none\n---\n\nText";
        let properties = markdown(source.as_bytes()).properties;
        assert_eq!(properties.author.as_deref(), Some("Ada Lovelace"));
        assert_eq!(properties.language.as_deref(), Some("de"));
        assert_eq!(properties.created, properties::date("2026-11-20T08:30:00Z"));
        assert_eq!(properties.modified, None);
        let source = "author: Ada\n\n---\n\nNot a front matter";
        let properties = markdown(source.as_bytes()).properties;
        assert_eq!(properties, Properties::default());
    }

    #[test]
    fn what_was_guessed_or_replaced_is_told() {
        let codes = |extracted: Extracted| -> Vec<WarningCode> {
            let warnings = extracted.warnings.as_slice().iter();
            warnings.map(|warning| warning.code).collect()
        };
        assert_eq!(text(b"caf\xe9 d\xe9j\xe0 vu").text, "café déjà vu");
        for read in [text, markdown] {
            assert_eq!(codes(read("café".as_bytes())), []);
            assert_eq!(codes(read(b"caf\xe9")), [WarningCode::EncodingGuessed]);
            let broken = "Gebühr für \u{e4}".as_bytes();
            let broken = &broken[..broken.len() - 1];
            assert_eq!(codes(read(broken)), [WarningCode::CharactersReplaced]);
        }
    }
}
