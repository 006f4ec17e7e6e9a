//! Meaning of element names: tags, classes, ids and roles, as far as pages agree on them.

use std::collections::HashMap;

use scraper::node::Element;

/// Number of kinds of names; tags come after words.
pub const KINDS: usize = WORDS.len() + TAGS.len();
/// The kind of content that is only shown on demand.
const HIDDEN: u32 = 14;
/// Bytes of an attribute that are considered; longer names do not occur in practice.
const MAX_ATTRIBUTE: usize = 400;
/// Kinds for the names of some elements.
const NAV: usize = WORDS.len() + 3;
const FOOTER: usize = WORDS.len() + 5;
const ASIDE: usize = WORDS.len() + 6;
const FORM: usize = WORDS.len() + 7;
/// Kinds of furniture, one bit each: breadcrumbs, footers, comments, share buttons, cookies, advertisements, forms, and
/// content shown on demand.
const FURNITURE: u64 = bits(&[3, 5, 7, 9, 10, 11, 12, 14, NAV, FOOTER, FORM]);
/// Kinds that are furniture if they hold links: menus, sidebars and related pages.
const FURNITURE_OF_LINKS: u64 = bits(&[2, 4, 8, ASIDE]);
/// Kinds that are left out around the content regardless of the model: menus, breadcrumbs, footers, share buttons,
/// cookies.
const FRAME: u64 = bits(&[3, 5, 9, 10, NAV, FOOTER]);
/// Kinds of items, such as slides.
const SLIDE: u64 = bits(&[17]);
/// Elements with this name ask for an email address.
const NEWSLETTER: &str = "newsletter";
/// The attributes that name things.
const ATTRIBUTES: &[&str] = &[
    "class",
    "id",
    "role",
    "itemprop",
    "itemtype",
    "data-testid",
    "aria-label",
];

/// Words in names, by meaning. Their order is that of the features, and so the model's.
const WORDS: [&str; 25] = [
    "article articlebody articlecontent post posts postbody postcontent entry entrycontent story hentry blog \
     blogpost markdown prose richtext rte wysiwyg news newsarticle blogposting text paragraph",
    "content contents main maincontent mainarea primary body bodytext copy page pagecontent document docs doc",
    "nav navbar navigation navmenu menu menus submenu megamenu dropdown topbar toolbar offcanvas drawer skip \
     skiplink hamburger menubar menuitem subnav tablist",
    "breadcrumb breadcrumbs crumb crumbs",
    "sidebar side aside rail secondary widget widgets sidenav complementary leftcol rightcol",
    "footer foot bottom colophon copyright legal contentinfo disclaimer sitemap",
    "header head masthead banner top logo branding site",
    "comment comments commentlist reply replies respond response responses disqus discussion discussions answer answers",
    "related recommended recommendations recommendation recommend similar more also trending popular latest recent \
     readnext suggestions suggested upsell crosssell teaser teasers recirc next read",
    "share sharing social socials follow facebook twitter sharebar addtoany sharedaddy socialmedia",
    "cookie cookies consent gdpr privacy ccpa cmp onetrust",
    "ad ads advert adverts advertisement sponsor sponsored promo promos promotion dfp adsense outbrain taboola \
     adslot advertising",
    "newsletter subscribe subscription signup optin mailing form login signin register account paywall search \
     searchform",
    "meta byline author authors date time published tags tag category categories info timestamp bio avatar \
     username user profile postmeta",
    "modal popup overlay lightbox dialog tooltip toast notification notice alert hidden sr visuallyhidden \
     visually invisible hide screenreader",
    "product products price prices sku description specs specification specifications features feature buy \
     cart shop details detail gallery variant variants",
    "message messages thread threads topic topics forum question questions messagebody bbcode posttext \
     discussionforumposting qa",
    "list listing listings grid item items card cards tile tiles result results archive feed carousel slider \
     swiper slide collection category",
    "review reviews rating ratings testimonial testimonials stars aggregaterating",
    "toc outline index pagination pager paging pages prev previous",
    "accordion faq faqs tab tabs panel tabpanel collapse collapsible expandable answer",
    "caption figure image images img media video credit photo thumbnail",
    "signature sig badge badges stats votes vote score points likes quote quoted blockquote",
    "cta button buttons btn action actions link links download",
    "contact contacts vcard adr address hours opening location locations directions map",
];

/// Elements whose tag describes their content.
const TAGS: [&str; 16] = [
    "main",
    "article",
    "section",
    "nav",
    "header",
    "footer",
    "aside",
    "form",
    "table",
    "ul",
    "ol",
    "p",
    "blockquote",
    "pre",
    "dl",
    "figure",
];

/// Reads names, each attribute value once.
pub struct Names<'a> {
    words: HashMap<&'static str, u32>,
    seen: HashMap<&'a str, u32>,
}

impl<'a> Names<'a> {
    /// Ready to read.
    pub fn new() -> Self {
        let mut words = HashMap::new();
        for (kind, list) in WORDS.iter().enumerate() {
            for word in list.split_ascii_whitespace() {
                *words.entry(word).or_default() |= 1 << kind;
            }
        }
        Self {
            words,
            seen: HashMap::new(),
        }
    }

    /// The kinds that an element's names are of, a bit each.
    pub fn of(&mut self, element: &'a Element) -> u64 {
        let mut kinds = 0u32;
        for (name, value) in element.attrs() {
            if name == "aria-hidden" && value == "true" {
                kinds |= 1 << HIDDEN;
            } else if ATTRIBUTES.contains(&name) {
                let Self { words, seen } = self;
                kinds |= *seen.entry(value).or_insert_with(|| of_value(words, value));
            }
        }
        let name = element.name();
        let tag = TAGS.iter().position(|tag| *tag == name);
        // Elements of the page's own making are named like classes.
        if name.contains('-') {
            let Self { words, seen } = self;
            kinds |= *seen.entry(name).or_insert_with(|| of_value(words, name));
        }
        u64::from(kinds) | tag.map_or(0, |tag| 1 << (WORDS.len() + tag))
    }
}

/// Whether an element with these kinds of names is furniture; some kinds only if it holds links.
pub fn is_furniture(kinds: u64, holds_links: bool) -> bool {
    kinds & FURNITURE != 0 || is_furniture_of_links(kinds, holds_links)
}

/// Whether an element with these kinds of names is furniture because it holds links.
pub fn is_furniture_of_links(kinds: u64, holds_links: bool) -> bool {
    kinds & FURNITURE_OF_LINKS != 0 && holds_links
}

/// Whether an element with these kinds of names is left out outside of the content, whatever it holds.
pub fn is_frame(element: &Element, kinds: u64) -> bool {
    let mut named = [element.attr("class"), element.id()].into_iter().flatten();
    kinds & FRAME != 0
        || named.any(|name| {
            let name = name
                .as_bytes()
                .get(..MAX_ATTRIBUTE)
                .unwrap_or(name.as_bytes());
            let mut parts = name.windows(NEWSLETTER.len());
            parts.any(|part| part.eq_ignore_ascii_case(NEWSLETTER.as_bytes()))
        })
}

/// Whether an element with these kinds of names is a slide that is not shown now. It may well be a copy.
pub fn is_hidden_slide(element: &Element, kinds: u64) -> bool {
    kinds & SLIDE != 0 && element.attr("aria-hidden") == Some("true")
}

/// Whether the page marks an element as its main content.
pub fn is_main(element: &Element) -> bool {
    ["main", "article"].contains(&element.name())
        || element.attr("role") == Some("main")
        || element.attr("itemprop") == Some("articleBody")
}

const fn bits(places: &[usize]) -> u64 {
    let (mut bits, mut at) = (0, 0);
    while at < places.len() {
        bits |= 1 << places[at];
        at += 1;
    }
    bits
}

/// Words are separated by signs and by changes from small to capital letters.
fn of_value(words: &HashMap<&'static str, u32>, value: &str) -> u32 {
    let mut kinds = 0;
    let mut word = String::new();
    let mut small = false;
    let mut end = |word: &mut String| {
        kinds |= words.get(word.as_str()).copied().unwrap_or_default();
        word.clear();
    };
    for byte in value.bytes().take(MAX_ATTRIBUTE) {
        if !byte.is_ascii_alphabetic() || (small && byte.is_ascii_uppercase()) {
            end(&mut word);
        }
        if byte.is_ascii_alphabetic() {
            word.push(char::from(byte.to_ascii_lowercase()));
        }
        small = byte.is_ascii_lowercase();
    }
    end(&mut word);
    kinds
}
