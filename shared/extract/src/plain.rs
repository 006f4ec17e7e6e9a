//! Reads Markdown and plain text. Both stay as they are but for the normal form; Markdown gets
//! sections at its headings.

use dynrag_domain::{chunks::Extracted, documents::FailureCode};
use pulldown_cmark::{Event, MetadataBlockKind, Options, Parser, Tag, TagEnd};

use crate::{
    decode,
    protocol::Refusal,
    text::{self, Builder},
};

fn decoded(bytes: &[u8]) -> Result<String, Refusal> {
    let text = decode::strict(bytes)
        .ok_or_else(|| Refusal::new(FailureCode::InvalidUtf8, "cannot be decoded"))?;
    Ok(text::normalise(&text))
}

/// Reads plain text.
pub fn text(bytes: &[u8]) -> Result<Extracted, Refusal> {
    Ok(Builder::of(decoded(bytes)?).finish(None, None, "plain"))
}

/// Reads Markdown. The title is the front matter's, else the first heading of level 1.
pub fn markdown(bytes: &[u8]) -> Result<Extracted, Refusal> {
    Ok(sections(decoded(bytes)?, None, "markdown"))
}

/// Finds the sections of Markdown in normal form. Its own title counts where `title` says none.
pub fn sections(source: String, own: Option<String>, engine: &str) -> Extracted {
    let mut builder = Builder::default();
    let mut title = None;
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
            Event::Text(yaml) if in_front_matter => title = front_matter_title(&yaml).or(title),
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
    extracted
}

/// The value of a plain or quoted `title:` line. More of YAML is not read.
fn front_matter_title(yaml: &str) -> Option<String> {
    let value = yaml
        .lines()
        .find_map(|line| line.strip_prefix("title:"))?
        .trim();
    let bare = ['"', '\'']
        .into_iter()
        .find_map(|quote| value.strip_prefix(quote)?.strip_suffix(quote))
        .unwrap_or(value);
    if bare.starts_with(['|', '>', '[', '{', '&', '*', '!']) {
        return None;
    }
    text::title(bare)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_become_sections() {
        let source =
            "intro\n\n# One `x`\n\ntext\n\n```\n# not one\n```\n\nTwo\n---\n\n- # in a list\n";
        let extracted = markdown(source.as_bytes()).unwrap();
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
        let extracted = markdown(b"---\ntitle: \"Of mice\"\ntags: [a]\n---\n\n# Other\n").unwrap();
        assert_eq!(extracted.title.as_deref(), Some("Of mice"));
        assert!(extracted.text.starts_with("---\ntitle"));
        assert_eq!(extracted.sections.len(), 1);
        assert_eq!(front_matter_title("title: |\n  x"), None);
    }

    #[test]
    fn latin1_is_refused() {
        assert_eq!(text(b"caf\xe9").unwrap_err().code, FailureCode::InvalidUtf8);
    }
}
