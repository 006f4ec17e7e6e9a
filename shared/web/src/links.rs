//! Links of an HTML page, and its directives for robots.

use std::collections::HashSet;

use http::HeaderMap;
use url::Url;

use crate::{AGENT, MAX_URL, html::Tags, normal::normalise};

/// A page's directives for robots, in `<meta name="robots">` or `X-Robots-Tag`.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Directives {
    /// Not to be found in a search.
    pub noindex: bool,
    /// Its links are not to be followed.
    pub nofollow: bool,
}

impl Directives {
    fn add(&mut self, list: &str) {
        for word in list.split(',').map(str::trim) {
            let all = word.eq_ignore_ascii_case("none");
            self.noindex |= all || word.eq_ignore_ascii_case("noindex");
            self.nofollow |= all || word.eq_ignore_ascii_case("nofollow");
        }
    }

    /// Directives of `X-Robots-Tag`, for all agents or for [`AGENT`].
    pub fn of_headers(headers: &HeaderMap) -> Self {
        let mut directives = Self::default();
        let values = headers.get_all("x-robots-tag").iter();
        for value in values.filter_map(|value| value.to_str().ok()) {
            match value.split_once(':') {
                Some((agent, list)) if agent.trim().eq_ignore_ascii_case(AGENT) => {
                    directives.add(list);
                }
                // For another agent; or a rule with a value, `max-snippet: 20, noindex`.
                Some((agent, _)) if !agent.contains(',') && !is_rule(agent) => {}
                _ => directives.add(value),
            }
        }
        directives
    }
}

/// Rules with a value, which therefore look like the name of an agent.
fn is_rule(name: &str) -> bool {
    let rules = [
        "max-snippet",
        "max-image-preview",
        "max-video-preview",
        "unavailable_after",
    ];
    rules
        .iter()
        .any(|rule| name.trim().eq_ignore_ascii_case(rule))
}

/// Links and directives of an HTML page.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct PageLinks {
    /// Linked pages, http and https, normalised, without duplicates, in order; empty if the
    /// page says `nofollow`, and without links that say so themselves.
    pub links: Vec<Url>,
    /// The address the page would rather have, normalised.
    pub canonical: Option<Url>,
    /// Its directives for robots; see also [`Directives::of_headers`].
    pub directives: Directives,
}

/// Reads at most `max` links of a page that was fetched from `at`. Bytes that are not UTF-8 are
/// replaced, so a page in another encoding loses only links that are written in it.
pub fn read(page: &[u8], at: &Url, max: usize) -> PageLinks {
    let mut found = PageLinks::default();
    let mut hrefs = Vec::new();
    let mut base: Option<Url> = None;
    for tag in Tags::of(page) {
        if tag.is("a") || tag.is("area") {
            if !tag.has_rel("nofollow") && hrefs.len() < max.saturating_mul(4) {
                hrefs.extend(tag.href());
            }
        } else if tag.is("base") {
            // The first that has an address counts, for links above it too.
            base = base.or_else(|| join(at, &tag.href()?));
        } else if tag.is("link") {
            if found.canonical.is_none() && tag.has_rel("canonical") {
                let base = base.as_ref().unwrap_or(at);
                found.canonical = tag.href().and_then(|href| join(base, &href));
            }
        } else if tag.is("meta")
            && let Some((name, content)) = tag.meta()
            && ["robots", AGENT]
                .iter()
                .any(|us| name.trim().eq_ignore_ascii_case(us))
        {
            found.directives.add(&content);
        }
    }
    if !found.directives.nofollow {
        let base = base.as_ref().unwrap_or(at);
        let mut seen = HashSet::new();
        let links = hrefs.iter().filter_map(|href| join(base, href));
        found.links = links
            .filter(|link| seen.insert(link.clone()))
            .take(max)
            .collect();
    }
    found
}

/// An absolute http(s) address without credentials, normalised.
fn join(base: &Url, href: &str) -> Option<Url> {
    let url = base.join(href.trim()).ok()?;
    let plain = url.username().is_empty() && url.password().is_none();
    let web = matches!(url.scheme(), "http" | "https") && url.as_str().len() <= MAX_URL;
    (plain && web).then(|| normalise(&url))
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use proptest::prelude::*;
    use scraper::{Html, Selector};

    use super::*;

    fn at() -> Url {
        Url::parse("https://example.com/dir/page.html?q").unwrap()
    }

    fn links(page: &str) -> Vec<String> {
        let found = read(page.as_bytes(), &at(), 100);
        found.links.into_iter().map(String::from).collect()
    }

    #[test]
    fn links_are_absolute() {
        for (href, link) in [
            ("other.html", "https://example.com/dir/other.html"),
            ("../up", "https://example.com/up"),
            ("/root?a=1&amp;b=2#part", "https://example.com/root?a=1&b=2"),
            ("//cdn.example.net/x", "https://cdn.example.net/x"),
            ("HTTP://EXAMPLE.org:80", "http://example.org/"),
            ("?page=2", "https://example.com/dir/page.html?page=2"),
            ("  /space\n ", "https://example.com/space"),
            ("/&#x61;&#98;&copy=1", "https://example.com/ab&copy=1"),
            ("#here", "https://example.com/dir/page.html?q"),
            ("", "https://example.com/dir/page.html?q"),
        ] {
            assert_eq!(
                links(&format!("<a href=\"{href}\">x</a>")),
                [link],
                "{href}"
            );
        }
    }

    #[test]
    fn what_is_no_page_is_left_out() {
        for href in [
            "javascript:alert(1)",
            "mailto:a@example.com",
            "tel:+1",
            "data:text/html,x",
            "ftp://example.com/",
            "file:///etc/passwd",
            "http://",
            "https://u:p@example.com/",
            "http://[::1",
            "java\nscript:alert(1)",
        ] {
            assert!(links(&format!("<a href=\"{href}\">")).is_empty(), "{href}");
        }
        let long = format!("<a href=/{}>", "a".repeat(MAX_URL));
        assert!(links(&long).is_empty());
    }

    #[test]
    fn only_tags_count() {
        let page = r#"<!doctype html><!-- <a href=/comment> --><!--><a href=/1><!---><a href=/2><!-- -- > --!><a href=/3>
            <script>"<a href=/script>" </scripty> <a href=/script></SCRIPT ><a href=/4><title><a href=/title></title>
            <style></styl><a href=/style></style/><textarea><a href=/area></textarea><A HREF='/5'><a/href=/6><a x="<a href=/x>" href = "/7">
            <a href=/8 href=/twice><area href=/9><? <a href=/pi> ><a rel="external NoFollow" href=/no><a name=x><1 <a href=/10 /><a href=/5></ <a href=/bogus>
            <a =href=/x href=/11><!-- ---><a href=/12><svg><a href=/13></svg><a href=/unfinished"#;
        let wanted: Vec<_> = (1..=13)
            .map(|n| format!("https://example.com/{n}"))
            .collect();
        // Unquoted, `/10` is followed by a space, so the slash is not part of it.
        assert_eq!(links(page), wanted);
        assert!(links("<plaintext><a href=/x>").is_empty());
    }

    #[test]
    fn the_first_base_counts_for_all() {
        let page = "<a href=x><base target=_blank><base href=/sub/><base href=/other/><link rel=canonical href=c>";
        assert_eq!(links(page), ["https://example.com/sub/x"]);
        let canonical = read(page.as_bytes(), &at(), 1).canonical;
        assert_eq!(canonical.unwrap().as_str(), "https://example.com/sub/c");
        assert_eq!(
            links("<base href=javascript:x><a href=x>"),
            ["https://example.com/dir/x"]
        );
    }

    #[test]
    fn the_number_is_bounded() {
        let page: String = (0..1_000).map(|n| format!("<a href={n}>")).collect();
        assert_eq!(read(page.as_bytes(), &at(), 10).links.len(), 10);
    }

    #[test]
    fn pages_that_do_not_want_to_be_read() {
        for (meta, noindex, nofollow) in [
            ("<meta name=robots content='NoIndex, follow'>", true, false),
            ("<meta content=none name=ROBOTS>", true, true),
            ("<meta name=dynamicrag content=nofollow>", false, true),
            ("<meta name=googlebot content=noindex>", false, false),
            ("<meta name=robots>", false, false),
        ] {
            let page = format!("<a href=x>{meta}");
            let found = read(page.as_bytes(), &at(), 10);
            assert_eq!(found.directives, Directives { noindex, nofollow }, "{meta}");
            assert_eq!(found.links.is_empty(), nofollow, "{meta}");
        }
    }

    #[test]
    fn headers_that_do_not_want_it_either() {
        for (value, noindex, nofollow) in [
            ("noindex, nofollow", true, true),
            ("dynamicrag: noindex", true, false),
            ("otherbot: noindex, nofollow", false, false),
            ("max-snippet: 20, noindex", true, false),
            ("noindex, max-snippet: 20", true, false),
            ("unavailable_after: 25 Jun 2030 15:00:00 PST", false, false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert("x-robots-tag", value.parse().unwrap());
            let directives = Directives::of_headers(&headers);
            assert_eq!(directives, Directives { noindex, nofollow }, "{value}");
        }
    }

    #[test]
    fn hostile_pages_end() {
        let started = Instant::now();
        let size = 1 << 19;
        for piece in [
            "<a ",
            "<",
            "<!--",
            "</",
            "<script>",
            "<title",
            "a b='",
            "<a a",
            "&#x",
            "<a href=&amp",
            "--!",
            "<script></",
            "<div><p>",
        ] {
            let page = piece.repeat(size / piece.len());
            read(page.as_bytes(), &at(), 10_000);
            read(format!("<a {page}").as_bytes(), &at(), 10_000);
            read(format!("<!--{page}").as_bytes(), &at(), 10_000);
            read(format!("<script>{page}").as_bytes(), &at(), 10_000);
            read(format!("<a href='{page}'>").as_bytes(), &at(), 10_000);
        }
        println!("65 pages of {size} bytes in {:?}", started.elapsed());
    }

    /// Links found by a full HTML parser.
    fn with_a_parser(page: &str) -> Vec<String> {
        let selector = Selector::parse("a[href], area[href]").unwrap();
        let page = Html::parse_document(page);
        let hrefs = page.select(&selector).filter_map(|link| link.attr("href"));
        let mut links: Vec<String> = Vec::new();
        for link in hrefs.filter_map(|href| join(&at(), href)).map(String::from) {
            if !links.contains(&link) {
                links.push(link);
            }
        }
        links
    }

    proptest! {
        #[test]
        fn any_bytes_are_some_page(bytes: Vec<u8>) {
            read(&bytes, &at(), 10);
        }

        #[test]
        fn as_a_parser_finds_them(pieces in proptest::collection::vec(prop_oneof![
            "[a-z ]{0,5}",
            Just("<a href=".to_owned()),
            "<a href=\"[a-z0-9./?#=]{0,8}\" [a-z]{0,3}>",
            "<a [a-z]{1,3}='[<>a-z\"]{0,4}' href='[a-z0-9/]{0,4}'>",
            "</(a|div|p|script|style|title|x)[ />]",
            "<(div|p|b|script|style|title|textarea)( x=\"y>\"|/)?>",
            "<!-{0,3}", "-{0,3}!?>", "[<>/=\"' -]",
        ], 0..12)) {
            let page = format!("<html><body>{}", pieces.concat());
            prop_assert_eq!(links(&page), with_a_parser(&page), "{}", page);
        }
    }
}
