//! Resolves the bullets that a placeholder inherits from layout and master (ECMA-376 part 1, 19.3.1.36).

use std::{collections::HashMap, rc::Rc};

use super::{
    bullets::{self, Bullet, Levels},
    corrupt,
};
use crate::{
    drawing,
    ooxml::{Package, Relationships},
    protocol::Refusal,
    xml::{Element, Tree},
};

/// The reference of a shape to a placeholder (`p:ph`).
#[derive(Clone, Copy)]
pub struct Placeholder<'a> {
    /// `title`, `body`, `sldNum` and so on.
    pub kind: &'a str,
    index: &'a str,
}

impl<'a> Placeholder<'a> {
    /// Reads the properties of a shape (`p:nvSpPr`).
    pub fn of(properties: Element<'a>) -> Option<Self> {
        let found = properties.at(&["nvPr", "ph"])?;
        Some(Self {
            kind: found.attribute("type").unwrap_or("obj"),
            index: found.attribute("idx").unwrap_or("0"),
        })
    }
}

/// The placeholders of a layout or a master.
#[derive(Default)]
struct Sheet {
    /// Kinds and bullets by index.
    by_index: HashMap<String, (String, Levels)>,
    by_kind: HashMap<String, Levels>,
}

impl Sheet {
    fn of(root: Element<'_>) -> Self {
        let mut sheet = Self::default();
        let shapes = root.at(&["cSld", "spTree"]).map(drawing::children);
        for shape in shapes.unwrap_or_default() {
            let properties = shape.child("nvSpPr").and_then(Placeholder::of);
            let Some(Placeholder { kind, index }) = properties else {
                continue;
            };
            let levels = bullets::levels(shape.at(&["txBody", "lstStyle"]));
            let by_index = sheet.by_index.entry(index.to_owned());
            by_index.or_insert_with(|| (kind.to_owned(), levels));
            sheet.by_kind.entry(kind.to_owned()).or_insert(levels);
        }
        sheet
    }
}

/// A layout and its master.
pub struct Layout {
    own: Sheet,
    master: Sheet,
    /// Bullets of the master's body style.
    body: Levels,
    title: Levels,
}

impl Default for Layout {
    /// The default of PowerPoint's templates, for slides without a readable layout.
    fn default() -> Self {
        Self {
            own: Sheet::default(),
            master: Sheet::default(),
            body: [Some(Bullet::Mark); 9],
            title: Levels::default(),
        }
    }
}

impl Layout {
    /// The bullets of a placeholder.
    pub fn levels(&self, placeholder: Placeholder<'_>) -> Levels {
        let own = self.own.by_index.get(placeholder.index);
        let kind = own.map_or(placeholder.kind, |(kind, _)| kind.as_str());
        let own = own
            .map(|(_, levels)| *levels)
            .or_else(|| self.own.by_kind.get(kind).copied());
        let is_known = own.is_some();
        let (of_master, style) = match kind {
            "title" | "ctrTitle" => ("title", self.title),
            "dt" | "ftr" | "hdr" | "sldNum" => (kind, Levels::default()),
            // Layouts with subtitles remove their bullets.
            "subTitle" if !is_known => ("body", Levels::default()),
            _ => ("body", self.body),
        };
        let master = self.master.by_kind.get(of_master).copied();
        bullets::over(
            bullets::over(own.unwrap_or_default(), master.unwrap_or_default()),
            style,
        )
    }
}

/// The layouts of a presentation, each read once.
#[derive(Default)]
pub struct Layouts(HashMap<String, Rc<Layout>>);

impl Layouts {
    /// The layout of a slide with these relationships.
    ///
    /// # Errors
    /// `corrupt_file` if it is broken, `text_too_large`.
    pub fn of(
        &mut self,
        package: &mut Package<'_>,
        relationships: &Relationships,
    ) -> Result<Rc<Layout>, Refusal> {
        let Self(known) = self;
        let Some(target) = relationships.of_kind("slideLayout").next() else {
            return Ok(Rc::default());
        };
        if let Some(layout) = known.get(&target.part) {
            return Ok(Rc::clone(layout));
        }
        // A broken layout is reported once; its slides are read without it.
        known.insert(target.part.clone(), Rc::default());
        let layout = Rc::new(layout(package, &target.part)?);
        known.insert(target.part.clone(), Rc::clone(&layout));
        Ok(layout)
    }
}

fn layout(package: &mut Package<'_>, part: &str) -> Result<Layout, Refusal> {
    let source = package.xml(part)?.ok_or_else(|| corrupt("no layout"))?;
    let tree = Tree::parse(&source)?;
    let own = Sheet::of(tree.root());
    let relationships = package.relationships(part)?;
    let Some(target) = relationships.of_kind("slideMaster").next() else {
        return Ok(Layout {
            own,
            ..Layout::default()
        });
    };
    let source = package.xml(&target.part)?;
    let source = source.ok_or_else(|| corrupt("no master"))?;
    let tree = Tree::parse(&source)?;
    let styles = tree.root().child("txStyles");
    let style = |name| bullets::levels(styles.and_then(|styles| styles.child(name)));
    Ok(Layout {
        own,
        master: Sheet::of(tree.root()),
        body: style("bodyStyle"),
        title: style("titleStyle"),
    })
}
