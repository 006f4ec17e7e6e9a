//! Metadata of a web page: `meta` elements, structured data, the declared language.

use dynrag_domain::chunks::Properties;
use scraper::{ElementRef, Html, Selector};
use serde_json::Value;

use crate::{language, properties};

/// Structured data: how many scripts are read, bytes of each, and how deep things are in things.
const MAX_SCRIPTS: usize = 10;
const MAX_SCRIPT: usize = 512 * 1024;
const MAX_DEPTH: usize = 6;

const AUTHOR: &[&str] = &[
    "author",
    "article:author",
    "dc.creator",
    "dcterms.creator",
    "citation_author",
];
const CREATED: &[&str] = &[
    "article:published_time",
    "og:published_time",
    "datepublished",
    "date",
    "dc.date.issued",
    "dcterms.issued",
    "dc.date",
    "dcterms.created",
    "citation_publication_date",
    "pubdate",
];
const MODIFIED: &[&str] = &[
    "article:modified_time",
    "og:updated_time",
    "datemodified",
    "dcterms.modified",
    "last-modified",
];

/// Reads the properties in a page's head; `meta` elements first, then its JSON-LD (schema.org).
pub fn properties(page: &Html) -> Properties {
    let metas: Vec<(String, &str)> = elements(page, "meta")
        .filter_map(|meta| {
            let attribute = |name| meta.value().attr(name);
            let name = ["property", "name", "itemprop", "http-equiv"]
                .into_iter()
                .find_map(attribute)?;
            Some((name.trim().to_ascii_lowercase(), attribute("content")?))
        })
        .collect();
    let mut found = Properties {
        author: first(&metas, AUTHOR, person),
        language: elements(page, "html")
            .find_map(|html| {
                let element = html.value();
                element.attr("lang").or_else(|| element.attr("xml:lang"))
            })
            .and_then(language::stated)
            .or_else(|| first(&metas, &["content-language"], language::stated)),
        created: first(&metas, CREATED, properties::date),
        modified: first(&metas, MODIFIED, properties::date),
    };
    for script in elements(page, "script[type='application/ld+json']").take(MAX_SCRIPTS) {
        let source: String = script.text().collect();
        if source.len() <= MAX_SCRIPT
            && let Ok(data) = serde_json::from_str(&source)
        {
            structured(&data, 0, &mut found);
        }
    }
    found
}

fn elements<'a>(page: &'a Html, selector: &str) -> impl Iterator<Item = ElementRef<'a>> {
    let selector = Selector::parse(selector).ok();
    let found = selector.map(|selector| page.select(&selector).collect::<Vec<_>>());
    found.unwrap_or_default().into_iter()
}

fn first<T>(
    metas: &[(String, &str)],
    names: &[&str],
    parse: impl Fn(&str) -> Option<T>,
) -> Option<T> {
    names.iter().find_map(|name| {
        let mut named = metas.iter().filter(|(known, _)| known == name);
        named.find_map(|(_, content)| parse(content))
    })
}

/// A name; some pages link to a profile instead.
fn person(raw: &str) -> Option<String> {
    properties::author(raw).filter(|name| !name.contains("://") && !name.starts_with('@'))
}

/// Fills in missing properties from a thing and the things that the page is about. Not from the
/// rest: comments have authors and dates too.
fn structured(data: &Value, depth: usize, found: &mut Properties) {
    if depth > MAX_DEPTH {
        return;
    }
    match data {
        Value::Array(things) => {
            for thing in things {
                structured(thing, depth + 1, found);
            }
        }
        Value::Object(thing) => {
            let date = |name: &str| properties::date(thing.get(name)?.as_str()?);
            if found.author.is_none() {
                found.author = properties::authors(names(thing.get("author")));
            }
            found.created = found
                .created
                .or_else(|| date("datePublished"))
                .or_else(|| date("dateCreated"));
            found.modified = found.modified.or_else(|| date("dateModified"));
            for inner in ["@graph", "mainEntity"] {
                if let Some(inner) = thing.get(inner) {
                    structured(inner, depth + 1, found);
                }
            }
        }
        _ => {}
    }
}

/// Names of one or several people, each a string or an object with a name.
fn names(author: Option<&Value>) -> Vec<String> {
    let all = match author {
        Some(Value::Array(all)) => all.as_slice(),
        Some(one) => std::slice::from_ref(one),
        None => &[],
    };
    all.iter()
        .filter_map(|one| person(one.as_str().or_else(|| one.get("name")?.as_str())?))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(html: &str) -> Properties {
        properties(&Html::parse_document(html))
    }

    #[test]
    fn what_the_head_says() {
        let found = of("<html lang=de-CH><meta name=Author content='Ada Lovelace'>
            <meta property=article:author content='https://example.com/ada'>
            <meta property='article:published_time' content='2026-11-20T09:30:00+01:00'>
            <meta property='article:modified_time' content='tomorrow'>
            <meta property='og:updated_time' content='2026-11-21'><p>x");
        assert_eq!(found.author.as_deref(), Some("Ada Lovelace"));
        assert_eq!(found.language.as_deref(), Some("de"));
        assert_eq!(found.created, properties::date("2026-11-20T08:30:00Z"));
        assert_eq!(found.modified, properties::date("2026-11-21"));
        assert_eq!(of("<p>x"), Properties::default());
    }

    #[test]
    fn structured_data_fills_in() {
        let found = of(
            r#"<html lang="klingon"><meta property="article:author" content="https://example.com/ada">
            <script type="application/ld+json">{"broken": </script>
            <script type="application/ld+json">{"@graph": [{"@type": "WebPage", "comment": {"author": "Troll", "dateCreated": "2001-01-01"}},
            {"@type": "Article", "author": [{"name": "Ada"}, "Bob", {"@id": "x"}], "datePublished": "2026-11-20", "dateModified": 7}]}</script>"#,
        );
        assert_eq!(found.author.as_deref(), Some("Ada, Bob"));
        assert_eq!(found.created, properties::date("2026-11-20"));
        assert_eq!((found.language, found.modified), (None, None));
    }

    #[test]
    fn nested_data_ends() {
        let nested = format!("{}1{}", "[".repeat(100), "]".repeat(100));
        let deep = format!("<script type=application/ld+json>{nested}</script>");
        assert_eq!(of(&deep), Properties::default());
    }
}
