//! Every path that a document names exists.

use std::{collections::HashSet, fs};

use super::{files, read};
use crate::support::known::checkout;

/// Folders of the checkout. A name in backticks that begins with one is a path.
const FOLDERS: [&str; 10] = [
    "bench",
    "demo",
    "docs",
    "events",
    "functions",
    "infra",
    "migrations",
    "scripts",
    "shared",
    "tests",
];

/// Extensions of source files.
const SOURCES: [&str; 4] = ["rs", "sql", "py", "sh"];

/// The documents, except `CHANGELOG.md`, which names what no longer exists.
fn documents() -> Vec<String> {
    let mut all = vec!["CONTRIBUTING.md".to_owned(), "README.md".to_owned()];
    for folder in FOLDERS {
        all.extend(files(folder, "md"));
    }
    all
}

/// The text outside code blocks.
fn prose(text: &str) -> String {
    let mut in_block = false;
    let mut kept = Vec::new();
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            in_block = !in_block;
        } else if !in_block {
            kept.push(line);
        }
    }
    kept.join("\n")
}

/// The words in backticks.
fn quoted(text: &str) -> Vec<String> {
    let spans = prose(text);
    let spans = spans.split('`').skip(1).step_by(2);
    let words = spans.flat_map(str::split_whitespace);
    let words = words.map(|word| word.trim_matches(|c: char| ",;:()'\"".contains(c)));
    words.map(str::to_owned).collect()
}

/// The paths among the words in backticks.
fn named(text: &str) -> Vec<String> {
    quoted(text)
        .into_iter()
        .filter(|word| {
            let (folder, rest) = word.split_once('/').unwrap_or((word, ""));
            FOLDERS.contains(&folder) && !rest.is_empty()
        })
        .collect()
}

/// The source files among the words in backticks that are named without their folder.
fn named_alone(text: &str) -> Vec<String> {
    quoted(text)
        .into_iter()
        .filter(|word| {
            let (name, extension) = word.rsplit_once('.').unwrap_or((word, ""));
            SOURCES.contains(&extension)
                && !name.is_empty()
                && name
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || "_-.".contains(c))
        })
        .collect()
}

/// `a/{b,c}.rs` → `a/b.rs`, `a/c.rs`.
fn expanded(path: &str) -> Vec<String> {
    let braces = path.find('{').zip(path.find('}'));
    let Some((begin, end)) = braces.filter(|(begin, end)| path[*begin..*end].contains(',')) else {
        return vec![path.to_owned()];
    };
    path[begin + 1..end]
        .split(',')
        .flat_map(|part| expanded(&format!("{}{part}{}", &path[..begin], &path[end + 1..])))
        .collect()
}

/// Whether a name matches a pattern, in which `*`, `<anything>` and `…` stand for any characters.
fn fits(name: &str, pattern: &str) -> bool {
    let mut parts = Vec::new();
    let mut rest = pattern;
    while let Some(at) = rest.find(['*', '<', '…']) {
        parts.push(&rest[..at]);
        let wildcard = match rest[at..].starts_with('<') {
            true => rest[at..].find('>').map_or(1, |end| end + 1),
            false => rest[at..].chars().next().unwrap().len_utf8(),
        };
        rest = &rest[at + wildcard..];
    }
    let Some(mut left) = name.strip_prefix(*parts.first().unwrap_or(&rest)) else {
        return false;
    };
    if parts.is_empty() {
        return left.is_empty();
    }
    for part in &parts[1..] {
        let Some(at) = left.find(part) else {
            return false;
        };
        left = &left[at + part.len()..];
    }
    left.ends_with(rest)
}

/// Whether something in the checkout has this path.
fn exists(path: &str) -> bool {
    let mut folders = vec![checkout()];
    for part in path.trim_end_matches('/').split('/') {
        let mut found = Vec::new();
        for folder in folders {
            if !part.contains(['*', '<', '…']) {
                found.push(folder.join(part));
                continue;
            }
            for entry in fs::read_dir(&folder).into_iter().flatten() {
                let entry = entry.unwrap();
                if fits(entry.file_name().to_str().unwrap(), part) {
                    found.push(entry.path());
                }
            }
        }
        folders = found.into_iter().filter(|path| path.exists()).collect();
    }
    !folders.is_empty()
}

#[test]
fn every_path_in_a_document_exists() {
    let documents = documents();
    let mut checked = 0;
    let mut missing = Vec::new();
    for document in &documents {
        for path in named(&read(document))
            .iter()
            .flat_map(|path| expanded(path))
        {
            checked += 1;
            if !exists(&path) {
                missing.push(format!("{document}: {path}"));
            }
        }
    }
    assert!(checked > 200, "{checked} paths in {documents:?}");
    assert_eq!(missing, [""; 0]);
}

#[test]
fn every_source_file_named_without_its_folder_exists() {
    let sources: HashSet<String> = FOLDERS
        .iter()
        .flat_map(|folder| SOURCES.map(|extension| files(folder, extension)))
        .flatten()
        .filter_map(|path| Some(path.rsplit_once('/')?.1.to_owned()))
        .collect();
    let mut checked = 0;
    let mut missing = Vec::new();
    for document in documents() {
        for name in named_alone(&read(&document)) {
            checked += 1;
            if !sources.contains(&name) {
                missing.push(format!("{document}: {name}"));
            }
        }
    }
    assert!(checked > 30, "{checked}");
    assert_eq!(missing, [""; 0]);
}

#[test]
fn every_link_in_a_document_leads_to_a_file() {
    let mut missing = Vec::new();
    for document in documents() {
        let text = read(&document);
        let folder = document.rsplit_once('/').map_or("", |(folder, _)| folder);
        let targets = text.split("](").skip(1);
        let targets = targets.filter_map(|rest| rest.split(')').next());
        for target in targets.filter(|target| !target.contains("://")) {
            let file = target.split('#').next().unwrap();
            if !file.is_empty() && !checkout().join(folder).join(file).exists() {
                missing.push(format!("{document}: {target}"));
            }
        }
    }
    assert_eq!(missing, [""; 0]);
}

#[test]
fn paths_are_found_expanded_and_matched() {
    let text =
        "`shared/a.rs`, `make shared/b` and `docs/{c,d}.md`\n```\n`tests/e`\n```\n`sharedness/f`";
    assert_eq!(
        named_alone("`a.rs` `b/c.rs`, `d.` (`e_f.sql`) `g.json`"),
        ["a.rs", "e_f.sql"]
    );
    assert_eq!(named(text), ["shared/a.rs", "shared/b", "docs/{c,d}.md"]);
    assert_eq!(expanded("docs/{c,d}.md"), ["docs/c.md", "docs/d.md"]);
    assert_eq!(expanded("api/{id}"), ["api/{id}"]);
    for (name, pattern, expected) in [
        ("V7__admit.sql", "V<n>__<subject>.sql", true),
        ("V7_admit.sql", "V<n>__<subject>.sql", false),
        ("a.rs", "*.rs", true),
        ("a.rs", "a", false),
        ("a.rs", "a.rs", true),
    ] {
        assert_eq!(fits(name, pattern), expected, "{name} {pattern}");
    }
    assert!(exists("tests/it/docs/*.rs") && !exists("tests/it/docs/none.*"));
}
