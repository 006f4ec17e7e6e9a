//! The documents: whatever they repeat from the code is generated from it or compared with it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test stops at the first surprise"
)]

mod api;
mod contracts;
mod how_to;
mod lists;
mod paths;
mod samples;

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::support::known::checkout;

/// A file of the checkout.
fn read(path: &str) -> String {
    fs::read_to_string(checkout().join(path)).unwrap_or_else(|e| panic!("{path}: {e}"))
}

/// Files under a folder with this extension, as paths in the checkout, sorted.
fn files(folder: &str, extension: &str) -> Vec<String> {
    fn collect(folder: &Path, extension: &str, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                collect(&path, extension, found);
            } else if path.extension().is_some_and(|its| its == extension) {
                found.push(path);
            }
        }
    }
    let mut found = Vec::new();
    collect(&checkout().join(folder), extension, &mut found);
    let mut found: Vec<String> = found
        .iter()
        .map(|path| {
            let path = path.strip_prefix(checkout()).unwrap();
            path.to_str().unwrap().to_owned()
        })
        .collect();
    found.sort_unstable();
    found
}
