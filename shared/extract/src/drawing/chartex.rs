//! Reads charts of Office 2016: waterfall, funnel, treemap, sunburst, histogram, box and map (`cx:chartSpace`,
//! [MS-ODRAWXML]).

use std::collections::HashMap;

use super::{
    charts::{title, words},
    plot::{self, Points, Series},
};
use crate::{tables::Copies, xml::Element};

/// Levels of categories, the outermost first, and the values.
type Data = (Vec<Points>, Vec<Points>);

/// The chart's blocks.
pub fn read(root: Element<'_>, copies: &mut Copies) -> Vec<String> {
    let Some(chart) = root.child("chart") else {
        return Vec::new();
    };
    let data = root.child("chartData");
    let data = data.iter().flat_map(|data| data.children());
    let mut data: HashMap<&str, Data> = data
        .filter(|inner| inner.name() == "data")
        .filter_map(|inner| Some((inner.attribute("id")?, read_data(inner))))
        .collect();
    let mut blocks = vec![title(chart)];
    let area = chart.child("plotArea");
    let axes = area.iter().flat_map(|area| area.children());
    blocks.extend(axes.filter(|inner| inner.name() == "axis").map(title));
    let region = area.and_then(|area| area.child("plotAreaRegion"));
    let series = region.iter().flat_map(|region| region.children());
    let series = series.filter(|inner| inner.name() == "series");
    let series = series.map(|series| {
        let name = series.child("tx").map(words).unwrap_or_default();
        // Each series has its own data; the line over a histogram has none.
        let own = series.val("dataId").and_then(|id| data.remove(id));
        let (categories, values) = own.unwrap_or_default();
        let columns = named(name, values, copies);
        Series {
            categories,
            columns,
        }
    });
    let series = series.collect();
    blocks.extend(plot::tables(series, "", copies));
    blocks
}

/// The columns of a series. Its name is repeated above each as long as `copies` allows.
fn named(name: String, values: Vec<Points>, copies: &mut Copies) -> Vec<(String, Points)> {
    let mut values = values.into_iter();
    let first = values.next();
    if first.is_none() && name.is_empty() {
        return Vec::new();
    }
    let others: Vec<(String, Points)> = values
        .map(|points| {
            let is_paid = copies.spend(name.len());
            (if is_paid { name.clone() } else { String::new() }, points)
        })
        .collect();
    let mut columns = vec![(name, first.unwrap_or_default())];
    columns.extend(others);
    columns
}

fn read_data(data: Element<'_>) -> Data {
    let mut categories = Vec::new();
    let mut values = Vec::new();
    for dimension in data.children() {
        let levels = dimension.children().filter(|inner| inner.name() == "lvl");
        match (dimension.name(), dimension.attribute("type")) {
            // Keys of the map service.
            ("strDim", Some("entityId")) => {}
            ("strDim", _) => {
                let before = categories.len();
                categories.extend(levels.map(points));
                categories[before..].reverse();
            }
            ("numDim", _) => values.extend(levels.map(points)),
            _ => {}
        }
    }
    (categories, values)
}

fn points(level: Element<'_>) -> Points {
    let points = level.children().filter(|inner| inner.name() == "pt");
    let points =
        points.filter_map(|point| Some((point.attribute("idx")?.parse().ok()?, point.text())));
    points.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::xml::Tree;

    #[test]
    fn a_treemap_is_a_table() {
        let source = r#"<chartSpace><chartData><data id="0">
            <strDim type="cat"><lvl ptCount="2"><pt idx="0">Tea</pt><pt idx="1">Coffee</pt></lvl><lvl ptCount="2"><pt idx="0">Drinks</pt></lvl></strDim>
            <numDim type="size"><lvl ptCount="2" formatCode="General"><pt idx="0">4</pt><pt idx="1">#N/A</pt></lvl></numDim></data></chartData>
            <chart><title><tx><txData><v>Sold</v></txData></tx></title><plotArea><plotAreaRegion>
            <series layoutId="treemap"><tx><txData><f>B1</f><v>Cups</v></txData></tx><dataId val="0"/></series>
            <series layoutId="paretoLine" ownerIdx="0"/></plotAreaRegion>
            <axis id="0"><title><tx><rich><p><r><t>Share</t></r></p></rich></tx></title></axis></plotArea></chart></chartSpace>"#;
        let tree = Tree::parse(source).unwrap();
        assert_eq!(
            read(tree.root(), &mut Copies::default()),
            [
                "Sold",
                "Share",
                "| | | Cups |\n| --- | --- | --- |\n| Drinks | Tea | 4 |\n| Drinks | Coffee | #N/A |"
            ]
        );
    }

    #[test]
    fn the_name_of_a_series_is_repeated_within_the_budget() {
        let name = "n".repeat(100_000);
        let levels = "<lvl><pt idx=\"0\">1</pt></lvl>".repeat(500);
        let source = format!(
            r#"<chartSpace><chartData><data id="0"><numDim>{levels}</numDim></data></chartData><chart><plotArea><plotAreaRegion>
            <series><tx><txData><v>{name}</v></txData></tx><dataId val="0"/></series></plotAreaRegion></plotArea></chart></chartSpace>"#
        );
        let tree = Tree::parse(&source).unwrap();
        let mut copies = Copies::default();
        let length: usize = read(tree.root(), &mut copies).iter().map(String::len).sum();
        assert!((200_000..3_000_000).contains(&length), "{length}");
        assert!(copies.refused() > 0);
    }
}
