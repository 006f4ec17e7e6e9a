//! Reads charts of Office 2016: waterfall, funnel, treemap, sunburst, histogram, box and map (`cx:chartSpace`,
//! [MS-ODRAWXML]).

use std::collections::HashMap;

use super::{
    charts::{title, words},
    plot::{self, Points, Series},
};
use crate::xml::Element;

/// Levels of categories, the outermost first, and the values.
type Data = (Vec<Points>, Vec<Points>);

/// The chart's blocks.
pub fn read(root: Element<'_>) -> Vec<String> {
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
        let mut columns: Vec<(String, Points)> = values
            .into_iter()
            .map(|points| (name.clone(), points))
            .collect();
        if columns.is_empty() && !name.is_empty() {
            columns.push((name, Points::new()));
        }
        Series {
            categories,
            columns,
        }
    });
    let series = series.collect();
    blocks.extend(plot::tables(series, ""));
    blocks
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
            read(tree.root()),
            [
                "Sold",
                "Share",
                "| | | Cups |\n| --- | --- | --- |\n| Drinks | Tea | 4 |\n| Drinks | Coffee | #N/A |"
            ]
        );
    }
}
