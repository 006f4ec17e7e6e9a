//! Sitemaps (sitemaps.org 0.9): XML, an index of several, or a plain list; gzip or not.

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use quick_xml::{
    Reader,
    escape::resolve_predefined_entity,
    events::{BytesStart, Event},
};
use url::Url;

use crate::{Client, Get, MAX_URL, WebError, body::gunzip, normal::normalise};

/// Entries that are read of a file; the protocol allows as many.
pub const MAX_ENTRIES: usize = 50_000;
/// Bytes of a file, unpacked; the protocol allows as many.
pub const MAX_BYTES: usize = 50 * 1024 * 1024;

/// An entry of a sitemap.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// The page, or the sitemap where the file is an index; normalised.
    pub url: Url,
    /// When it last changed; the start of the day, month or year if no more is given.
    pub last_modified: Option<DateTime<Utc>>,
}

/// Contents of a sitemap file.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Sitemap {
    /// Pages, or sitemaps where [`Sitemap::is_index`].
    pub entries: Vec<Entry>,
    /// Whether the entries are sitemaps.
    pub is_index: bool,
    /// Whether it was read to the end: neither damaged nor larger than the limits.
    pub is_complete: bool,
}

/// Reads a file. From a damaged file, returns the entries before the damage.
pub fn parse(file: &[u8]) -> Sitemap {
    let unpacked;
    let text = match file {
        [0x1f, 0x8b, ..] => match gunzip(file, MAX_BYTES) {
            Ok(bytes) => {
                unpacked = bytes;
                unpacked.as_slice()
            }
            Err(_) => return Sitemap::default(),
        },
        plain => &plain[..plain.len().min(MAX_BYTES)],
    };
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    match text.trim_ascii_start() {
        xml @ [b'<', ..] => parse_xml(xml),
        list => parse_list(list),
    }
}

/// Fetches sitemaps, and the files they name where they are indexes, but not a third level: at most
/// `max_files` files, `max_pages` pages. A file that cannot be fetched is left out.
///
/// Entries may be on any host; which of them to fetch is for the caller to say.
pub async fn fetch(
    client: &Client,
    starts: &[Url],
    max_files: usize,
    max_pages: usize,
) -> Vec<Entry> {
    let mut queue: Vec<(Url, bool)> = starts.iter().rev().map(|url| (url.clone(), true)).collect();
    let mut pages = Vec::new();
    let mut files = 0;
    while let Some((url, may_be_index)) = queue.pop() {
        if files == max_files || pages.len() >= max_pages {
            break;
        }
        files += 1;
        let sitemap = match fetch_one(client, &url).await {
            Ok(sitemap) => sitemap,
            Err(error) => {
                tracing::debug!(code = error.code(), "sitemap left out");
                continue;
            }
        };
        if !sitemap.is_index {
            pages.extend(sitemap.entries);
        } else if may_be_index {
            let children = sitemap.entries.into_iter().take(max_files - files);
            let children: Vec<_> = children.map(|entry| (entry.url, false)).collect();
            queue.extend(children.into_iter().rev());
        }
    }
    pages.truncate(max_pages);
    pages
}

async fn fetch_one(client: &Client, url: &Url) -> Result<Sitemap, WebError> {
    let ask = Get {
        accept: Some("application/xml, text/xml, text/plain, application/gzip, */*;q=0.5"),
        ..Get::default()
    };
    Ok(parse(&client.get(url, &ask).await?.success()?.body))
}

fn parse_list(list: &[u8]) -> Sitemap {
    let text = String::from_utf8_lossy(list);
    let mut lines = text.lines().filter_map(page).fuse();
    let entries = lines.by_ref().take(MAX_ENTRIES);
    let entries = entries.map(|url| Entry {
        url,
        last_modified: None,
    });
    Sitemap {
        entries: entries.collect(),
        is_index: false,
        is_complete: lines.next().is_none(),
    }
}

fn parse_xml(xml: &[u8]) -> Sitemap {
    let xml = String::from_utf8_lossy(xml);
    let mut reader = Reader::from_str(&xml);
    let mut sitemap = Sitemap::default();
    // An entry is `url` or `sitemap`; `loc` of an image within it is not its own.
    let mut open: Vec<Element> = Vec::new();
    let (mut loc, mut last_modified) = (String::new(), String::new());
    loop {
        match reader.read_event() {
            Err(_) => return sitemap,
            Ok(Event::Eof) => {
                sitemap.is_complete = open.is_empty();
                return sitemap;
            }
            Ok(Event::Start(tag)) => {
                let element = Element::of(&tag);
                if open.is_empty() {
                    sitemap.is_index = element == Element::Index;
                }
                if element == Element::Entry {
                    loc.clear();
                    last_modified.clear();
                }
                open.push(element);
                // Deeper nesting carries no information, and is expensive.
                if open.len() > 64 {
                    return sitemap;
                }
            }
            Ok(Event::End(_)) => {
                if open.pop() == Some(Element::Entry)
                    && let Some(url) = page(&loc)
                {
                    if sitemap.entries.len() == MAX_ENTRIES {
                        return sitemap;
                    }
                    sitemap.entries.push(Entry {
                        url,
                        last_modified: moment(last_modified.trim()),
                    });
                }
            }
            Ok(event) => match open.as_slice() {
                [_, Element::Entry, Element::Loc] => push_text(&event, &mut loc),
                [_, Element::Entry, Element::LastModified] => {
                    push_text(&event, &mut last_modified);
                }
                _ => {}
            },
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Element {
    Index,
    Entry,
    Loc,
    LastModified,
    Other,
}

impl Element {
    fn of(tag: &BytesStart<'_>) -> Self {
        match tag.name().local_name().as_ref() {
            "sitemapindex" => Self::Index,
            "url" | "sitemap" => Self::Entry,
            "loc" => Self::Loc,
            "lastmod" => Self::LastModified,
            _ => Self::Other,
        }
    }
}

/// Adds the text of an event. Entities of a file's own are not expanded.
fn push_text(event: &Event<'_>, text: &mut String) {
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

/// An address as the crawler remembers it; addresses are absolute in sitemaps.
fn page(text: &str) -> Option<Url> {
    let text = text.trim();
    let url = Url::parse(text).ok().filter(|_| text.len() <= MAX_URL)?;
    matches!(url.scheme(), "http" | "https").then(|| normalise(&url))
}

/// A W3C date: a year, a month, a day, or a time to the minute or second.
fn moment(text: &str) -> Option<DateTime<Utc>> {
    for format in ["%Y-%m-%dT%H:%M:%S%.f%#z", "%Y-%m-%dT%H:%M%#z"] {
        if let Ok(time) = DateTime::parse_from_str(text, format) {
            return Some(time.to_utc());
        }
    }
    // Without its zone a time is not valid, but found.
    if let Ok(time) = NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f") {
        return Some(time.and_utc());
    }
    let day = match text.len() {
        4 => format!("{text}-01-01"),
        7 => format!("{text}-01"),
        _ => text.to_owned(),
    };
    let day = NaiveDate::parse_from_str(&day, "%Y-%m-%d").ok()?;
    Some(day.and_time(chrono::NaiveTime::MIN).and_utc())
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::{Compression, write::GzEncoder};
    use proptest::prelude::*;

    use super::*;

    fn urls(sitemap: &Sitemap) -> Vec<&str> {
        sitemap
            .entries
            .iter()
            .map(|entry| entry.url.as_str())
            .collect()
    }

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    const PAGES: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
        <urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:image="http://www.google.com/schemas/sitemap-image/1.1">
          <url><loc> http://www.example.com/?a=1&amp;b=&#50; </loc><lastmod>2005-01-01</lastmod><priority>0.8</priority>
            <image:image><image:loc>http://example.com/image.jpg</image:loc></image:image></url>
          <url><loc><![CDATA[HTTP://example.com/%7eb#c]]></loc><lastmod>yesterday</lastmod></url>
          <url><loc>/relative</loc></url><url><loc>ftp://example.com/</loc></url><url/>
        </urlset>"#;

    #[test]
    fn pages_with_their_dates() {
        let sitemap = parse(PAGES.as_bytes());
        assert!(!sitemap.is_index && sitemap.is_complete);
        assert_eq!(
            urls(&sitemap),
            ["http://www.example.com/?a=1&b=2", "http://example.com/~b"]
        );
        let dates: Vec<_> = sitemap
            .entries
            .iter()
            .map(|entry| entry.last_modified)
            .collect();
        assert_eq!(dates, [moment("2005-01-01T00:00:00Z"), None]);
        assert_eq!(parse(&gzip(PAGES.as_bytes())), sitemap);
        assert_eq!(parse(format!("\u{feff}{PAGES}").as_bytes()), sitemap);
    }

    #[test]
    fn an_index_says_so() {
        let index = parse(b"<s:sitemapindex xmlns:s='x'><s:sitemap><s:loc>https://example.com/1.xml.gz</s:loc></s:sitemap></s:sitemapindex>");
        assert!(index.is_index && index.is_complete);
        assert_eq!(urls(&index), ["https://example.com/1.xml.gz"]);
    }

    #[test]
    fn a_list_is_a_sitemap() {
        let list = parse(b"http://example.com/a\r\n\r\nnonsense\nhttp://example.com/b");
        assert_eq!(
            urls(&list),
            ["http://example.com/a", "http://example.com/b"]
        );
        assert!(list.is_complete);
    }

    #[test]
    fn of_a_damaged_file_what_stands_before_the_damage() {
        let first = "<urlset><url><loc>http://example.com/1</loc></url>";
        for rest in [
            "",
            "<url><loc>http://example.com/2",
            "</wrong>",
            "<url",
            "<a>".repeat(100).as_str(),
        ] {
            let sitemap = parse(format!("{first}{rest}").as_bytes());
            assert_eq!(urls(&sitemap), ["http://example.com/1"], "{rest}");
            assert!(!sitemap.is_complete, "{rest}");
        }
        assert_eq!(parse(&gzip(PAGES.as_bytes())[..50]), Sitemap::default());
    }

    #[test]
    fn bombs_are_small() {
        let many = "<url><loc>http://example.com/</loc></url>".repeat(MAX_ENTRIES + 1);
        let sitemap = parse(format!("<urlset>{many}</urlset>").as_bytes());
        assert_eq!(sitemap.entries.len(), MAX_ENTRIES);
        assert!(!sitemap.is_complete);
        assert_eq!(
            parse(&gzip(&vec![b'\n'; MAX_BYTES + 1])),
            Sitemap::default()
        );
        let laughs = "<!DOCTYPE u [<!ENTITY a 'http://example.com/'><!ENTITY b '&a;&a;'>]><urlset><url><loc>&b;</loc></url></urlset>";
        assert!(parse(laughs.as_bytes()).entries.is_empty());
    }

    #[test]
    fn dates_of_every_precision() {
        for (text, at) in [
            ("2005", "2005-01-01T00:00:00Z"),
            ("2005-03", "2005-03-01T00:00:00Z"),
            ("2005-03-04", "2005-03-04T00:00:00Z"),
            ("2005-03-04T10:00+02:00", "2005-03-04T08:00:00Z"),
            ("2005-03-04T10:00Z", "2005-03-04T10:00:00Z"),
            ("2005-03-04T10:00:30-01:00", "2005-03-04T11:00:30Z"),
            ("2005-03-04T10:00:30.25Z", "2005-03-04T10:00:30.250Z"),
            ("2005-03-04T10:00:30", "2005-03-04T10:00:30Z"),
        ] {
            let wanted = DateTime::parse_from_rfc3339(at).unwrap().to_utc();
            assert_eq!(moment(text), Some(wanted), "{text}");
        }
        for text in ["", "x", "2005-13", "04.03.2005", "2005-02-30", "ÄÄ"] {
            assert_eq!(moment(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_some_sitemap(bytes: Vec<u8>) {
            parse(&bytes);
            parse(&[&[0x1f, 0x8b], bytes.as_slice()].concat());
        }

        #[test]
        fn any_markup_is_some_sitemap(pieces in proptest::collection::vec(prop_oneof![
            Just("<urlset>"), Just("<url>"), Just("<loc>"), Just("http://example.com/"), Just("</loc>"),
            Just("</url>"), Just("<lastmod>"), Just("&amp;"), Just("&x;"), Just("<![CDATA["), Just("]]>"),
            Just("<!DOCTYPE"), Just("<!--"), Just("-->"), Just("</"), Just("é"), Just("\0"),
        ], 0..20)) {
            parse(format!("<{}", pieces.concat()).as_bytes());
        }
    }
}
