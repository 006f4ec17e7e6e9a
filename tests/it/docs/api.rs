//! The table of routes in `docs/API.md`.

use std::fmt::Write;

use super::read;
use crate::support::{
    generated,
    routes::{named, needs, pascal_case},
};

#[test]
fn the_table_of_routes_is_up_to_date() {
    let mut text = String::from("| name | route | does | needs |\n|---|---|---|---|\n");
    for route in named() {
        let url = match route.streamed {
            true => format!(", at the output `{}Url`", pascal_case(route.function)),
            false => String::new(),
        };
        let (name, at, does) = (route.name, route.at.join("`, `"), route.summary);
        let needs = needs(route.access);
        writeln!(text, "| `{name}` | `{at}`{url} | {does} | {needs} |").unwrap();
    }
    assert_eq!(generated::part("docs/API.md", "the routes", &text), None);
}

#[test]
fn every_section_about_routes_names_existing_routes() {
    let routes: Vec<&str> = named().iter().map(|route| route.name).collect();
    let text = read("docs/API.md");
    let headings = text.lines().filter_map(|line| line.strip_prefix("### "));
    let unknown: Vec<&str> = headings
        .flat_map(|heading| heading.split(", "))
        .filter(|name| !routes.contains(name))
        .collect();
    assert_eq!(unknown, [""; 0], "a section about no route");
}
