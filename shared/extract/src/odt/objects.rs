//! Reads objects in a text, each a document of its own: formulas, charts, sheets.

use dynrag_domain::warnings::WarningCode;

use super::{block::Block, body::Body, styles::Styles};
use crate::{
    decode, formula,
    xml::{Element, Tree},
};

/// Most objects, over all parts.
const MAX_OBJECTS: usize = 5_000;

/// The content of an object.
#[derive(Default)]
pub struct Object {
    /// A formula, to be written into its sentence.
    pub formula: Option<String>,
    pub blocks: Vec<Block>,
}

impl<'a> Body<'_, 'a, '_, '_> {
    /// Reads the object that a frame refers to or contains. Unreadable objects are counted and left out.
    pub fn object(&mut self, object: Element<'a>) -> Object {
        if let Some(inner) = object.children().next() {
            return self.of_root(inner);
        }
        let href = object.attribute("href").unwrap_or_default();
        let folder = href.trim_start_matches("./").trim_end_matches('/');
        self.source.objects += 1;
        // An object may contain itself.
        if folder.is_empty() || self.source.objects > MAX_OBJECTS || self.boxes > 100 {
            self.unsupported(WarningCode::UnsupportedContent);
            return Object::default();
        }
        let part = self.source.archive.part(&format!("{folder}/content.xml"));
        let Ok(Some(bytes)) = part else {
            self.unsupported(WarningCode::PartsUnreadable);
            return Object::default();
        };
        let source = decode::page(&bytes);
        let Ok(tree) = Tree::parse(&without_doctype(&source)).map(|tree| {
            let mut inner = Body::new(self.source, Styles::of(tree.root(), None));
            inner.boxes = 1;
            inner.of_root(tree.root())
        }) else {
            self.unsupported(WarningCode::PartsUnreadable);
            return Object::default();
        };
        tree
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
