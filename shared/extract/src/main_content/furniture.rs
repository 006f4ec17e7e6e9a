//! Recognizes furniture (boilerplate) within the main content by whole names: `share-buttons` is furniture,
//! `share-prices` is not.
//!
//! Outside the content, a single word in a name is enough ([`super::names`]). Within it that would lose too much:
//! `border-bottom`, `social-insurance` and `comments-api` name parts of the content.

use std::collections::HashMap;

use scraper::node::Element;

/// Bytes of an attribute that are looked at.
const MAX_ATTRIBUTE: usize = 400;
/// Words up to this length are ignored in a name, such as the prefix of a theme.
const SHORT: usize = 2;

/// Kinds of furniture, a bit each.
const NEUTRAL: u8 = 1;
const BREADCRUMBS: u8 = 1 << 1;
const FOOTER: u8 = 1 << 2;
const COMMENTS: u8 = 1 << 3;
const SHARE: u8 = 1 << 4;
const COOKIES: u8 = 1 << 5;
const OTHER: u8 = 1 << 6;
const NEWSLETTER: u8 = 1 << 7;

/// Words of names by what they say. A name is furniture if it has a word of furniture and no word that is not listed.
const WORDS: [(u8, &str); 8] = [
    (BREADCRUMBS, "breadcrumb breadcrumbs crumb crumbs"),
    (FOOTER, "footer colophon contentinfo sitemap copyright"),
    (
        COMMENTS,
        "comment comments commentlist reply replies respond disqus",
    ),
    (
        SHARE,
        "share sharing social socials follow facebook twitter sharebar addtoany sharedaddy socialmedia",
    ),
    (COOKIES, "cookie cookies consent gdpr ccpa cmp onetrust"),
    (NEWSLETTER, "newsletter"),
    (
        OTHER,
        "ad ads advert adverts advertisement sponsored dfp adsense outbrain taboola adslot advertising subscribe \
         signup optin mailing login signin paywall search searchform modal popup lightbox dialog tooltip toast sr \
         visuallyhidden visually screenreader screenreadertext offcanvas",
    ),
    (
        NEUTRAL,
        "button buttons btn btns link links icon icons list lists bar box block blocks area wrap wrapper container \
         inner outer section widget widgets tools tool post posts article entry page site main global content body \
         nav menu navigation navbar item items row col column group panel holder module component region form \
         field title header head heading top bottom left right center the media network networks float floating \
         sticky fixed mobile desktop primary secondary slot unit banner notice message overlay close template \
         thread zone placeholder strip cta label text count counts email print only hidden this and buttonlist \
         inline horizontal vertical small large reader screen single new default style theme plugin view app root",
    ),
];
/// Short words that say something.
const SAYING: &[&str] = &["no", "up", "un", "xs"];
/// Attributes whose names are words of one name, and those with several names.
const WHOLE: &[&str] = &["aria-label", "itemprop", "role"];
const SEVERAL: &[&str] = &["class", "id", "data-testid"];

/// Reads whole names, each attribute value once.
pub struct Furniture<'a> {
    words: HashMap<&'static str, u8>,
    seen: HashMap<&'a str, u8>,
}

impl<'a> Furniture<'a> {
    /// Ready to read.
    pub fn new() -> Self {
        let mut words = HashMap::new();
        for (kind, list) in WORDS {
            for word in list.split_ascii_whitespace() {
                *words.entry(word).or_default() |= kind;
            }
        }
        Self {
            words,
            seen: HashMap::new(),
        }
    }

    /// The kinds of furniture that an element is by its names.
    pub fn of(&mut self, element: &'a Element) -> Named {
        let Self { words, seen } = self;
        let mut kinds = 0;
        for (attribute, value) in element.attrs() {
            if WHOLE.contains(&attribute) {
                kinds |= of_name(words, cut(value));
            } else if SEVERAL.contains(&attribute) {
                kinds |= *seen.entry(value).or_insert_with(|| {
                    let names = cut(value).split_ascii_whitespace();
                    names.fold(0, |kinds, name| kinds | of_name(words, name))
                });
            } else if attribute == "itemtype" {
                let name = value.rsplit(['/', '#']).next().unwrap_or_default();
                kinds |= of_name(words, cut(name));
            }
        }
        // Elements of the page's own making are named like classes.
        if element.name().contains('-') {
            kinds |= of_name(words, cut(element.name()));
        }
        Named(kinds & !NEUTRAL)
    }
}

/// Kinds given by an element's whole names.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Named(u8);

impl Named {
    /// Whether it is furniture, apart from footers.
    pub const fn is_furniture(self) -> bool {
        self.0 & !FOOTER != 0
    }

    /// Whether it is a footer.
    pub const fn is_footer(self) -> bool {
        self.0 & FOOTER != 0
    }

    /// Whether it is left out even if the model takes it for content.
    pub const fn is_never_content(self) -> bool {
        self.0 & (BREADCRUMBS | SHARE | NEWSLETTER) != 0
    }

    /// Whether it is left out outside of the innermost element with most of the content.
    pub const fn is_frame(self) -> bool {
        self.0 & (BREADCRUMBS | FOOTER | COOKIES) != 0
    }
}

fn cut(value: &str) -> &str {
    &value[..value.floor_char_boundary(MAX_ATTRIBUTE)]
}

/// The kinds of a name; none if it has an unlisted word.
fn of_name(words: &HashMap<&'static str, u8>, name: &str) -> u8 {
    let letters = name.bytes().filter(u8::is_ascii_alphabetic);
    let joined: String = letters
        .map(|letter| char::from(letter.to_ascii_lowercase()))
        .collect();
    if let Some(kinds) = words.get(joined.as_str()) {
        return *kinds;
    }
    let mut kinds = 0;
    let (mut start, mut small) = (0, false);
    let mut is_known = |word: &str| {
        let word = word.to_ascii_lowercase();
        match words.get(word.as_str()) {
            Some(kind) => kinds |= kind,
            None => return word.len() <= SHORT && !SAYING.contains(&word.as_str()),
        }
        true
    };
    for (at, byte) in name.bytes().enumerate() {
        // Words are separated by signs and by changes from small to capital letters.
        let splits = !byte.is_ascii_alphabetic() || (small && byte.is_ascii_uppercase());
        if splits {
            if !is_known(name.get(start..at).unwrap_or_default()) {
                return 0;
            }
            start = at + usize::from(!byte.is_ascii_alphabetic());
        }
        if !byte.is_ascii() {
            return 0;
        }
        small = byte.is_ascii_lowercase();
    }
    match is_known(name.get(start..).unwrap_or_default()) {
        true => kinds,
        false => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_names_are_furniture() {
        let furniture = Furniture::new();
        for name in [
            "share-buttons",
            "postShare",
            "comments",
            "comment-12",
            "entry-comments",
            "site-footer",
            "td-post-sharing",
            "sr-only",
            "screen-reader-text",
            "newsletterSignup",
        ] {
            assert!(of_name(&furniture.words, name) & !NEUTRAL != 0, "{name}");
        }
        for name in [
            "",
            "content",
            "border-bottom",
            "margin-bottom-20",
            "hidden-xs",
            "no-footer",
            "social-insurance",
            "share-prices",
            "follow-up",
            "comments-api",
            "ad-rates",
            "search-syntax",
            "alert",
            "größe-ad",
        ] {
            assert_eq!(of_name(&furniture.words, name) & !NEUTRAL, 0, "{name}");
        }
    }
}
