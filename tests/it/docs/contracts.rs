//! The tests of routes: every route has a file at its path, `tests/it/routes/<path>/<verb>.rs`, and every file belongs
//! to a route.

use std::{collections::BTreeMap, fmt::Write};

use super::files;
use crate::support::{generated, routes::named};

const FOLDER: &str = "tests/it/routes/";

/// `GET /api/documents/{id}` → `api/documents/id/get`. Names in braces become words in snake case. The routes of OpenAI's clients
/// are a file for each noun: `GET /v1/files/{id}` → `v1/files`.
fn module(at: &str) -> String {
    let (method, path) = at.split_once(' ').unwrap();
    if let Some(rest) = path.strip_prefix("/v1/") {
        return format!("v1/{}", rest.split('/').next().unwrap());
    }
    let mut module = String::new();
    for c in path.trim_start_matches('/').chars() {
        match c {
            '{' | '}' | '+' => {}
            '-' | '.' => module.push('_'),
            c if c.is_ascii_uppercase() => {
                module.push('_');
                module.push(c.to_ascii_lowercase());
            }
            c => module.push(c),
        }
    }
    format!("{module}/{}", method.to_lowercase())
}

/// The modules of the tests by path, without `mod.rs`.
fn modules() -> Vec<String> {
    let paths = files(FOLDER.trim_end_matches('/'), "rs").into_iter();
    paths
        .filter_map(|path| {
            let module = path.strip_prefix(FOLDER)?.strip_suffix(".rs")?;
            (module != "mod").then(|| module.to_owned())
        })
        .collect()
}

#[test]
fn routes_and_test_files_match() {
    let modules = modules();
    let (mut without, mut with) = (Vec::new(), Vec::new());
    for route in named() {
        let its: Vec<String> = route.at.iter().map(|at| module(at)).collect();
        if !its.iter().any(|module| modules.contains(module)) {
            without.push(format!("{}: {FOLDER}{}.rs", route.name, its[0]));
        }
        with.extend(its);
    }
    let rest = modules.into_iter().filter(|module| !with.contains(module));
    let rest: Vec<String> = rest.collect();
    assert_eq!(without, [""; 0], "routes without a test");
    assert_eq!(rest, [""; 0], "tests without a route");
}

/// A folder of modules, or a module.
#[derive(Default)]
struct Tree(BTreeMap<String, Tree>);

impl Tree {
    fn write(&self, depth: usize, text: &mut String) {
        let indent = "    ".repeat(depth);
        for (name, tree) in &self.0 {
            if tree.0.is_empty() {
                writeln!(text, "{indent}mod {name};").unwrap();
            } else {
                writeln!(text, "{indent}mod {name} {{").unwrap();
                tree.write(depth + 1, text);
                writeln!(text, "{indent}}}").unwrap();
            }
        }
    }
}

#[test]
fn the_test_modules_are_up_to_date() {
    let mut tree = Tree::default();
    for module in modules() {
        let mut at = &mut tree;
        for part in module.split('/') {
            at = at.0.entry(part.to_owned()).or_default();
        }
    }
    let mut text = String::from(
        "//! The contract of each route, at its path: `<path>/<verb>.rs`. Generated with `UPDATE_DOCS=1`.\n\
         #![allow(\n    clippy::unwrap_used,\n    clippy::expect_used,\n    clippy::panic,\n    \
         reason = \"a test stops here\"\n)]\n\n",
    );
    tree.write(0, &mut text);
    assert_eq!(generated::file("tests/it/routes/mod.rs", &text), None);
}
