//! Lists of names from the code in the documents are complete, and contain nothing else.

use std::collections::BTreeSet;

use super::{files, read};

/// Names in backticks.
fn quoted(text: &str) -> BTreeSet<String> {
    let spans = text.split('`').skip(1).step_by(2);
    spans.map(str::to_owned).collect()
}

/// The text between two markers.
fn between<'a>(text: &'a str, begin: &str, end: &str) -> &'a str {
    let (_, rest) = text.split_once(begin).unwrap_or_else(|| panic!("{begin}"));
    let (part, _) = rest.split_once(end).unwrap_or_else(|| panic!("{end}"));
    part
}

/// All words in a text that begin with a prefix.
fn words(text: &str, prefix: &str) -> BTreeSet<String> {
    let places = text.match_indices(prefix).map(|(at, _)| &text[at..]);
    places
        .map(|rest| {
            let end = rest[prefix.len()..].find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
            rest[..prefix.len() + end.unwrap_or(rest.len() - prefix.len())].to_owned()
        })
        .collect()
}

/// `SECURITY DEFINER` functions of the schema, which are not bound to a tenant.
fn crossing() -> BTreeSet<String> {
    let schema = read("migrations/schema.sql");
    let functions = schema.split("CREATE FUNCTION public.").skip(1);
    functions
        .filter(|text| {
            let declaration = text.split("AS $").next().unwrap();
            declaration.contains("SECURITY DEFINER")
        })
        .map(|text| text.split('(').next().unwrap().to_owned())
        .collect()
}

#[test]
fn the_architecture_lists_the_functions_that_cross_tenants() {
    let text = read("docs/ARCHITECTURE.md");
    let listed = quoted(between(
        &text,
        "**Invariant: tenants are only crossed by named functions of the database.**",
        "There is no other way.",
    ));
    let fits = |name: &str, listed: &str| match listed.strip_suffix('*') {
        Some(prefix) => name.starts_with(prefix),
        None => name == listed,
    };
    let crossing = crossing();
    assert!(crossing.len() > 40, "{crossing:?}");
    for name in &crossing {
        let by: Vec<_> = listed.iter().filter(|listed| fits(name, listed)).collect();
        assert_eq!(by.len(), 1, "{name} is listed as {by:?}");
    }
    for listed in &listed {
        assert!(
            crossing.iter().any(|name| fits(name, listed)),
            "{listed} is listed, but no such function crosses tenants"
        );
    }
}

#[test]
fn the_operations_manual_lists_the_duties_of_sweep() {
    let text = read("docs/OPERATIONS.md");
    let listed = words(
        between(&text, "| function | what `sweep` does |", "\n\n"),
        "sweep_",
    );
    let mut called = BTreeSet::new();
    for file in files("shared/store/queries", "sql") {
        called.extend(words(&read(&file), "sweep_"));
    }
    for file in files("shared/store/src", "rs") {
        let text = read(&file);
        let statements = text.split('"').filter(|text| text.starts_with("SELECT "));
        called.extend(statements.flat_map(|text| words(text, "sweep_")));
    }
    assert_eq!(listed, called, "docs/OPERATIONS.md lists the former");

    // Each of them is called by `sweep`, directly or by a use case.
    let code = |folder| -> String {
        let files = files(folder, "rs").into_iter();
        files.map(|file| read(&file)).collect()
    };
    let methods = words(&code("shared/store/src"), "pub async fn sweep_");
    let callers = code("functions/sweep/src") + &code("shared/app/src");
    let calls = words(&callers, ".sweep_");
    let name = |name: &String| name.rsplit(['.', ' ']).next().unwrap().to_owned();
    assert_eq!(
        methods.iter().map(name).collect::<BTreeSet<_>>(),
        calls.iter().map(name).collect::<BTreeSet<_>>(),
        "every sweep of the store is called"
    );
}
