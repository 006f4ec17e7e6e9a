//! robots.txt after RFC 9309, with `Crawl-delay` and `Sitemap`.
//!
//! Our own, because neither crate fits: `robotstxt` 0.3 is a port of Google's C++ that takes a
//! callback per line and has no crawl delay, `texting_robots` 0.2 builds a regular expression of each
//! rule that a stranger wrote. Matching here takes time linear in rule and path.

use std::time::Duration;

use url::Url;

use crate::{AGENT, Client, Get, Overflow, error::WebError, normal::octets, pattern::Pattern};

/// Maximum bytes read; RFC 9309 section 2.5 requires at least this many.
pub const MAX_BYTES: usize = 500 * 1024;
/// Longest delay that is honoured, even if the site asks for more.
pub const MAX_DELAY: Duration = Duration::from_secs(10);
/// Sitemaps that are kept.
const MAX_SITEMAPS: usize = 100;

/// A site's rules for us.
#[derive(Clone, PartialEq, Debug)]
pub struct Robots {
    rules: Vec<(Pattern, bool)>,
    delay: Option<Duration>,
    sitemaps: Vec<Url>,
    reachable: bool,
}

impl Robots {
    /// Nothing is forbidden: there is no robots.txt.
    pub const fn allow_all() -> Self {
        Self {
            rules: Vec::new(),
            delay: None,
            sitemaps: Vec::new(),
            reachable: true,
        }
    }

    /// Everything is forbidden until robots.txt can be read.
    pub fn unreachable() -> Self {
        Self {
            reachable: false,
            ..Self::allow_all()
        }
    }

    /// Reads a robots.txt as the agent [`AGENT`]. `at` is its address, for relative sitemaps.
    pub fn parse(text: &[u8], at: &Url) -> Self {
        let text = String::from_utf8_lossy(&text[..text.len().min(MAX_BYTES)]);
        let mut ours = Group::default();
        let mut everybody = Group::default();
        let mut sitemaps = Vec::new();
        // The groups that the current lines belong to, and whether more agents may join them.
        let (mut to_us, mut to_everybody, mut naming) = (false, false, false);
        for (key, value) in text
            .trim_start_matches('\u{feff}')
            .split(['\n', '\r'])
            .filter_map(line)
        {
            match key.to_ascii_lowercase().as_str() {
                "user-agent" => {
                    if !naming {
                        (to_us, to_everybody, naming) = (false, false, true);
                    }
                    to_us |= product(value).eq_ignore_ascii_case(AGENT);
                    to_everybody |= value.starts_with('*');
                }
                "sitemap" if sitemaps.len() < MAX_SITEMAPS => sitemaps.extend(at.join(value).ok()),
                key @ ("allow" | "disallow" | "crawl-delay") => {
                    naming = false;
                    if to_us {
                        ours.add(key, value);
                    }
                    if to_everybody {
                        everybody.add(key, value);
                    }
                }
                _ => {}
            }
            ours.named |= to_us;
        }
        // A group that names us is used alone, even if it is empty.
        let group = if ours.named { ours } else { everybody };
        Self {
            rules: group.rules,
            delay: group.delay,
            sitemaps,
            reachable: true,
        }
    }

    /// Whether we may fetch a page of this site.
    pub fn allows(&self, url: &Url) -> bool {
        if url.path() == "/robots.txt" {
            return true;
        }
        let mut path = octets(url.path());
        if let Some(query) = url.query() {
            path.push('?');
            path.push_str(&octets(query));
        }
        let matching = self.rules.iter().filter(|(rule, _)| rule.matches(&path));
        // The longest rule decides; of two equally long rules, the one that allows.
        let decisive = matching.max_by_key(|(rule, allow)| (rule.len(), *allow));
        self.reachable && decisive.is_none_or(|(_, allow)| *allow)
    }

    /// Delay between two requests, at most [`MAX_DELAY`].
    pub fn delay(&self) -> Option<Duration> {
        self.delay
    }

    /// URLs of the site's sitemaps, with any scheme and host.
    pub fn sitemaps(&self) -> &[Url] {
        &self.sitemaps
    }

    /// Whether robots.txt was read, or is known not to exist. Otherwise try again later.
    pub fn is_reachable(&self) -> bool {
        self.reachable
    }
}

/// Fetches the robots.txt of a page's site.
///
/// Statuses 400 to 499 and endless redirects mean that there is none (RFC 9309, 2.3.1.2 and 2.3.1.3);
/// 429, 500 and above, and no answer mean that nothing may be fetched for now (2.3.1.4).
pub async fn fetch(client: &Client, page: &Url) -> Robots {
    let Ok(at) = page.join("/robots.txt") else {
        return Robots::unreachable();
    };
    let ask = Get {
        accept: Some("text/plain, */*;q=0.5"),
        max_body: Some(MAX_BYTES),
        overflow: Overflow::Cut,
        ..Get::default()
    };
    match client.get(&at, &ask).await {
        Ok(answer) => match answer.status.as_u16() {
            200..300 => Robots::parse(&answer.body, &answer.url),
            429 | 500.. => Robots::unreachable(),
            _ => Robots::allow_all(),
        },
        Err(WebError::TooManyRedirects { .. } | WebError::BadRedirect) => Robots::allow_all(),
        Err(error) => {
            tracing::debug!(
                code = error.code(),
                detail = error.detail(),
                "no robots.txt"
            );
            Robots::unreachable()
        }
    }
}

#[derive(Default)]
struct Group {
    /// With whether it allows.
    rules: Vec<(Pattern, bool)>,
    delay: Option<Duration>,
    named: bool,
}

impl Group {
    fn add(&mut self, key: &str, value: &str) {
        if key == "crawl-delay" {
            let seconds = value.parse().ok().filter(|seconds: &f64| *seconds >= 0.0);
            let delay = seconds.map(|seconds| seconds.min(MAX_DELAY.as_secs_f64()));
            self.delay = delay.map(Duration::from_secs_f64).or(self.delay);
        } else if !value.is_empty() {
            self.rules.push((Pattern::new(value), key == "allow"));
        }
    }
}

/// Key and value of a line without its comment.
fn line(line: &str) -> Option<(&str, &str)> {
    let line = line.split('#').next()?;
    let (key, value) = line.split_once(':')?;
    Some((key.trim(), value.trim()))
}

/// The product token at the start: `DynamicRAG` of `DynamicRAG/1.0`.
fn product(value: &str) -> &str {
    let end = value.find(|c: char| !c.is_ascii_alphabetic() && c != '-' && c != '_');
    &value[..end.unwrap_or(value.len())]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn robots(text: &str) -> Robots {
        Robots::parse(text.as_bytes(), &url("/robots.txt"))
    }

    fn url(path: &str) -> Url {
        Url::parse("https://example.com")
            .unwrap()
            .join(path)
            .unwrap()
    }

    #[test]
    fn patterns_of_the_rfc_and_of_google() {
        for (pattern, matching, others) in [
            ("/", &["/", "/fish"][..], &[][..]),
            ("/*", &["/", "/fish"], &[]),
            ("/$", &["/"], &["/fish"]),
            (
                "/fish",
                &[
                    "/fish",
                    "/fish.html",
                    "/fishheads/yummy.html",
                    "/fish.php?id=anything",
                ],
                &["/Fish.asp", "/catfish", "/?id=fish"],
            ),
            ("/fish*", &["/fish", "/fish.html"], &["/catfish"]),
            (
                "/fish/",
                &["/fish/", "/fish/?id=anything"],
                &["/fish", "/fish.html"],
            ),
            (
                "/*.php",
                &["/index.php", "/folder/any.php.file.html", "/filename.php/"],
                &["/", "/windows.PHP"],
            ),
            (
                "/*.php$",
                &["/filename.php", "/a.php/b.php"],
                &["/filename.php?parameters", "/filename.php5"],
            ),
            (
                "/fish*.php",
                &["/fish.php", "/fishheads/catfish.php?parameters"],
                &["/Fish.PHP"],
            ),
            ("/a*b*c$", &["/abc", "/a/b/b/c/c"], &["/ab", "/abcd"]),
            ("*/x", &["/x", "/a/xy"], &["/y"]),
            (
                "/foo/bar/ツ",
                &["/foo/bar/%E3%83%84", "/foo/bar/ツ"],
                &["/foo/bar/"],
            ),
            ("/foo/bar/%62%61%7A", &["/foo/bar/baz"], &[]),
            ("/a%3cd.html", &["/a%3Cd.html"], &["/a"]),
            ("/a$b", &["/a$b"], &["/a"]),
            ("fish", &[], &["/fish"]),
            ("**$", &["/", "/x"], &[]),
        ] {
            let robots = robots(&format!("user-agent: *\ndisallow: {pattern}"));
            for path in matching {
                assert!(!robots.allows(&url(path)), "{pattern} {path}");
            }
            for path in others {
                assert!(robots.allows(&url(path)), "{pattern} {path}");
            }
        }
    }

    #[test]
    fn the_longest_rule_decides_and_of_equals_the_one_that_allows() {
        for (rules, path, allowed) in [
            ("allow: /p\ndisallow: /", "/page", true),
            ("allow: /folder\ndisallow: /folder", "/folder/page", true),
            ("allow: /page\ndisallow: /*.htm", "/page.htm", false),
            ("allow: /page\ndisallow: /*.ph", "/page.php5", true),
            ("allow: /$\ndisallow: /", "/", true),
            ("allow: /$\ndisallow: /", "/page.htm", false),
            ("disallow:", "/", true),
            ("disallow: /", "/robots.txt", true),
            ("disallow: /*?", "/a?b", false),
        ] {
            let robots = robots(&format!("User-Agent: *\n{rules}"));
            assert_eq!(robots.allows(&url(path)), allowed, "{rules} {path}");
        }
    }

    #[test]
    fn the_group_that_names_us_stands_alone() {
        let others = "user-agent: *\ndisallow: /\n";
        for (text, allowed) in [
            ("user-agent: dynamicrag\nallow: /", true),
            ("user-agent: DynamicRAG/2.0 (x)\nallow: /", true),
            (
                "user-agent: a\nuser-agent: DYNAMICRAG\n\nuser-agent: b\nallow: /",
                true,
            ),
            ("user-agent: DynamicRAG\n", false), // and joins the group that follows
            ("user-agent: DynamicRAG\ncrawl-delay: 1\n", true),
            ("user-agent: DynamicRAGs\nallow: /", false),
            ("user-agent: Dynamic\nallow: /", false),
            ("user-agent: Googlebot\nallow: /", false),
        ] {
            assert_eq!(
                robots(&format!("{text}\n{others}")).allows(&url("/x")),
                allowed,
                "{text}"
            );
        }
        // Several groups of one agent are one group.
        let twice = "user-agent: dynamicrag\ndisallow: /a\nuser-agent: x\ndisallow: /\nuser-agent: dynamicrag\ndisallow: /b";
        let robots = robots(twice);
        let allowed = ["/a", "/b", "/c"].map(|path| robots.allows(&url(path)));
        assert_eq!(allowed, [false, false, true]);
    }

    #[test]
    fn lines_as_they_are_found() {
        let text = "\u{feff}DISALLOW: /early\r\nUser-Agent : * # all\rDisallow:/a#b\r\n\r\nSitemap: /s.xml\nCrawl-Delay: 2.5\nnonsense\nDisallow : /c\nSITEMAP: https://cdn.example.net/s2.xml.gz";
        let robots = robots(text);
        let allowed = ["/early", "/a", "/c", "/d"].map(|path| robots.allows(&url(path)));
        assert_eq!(allowed, [true, false, false, true]);
        assert_eq!(robots.delay(), Some(Duration::from_millis(2_500)));
        let sitemaps: Vec<_> = robots.sitemaps().iter().map(Url::as_str).collect();
        assert_eq!(
            sitemaps,
            [
                "https://example.com/s.xml",
                "https://cdn.example.net/s2.xml.gz"
            ]
        );
    }

    #[test]
    fn delays_are_capped_and_must_be_numbers() {
        for (value, delay) in [
            ("3600", Some(MAX_DELAY)),
            ("inf", Some(MAX_DELAY)),
            ("1e300", Some(MAX_DELAY)),
            ("0", Some(Duration::ZERO)),
            ("-1", None),
            ("NaN", None),
            ("soon", None),
        ] {
            let text = format!("user-agent: *\ncrawl-delay: {value}");
            assert_eq!(robots(&text).delay(), delay, "{value}");
        }
    }

    #[test]
    fn what_is_beyond_the_limit_is_not_read() {
        let late = format!("user-agent: *\n#{}\ndisallow: /", "x".repeat(MAX_BYTES));
        assert!(robots(&late).allows(&url("/")));
        let many = "sitemap: /a\n".repeat(1_000);
        assert_eq!(robots(&many).sitemaps().len(), MAX_SITEMAPS);
    }

    #[test]
    fn without_robots_all_or_nothing() {
        assert!(Robots::allow_all().allows(&url("/")));
        assert!(!Robots::unreachable().allows(&url("/")));
        assert!(!Robots::unreachable().is_reachable());
    }

    proptest! {
        #[test]
        fn any_bytes_are_some_robots(bytes: Vec<u8>, path in "/[ -~]{0,40}") {
            Robots::parse(&bytes, &url("/robots.txt")).allows(&url("/").join(&path).unwrap_or(url("/")));
        }

        #[test]
        fn any_lines_are_some_robots(
            lines in proptest::collection::vec("(user-agent|allow|disallow|crawl-delay|sitemap): [/*$a%é-]{0,12}", 0..20),
            path in "[/*$a%é-]{0,20}",
        ) {
            robots(&lines.join("\n")).allows(&url("/").join(&path).unwrap_or(url("/")));
        }
    }
}
