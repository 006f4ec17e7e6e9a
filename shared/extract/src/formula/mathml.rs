//! Reads MathML (W3C MathML 3, presentation markup), as in HTML, EPUB and OpenDocument.

use super::{
    MAX_DEPTH, Node,
    line::{self, Fraction, Piece},
};

/// A `math` element as text. A LaTeX annotation takes precedence over the annotated markup.
pub fn mathml(element: &Node) -> String {
    line::finished(&piece(element, 0).text)
}

fn piece(node: &Node, depth: usize) -> Piece {
    if depth > MAX_DEPTH {
        return Piece::of(line::clean(&plain(node)));
    }
    let nth = |n: usize| {
        let inner = node.elements().nth(n);
        inner.map_or_else(Piece::default, |inner| piece(inner, depth + 1))
    };
    match node.name.as_str() {
        "" => Piece::of(line::clean(&node.text)),
        "mi" | "mn" | "mo" | "ci" | "cn" => Piece::token(line::clean(words(node, depth).trim())),
        "mtext" => Piece::of(line::clean(&words(node, depth))),
        "ms" => {
            let quote = |name| node.attribute(name).unwrap_or("\"");
            let text = line::clean(&words(node, depth));
            Piece::of(format!("{}{text}{}", quote("lquote"), quote("rquote")))
        }
        "mglyph" => Piece::of(node.attribute("alt").unwrap_or_default().to_owned()),
        "mspace" => Piece::of(" ".to_owned()),
        "mphantom" | "mprescripts" | "none" | "maligngroup" | "malignmark" => Piece::default(),
        name if is_annotation(name) => Piece::default(),
        "maction" => nth(0),
        "semantics" => semantics(node, depth),
        "mfrac" => {
            let kind = match (node.attribute("linethickness"), node.attribute("bevelled")) {
                (_, Some("true")) => Fraction::Slanted,
                (Some(thickness), _) if is_zero(thickness) => Fraction::None,
                _ => Fraction::Line,
            };
            line::fraction(kind, &nth(0).text, &nth(1).text)
        }
        "msqrt" => line::root("", &row(node, depth).text),
        "mroot" => line::root(&nth(1).text, &nth(0).text),
        "menclose" => match node.attribute("notation") {
            Some(notation) if notation.contains("radical") => {
                line::root("", &row(node, depth).text)
            }
            _ => row(node, depth),
        },
        "msub" => line::scripts(nth(0), &nth(1).text, ""),
        "msup" => line::scripts(nth(0), "", &nth(1).text),
        "msubsup" => line::scripts(nth(0), &nth(1).text, &nth(2).text),
        "munder" => under(nth(0), &nth(1).text),
        "mover" => over(nth(0), &nth(1).text),
        "munderover" => {
            let (below, above) = (nth(1).text, nth(2).text);
            if single(&below, true) || single(&above, false) {
                over(under(nth(0), &below), &above)
            } else {
                line::scripts(nth(0), &below, &above)
            }
        }
        "mmultiscripts" => multiscripts(node, depth),
        "mfenced" => fenced(node, depth),
        "mtable" => table(node, depth),
        _ => row(node, depth),
    }
}

fn row(node: &Node, depth: usize) -> Piece {
    // White space between elements belongs to the source, not to the formula.
    let shown = node
        .children
        .iter()
        .filter(|inner| !inner.name.is_empty() || !inner.text.trim().is_empty());
    line::row(shown.map(|inner| piece(inner, depth + 1)))
}

/// The text of an element that is nested too deeply.
fn plain(node: &Node) -> String {
    let mut text = String::new();
    let mut rest = vec![node];
    while let Some(node) = rest.pop() {
        if node.name == "mphantom" || is_annotation(&node.name) {
            continue;
        }
        if !node.text.trim().is_empty() {
            text.push_str(&node.text);
        }
        rest.extend(node.children.iter().rev());
    }
    text
}

/// Whether an element holds the source of a formula rather than a part of it.
pub fn is_annotation(name: &str) -> bool {
    matches!(name, "annotation" | "annotation-xml")
}

/// The text of a token.
fn words(node: &Node, depth: usize) -> String {
    let each = node.children.iter().map(|inner| {
        if inner.name.is_empty() {
            inner.text.clone()
        } else {
            piece(inner, depth + 1).text
        }
    });
    each.collect()
}

/// Whether a length is zero: `0`, `0px`.
fn is_zero(length: &str) -> bool {
    let number = length
        .trim()
        .trim_end_matches(|c: char| c.is_alphabetic() || c == '%');
    number
        .parse::<f64>()
        .is_ok_and(|number| number.abs() < 1e-9)
}

/// Annotated markup: its LaTeX source, else the markup, else any other source.
fn semantics(node: &Node, depth: usize) -> Piece {
    let annotations = || node.elements().filter(|inner| inner.name == "annotation");
    let encoding = |inner: &Node| {
        let encoding = inner.attribute("encoding").unwrap_or_default();
        encoding.to_ascii_lowercase()
    };
    // Only texts: reading elements here as well as in the markup would double the time at each level.
    let source = |inner: &Node| -> String {
        let texts = inner.children.iter().filter(|inner| inner.name.is_empty());
        texts.map(|inner| inner.text.as_str()).collect()
    };
    let latex = annotations().find(|inner| {
        matches!(
            encoding(inner).as_str(),
            "application/x-tex" | "application/x-latex" | "tex" | "latex"
        )
    });
    let latex = latex.map(|inner| unwrapped(&source(inner)));
    if let Some(latex) = latex.filter(|latex| !latex.is_empty()) {
        return Piece::of(latex);
    }
    let markup = row(node, depth);
    if !markup.text.trim().is_empty() {
        return markup;
    }
    let mut other = annotations()
        .map(source)
        .filter(|source| !source.trim().is_empty());
    Piece::of(other.next().unwrap_or_default())
}

/// LaTeX without the style that MediaWiki wraps around it.
fn unwrapped(source: &str) -> String {
    let source = source.trim();
    let inner = source
        .strip_prefix("{\\displaystyle")
        .or_else(|| source.strip_prefix("{\\textstyle"))
        .and_then(|rest| rest.strip_suffix('}'));
    inner.unwrap_or(source).trim().to_owned()
}

/// Whether a script is a mark rather than a limit.
fn single(script: &str, below: bool) -> bool {
    let mut characters = script.trim().chars();
    let first = characters.next();
    first.is_some_and(|mark| line::command(mark, below).is_some()) && characters.next().is_none()
}

fn under(of: Piece, script: &str) -> Piece {
    if single(script, true) {
        line::marked(script, &of.text, true)
    } else {
        line::scripts(of, script, "")
    }
}

fn over(of: Piece, script: &str) -> Piece {
    if single(script, false) {
        line::marked(script, &of.text, false)
    } else {
        line::scripts(of, "", script)
    }
}

/// Pairs of scripts after the base; those after `mprescripts` precede it.
fn multiscripts(node: &Node, depth: usize) -> Piece {
    let mut inner = node.elements();
    let base = inner
        .next()
        .map_or_else(Piece::default, |base| piece(base, depth + 1));
    let (mut after, mut before) = (
        [String::new(), String::new()],
        [String::new(), String::new()],
    );
    let (mut place, mut pre) = (0, false);
    for script in inner {
        if script.name == "mprescripts" {
            (pre, place) = (true, 0);
            continue;
        }
        let text = piece(script, depth + 1).text;
        let side = if pre { &mut before } else { &mut after };
        side[place % 2].push_str(&text);
        place += 1;
    }
    let with = line::scripts(base, &after[0], &after[1]);
    line::prescripts(&with, &before[0], &before[1])
}

fn fenced(node: &Node, depth: usize) -> Piece {
    let attribute = |name, usual| node.attribute(name).unwrap_or(usual).trim().to_owned();
    let separators: Vec<char> = attribute("separators", ",")
        .chars()
        .filter(|c| !c.is_whitespace())
        .collect();
    let mut text = attribute("open", "(");
    for (number, inner) in node.elements().enumerate() {
        if number > 0 {
            let separator = separators.get(number - 1).or(separators.last());
            text.extend(separator);
        }
        text.push_str(&piece(inner, depth + 1).text);
    }
    text.push_str(&attribute("close", ")"));
    Piece::of(line::clean(&text))
}

fn table(node: &Node, depth: usize) -> Piece {
    let rows: Vec<Vec<String>> = node
        .elements()
        .map(|row| {
            let mut cells: Vec<String> = row
                .elements()
                .map(|cell| piece(cell, depth + 2).text)
                .collect();
            // The number of an equation is first in the markup, but belongs at the end of the line.
            if row.name == "mlabeledtr" && !cells.is_empty() {
                cells.rotate_left(1);
            }
            cells
        })
        .collect();
    line::matrix(&rows)
}

#[cfg(test)]
mod tests {
    use super::super::node;
    use super::*;
    use crate::xml::Tree;

    fn read(inner: &str) -> String {
        let source = format!("<math>{inner}</math>");
        mathml(&node(Tree::parse(&source).unwrap().root()))
    }

    #[test]
    fn tokens_stand_as_they_are_written() {
        let energy =
            "<mi>E</mi> <mo>=</mo>\n<mi>m</mi><mo>&#x2062;</mo><msup><mi>c</mi><mn>2</mn></msup>";
        assert_eq!(read(energy), "E=mc^2");
        assert_eq!(
            read("<mi>𝑥</mi><mo>≤</mo><mi>ℎ</mi><mo>×</mo><mi>α</mi>"),
            "x≤h×α"
        );
        assert_eq!(
            read("<mn>2</mn><mi>sin</mi><mo>&#x2061;</mo><mi>x</mi>"),
            "2 sin x"
        );
        assert_eq!(read("<mi>sin</mi><mo>(</mo><mi>x</mi><mo>)</mo>"), "sin(x)");
        assert_eq!(
            read("<msup><mi>sin</mi><mn>2</mn></msup><mi>x</mi>"),
            "sin^2 x"
        );
        assert_eq!(
            read("<mi>x</mi><mtext> if  </mtext><mi>y</mi><mspace width='1em'/><ms>ok</ms>"),
            "x if y \"ok\""
        );
        assert_eq!(read("<mphantom><mi>x</mi></mphantom><mi>y</mi>"), "y");
        assert_eq!(read("<maction><mi>a</mi><mi>b</mi></maction>"), "a");
    }

    #[test]
    fn structures_are_latex() {
        let cases = [
            (
                "<mfrac><mrow><mi>a</mi><mo>+</mo><mn>1</mn></mrow><mi>b</mi></mfrac>",
                r"\frac{a+1}{b}",
            ),
            (
                "<mfrac linethickness='0px'><mi>n</mi><mi>k</mi></mfrac>",
                r"{n \atop k}",
            ),
            ("<mfrac bevelled='true'><mi>a</mi><mi>b</mi></mfrac>", "a/b"),
            (
                "<msqrt><mi>x</mi><mo>+</mo><mi>y</mi></msqrt>",
                r"\sqrt{x+y}",
            ),
            ("<mroot><mi>x</mi><mn>3</mn></mroot>", r"\sqrt[3]{x}"),
            (
                "<msubsup><mi>x</mi><mi>i</mi><mrow><mi>n</mi><mo>+</mo><mn>1</mn></mrow></msubsup>",
                "x_i^{n+1}",
            ),
            (
                "<msup><mrow><mi>a</mi><mo>+</mo><mi>b</mi></mrow><mn>2</mn></msup>",
                "{a+b}^2",
            ),
            (
                "<munderover><mo>∑</mo><mrow><mi>i</mi><mo>=</mo><mn>1</mn></mrow><mi>n</mi></munderover><msub><mi>x</mi><mi>i</mi></msub>",
                "∑_{i=1}^{n} x_i",
            ),
            (
                "<munder><mi>lim</mi><mrow><mi>x</mi><mo>→</mo><mn>0</mn></mrow></munder><mi>f</mi>",
                "lim_{x→0} f",
            ),
            (
                "<mover><mi>x</mi><mo>^</mo></mover><mover><mi>v</mi><mo>→</mo></mover>",
                r"\hat{x}\vec{v}",
            ),
            (
                "<mover><mrow><mi>a</mi><mi>b</mi></mrow><mo>¯</mo></mover>",
                r"\overline{ab}",
            ),
            (
                "<munder><mrow><mi>a</mi><mi>b</mi></mrow><mo>⏟</mo></munder>",
                r"\underbrace{ab}",
            ),
            (
                "<mfenced open='[' separators=';,'><mi>a</mi><mi>b</mi><mi>c</mi></mfenced>",
                "[a;b,c)",
            ),
            (
                "<mmultiscripts><mi>C</mi><none/><mo>+</mo><mprescripts/><mn>6</mn><mn>14</mn></mmultiscripts>",
                "{}_6^{14}C^+",
            ),
            (
                "<mtable><mtr><mtd><mi>a</mi></mtd><mtd><mi>b</mi></mtd></mtr><mtr><mtd><mi>c</mi></mtd><mtd><mi>d</mi></mtd></mtr></mtable>",
                r"\begin{matrix} a & b \\ c & d \end{matrix}",
            ),
            (
                "<mtable><mlabeledtr><mtd><mtext>(1)</mtext></mtd><mtd><mi>a</mi></mtd></mlabeledtr></mtable>",
                r"\begin{matrix} a & (1) \end{matrix}",
            ),
            (
                "<menclose notation='radical'><mi>x</mi></menclose><menclose notation='box'><mi>y</mi></menclose>",
                r"\sqrt{x}y",
            ),
        ];
        for (markup, expected) in cases {
            assert_eq!(read(markup), expected, "{markup}");
        }
    }

    #[test]
    fn a_latex_annotation_is_preferred() {
        let annotated = |encoding| {
            read(&format!(
                "<semantics><mrow><mi>x</mi></mrow><annotation encoding='{encoding}'>{{\\displaystyle x^{{2}}}}</annotation></semantics>"
            ))
        };
        assert_eq!(annotated("application/x-tex"), "x^{2}");
        assert_eq!(annotated("StarMath 5.0"), "x");
        assert_eq!(
            read(
                "<semantics><mrow/><annotation encoding='StarMath 5.0'>a over b</annotation></semantics>"
            ),
            "a over b"
        );
    }

    #[test]
    fn annotations_in_annotations_are_not_read() {
        let open = "<semantics><annotation encoding='tex'>";
        let close = "</annotation></semantics>";
        let nested = format!("{}x{}<mi>y</mi>", open.repeat(12), close.repeat(12));
        assert_eq!(read(&nested), "y");
    }

    #[test]
    fn depth_has_an_end() {
        let mut deep = Node {
            text: "x".to_owned(),
            ..Node::default()
        };
        for _ in 0..2_000 {
            deep = Node {
                name: "mrow".to_owned(),
                children: vec![deep],
                ..Node::default()
            };
        }
        assert_eq!(mathml(&deep), "x");
    }
}
