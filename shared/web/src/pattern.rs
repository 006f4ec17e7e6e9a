//! Patterns of robots.txt (RFC 9309, 2.2.3).

use crate::normal::octets;

/// Path pattern of an `Allow` or `Disallow`, in the spelling of [`octets`].
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Pattern(String);

impl Pattern {
    pub(crate) fn new(text: &str) -> Self {
        Self(octets(text))
    }

    /// Its specificity.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether it matches a path in the spelling of [`octets`]: from its start, `*` is anything,
    /// `$` at the end is the end.
    pub(crate) fn matches(&self, path: &str) -> bool {
        let (pattern, anchored) = match self.0.strip_suffix('$') {
            Some(pattern) => (pattern, true),
            None => (self.0.as_str(), false),
        };
        let (first, wild) = match pattern.split_once('*') {
            Some((first, wild)) => (first, Some(wild)),
            None => (pattern, None),
        };
        let Some(mut rest) = path.strip_prefix(first) else {
            return false;
        };
        let Some(wild) = wild else {
            return !anchored || rest.is_empty();
        };
        // The earliest position for each part leaves the most for those after it, so nothing is
        // tried twice; the last part of an anchored pattern has only one position.
        let (middle, last) = match (anchored, wild.rsplit_once('*')) {
            (true, Some((middle, last))) => (middle, last),
            (true, None) => ("", wild),
            (false, _) => (wild, ""),
        };
        for part in middle.split('*') {
            match rest.find(part) {
                Some(at) => rest = &rest[at + part.len()..],
                None => return false,
            }
        }
        rest.ends_with(last)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Against the plainest matcher there is.
        #[test]
        fn patterns_match_as_defined(pattern in "/[ab*]{0,8}\\$?", path in "/[ab]{0,10}") {
            fn plain(pattern: &[u8], path: &[u8]) -> bool {
                match (pattern, path) {
                    ([], _) => true,
                    ([b'$'], rest) => rest.is_empty(),
                    ([b'*', rest @ ..], path) => (0..=path.len()).any(|n| plain(rest, &path[n..])),
                    ([a, pattern @ ..], [b, path @ ..]) => a == b && plain(pattern, path),
                    (_, []) => false,
                }
            }
            let rule = Pattern(pattern.clone());
            prop_assert_eq!(rule.matches(&path), plain(pattern.as_bytes(), path.as_bytes()));
        }
    }
}
