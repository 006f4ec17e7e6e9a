//! One spelling for each URL, so that a page is fetched once.

use url::{Host, Url};

/// The URL in the crawler's canonical form.
///
/// Applies the normalization of the `url` crate (scheme and host in lower case, no default port, an
/// empty path is `/`, dot segments resolved) and of RFC 3986 section 6.2.2 (`%7e` is `~`, `%c3` is
/// `%C3`), and removes the fragment and the dot of the DNS root. The query stays as it is: its order
/// may matter.
pub fn normalise(url: &Url) -> Url {
    let mut normal = url.clone();
    normal.set_fragment(None);
    if let Some(Host::Domain(name)) = url.host()
        && name.ends_with('.')
    {
        let bare = name.trim_end_matches('.').to_owned();
        // A host of dots alone has no other spelling.
        if normal.set_host(Some(&bare)).is_err() {
            return normal;
        }
    }
    normal.set_path(&octets(url.path()));
    if let Some(query) = url.query() {
        normal.set_query(Some(&octets(query)));
    }
    normal
}

/// Whether two URLs are on the same site: the same host, ignoring `www.`, and the same port, treating
/// http's 80 and https's 443 as equal. Most sites answer under all four and link between them; other
/// subdomains often belong to someone else.
pub fn same_host(a: &Url, b: &Url) -> bool {
    fn site(url: &Url) -> Option<(&str, Option<u16>)> {
        let host = url.host_str()?.trim_end_matches('.');
        Some((host.strip_prefix("www.").unwrap_or(host), url.port()))
    }
    site(a).is_some() && site(a) == site(b)
}

/// Percent-encoding in canonical form: unreserved characters are decoded, the rest has upper-case
/// digits, and non-ASCII characters and blanks are encoded.
pub(crate) fn octets(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut normal = String::with_capacity(text.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let escaped = match bytes.get(at..at + 3) {
            Some([b'%', high, low]) => hex(*high).zip(hex(*low)).map(|(h, l)| h * 16 + l),
            _ => None,
        };
        match escaped {
            Some(octet) if is_unreserved(octet) => normal.push(octet.into()),
            Some(octet) => push_escaped(&mut normal, octet),
            None if byte.is_ascii_graphic() => normal.push(byte.into()),
            None => push_escaped(&mut normal, byte),
        }
        at += if escaped.is_some() { 3 } else { 1 };
    }
    normal
}

fn push_escaped(text: &mut String, octet: u8) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    text.push('%');
    text.push(DIGITS[usize::from(octet >> 4)].into());
    text.push(DIGITS[usize::from(octet & 15)].into());
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit)
        .to_digit(16)
        .and_then(|n| u8::try_from(n).ok())
}

const fn is_unreserved(octet: u8) -> bool {
    octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'.' | b'_' | b'~')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[test]
    fn spellings_of_one_page() {
        for (spelling, normal) in [
            ("HTTP://Example.COM:80", "http://example.com/"),
            ("https://example.com.:443/a#b", "https://example.com/a"),
            (
                "http://example.com/%7euser/%c3%a9/./x/../y",
                "http://example.com/~user/%C3%A9/y",
            ),
            (
                "http://example.com/é?q=é",
                "http://example.com/%C3%A9?q=%C3%A9",
            ),
            (
                "http://example.com/?b=1&a=%2f&a=",
                "http://example.com/?b=1&a=%2F&a=",
            ),
            ("http://example.com/a%2fb%zz", "http://example.com/a%2Fb%zz"),
        ] {
            assert_eq!(normalise(&url(spelling)).as_str(), normal, "{spelling}");
        }
    }

    #[test]
    fn hosts_of_one_site() {
        let same = |a: &str, b: &str| same_host(&url(a), &url(b));
        assert!(same("http://example.com/", "https://www.example.com/x"));
        assert!(same("http://example.com.", "http://EXAMPLE.com:80/"));
        for (a, b) in [
            ("http://example.com", "http://docs.example.com"),
            ("http://example.com", "http://example.com:8080"),
            ("http://example.com", "http://example.org"),
            ("http://example.com", "http://notexample.com"),
            ("data:,x", "data:,x"),
        ] {
            assert!(!same(a, b), "{a} {b}");
        }
    }

    proptest! {
        #[test]
        fn normalising_twice_changes_nothing(rest in "[ -~é/.%0-9a-f?#]{0,60}") {
            if let Ok(url) = Url::parse(&format!("http://example.com/{rest}")) {
                let once = normalise(&url);
                prop_assert_eq!(normalise(&once), once);
            }
        }
    }
}
