//! Reads Office math (ECMA-376 part 1, 22.1), as in Word and PowerPoint.

use super::{
    MAX_DEPTH,
    line::{self, Fraction, Piece},
};
use crate::xml::Element;

/// Longest delimiter, separator or mark, in characters; all of them should be one.
const MAX_MARK: usize = 4;

/// An `m:oMath`, or all formulas of an `m:oMathPara`, as text.
pub fn omml(element: Element<'_>) -> String {
    if element.name() != "oMathPara" {
        return line::finished(&row(element, 0).text);
    }
    let each: Vec<String> = element
        .children()
        .filter(|inner| inner.name() != "oMathParaPr")
        .map(|inner| line::finished(&piece(inner, 0).text))
        .filter(|text| !text.is_empty())
        .collect();
    each.join(" ")
}

/// The content of an element as one row: `m:oMath`, `m:e`, `m:num` and the like.
fn row(element: Element<'_>, depth: usize) -> Piece {
    line::row(element.children().map(|inner| piece(inner, depth + 1)))
}

/// The content of a child such as `m:e` or `m:sub`; empty if there is none.
fn part(element: Element<'_>, name: &str, depth: usize) -> Piece {
    let inner = element.child(name);
    inner.map_or_else(Piece::default, |inner| row(inner, depth + 1))
}

fn piece(element: Element<'_>, depth: usize) -> Piece {
    if depth > MAX_DEPTH {
        let mut text = String::new();
        plain(element, &mut text);
        return Piece::of(text);
    }
    let name = element.name();
    let part = |name| part(element, name, depth);
    let properties = element.child(&format!("{name}Pr"));
    let value = |name| properties.and_then(|inner| inner.child(name)?.attribute("val"));
    let is_on = |name| properties.is_some_and(|inner| is_on(inner, name));
    let deleted = properties.and_then(|inner| inner.at(&["ctrlPr", "rPr", "del"]));
    if deleted.is_some() {
        return row(element, depth);
    }
    match name {
        "r" => run(element),
        // Deleted, or moved to another place, where it is read.
        "del" | "moveFrom" => Piece::default(),
        "f" => {
            let kind = match value("type") {
                Some("noBar") => Fraction::None,
                Some("lin" | "skw") => Fraction::Slanted,
                _ => Fraction::Line,
            };
            line::fraction(kind, &part("num").text, &part("den").text)
        }
        "rad" => {
            let degree = if is_on("degHide") {
                Piece::default()
            } else {
                part("deg")
            };
            line::root(&degree.text, &part("e").text)
        }
        "sSub" => line::scripts(part("e"), &part("sub").text, ""),
        "sSup" => line::scripts(part("e"), "", &part("sup").text),
        "sSubSup" => line::scripts(part("e"), &part("sub").text, &part("sup").text),
        "sPre" => line::prescripts(&part("e"), &part("sub").text, &part("sup").text),
        "limLow" => line::scripts(part("e"), &part("lim").text, ""),
        "limUpp" => line::scripts(part("e"), "", &part("lim").text),
        "nary" => {
            let shown = |hidden, name| {
                if is_on(hidden) {
                    Piece::default()
                } else {
                    part(name)
                }
            };
            let (below, above) = (shown("subHide", "sub"), shown("supHide", "sup"));
            let operator = line::clean(character(properties, "chr", "∫"));
            line::large(&operator, &below.text, &above.text, part("e"))
        }
        "func" => line::function(part("fName"), part("e")),
        "acc" => line::marked(
            character(properties, "chr", "\u{302}"),
            &part("e").text,
            false,
        ),
        "bar" => line::marked("¯", &part("e").text, value("pos") != Some("top")),
        "groupChr" => {
            let mark = character(properties, "chr", "⏟");
            line::marked(mark, &part("e").text, value("pos") != Some("top"))
        }
        "d" => delimited(element, properties, depth),
        "m" => {
            let rows = element.children().filter(|inner| inner.name() == "mr");
            let rows: Vec<Vec<String>> = rows.map(|cells| texts(cells, depth + 1)).collect();
            line::matrix(&rows)
        }
        "eqArr" => {
            let lines = texts(element, depth).into_iter().map(|line| {
                // `&` marks the alignment points of lines.
                let nested = line.contains("\\begin");
                vec![if nested { line } else { line.replace('&', "") }]
            });
            line::matrix(&lines.collect::<Vec<_>>())
        }
        "phant" => {
            if is_hidden(element) {
                Piece::default()
            } else {
                part("e")
            }
        }
        // All branches have the same content, so one is read.
        "AlternateContent" => {
            chosen(element).map_or_else(Piece::default, |inner| row(inner, depth + 1))
        }
        "sdt" => part("sdtContent"),
        name if name.ends_with("Pr") => Piece::default(),
        // Boxes, insertions, hyperlinks, and elements of later versions.
        _ => row(element, depth),
    }
}

/// The branch of an alternative that is read.
fn chosen(alternatives: Element<'_>) -> Option<Element<'_>> {
    let first = alternatives.child("Choice");
    first.or_else(|| alternatives.child("Fallback"))
}

/// Whether a phantom takes up room without being shown.
fn is_hidden(phantom: Element<'_>) -> bool {
    let properties = phantom.child("phantPr");
    let shown = properties.and_then(|inner| inner.val("show"));
    matches!(shown, Some("0" | "off" | "false"))
}

/// Adds the runs of an element that is nested too deeply.
fn plain(element: Element<'_>, text: &mut String) {
    match element.name() {
        "del" | "moveFrom" => {}
        "phant" if is_hidden(element) => {}
        "r" => text.push_str(&run(element).text),
        "AlternateContent" => {
            if let Some(inner) = chosen(element) {
                plain(inner, text);
            }
        }
        _ => element.children().for_each(|inner| plain(inner, text)),
    }
}

/// Whether a property is present and not turned off.
fn is_on(properties: Element<'_>, name: &str) -> bool {
    let property = properties.child(name);
    property.is_some_and(|inner| !matches!(inner.attribute("val"), Some("0" | "off" | "false")))
}

/// A character of the properties: the default if it is not given. A long text is cut, because it may be repeated.
fn character<'a>(properties: Option<Element<'a>>, name: &str, usual: &'a str) -> &'a str {
    let named = properties.and_then(|inner| inner.child(name));
    let Some(named) = named else {
        return usual;
    };
    let mark = named.attribute("val").unwrap_or_default();
    let end = mark.char_indices().nth(MAX_MARK);
    end.map_or(mark, |(end, _)| &mark[..end])
}

/// A run of text.
fn run(element: Element<'_>) -> Piece {
    let mut text = String::new();
    for inner in element.children() {
        match inner.name() {
            "rPr" if inner.child("del").is_some() || inner.child("moveFrom").is_some() => {
                return Piece::default();
            }
            "t" => text.push_str(&inner.text()),
            "br" | "cr" | "tab" => text.push(' '),
            "noBreakHyphen" => text.push('-'),
            _ => {}
        }
    }
    Piece::of(line::clean(&text))
}

/// The texts of an element's `m:e` children.
fn texts(element: Element<'_>, depth: usize) -> Vec<String> {
    let parts = element.children().filter(|inner| inner.name() == "e");
    parts.map(|inner| row(inner, depth + 1).text).collect()
}

fn delimited(element: Element<'_>, properties: Option<Element<'_>>, depth: usize) -> Piece {
    let open = character(properties, "begChr", "(");
    let close = character(properties, "endChr", ")");
    let separator = character(properties, "sepChr", "|");
    let inner = texts(element, depth).join(separator);
    Piece::of(line::clean(&format!("{open}{inner}{close}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::xml::Tree;

    /// Reads a formula; `[x]` in the source is a run.
    fn read(inner: &str) -> String {
        let inner = inner
            .replace('[', "<m:r><m:t>")
            .replace(']', "</m:t></m:r>");
        let source = format!("<m:oMath xmlns:m='m' xmlns:w='w'>{inner}</m:oMath>");
        omml(Tree::parse(&source).unwrap().root())
    }

    #[test]
    fn structures_are_latex() {
        let cases = [
            (
                "[E=m]<m:sSup><m:e>[c]</m:e><m:sup>[2]</m:sup></m:sSup>",
                "E=mc^2",
            ),
            (
                "<m:f><m:num>[a+1]</m:num><m:den>[b]</m:den></m:f>",
                r"\frac{a+1}{b}",
            ),
            (
                "<m:f><m:fPr><m:type m:val='lin'/></m:fPr><m:num>[a]</m:num><m:den>[b]</m:den></m:f>",
                "a/b",
            ),
            (
                "<m:d><m:e><m:f><m:fPr><m:type m:val='noBar'/></m:fPr><m:num>[n]</m:num><m:den>[k]</m:den></m:f></m:e></m:d>",
                r"({n \atop k})",
            ),
            (
                "<m:rad><m:radPr><m:degHide m:val='1'/></m:radPr><m:deg/><m:e>[x]</m:e></m:rad>",
                r"\sqrt{x}",
            ),
            (
                "<m:rad><m:deg>[3]</m:deg><m:e>[x]</m:e></m:rad>",
                r"\sqrt[3]{x}",
            ),
            (
                "<m:sSubSup><m:e>[x]</m:e><m:sub>[i]</m:sub><m:sup>[n+1]</m:sup></m:sSubSup>",
                "x_i^{n+1}",
            ),
            (
                "<m:sPre><m:sub>[6]</m:sub><m:sup>[14]</m:sup><m:e>[C]</m:e></m:sPre>",
                "{}_6^{14}C",
            ),
            (
                "<m:nary><m:naryPr><m:chr m:val='∑'/></m:naryPr><m:sub>[i=1]</m:sub><m:sup>[n]</m:sup><m:e><m:sSub><m:e>[x]</m:e><m:sub>[i]</m:sub></m:sSub></m:e></m:nary>",
                "∑_{i=1}^{n} x_i",
            ),
            (
                "<m:nary><m:naryPr><m:subHide m:val='1'/><m:supHide m:val='1'/></m:naryPr><m:sub/><m:sup/><m:e>[f]</m:e></m:nary>",
                "∫ f",
            ),
            (
                "[2]<m:func><m:fName>[sin]</m:fName><m:e>[x]</m:e></m:func>",
                "2 sin x",
            ),
            (
                "<m:func><m:fName><m:limLow><m:e>[lim]</m:e><m:lim>[x→0]</m:lim></m:limLow></m:fName><m:e>[f]<m:d><m:e>[x]</m:e></m:d></m:e></m:func>",
                "lim_{x→0} f(x)",
            ),
            ("<m:acc><m:e>[x]</m:e></m:acc>", r"\hat{x}"),
            (
                "<m:acc><m:accPr><m:chr m:val='&#x20d7;'/></m:accPr><m:e>[v]</m:e></m:acc>",
                r"\vec{v}",
            ),
            (
                "<m:bar><m:barPr><m:pos m:val='top'/></m:barPr><m:e>[ab]</m:e></m:bar>",
                r"\overline{ab}",
            ),
            ("<m:bar><m:e>[ab]</m:e></m:bar>", r"\underline{ab}"),
            (
                "<m:groupChr><m:e>[ab]</m:e></m:groupChr>",
                r"\underbrace{ab}",
            ),
            (
                "<m:d><m:dPr><m:begChr m:val='{'/><m:endChr m:val=''/><m:sepChr m:val=';'/></m:dPr><m:e>[a]</m:e><m:e>[b]</m:e></m:d>",
                "{a;b",
            ),
            ("<m:d><m:e>[a]</m:e><m:e>[b]</m:e></m:d>", "(a|b)"),
            (
                "<m:m><m:mr><m:e>[a]</m:e><m:e>[b]</m:e></m:mr><m:mr><m:e>[c]</m:e><m:e>[d]</m:e></m:mr></m:m>",
                r"\begin{matrix} a & b \\ c & d \end{matrix}",
            ),
            (
                "<m:eqArr><m:e>[x&amp;=1]</m:e><m:e>[y&amp;=2]</m:e></m:eqArr>",
                r"\begin{matrix} x=1 \\ y=2 \end{matrix}",
            ),
            (
                "<m:box><m:e>[a]</m:e></m:box><m:borderBox><m:e>[b]</m:e></m:borderBox>",
                "ab",
            ),
            (
                "<m:phant><m:phantPr><m:show m:val='0'/></m:phantPr><m:e>[x]</m:e></m:phant>[y]",
                "y",
            ),
        ];
        for (markup, expected) in cases {
            assert_eq!(read(markup), expected, "{markup}");
        }
    }

    #[test]
    fn deleted_runs_are_left_out() {
        let formula = "[a]<w:del>[b]</w:del><w:ins>[c]</w:ins><m:r><w:rPr><w:del/></w:rPr><m:t>d</m:t></m:r>[𝑒&#x2062;𝜋]";
        assert_eq!(read(formula), "aceπ");
    }

    #[test]
    fn several_formulas_of_a_paragraph_are_apart() {
        let source = "<m:oMathPara xmlns:m='m'><m:oMathParaPr><m:jc m:val='left'/></m:oMathParaPr><m:oMath><m:r><m:t>a=b</m:t></m:r></m:oMath><m:oMath><m:r><m:t>c=d</m:t></m:r></m:oMath></m:oMathPara>";
        assert_eq!(omml(Tree::parse(source).unwrap().root()), "a=b c=d");
    }

    #[test]
    fn depth_has_an_end_and_loses_no_text() {
        let inner = "[x]<w:del>[y]</w:del><m:phant><m:phantPr><m:show m:val='0'/></m:phantPr><m:e>[z]</m:e></m:phant>[𝑛]";
        let deep = format!(
            "{}{inner}{}",
            "<m:box><m:e>".repeat(200),
            "</m:e></m:box>".repeat(200)
        );
        assert_eq!(read(&deep), "xn");
    }

    #[test]
    fn a_separator_multiplies_no_text() {
        let long = "s".repeat(1_000);
        let properties = ["begChr", "sepChr", "endChr"]
            .map(|name| format!("<m:{name} m:val='{long}'/>"))
            .concat();
        let parts = "<m:e/>".repeat(100);
        let read = read(&format!("<m:d><m:dPr>{properties}</m:dPr>{parts}</m:d>"));
        assert_eq!(read, "s".repeat(MAX_MARK * 101));
    }
}
