//! Reads SmartArt data: points with text, and connections that form a tree (ECMA-376 part 1, 21.4).

use std::collections::{HashMap, HashSet};

use super::lines;
use crate::xml::Element;

/// Deepest indentation; more levels occur only in malicious files.
const MAX_INDENT: usize = 8;

/// A connection from a point to its child.
struct Connection<'a> {
    to: &'a str,
    order: u32,
    /// Points for the arrows to and from the child, which can have text.
    arrows: [Option<&'a str>; 2],
}

/// The diagram as one list, a line for each text.
pub fn read(root: Element<'_>) -> Vec<String> {
    let points = root.child("ptLst");
    let points = points.iter().flat_map(|list| list.children());
    // Points of the type `pres` are boxes of the layout.
    let points: Vec<(&str, &str, Element<'_>)> = points
        .filter(|point| point.name() == "pt")
        .map(|point| {
            let kind = point.attribute("type").unwrap_or("node");
            (point.attribute("modelId").unwrap_or_default(), kind, point)
        })
        .filter(|(_, kind, _)| *kind != "pres")
        .collect();
    // Any number of points may have the same id, so each text is put together once.
    let texts: HashMap<&str, String> = points
        .iter()
        .filter_map(|(id, _, point)| Some((*id, lines(point.child("t")?))))
        .filter(|(_, text)| !text.trim().is_empty())
        .collect();
    let mut tree = connections(root);
    let mut list = Vec::new();
    let mut seen = HashSet::new();
    let roots = points.iter().filter(|(_, kind, _)| *kind == "doc");
    // Points outside of the tree follow in file order.
    let others = points.iter().filter(|(_, kind, _)| *kind != "doc");
    for (id, _, _) in roots.chain(others) {
        descend(id, &mut tree, &texts, &mut seen, &mut list);
    }
    vec![list.join("\n")]
}

/// Connections by their parent points, in reverse order.
fn connections<'a>(root: Element<'a>) -> HashMap<&'a str, Vec<Connection<'a>>> {
    let mut tree: HashMap<&str, Vec<Connection<'_>>> = HashMap::new();
    let list = root.child("cxnLst");
    for step in list.iter().flat_map(|list| list.children()) {
        let is_parent = step.attribute("type").is_none_or(|kind| kind == "parOf");
        let ends = (step.attribute("srcId"), step.attribute("destId"));
        if let ((Some(from), Some(to)), true) = (ends, is_parent) {
            let order = step
                .attribute("srcOrd")
                .and_then(|order| order.parse().ok());
            tree.entry(from).or_default().push(Connection {
                to,
                order: order.unwrap_or_default(),
                arrows: ["parTransId", "sibTransId"].map(|name| step.attribute(name)),
            });
        }
    }
    for steps in tree.values_mut() {
        steps.sort_by_key(|step| step.order);
        steps.reverse();
    }
    tree
}

/// Lists a point and everything below it. Visited connections are removed from the tree, so cycles end.
fn descend<'a>(
    from: &'a str,
    tree: &mut HashMap<&'a str, Vec<Connection<'a>>>,
    texts: &HashMap<&str, String>,
    seen: &mut HashSet<&'a str>,
    list: &mut Vec<String>,
) {
    let mut say = |id: &'a str, depth: usize| {
        let is_new = seen.insert(id);
        if let Some(text) = texts.get(id).filter(|_| is_new) {
            list.extend(item(text, depth));
        }
    };
    // The root has no text, so its children are not indented.
    let top = usize::from(texts.contains_key(from));
    say(from, 0);
    let mut path = vec![(from, None)];
    while let Some((at, arrow)) = path.last().copied() {
        let depth = path.len() - 1 + top;
        match tree.get_mut(at).and_then(Vec::pop) {
            Some(step) => {
                let [before, after] = step.arrows;
                before.into_iter().for_each(|id| say(id, depth));
                say(step.to, depth);
                path.push((step.to, after));
            }
            None => {
                path.pop();
                let depth = (path.len() + top).saturating_sub(1);
                arrow.into_iter().for_each(|id| say(id, depth));
            }
        }
    }
}

/// A text as a list item.
fn item(text: &str, depth: usize) -> Option<String> {
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let indent = "  ".repeat(depth.min(MAX_INDENT));
    let mut item = format!("{indent}- {}", lines.next()?);
    for line in lines {
        item.push_str(&format!("\n{indent}  {line}"));
    }
    Some(item)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::xml::Tree;

    fn diagram(points: &[(&str, &str, &str)], steps: &str) -> String {
        let points: String = points
            .iter()
            .map(|(id, kind, text)| {
                format!(
                    r#"<pt modelId="{id}" type="{kind}"><t><p><r><t>{text}</t></r></p></t></pt>"#
                )
            })
            .collect();
        let source =
            format!("<dataModel><ptLst>{points}</ptLst><cxnLst>{steps}</cxnLst></dataModel>");
        let tree = Tree::parse(&source).unwrap();
        read(tree.root()).concat()
    }

    #[test]
    fn the_order_is_that_of_the_tree() {
        let points = [
            ("0", "doc", ""),
            ("3", "node", "Ship"),
            ("2", "node", "Pack"),
            ("1", "node", "Order"),
            ("p", "pres", "layout"),
            ("s", "sibTrans", "next day"),
            ("9", "node", "Loose"),
        ];
        let steps = r#"<cxn srcId="0" destId="3" srcOrd="1"/><cxn srcId="0" destId="1" srcOrd="0" sibTransId="s"/>
            <cxn srcId="1" destId="2" srcOrd="0" type="parOf"/><cxn srcId="1" destId="p" srcOrd="0" type="presOf"/>"#;
        assert_eq!(
            diagram(&points, steps),
            "- Order\n  - Pack\n- next day\n- Ship\n- Loose"
        );
    }

    #[test]
    fn circles_have_an_end() {
        let points = [("1", "node", "One"), ("2", "node", "Two")];
        let steps =
            r#"<cxn srcId="1" destId="2"/><cxn srcId="2" destId="1"/><cxn srcId="2" destId="2"/>"#;
        assert_eq!(diagram(&points, steps), "- One\n  - Two");
    }

    #[test]
    fn a_point_that_occurs_again_without_text_keeps_it() {
        let points = [
            ("1", "node", "One"),
            ("2", "node", "Two"),
            ("1", "node", " "),
        ];
        assert_eq!(diagram(&points, ""), "- One\n- Two");
    }
}
