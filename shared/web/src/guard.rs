//! Which URLs may be requested: everything that can be checked before the name is resolved.

use std::net::IpAddr;

use url::{Host, Url};

use crate::{
    address::is_public,
    error::{Reason, WebError},
};

/// Bytes of the longest URL that is requested; the sitemap protocol allows as many.
pub const MAX_URL: usize = 2_048;

/// Last labels of names that are never public (RFC 6761, 6762, 8375, 9476 and common use at home and
/// in offices).
const PRIVATE_SUFFIXES: &[&str] = &[
    "alt",
    "corp",
    "home",
    "home.arpa",
    "internal",
    "intranet",
    "invalid",
    "lan",
    "local",
    "localdomain",
    "localhost",
    "onion",
    "private",
    "test",
];

/// A deployment's rules. The default is the strictest, except that it allows plain http.
#[derive(Clone, Debug)]
pub struct Policy {
    https_only: bool,
    ports: Vec<u16>,
    allowed: Vec<(Host, u16)>,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            https_only: false,
            ports: vec![80, 443],
            allowed: Vec::new(),
        }
    }
}

/// How to reach an allowed URL.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Route {
    /// At public addresses only.
    Public,
    /// At any address: the deployment vouches for it.
    Vouched,
}

impl Policy {
    /// Refuses http, for webhooks, but to what the deployment vouches for.
    #[must_use]
    pub fn https_only(mut self) -> Self {
        self.https_only = true;
        self
    }

    /// Allows a port at every public address, in addition to 80 and 443.
    #[must_use]
    pub fn with_port(mut self, port: u16) -> Self {
        self.ports.push(port);
        self
    }

    /// Allows `host:port`, whatever its address: for tests and for private deployments. Never from a
    /// customer's input.
    ///
    /// # Errors
    /// [`WebError::Invalid`] if the text is not `host:port`; IPv6 is written in brackets.
    pub fn with_allowed(mut self, host_port: &str) -> Result<Self, WebError> {
        let invalid = |_| WebError::Invalid;
        let (host, port) = host_port.rsplit_once(':').ok_or(WebError::Invalid)?;
        let port = port.parse().map_err(|_| WebError::Invalid)?;
        let url = Url::parse(&format!("http://{host}/")).map_err(invalid)?;
        let plain = url.path() == "/" && url.username().is_empty() && url.port().is_none();
        match url.host() {
            Some(host) if plain => self.allowed.push((bare(&host.to_owned()), port)),
            _ => return Err(WebError::Invalid),
        }
        Ok(self)
    }

    /// Allows each of these, as [`with_allowed`](Self::with_allowed).
    ///
    /// # Errors
    /// [`WebError::Invalid`] if one of them is not `host:port`.
    pub fn with_all_allowed(self, pairs: &[String]) -> Result<Self, WebError> {
        pairs
            .iter()
            .try_fold(self, |policy, pair| policy.with_allowed(pair))
    }

    /// Checks a URL without asking DNS, for a request that stores it. The client checks again.
    ///
    /// # Errors
    /// [`WebError::Blocked`], or [`WebError::Invalid`] where it is too long.
    pub fn check(&self, url: &Url) -> Result<(), WebError> {
        self.route(url).map(drop)
    }

    pub(crate) fn has_allowed(&self) -> bool {
        !self.allowed.is_empty()
    }

    pub(crate) fn route(&self, url: &Url) -> Result<Route, WebError> {
        if url.as_str().len() > MAX_URL {
            return Err(WebError::Invalid);
        }
        match url.scheme() {
            "https" => {}
            "http" => {}
            _ => return Err(WebError::Blocked(Reason::Scheme)),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(WebError::Blocked(Reason::Credentials));
        }
        let (Some(host), Some(port)) = (url.host(), url.port_or_known_default()) else {
            return Err(WebError::Invalid);
        };
        let host = bare(&host.to_owned());
        if self.allowed.iter().any(|(h, p)| *h == host && *p == port) {
            return Ok(Route::Vouched);
        }
        if self.https_only && url.scheme() == "http" {
            return Err(WebError::Blocked(Reason::Plain));
        }
        if !self.ports.contains(&port) {
            return Err(WebError::Blocked(Reason::Port));
        }
        // The connector uses a literal without asking a resolver, so it is checked here.
        let literal = match &host {
            Host::Ipv4(address) => Some(IpAddr::from(*address)),
            Host::Ipv6(address) => Some(IpAddr::from(*address)),
            Host::Domain(name) => name.parse().ok(),
        };
        match (literal, &host) {
            (Some(address), _) if !is_public(address) => Err(WebError::Blocked(Reason::Address)),
            (None, Host::Domain(name)) if !is_public_name(name) => {
                Err(WebError::Blocked(Reason::Name))
            }
            _ => Ok(Route::Public),
        }
    }
}

/// Reads a URL that a customer wrote.
///
/// # Errors
/// [`WebError::Invalid`] where it is no absolute URL or longer than [`MAX_URL`].
pub fn parse_url(text: &str) -> Result<Url, WebError> {
    if text.len() > MAX_URL {
        return Err(WebError::Invalid);
    }
    Url::parse(text).map_err(|_| WebError::Invalid)
}

/// A host without the dot of the DNS root.
fn bare(host: &Host) -> Host {
    match host {
        Host::Domain(name) => Host::Domain(name.trim_end_matches('.').to_owned()),
        literal => literal.clone(),
    }
}

/// Whether a name, lower-case and without a final dot, may be on the public internet.
fn is_public_name(name: &str) -> bool {
    let private = PRIVATE_SUFFIXES.iter().any(|suffix| {
        name.strip_suffix(suffix)
            .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    });
    name.contains('.') && !private
}

#[cfg(test)]
mod tests {
    use super::*;

    fn route(policy: &Policy, url: &str) -> Result<Route, WebError> {
        policy.route(&Url::parse(url).unwrap())
    }

    #[test]
    fn ordinary_addresses_pass() {
        let policy = Policy::default();
        for url in [
            "http://example.com/",
            "https://example.com./a?b#c",
            "HTTPS://Bücher.example.org:443/",
            "http://8.8.8.8/",
            "https://[2606:4700::1111]/",
            "http://internal.example.com/",
            "http://notlocalhost.de/",
        ] {
            assert_eq!(route(&policy, url), Ok(Route::Public), "{url}");
        }
    }

    #[test]
    fn each_reason_has_its_urls() {
        let policy = Policy::default();
        for (reason, urls) in [
            (
                Reason::Scheme,
                &[
                    "ftp://example.com/",
                    "file:///etc/passwd",
                    "data:,x",
                    "javascript:alert(1)",
                ][..],
            ),
            (
                Reason::Credentials,
                &[
                    "http://u@example.com/",
                    "http://u:p@example.com/",
                    "http://:p@example.com/",
                ],
            ),
            (
                Reason::Port,
                &[
                    "http://example.com:22/",
                    "https://example.com:6379/",
                    "http://127.0.0.1:81/",
                ],
            ),
            (
                Reason::Name,
                &[
                    "http://localhost/",
                    "http://a.localhost./",
                    "http://printer/",
                    "http://a.internal",
                ],
            ),
            (
                Reason::Address,
                &[
                    "http://127.0.0.1/",
                    "http://0x7f.1./",
                    "http://[::1]/",
                    "http://2130706433/",
                ],
            ),
        ] {
            for url in urls {
                assert_eq!(route(&policy, url), Err(WebError::Blocked(reason)), "{url}");
            }
        }
        let long = format!("http://example.com/{}", "a".repeat(MAX_URL));
        assert_eq!(route(&policy, &long), Err(WebError::Invalid));
        assert_eq!(parse_url(&long), Err(WebError::Invalid));
        assert_eq!(
            route(&Policy::default().https_only(), "http://example.com/"),
            Err(WebError::Blocked(Reason::Plain))
        );
    }

    #[test]
    fn a_deployment_vouches_for_one_host_and_one_port() {
        let policy = Policy::default()
            .with_allowed("LOCALHOST:8080")
            .and_then(|policy| policy.with_allowed("[::1]:9000"))
            .and_then(|policy| policy.with_allowed("10.0.0.5:80"))
            .unwrap();
        for url in [
            "http://localhost:8080/x",
            "https://localhost.:8080/",
            "http://[0::1]:9000/",
            "http://10.0.0.5/",
            "http://0xa000005/",
        ] {
            assert_eq!(route(&policy, url), Ok(Route::Vouched), "{url}");
        }
        let strict = policy.clone().https_only();
        assert_eq!(
            route(&strict, "http://localhost:8080/x"),
            Ok(Route::Vouched)
        );
        assert_eq!(
            route(&strict, "http://example.com/"),
            Err(WebError::Blocked(Reason::Plain))
        );
        for url in [
            "http://localhost:8081/",
            "http://localhost/",
            "http://127.0.0.1:8080/",
            "http://[::1]/",
            "http://10.0.0.5:8080/",
            "http://10.0.0.6/",
            "http://u@localhost:8080/",
            "ftp://localhost:8080/",
        ] {
            assert!(route(&policy, url).is_err(), "{url}");
        }
    }

    #[test]
    fn an_allowance_is_host_and_port_and_nothing_else() {
        for text in [
            "",
            "a",
            "a:",
            ":1",
            "a:b",
            "a:70000",
            "a/b:1",
            "u@a:1",
            "::1:80",
            "a:1:2",
            "http://a:1",
        ] {
            assert!(Policy::default().with_allowed(text).is_err(), "{text}");
        }
    }
}
