//! `docs/adding-a-route.md`: its example exists, its quoted code is current, and its list of files is complete.

use std::collections::BTreeSet;

use super::{files, read};

const HOW_TO: &str = "docs/adding-a-route.md";
/// Files of a plain read route that are written by hand.
const AT_MOST: usize = 6;

/// The paths in the first column of the table under a heading.
fn listed(text: &str, heading: &str) -> Vec<String> {
    let (_, rest) = text
        .split_once(heading)
        .unwrap_or_else(|| panic!("{heading}"));
    let section = rest.split("\n## ").next().unwrap();
    let rows = section.lines().filter(|line| line.starts_with("| `"));
    rows.map(|row| row.split('`').nth(1).unwrap().to_owned())
        .collect()
}

#[test]
fn quoted_code_matches_the_source() {
    let text = read(HOW_TO);
    let mut blocks = 0;
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let Some(info) = line.trim_start().strip_prefix("```") else {
            continue;
        };
        let block: Vec<&str> = lines
            .by_ref()
            .take_while(|line| line.trim_start() != "```")
            .map(str::trim)
            .collect();
        let Some((_, file)) = info.split_once(' ') else {
            continue;
        };
        blocks += 1;
        let code = read(file);
        let code: Vec<&str> = code.lines().map(str::trim).collect();
        assert!(
            code.windows(block.len()).any(|part| part == block),
            "{file} has no {block:#?}"
        );
    }
    assert!(blocks >= 4, "{blocks}");
}

#[test]
fn the_list_of_files_for_a_read_route_is_complete() {
    let text = read(HOW_TO);
    let name = text.split('`').nth(3).unwrap();
    let by_hand = listed(&text, "## Written by hand");
    let generated = listed(&text, "## Generated");
    assert!(by_hand.len() <= AT_MOST, "{by_hand:?}");
    let listed: BTreeSet<String> = by_hand.iter().chain(&generated).cloned().collect();
    for file in &listed {
        assert!(!read(file).is_empty());
    }

    let pascal = crate::support::routes::pascal_case(name);
    let mut found = BTreeSet::new();
    for folder in ["events", "functions", "infra", "scripts", "shared", "tests"] {
        for extension in ["json", "py", "rs", "sh", "sql", "toml", "yaml"] {
            found.extend(files(folder, extension));
        }
    }
    found.extend(files("docs", "md"));
    found.extend(["docs/openapi.json", "template.yaml"].map(str::to_owned));
    found.remove(HOW_TO);
    found.retain(|file| {
        let text = read(file);
        file.contains(name) || text.contains(name) || text.contains(&pascal)
    });
    let unlisted: Vec<_> = found.difference(&listed).collect();
    assert!(found.len() > 5, "{name}: {found:?}");
    assert_eq!(unlisted, [""; 0], "{name} is also in these files");
}
