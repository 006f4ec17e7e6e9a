//! Reads objects in a text, each a separate document: formulas, charts, sheets.

use dynrag_domain::warnings::WarningCode;

use super::{block::Block, body::Body, styles::Styles};
use crate::{
    decode, formula,
    xml::{Element, Tree},
};

/// Most objects, over all parts.
const MAX_OBJECTS: usize = 5_000;
/// Deepest nesting of objects, each of which may have as many nested elements as a document.
const MAX_DEPTH: usize = 3;

/// The content of an object.
#[derive(Clone, Default)]
pub struct Object {
    /// A formula, to be written into its sentence.
    pub formula: Option<String>,
    pub blocks: Vec<Block>,
}

impl Object {
    /// Bytes of text.
    fn size(&self) -> usize {
        let blocks = self.blocks.iter().map(Block::size);
        self.formula.as_ref().map_or(0, String::len) + blocks.sum::<usize>()
    }
}

impl<'a> Body<'_, 'a, '_, '_> {
    /// Reads the object that a frame refers to or contains. Unreadable objects are counted and left out.
    pub fn object(&mut self, object: Element<'a>) -> Object {
        if self.source.depth >= MAX_DEPTH {
            self.unsupported(WarningCode::UnsupportedContent);
            return Object::default();
        }
        self.source.depth += 1;
        let read = match object.children().next() {
            Some(inner) => self.of_root(inner),
            None => self.of_folder(object.attribute("href").unwrap_or_default()),
        };
        self.source.depth -= 1;
        read
    }

    /// Reads an object in a folder of the file, or repeats it if it was read before.
    fn of_folder(&mut self, href: &str) -> Object {
        // Names of parts are compared like this in the archive too.
        let folder = href.replace('\\', "/").to_ascii_lowercase();
        let folder = folder.trim_start_matches("./").trim_matches('/');
        let known = self.source.objects.get_mut(folder);
        if let Some(Some(object)) = known {
            if !self.source.copies.spend(object.size()) {
                *object = Object::default();
            }
            return object.clone();
        }
        // One that is known but has no content contains itself, or is unreadable.
        let is_known = known.is_some();
        if is_known || folder.is_empty() || self.source.objects.len() >= MAX_OBJECTS {
            self.unsupported(WarningCode::UnsupportedContent);
            return Object::default();
        }
        self.source.objects.insert(folder.to_owned(), None);
        let Some(object) = self.parsed(folder) else {
            self.unsupported(WarningCode::PartsUnreadable);
            return Object::default();
        };
        let known = Some(object.clone());
        self.source.objects.insert(folder.to_owned(), known);
        object
    }

    /// Reads the content of a folder; `None` if it is missing or broken.
    fn parsed(&mut self, folder: &str) -> Option<Object> {
        let part = format!("{folder}/content.xml");
        let bytes = self.source.archive.part(&part).ok()??;
        let source = decode::page(&bytes);
        let source = without_doctype(&source);
        let tree = Tree::parse(&source).ok()?;
        let mut inner = Body::new(self.source, Styles::of(tree.root(), None));
        inner.boxes = 1;
        Some(inner.of_root(tree.root()))
    }

    fn unsupported(&mut self, code: WarningCode) {
        self.source.warnings.add(code, 1);
    }

    fn of_root(&mut self, root: Element<'a>) -> Object {
        let mut object = Object::default();
        let math = (root.name() == "math").then_some(root);
        if let Some(math) = math.or_else(|| root.descendants().find(|e| e.name() == "math")) {
            let text = formula::mathml(&formula::node(math));
            object.formula = Some(text).filter(|text| !text.is_empty());
            return object;
        }
        let Some(body) = root.child("body") else {
            self.unsupported(WarningCode::UnsupportedContent);
            return object;
        };
        match body.at(&["chart", "chart"]) {
            Some(chart) => self.chart(chart, &mut object.blocks),
            None => self.blocks(body, &mut object.blocks),
        }
        object
    }

    /// A chart: its titles and its table.
    fn chart(&mut self, chart: Element<'a>, out: &mut Vec<Block>) {
        for inner in chart.children() {
            match inner.name() {
                "title" | "subtitle" | "footer" => self.blocks(inner, out),
                "plot-area" => {
                    let axes = inner.children().filter(|axis| axis.name() == "axis");
                    for title in axes.filter_map(|axis| axis.child("title")) {
                        self.blocks(title, out);
                    }
                }
                "table" => self.table(inner, out),
                _ => {}
            }
        }
    }
}

/// Removes the document type that parts of old files declare, because the parser rejects it.
pub fn without_doctype(source: &str) -> std::borrow::Cow<'_, str> {
    let head = source.get(..source.len().min(2_000)).unwrap_or(source);
    let Some(start) = head.find("<!DOCTYPE") else {
        return source.into();
    };
    match source[start..].find('>') {
        Some(end) => format!("{}{}", &source[..start], &source[start + end + 1..]).into(),
        None => source.into(),
    }
}
