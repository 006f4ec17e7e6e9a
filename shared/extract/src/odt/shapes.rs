//! Reads frames, drawings and form controls: text boxes, images with descriptions, shapes with text.

use dynrag_domain::warnings::WarningCode;

use super::{block::Block, body::Body, paragraph::Line};
use crate::{text, xml::Element};

/// Whether an element is a drawing.
pub fn is_shape(name: &str) -> bool {
    matches!(
        name,
        "frame"
            | "custom-shape"
            | "rect"
            | "ellipse"
            | "circle"
            | "line"
            | "connector"
            | "polyline"
            | "polygon"
            | "regular-polygon"
            | "path"
            | "caption"
            | "measure"
            | "g"
            | "control"
            | "shapes"
    )
}

/// A form control.
pub struct Control<'a> {
    element: Element<'a>,
    /// Its displayed value, as soon as a place displays it.
    shown: Option<String>,
}

/// The author's description of an image or object.
fn described(shape: Element<'_>) -> String {
    let said = ["title", "desc"].map(|name| {
        let inner = shape.child(name).map(Element::text);
        text::one_line(&text::normalise(&inner.unwrap_or_default()), usize::MAX)
    });
    match said {
        [title, desc] if title.is_empty() || desc.contains(&title) => desc,
        [title, desc] if desc.is_empty() || title.contains(&desc) => title,
        [title, desc] => format!("{title}: {desc}"),
    }
}

impl<'a> Body<'_, 'a, '_, '_> {
    /// Reads a frame or drawing as separate blocks.
    pub fn shape(&mut self, shape: Element<'a>, out: &mut Vec<Block>) {
        match shape.name() {
            "frame" | "control" => {
                let mut line = Line::default();
                if shape.name() == "frame" {
                    self.frame(shape, &mut line);
                } else {
                    self.control(shape, &mut line);
                }
                let text = text::normalise(&line.text);
                if !text.trim().is_empty() {
                    apart(vec![Block::Paragraph(text.trim().to_owned())], out);
                }
                out.append(&mut line.floats);
            }
            "g" | "shapes" => {
                self.description(shape, out);
                for inner in shape.children() {
                    if is_shape(inner.name()) || inner.name() == "a" {
                        self.shape(inner, out);
                    }
                }
            }
            "a" => {
                for inner in shape.children() {
                    self.shape(inner, out);
                }
            }
            _ => {
                self.description(shape, out);
                let inside = self.boxed(shape);
                apart(inside, out);
            }
        }
    }

    fn description(&self, shape: Element<'a>, out: &mut Vec<Block>) {
        let said = described(shape);
        if !said.is_empty() {
            apart(vec![Block::Paragraph(said)], out);
        }
    }

    /// Reads a frame. Its content follows the paragraph, except for formulas and inline images.
    pub fn frame(&mut self, frame: Element<'a>, line: &mut Line) {
        let within = frame.attribute("anchor-type") == Some("as-char");
        let said = described(frame);
        // Alternatives after the first are for programs that cannot show it.
        for inner in frame.children() {
            match inner.name() {
                "text-box" => {
                    let inside = self.boxed(inner);
                    self.description(frame, &mut line.floats);
                    apart(inside, &mut line.floats);
                    return;
                }
                "object" => {
                    let object = self.object(inner);
                    if let Some(formula) = object.formula {
                        if !line.text.is_empty() && !line.text.ends_with([' ', '(', '[', '\n']) {
                            line.text.push(' ');
                        }
                        line.text.push_str(&formula);
                    }
                    self.description(frame, &mut line.floats);
                    apart(object.blocks, &mut line.floats);
                    return;
                }
                "table" => {
                    self.table(inner, &mut line.floats);
                    return;
                }
                "object-ole" | "plugin" | "applet" | "floating-frame" => {
                    let warnings = &mut self.source.warnings;
                    warnings.add(WarningCode::UnsupportedContent, 1);
                    self.description(frame, &mut line.floats);
                    return;
                }
                "image" if said.is_empty() => {
                    let warnings = &mut self.source.warnings;
                    warnings.add(WarningCode::ImageWithoutText, 1);
                    return;
                }
                "image" if within => {
                    let apart = if line.text.ends_with(char::is_whitespace) || line.text.is_empty()
                    {
                        ""
                    } else {
                        " "
                    };
                    line.text.push_str(apart);
                    line.text.push_str(&said);
                    line.text.push(' ');
                    return;
                }
                "image" => {
                    apart(vec![Block::Paragraph(said)], &mut line.floats);
                    return;
                }
                _ => {}
            }
        }
    }

    /// Collects the form controls by their ids.
    pub fn forms_of(&mut self, body: Element<'a>) {
        let mut last = None;
        for forms in body.descendants().filter(|inner| inner.name() == "forms") {
            // Forms in forms have been read with the outer ones.
            if last >= Some(forms.place()) {
                continue;
            }
            for element in forms.descendants() {
                last = Some(element.place());
                // `form:id` or `xml:id`.
                if let Some(id) = element.attribute("id") {
                    let shown = None;
                    self.forms.insert(id, Control { element, shown });
                }
            }
        }
    }

    /// Reads the displayed value of a form control. Several places may display the same one.
    pub fn control(&mut self, shape: Element<'a>, line: &mut Line) {
        let id = shape.attribute("control").unwrap_or_default();
        let Some(Control { element, shown }) = self.forms.get_mut(id) else {
            return;
        };
        let shown = shown.get_or_insert_with(|| displayed(*element));
        if !self.source.copies.spend(shown.len()) {
            shown.clear();
        }
        if !shown.is_empty() {
            line.text.push(' ');
            line.text.push_str(shown);
            line.text.push(' ');
        }
    }
}

/// The displayed value of a form control.
fn displayed(control: Element<'_>) -> String {
    let attribute = |name| control.attribute(name).unwrap_or_default();
    let value = || match control.attribute("current-value") {
        Some(value) => value,
        None => attribute("value"),
    };
    let shown = match control.name() {
        "password" | "hidden" => String::new(),
        "checkbox" | "radio" => {
            let on = match control.attribute("current-state") {
                Some(state) => state == "checked",
                None => attribute("state") == "checked" || attribute("current-selected") == "true",
            };
            format!("{} {}", if on { "[x]" } else { "[ ]" }, attribute("label"))
        }
        "button" | "fixed-text" | "frame" => attribute("label").to_owned(),
        "listbox" => {
            let options = control
                .children()
                .filter(|option| option.attribute("current-selected") == Some("true"));
            let labels: Vec<&str> = options.filter_map(|o| o.attribute("label")).collect();
            labels.join(", ")
        }
        "textarea" if value().is_empty() => control.text(),
        _ => value().to_owned(),
    };
    shown.trim().to_owned()
}

/// Adds blocks, separated from lists before and after them.
pub fn apart(inside: Vec<Block>, out: &mut Vec<Block>) {
    if !inside.is_empty() {
        out.push(Block::Gap);
        out.extend(inside);
        out.push(Block::Gap);
    }
}
