//! Reads charts (`c:chartSpace`, ECMA-376 part 1, 21.2).

use super::{
    dates, lines, paragraph_with,
    plot::{self, Points, Series},
};
use crate::{tables::Copies, text, xml::Element};

/// The chart's blocks.
pub fn read(root: Element<'_>, copies: &mut Copies) -> Vec<String> {
    let since_1904 = root.child("date1904").is_some_and(|flag| {
        flag.attribute("val") != Some("0") && flag.attribute("val") != Some("false")
    });
    let Some(chart) = root.child("chart") else {
        return Vec::new();
    };
    let mut blocks = vec![title(chart)];
    let mut header = Vec::new();
    let mut series = Vec::new();
    let mut labels = Vec::new();
    for inner in chart
        .child("plotArea")
        .iter()
        .flat_map(|area| area.children())
    {
        match inner.name() {
            "catAx" | "dateAx" => header.push(title(inner)),
            "valAx" | "serAx" => blocks.push(title(inner)),
            _ => {
                for one in inner.children().filter(|one| one.name() == "ser") {
                    series.push(read_series(one, since_1904));
                    labels.extend(custom_labels(one));
                }
            }
        }
    }
    header.retain(|title| !title.is_empty());
    blocks.extend(plot::tables(series, &header.join(" / "), copies));
    blocks.extend(labels);
    blocks
}

/// The title of a chart or an axis, on one line; empty if it has no title of its own.
pub fn title(of: Element<'_>) -> String {
    let words = of.at(&["title", "tx"]).map(words);
    words.unwrap_or_default()
}

/// A name: literal, or cached from a cell (`c:tx`, `cx:tx`).
pub fn words(tx: Element<'_>) -> String {
    let found = tx.children().find_map(|inner| match inner.name() {
        "rich" => Some(lines(inner)),
        "v" => Some(inner.text()),
        "txData" => inner.child("v").map(Element::text),
        "strRef" => inner.child("strCache").map(|cache| {
            let points: Vec<String> = points(cache).into_values().collect();
            points.join(" ")
        }),
        _ => None,
    });
    text::one_line(&found.unwrap_or_default(), usize::MAX)
}

fn read_series(series: Element<'_>, since_1904: bool) -> Series {
    let name = series.child("tx").map(words).unwrap_or_default();
    let categories = series.child("cat").or_else(|| series.child("xVal"));
    let categories = categories
        .map(|source| levels(source, since_1904))
        .unwrap_or_default();
    let mut columns: Vec<(String, Points)> = ["val", "yVal", "bubbleSize"]
        .iter()
        .filter_map(|kind| series.child(kind))
        .map(|source| {
            (
                name.clone(),
                levels(source, since_1904).pop().unwrap_or_default(),
            )
        })
        .collect();
    if columns.is_empty() {
        columns.push((name, Points::new()));
    }
    columns.extend(labels_from_cells(series).map(|points| (String::new(), points)));
    Series {
        categories,
        columns,
    }
}

/// The texts of `c:cat`, `c:val` and the like, the outermost level first.
fn levels(source: Element<'_>, since_1904: bool) -> Vec<Points> {
    let is_category = matches!(source.name(), "cat" | "xVal");
    let caches = source.children().filter_map(|inner| match inner.name() {
        "strLit" | "numLit" => Some(inner),
        _ => inner
            .children()
            .find(|cache| cache.name().ends_with("Cache")),
    });
    let mut all = Vec::new();
    for cache in caches {
        if cache.name() == "multiLvlStrCache" {
            let levels = cache.children().filter(|inner| inner.name() == "lvl");
            all.extend(levels.map(points));
            all.reverse();
            continue;
        }
        let mut points = points(cache);
        let format = cache.child("formatCode").map(Element::text);
        if is_category && format.is_some_and(|format| dates::is_date(&format)) {
            for text in points.values_mut() {
                *text = dates::day(text, since_1904).unwrap_or_else(|| std::mem::take(text));
            }
        }
        all.push(points);
    }
    all
}

fn points(cache: Element<'_>) -> Points {
    let points = cache.children().filter(|inner| inner.name() == "pt");
    let points = points.filter_map(|point| {
        let place = point.attribute("idx")?.parse().ok()?;
        Some((place, point.child("v")?.text()))
    });
    points.collect()
}

/// Labels of points that come from cells, such as the names of a scatter chart's points (Office 2013,
/// `c15:datalabelsRange`).
fn labels_from_cells(series: Element<'_>) -> Option<Points> {
    let mut inner = series.child("extLst")?.descendants();
    let cache = inner.find(|inner| inner.name() == "dlblRangeCache")?;
    Some(points(cache)).filter(|points| !points.is_empty())
}

/// Custom labels. Fields in them are left out: they repeat values of the table.
fn custom_labels(series: Element<'_>) -> Vec<String> {
    let labels = series.child("dLbls");
    let labels = labels.iter().flat_map(|labels| labels.children());
    let texts = labels.filter_map(|label| label.at(&["tx", "rich"]));
    let texts = texts.map(|rich| {
        let paragraphs = rich.children().filter(|inner| inner.name() == "p");
        let lines: Vec<String> = paragraphs
            .map(|paragraph| paragraph_with(paragraph, |_| false))
            .collect();
        lines.join("\n")
    });
    texts.filter(|label| text::letters(label) > 0).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::xml::Tree;

    fn chart(area: &str) -> Vec<String> {
        let source = format!(
            r#"<chartSpace><date1904 val="0"/><chart><title><tx><rich><p><r><t>Loans</t></r></p><p><r><t>by year</t></r></p></rich></tx></title>
            <plotArea><layout/>{area}</plotArea></chart></chartSpace>"#
        );
        let tree = Tree::parse(&source).unwrap();
        read(tree.root(), &mut Copies::default())
    }

    fn texts(of: &[&str]) -> String {
        let each = of.iter().enumerate();
        each.map(|(n, text)| format!(r#"<pt idx="{n}"><v>{text}</v></pt>"#))
            .collect()
    }

    #[test]
    fn a_chart_is_titles_and_a_table() {
        let blocks = chart(&format!(
            r#"<lineChart><ser><tx><strRef><strCache>{name}</strCache></strRef></tx>
            <dLbls><dLbl><idx val="0"/><tx><rich><p><r><t>Reopened: </t></r><fld type="VALUE"><t>[VALUE]</t></fld></p></rich></tx></dLbl></dLbls>
            <cat><numRef><numCache><formatCode>m/d/yyyy</formatCode>{days}</numCache></numRef></cat>
            <val><numRef><numCache><formatCode>General</formatCode>{values}</numCache></numRef></val></ser></lineChart>
            <dateAx><title><tx><rich><p><r><t>Day</t></r></p></rich></tx></title></dateAx>
            <valAx><title><tx><rich><p><r><t>Books</t></r></p></rich></tx></title></valAx>"#,
            name = texts(&["Main"]),
            days = texts(&["41640", "41641"]),
            values = texts(&["5,5", "#N/A"]),
        ));
        assert_eq!(
            blocks,
            [
                "Loans by year",
                "Books",
                "| Day | Main |\n| --- | --- |\n| 2014-01-01 | 5,5 |\n| 2014-01-02 | #N/A |",
                "Reopened: ",
            ]
        );
    }

    #[test]
    fn scattered_points_have_their_names() {
        let blocks = chart(&format!(
            r#"<bubbleChart><ser><tx><v>Towns</v></tx><xVal><numLit>{x}</numLit></xVal><yVal><numRef><numCache>{y}</numCache></numRef></yVal>
            <bubbleSize><numLit>{size}</numLit></bubbleSize>
            <extLst><ext><datalabelsRange><f>A1</f><dlblRangeCache>{names}</dlblRangeCache></datalabelsRange></ext></extLst></ser></bubbleChart>"#,
            x = texts(&["1", "2"]),
            y = texts(&["3", "4"]),
            size = texts(&["5", "6"]),
            names = texts(&["Bern", "Thun"]),
        ));
        assert_eq!(
            blocks[1],
            "| | Towns | Towns | |\n| --- | --- | --- | --- |\n| 1 | 3 | 5 | Bern |\n| 2 | 4 | 6 | Thun |"
        );
    }

    #[test]
    fn the_levels_of_categories_are_columns() {
        let blocks = chart(&format!(
            "<barChart><ser><cat><multiLvlStrRef><multiLvlStrCache><lvl>{inner}</lvl><lvl>{outer}</lvl></multiLvlStrCache></multiLvlStrRef></cat>
            <val><numLit>{values}</numLit></val></ser></barChart>",
            inner = texts(&["Q1", "Q2"]),
            outer = texts(&["2026"]),
            values = texts(&["7", "8"]),
        ));
        assert!(
            blocks[1].ends_with("| 2026 | Q1 | 7 |\n| 2026 | Q2 | 8 |"),
            "{blocks:?}"
        );
    }
}
