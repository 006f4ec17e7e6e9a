//! Reads Word, PowerPoint and Excel files (ECMA-376) with undoc, which gives Markdown.

use std::collections::HashMap;

use dynrag_domain::{
    chunks::{Extracted, Properties},
    documents::FailureCode,
};
use undoc::{
    Error, FormatType,
    render::{RenderOptions, render_section_to_string},
};

use crate::{
    archive::Archive,
    language, plain, properties,
    protocol::Refusal,
    tables,
    text::{self, Builder},
    xml,
};

/// What a file may unpack to, by its own account: a document's XML is some ten times its text.
const MAX_UNPACKED: u64 = 256 * 1024 * 1024;
const ENGINE: &str = "undoc";
/// A compound file, which is what an encrypted document is.
const COMPOUND: &[u8] = b"\xd0\xcf\x11\xe0";

/// Reads a file.
pub fn read(bytes: &[u8]) -> Result<Extracted, Refusal> {
    if bytes.starts_with(COMPOUND) {
        let detail = "an encrypted package";
        return Err(Refusal::new(FailureCode::PasswordProtected, detail));
    }
    let mut archive = Archive::open(bytes)?;
    let unpacked = archive.declared_size();
    if unpacked > MAX_UNPACKED {
        let detail = format!("unpacks to {unpacked} bytes");
        return Err(Refusal::new(FailureCode::TextTooLarge, detail));
    }
    let core = archive.metadata("docProps/core.xml").unwrap_or_default();
    let core = xml::values(&core);
    let properties = Properties {
        author: xml::first(&core, &["creator"], properties::author),
        language: xml::first(&core, &["language"], language::stated),
        created: xml::first(&core, &["created"], properties::date),
        modified: xml::first(&core, &["modified"], properties::date),
    };
    let document = undoc::parse_bytes(bytes).map_err(|error| refusal(&error))?;
    let own = document.metadata.title.as_deref().and_then(text::title);
    let parts = document.sections.iter().enumerate().map(|(index, part)| {
        let markdown =
            render_section_to_string(part, index, document.format, &options(), &HashMap::new());
        (part.name.as_deref(), without_images(&markdown))
    });
    if document.format == FormatType::Pptx {
        return Ok(Extracted {
            properties,
            ..slides(parts, own)
        });
    }
    // Sheets begin with a heading, their name.
    let markdown: Vec<String> = parts.map(|(_, markdown)| written(&markdown)).collect();
    Ok(Extracted {
        properties,
        ..plain::sections(markdown.join("\n\n"), own, ENGINE)
    })
}

/// In normal form, tables in pieces, and what images have left closed up.
fn written(markdown: &str) -> String {
    let mut text = String::with_capacity(markdown.len());
    let mut blank = 0;
    let normal = text::normalise(&tables::in_pieces(markdown));
    // Rules are put between the sheets.
    for line in normal.lines().filter(|line| *line != "---") {
        blank = if line.is_empty() { blank + 1 } else { 0 };
        if blank < 2 {
            text.push_str(line);
            text.push('\n');
        }
    }
    text.truncate(text.trim_end().len());
    text
}

fn refusal(error: &Error) -> Refusal {
    let code = match error {
        Error::Encrypted => FailureCode::PasswordProtected,
        _ => FailureCode::CorruptFile,
    };
    // The error's text may quote the document.
    Refusal::new(code, format!("undoc: {:?}", std::mem::discriminant(error)))
}

fn options() -> RenderOptions {
    RenderOptions {
        escape_special_chars: false,
        include_frontmatter: false,
        ..RenderOptions::default()
    }
}

/// A page for each slide, under the slide's title.
fn slides<'a>(
    slides: impl Iterator<Item = (Option<&'a str>, String)>,
    own: Option<String>,
) -> Extracted {
    let mut builder = Builder::default();
    let mut number = 0;
    for (name, markdown) in slides {
        number += 1;
        // The first line is its name, `## Slide 1`, which the page number says.
        let name = name.unwrap_or_default();
        let content = markdown
            .trim_start()
            .strip_prefix("## ")
            .and_then(|rest| rest.trim_start().strip_prefix(name))
            .unwrap_or(&markdown);
        let text = written(content);
        let heading = text
            .lines()
            .find_map(|line| line.strip_prefix("# "))
            .map(|heading| heading.replace("**", " "));
        builder.page_under(number, heading.as_deref(), &text);
    }
    builder.finish(own, Some(number), ENGINE)
}

/// Images give way to their descriptions.
fn without_images(markdown: &str) -> String {
    let mut text = String::with_capacity(markdown.len());
    let mut rest = markdown;
    while let Some(at) = rest.find("![") {
        text.push_str(&rest[..at]);
        let inner = &rest[at + 2..];
        let image = inner
            .split_once("](")
            .and_then(|(alt, after)| Some((alt, after.split_once(')')?.1)))
            .filter(|(alt, _)| !alt.contains(['\n', '[']));
        match image {
            Some((alt, after)) => {
                if alt != "image" {
                    text.push_str(alt);
                }
                rest = after;
            }
            None => {
                text.push_str("![");
                rest = inner;
            }
        }
    }
    text.push_str(rest);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_is_what_it_is_said_to_show() {
        assert_eq!(
            without_images("a ![A duck](x.png) b ![image](y.png)! c ![ d"),
            "a A duck b ! c ![ d"
        );
    }
}
