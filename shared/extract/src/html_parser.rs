//! Parses HTML with limits on what the parser takes quadratic time or memory for: it looks at all open elements for each
//! that opens, opens formatting elements again in each paragraph, and compares the attributes of a tag with each other.
//! Beyond the limits tags are ignored; no text is lost.

use std::{
    borrow::Cow,
    cell::{Cell, Ref, RefCell},
    collections::HashMap,
};

use ego_tree::NodeId;
use html5ever::{
    Attribute, LocalName, QualName, TokenizerResult,
    buffer_queue::BufferQueue,
    tendril::StrTendril,
    tokenizer::{Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts},
    tree_builder::{ElementFlags, NodeOrText, QuirksMode, TreeBuilder, TreeBuilderOpts, TreeSink},
};
use scraper::{Html, HtmlTreeSink};

/// Deepest nesting of elements.
const MAX_DEPTH: u32 = 200;
/// Most formatting elements that are open without an end tag.
const MAX_FORMATTING: usize = 16;
/// Most elements of a page.
const MAX_ELEMENTS: usize = 500_000;
/// Most attributes of a tag.
const MAX_ATTRIBUTES: usize = 256;

/// Elements that the parser opens again in later paragraphs. Links are closed by the next link.
const FORMATTING: &[&str] = &[
    "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u",
];
/// Elements whose content is not markup (without the tag it would become text), and those that occur once.
const KEPT: &[&str] = &[
    "body",
    "head",
    "html",
    "iframe",
    "noembed",
    "noframes",
    "noscript",
    "plaintext",
    "script",
    "style",
    "textarea",
    "title",
    "xmp",
];

/// Parses a page.
pub fn parse(source: &str) -> Html {
    let sink = Sink {
        tree: HtmlTreeSink::new(Html::new_document()),
        depths: RefCell::default(),
        depth: Cell::new(0),
        elements: Cell::new(0),
        added: Cell::new(0),
    };
    let filter = Filter {
        builder: TreeBuilder::new(sink, TreeBuilderOpts::default()),
        ignored: RefCell::default(),
        formatting: Cell::new(0),
    };
    let tokenizer = Tokenizer::new(filter, TokenizerOpts::default());
    let input = BufferQueue::default();
    input.push_back(StrTendril::from_slice(&short_tags(source)));
    // It stops at the end of each script, which is not run, and where the page declares an encoding.
    while !matches!(tokenizer.feed(&input), TokenizerResult::Done) {}
    tokenizer.end();
    tokenizer.sink.builder.sink.finish()
}

/// Ignores tags beyond the limits, before they reach the tree.
struct Filter {
    builder: TreeBuilder<NodeId, Sink>,
    /// Start tags that were ignored, whose end tags are to be ignored too.
    ignored: RefCell<HashMap<LocalName, usize>>,
    formatting: Cell<usize>,
}

impl Filter {
    /// Whether a tag is to be ignored.
    fn ignores(&self, tag: &Tag) -> bool {
        let name = &*tag.name;
        if KEPT.contains(&name) {
            return false;
        }
        let formats = FORMATTING.contains(&name);
        match tag.kind {
            TagKind::StartTag => {
                let sink = &self.builder.sink;
                let ignores = sink.depth.get() >= MAX_DEPTH
                    || sink.elements.get() >= MAX_ELEMENTS
                    || formats && self.formatting.get() >= MAX_FORMATTING;
                if ignores {
                    *self
                        .ignored
                        .borrow_mut()
                        .entry(tag.name.clone())
                        .or_default() += 1;
                } else if formats {
                    self.formatting.set(self.formatting.get() + 1);
                }
                ignores
            }
            TagKind::EndTag => {
                if let Some(count) = self.ignored.borrow_mut().get_mut(&tag.name)
                    && *count > 0
                {
                    *count -= 1;
                    return true;
                }
                if formats {
                    self.formatting.set(self.formatting.get().saturating_sub(1));
                }
                // Corrected by what is appended next.
                let depth = &self.builder.sink.depth;
                depth.set(depth.get().saturating_sub(1));
                false
            }
        }
    }
}

impl TokenSink for Filter {
    type Handle = NodeId;

    fn process_token(&self, token: Token, line_number: u64) -> TokenSinkResult<NodeId> {
        if let Token::TagToken(tag) = &token
            && self.ignores(tag)
        {
            return TokenSinkResult::Continue;
        }
        self.builder.process_token(token, line_number)
    }

    fn end(&self) {
        self.builder.end();
    }

    fn adjusted_current_node_present_but_not_in_html_namespace(&self) -> bool {
        self.builder
            .adjusted_current_node_present_but_not_in_html_namespace()
    }
}

/// The tree, which notes how deep the parser is in it.
struct Sink {
    tree: HtmlTreeSink,
    depths: RefCell<HashMap<NodeId, u32>>,
    /// Depth at which the next element is appended.
    depth: Cell<u32>,
    elements: Cell<usize>,
    /// Attributes added to elements that were there already.
    added: Cell<usize>,
}

impl Sink {
    /// Notes that a node is appended to another.
    fn note(&self, parent: NodeId, child: &NodeOrText<NodeId>) {
        let mut depths = self.depths.borrow_mut();
        let depth = depths.get(&parent).map_or(0, |depth| depth + 1);
        self.depth.set(depth);
        if let NodeOrText::AppendNode(node) = child {
            depths.insert(*node, depth);
        }
    }
}

impl TreeSink for Sink {
    type Handle = NodeId;
    type Output = Html;
    type ElemName<'a> = Ref<'a, QualName>;

    fn finish(self) -> Html {
        self.tree.finish()
    }

    fn parse_error(&self, _: Cow<'static, str>) {}

    fn get_document(&self) -> NodeId {
        self.tree.get_document()
    }

    fn elem_name<'a>(&'a self, target: &'a NodeId) -> Ref<'a, QualName> {
        self.tree.elem_name(target)
    }

    fn create_element(
        &self,
        name: QualName,
        attributes: Vec<Attribute>,
        flags: ElementFlags,
    ) -> NodeId {
        self.elements.set(self.elements.get() + 1);
        self.tree.create_element(name, attributes, flags)
    }

    fn create_comment(&self, text: StrTendril) -> NodeId {
        self.tree.create_comment(text)
    }

    fn create_pi(&self, target: StrTendril, data: StrTendril) -> NodeId {
        self.tree.create_pi(target, data)
    }

    fn append(&self, parent: &NodeId, child: NodeOrText<NodeId>) {
        self.note(*parent, &child);
        self.tree.append(parent, child);
    }

    fn append_based_on_parent_node(
        &self,
        element: &NodeId,
        previous: &NodeId,
        child: NodeOrText<NodeId>,
    ) {
        self.note(*previous, &child);
        self.tree
            .append_based_on_parent_node(element, previous, child);
    }

    fn append_doctype_to_document(&self, name: StrTendril, public: StrTendril, system: StrTendril) {
        self.tree.append_doctype_to_document(name, public, system);
    }

    fn pop(&self, node: &NodeId) {
        if let Some(depth) = self.depths.borrow().get(node) {
            self.depth.set(*depth);
        }
    }

    fn get_template_contents(&self, target: &NodeId) -> NodeId {
        let contents = self.tree.get_template_contents(target);
        let mut depths = self.depths.borrow_mut();
        let depth = depths.get(target).map_or(0, |depth| depth + 1);
        depths.insert(contents, depth);
        contents
    }

    fn same_node(&self, one: &NodeId, other: &NodeId) -> bool {
        one == other
    }

    fn set_quirks_mode(&self, mode: QuirksMode) {
        self.tree.set_quirks_mode(mode);
    }

    fn append_before_sibling(&self, sibling: &NodeId, node: NodeOrText<NodeId>) {
        self.tree.append_before_sibling(sibling, node);
    }

    fn add_attrs_if_missing(&self, target: &NodeId, mut attributes: Vec<Attribute>) {
        // Of the second and any later `html` or `body`. Each is compared with all there are.
        let added = self.added.get();
        attributes.truncate(MAX_ATTRIBUTES.saturating_sub(added));
        self.added.set(added + attributes.len());
        if !attributes.is_empty() {
            self.tree.add_attrs_if_missing(target, attributes);
        }
    }

    fn remove_from_parent(&self, target: &NodeId) {
        self.tree.remove_from_parent(target);
    }

    fn reparent_children(&self, node: &NodeId, parent: &NodeId) {
        self.tree.reparent_children(node, parent);
    }
}

/// The source without the attributes of a tag beyond the limit.
fn short_tags(source: &str) -> Cow<'_, str> {
    let mut kept = String::new();
    let mut copied = 0;
    let mut from = 0;
    while let Some(at) = source[from..].find('<') {
        let start = from + at;
        from = start + 1;
        let tag = &source[start..];
        if let Some(comment) = tag.strip_prefix("<!--") {
            from = comment
                .find("-->")
                .map_or(source.len(), |at| start + 4 + at);
            continue;
        }
        let first = 1 + usize::from(tag[1..].starts_with('/'));
        if !tag[first..].starts_with(|c: char| c.is_ascii_alphabetic()) {
            continue;
        }
        let Some((cut, end)) = long_tag(tag) else {
            // Never closed: the rest of the page is no text either, and all of it would be attributes.
            kept.push_str(&source[copied..start]);
            return Cow::Owned(kept);
        };
        from = start + end;
        if let Some(cut) = cut {
            kept.push_str(&source[copied..start + cut]);
            copied = from;
        }
        let is_name = |c: char| c.is_ascii_alphanumeric();
        let name = &tag[1..tag[1..]
            .find(|c| !is_name(c))
            .map_or(tag.len(), |at| at + 1)];
        if KEPT[3..].contains(&name.to_ascii_lowercase().as_str()) {
            // Apparent tags inside are not tags.
            let close = format!("</{name}");
            from = find_ignoring_case(source, &close, from).unwrap_or(source.len());
        }
    }
    if copied == 0 {
        return Cow::Borrowed(source);
    }
    kept.push_str(&source[copied..]);
    Cow::Owned(kept)
}

/// Where the attributes of a tag exceed the limit, if they do, and where the tag ends: at its `>`. `None` if it has no
/// end.
fn long_tag(tag: &str) -> Option<(Option<usize>, usize)> {
    let bytes = tag.as_bytes();
    let mut at = 1;
    let (mut attributes, mut cut) = (0, None);
    while let Some(&byte) = bytes.get(at) {
        if byte == b'>' {
            return Some((cut, at));
        }
        if byte.is_ascii_whitespace() || byte == b'/' {
            at += 1;
            continue;
        }
        // The name of the tag counts as one.
        if attributes == MAX_ATTRIBUTES + 1 && cut.is_none() {
            cut = Some(at);
        }
        attributes += 1;
        let is_over = |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b'/' | b'>' | b'=');
        // An equals sign in the first place belongs to the name.
        at += 1;
        at += bytes[at..].iter().position(is_over)?;
        let blanks = bytes[at..]
            .iter()
            .position(|byte| !byte.is_ascii_whitespace())?;
        if bytes[at + blanks] != b'=' {
            continue;
        }
        at += blanks + 1;
        at += bytes[at..]
            .iter()
            .position(|byte| !byte.is_ascii_whitespace())?;
        at += match bytes[at] {
            quote @ (b'"' | b'\'') => 2 + bytes[at + 1..].iter().position(|byte| *byte == quote)?,
            _ => {
                let is_over = |byte: &u8| byte.is_ascii_whitespace() || *byte == b'>';
                bytes[at..].iter().position(is_over)?
            }
        };
    }
    None
}

fn find_ignoring_case(source: &str, needle: &str, from: usize) -> Option<usize> {
    let mut at = from;
    while let Some(found) = source.get(at..)?.find("</") {
        at += found;
        let candidate = source.as_bytes().get(at..at + needle.len())?;
        if candidate.eq_ignore_ascii_case(needle.as_bytes()) {
            return Some(at);
        }
        at += 2;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn depth(page: &Html) -> usize {
        let nodes = page.tree.nodes().filter(|node| node.value().is_element());
        nodes.map(|node| node.ancestors().count()).max().unwrap()
    }

    fn text(page: &Html) -> String {
        page.root_element().text().collect()
    }

    #[test]
    fn ordinary_pages_are_parsed_as_ever() {
        for source in [
            "<!doctype html><html><head><title>a</title><body><p>b<ul><li>c<li>d</ul><table><tr><td>e</table>",
            "<p><b>a<p>b</b>c<i>d</p>e</i><a>f<a>g</a><form>h</form>i<br>j<br/>k<svg><path/><text>l</text></svg>",
            "<table><p>a<tr><td><b>b<td>c</table><select><option>d<option>e</select><template><p>f</template>",
            "<script>a<b></script><textarea><b></textarea><math><mi>x</mi></math><noscript><p>g</noscript>",
            "<frameset><frame></frameset>",
            "a<!-- <b> --><![CDATA[c]]><?pi?><div/>d</div></div><p",
            "",
        ] {
            assert_eq!(
                parse(source).html(),
                Html::parse_document(source).html(),
                "{source}"
            );
        }
    }

    #[test]
    fn nesting_is_limited_and_its_text_kept() {
        for (open, close) in [
            ("<div>", "</div>"),
            ("<ul><li>", ""),
            ("<span>", "</p></span>"),
            ("<font a=1>", ""),
            ("<form><div></form>", "</div>"),
            ("<table><tr><td>", "</td></tr></table>"),
            ("<b><p>", "</b>"),
        ] {
            let source = format!("{}x{}y", open.repeat(3_000), close.repeat(3_000));
            let page = parse(&source);
            assert!(depth(&page) < 250, "{open} {}", depth(&page));
            assert_eq!(text(&page).matches(['x', 'y']).count(), 2, "{open}");
        }
        // After its end the page continues normally.
        let deep = format!("{}x{}<p>y</p>", "<div>".repeat(999), "</div>".repeat(999));
        let page = parse(&deep);
        let body = page.tree.nodes().filter(|node| {
            let element = node.value().as_element();
            element.is_some_and(|element| element.name() == "p")
        });
        let depths: Vec<usize> = body.map(|node| node.ancestors().count()).collect();
        assert_eq!(depths, [3]);
        // Many elements one after the other are not deep.
        let wide = parse(&"<div><p>x</div>".repeat(3_000));
        assert_eq!(text(&wide).len(), 3_000);
        assert_eq!(
            wide.tree.nodes().filter(|n| n.value().is_element()).count(),
            6_003
        );
    }

    #[test]
    fn formatting_elements_are_not_multiplied() {
        let open: String = (0..2_000).map(|n| format!("<b id={n}>")).collect();
        let page = parse(&format!("{open}{}", "<p>x".repeat(2_000)));
        assert_eq!(text(&page).len(), 2_000);
        assert!(page.tree.nodes().count() < 50_000);
        let page = parse(&format!("{open}{}", "<p>x".repeat(50_000)));
        assert!(page.tree.nodes().count() < 2 * MAX_ELEMENTS);
    }

    #[test]
    fn later_bodies_add_few_attributes() {
        let bodies: String = (0..2_000).map(|n| format!("<body a{n}=1>x")).collect();
        let page = parse(&bodies);
        assert_eq!(text(&page).len(), 2_000);
        let elements = page
            .tree
            .nodes()
            .filter_map(|node| node.value().as_element());
        let most = elements.map(|element| element.attrs().count()).max();
        assert_eq!(most, Some(1 + MAX_ATTRIBUTES));
    }

    #[test]
    fn attributes_beyond_the_limit_are_left_out() {
        let many: String = (0..1_000).map(|n| format!(" a{n}='{n}>'")).collect();
        let tag = format!("<p id=x{many}>y<i class=z>w");
        let page = parse(&tag);
        assert_eq!(text(&page), "yw");
        assert!(short_tags(&format!("</p{many}>")).len() < tag.len() / 2);
        let elements = page
            .tree
            .nodes()
            .filter_map(|node| node.value().as_element());
        let counts: Vec<(&str, usize)> = elements
            .map(|element| (element.name(), element.attrs().count()))
            .collect();
        assert_eq!(counts[3..], [("p", MAX_ATTRIBUTES), ("i", 1)]);
        // Apparent tags, and long tags with few attributes, stay as they are.
        let words = "b ".repeat(1_000);
        for same in [
            format!("<script>if (a<b {words}>c)</script><p>x</p>"),
            format!("<!-- <b {words}> --><p>x</p>"),
            format!("<TextArea><b {words}></textarea>x"),
            format!("<img src='data:{words}'>"),
            format!("a < b {words}"),
        ] {
            assert_eq!(short_tags(&same), same);
        }
        // A tag without an end is not text, whatever is in it.
        assert_eq!(short_tags(&format!("a < b <b {words}")), "a < b ");
        assert_eq!(
            short_tags(&format!("<p{many}>a<b {words}")).len(),
            short_tags(&format!("<p{many}>a")).len()
        );
    }
}
