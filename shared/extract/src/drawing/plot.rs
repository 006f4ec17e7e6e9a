//! Writes series of values as Markdown tables.

use std::collections::{BTreeMap, BTreeSet};

use crate::tables::{self, Copies};

/// Cells in a chart's tables beyond ten per point. Only a malicious file needs more: one whose series share hardly any
/// points.
const MAX_SPARSE: usize = 10_000;
/// A longer group name appears once instead of in each row of the group.
const MAX_REPEATED: usize = 200;

/// Texts by their indexes.
pub type Points = BTreeMap<u32, String>;

/// A series: the categories and values of its points.
#[derive(Default)]
pub struct Series {
    /// Levels of category names, the outermost first. A group's name is at the index of its first member.
    pub categories: Vec<Points>,
    /// Values with their column names. A bubble chart has two value columns.
    pub columns: Vec<(String, Points)>,
}

/// Tables of series. Series with the same categories share a table; `header` is the name of the category column. The
/// names of groups are repeated in their rows as long as `copies` allows.
pub fn tables(series: Vec<Series>, header: &str, copies: &mut Copies) -> Vec<String> {
    let mut groups: Vec<Series> = Vec::new();
    for one in series {
        match groups.last_mut() {
            Some(last) if one.categories.is_empty() || one.categories == last.categories => {
                last.columns.extend(one.columns);
            }
            _ => groups.push(one),
        }
    }
    let points = groups.iter().flat_map(|group| &group.columns);
    let points: usize = points.map(|(_, points)| points.len()).sum();
    let mut left = MAX_SPARSE + 10 * points;
    let all = groups.iter();
    all.flat_map(|group| table(group, header, &mut left, copies))
        .collect()
}

fn table(group: &Series, header: &str, left: &mut usize, copies: &mut Copies) -> Vec<String> {
    let levels = group.categories.len();
    let mut head = vec![""; levels];
    if let Some(first) = head.first_mut() {
        *first = header;
    }
    head.extend(group.columns.iter().map(|(name, _)| name.as_str()));
    let points = group.columns.iter().map(|(_, points)| points);
    let places: BTreeSet<u32> = points
        .chain(group.categories.last())
        .flat_map(|points| points.keys().copied())
        .collect();
    if places.is_empty() && head.iter().all(|name| name.is_empty()) {
        return Vec::new();
    }
    let rows = places.into_iter().take(*left / head.len().max(1));
    let rows: Vec<Vec<&str>> = rows.map(|place| row(group, place, copies)).collect();
    *left -= rows.len() * head.len();
    tables::pieces(std::iter::once(head).chain(rows))
}

fn row<'a>(group: &'a Series, place: u32, copies: &mut Copies) -> Vec<&'a str> {
    let levels = group.categories.len();
    let names = group.categories.iter().enumerate().map(|(level, names)| {
        if level + 1 == levels {
            return names.get(&place).map_or("", String::as_str);
        }
        match names.range(..=place).next_back() {
            Some((own, name)) if *own == place => name,
            Some((_, name)) if name.len() <= MAX_REPEATED && copies.spend(name.len()) => name,
            _ => "",
        }
    });
    let values = group.columns.iter().map(|(_, points)| points.get(&place));
    names
        .chain(values.map(|value| value.map_or("", String::as_str)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(texts: &[(u32, &str)]) -> Points {
        texts
            .iter()
            .map(|(place, text)| (*place, (*text).to_owned()))
            .collect()
    }

    #[test]
    fn series_of_the_same_categories_share_a_table() {
        let months = || vec![points(&[(0, "May"), (1, "June")])];
        let series = |categories, name: &str, values| Series {
            categories,
            columns: vec![(name.to_owned(), points(values))],
        };
        let tables = tables(
            vec![
                series(months(), "North", &[(0, "1"), (4_000_000_000, "#N/A")]),
                series(Vec::new(), "South", &[(1, "2|3")]),
                series(vec![points(&[(0, "a")])], "Other", &[(0, "4")]),
            ],
            "Month",
            &mut Copies::default(),
        );
        assert_eq!(
            tables,
            [
                "| Month | North | South |\n| --- | --- | --- |\n| May | 1 | |\n| June | | 2\\|3 |\n| | #N/A | |",
                "| Month | Other |\n| --- | --- |\n| a | 4 |",
            ]
        );
    }

    #[test]
    fn groups_stand_beside_their_members() {
        let group = Series {
            categories: vec![
                points(&[(0, "2025"), (2, "2026")]),
                points(&[(0, "H1"), (1, "H2"), (2, "H1")]),
            ],
            columns: vec![("Sold".to_owned(), points(&[(0, "1"), (1, "2"), (2, "3")]))],
        };
        assert_eq!(
            tables(vec![group], "", &mut Copies::default()),
            [
                "| | | Sold |\n| --- | --- | --- |\n| 2025 | H1 | 1 |\n| 2025 | H2 | 2 |\n| 2026 | H1 | 3 |"
            ]
        );
    }

    #[test]
    fn sparse_series_do_not_multiply() {
        let series = (0..3_000).map(|n| Series {
            categories: Vec::new(),
            columns: vec![(String::new(), Points::from([(n, "1".to_owned())]))],
        });
        let tables = tables(series.collect(), "", &mut Copies::default());
        let length: usize = tables.iter().map(String::len).sum();
        assert!(length < MAX_SPARSE * 20, "{length}");
    }

    #[test]
    fn a_long_name_of_a_group_stands_once() {
        for (length, times) in [(MAX_REPEATED, 3), (MAX_REPEATED + 1, 1)] {
            let name = "n".repeat(length);
            let group = Series {
                categories: vec![
                    points(&[(0, &name)]),
                    points(&[(0, "a"), (1, "b"), (2, "c")]),
                ],
                columns: vec![("Sold".to_owned(), points(&[(0, "1"), (1, "2"), (2, "3")]))],
            };
            let text = tables(vec![group], "", &mut Copies::default()).join("\n");
            assert_eq!(text.matches(&name).count(), times, "{length}");
        }
    }

    #[test]
    fn names_of_groups_are_repeated_within_the_budget() {
        let name = "n".repeat(MAX_REPEATED);
        let mut copies = Copies::default();
        let mut times = 0;
        for _ in 0..20 {
            let rows: Points = (0..1_000).map(|n| (n, n.to_string())).collect();
            let group = Series {
                categories: vec![points(&[(0, &name)]), rows.clone()],
                columns: vec![("Sold".to_owned(), rows)],
            };
            let text = tables(vec![group], "", &mut copies).join("\n");
            times += text.matches(&name).count();
        }
        assert!((10_000..11_000).contains(&times), "{times}");
        assert!(copies.refused() > 0);
    }
}
