//! Every file under events/, fed to the built binaries through the Runtime API. A file without an
//! expectation here fails.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test stops at the first surprise"
)]

mod http;
mod triggers;

use std::{
    fs,
    panic::AssertUnwindSafe,
    path::{Path, PathBuf},
    sync::Arc,
};

use futures::{FutureExt, StreamExt, stream};
use serde_json::Value;
use uuid::Uuid;

use crate::support::{
    known::checkout,
    runtime::Function,
    stack::{Stack, Tenant},
};

/// Files fed at once: each waits for the stack most of the time.
const AT_ONCE: usize = 4;
/// The placeholders for ids in the files.
const CUSTOMER: &str = "01936f6e-3c00-7000-8000-000000000001";
const USER: &str = "01936f6e-3c00-7000-8000-000000000002";
const DOCUMENT: &str = "01936f6e-3c00-7000-8000-00000000000d";

/// The environment of one event: the running function and two new tenants.
struct Scene {
    stack: Arc<Stack>,
    function: Function,
    ours: Tenant,
    theirs: Tenant,
    /// The file's text.
    text: String,
}

impl Scene {
    async fn new(stack: Arc<Stack>, file: &Path, logical_id: &str, binary: &str) -> Self {
        let function = Function::start(&stack, logical_id, binary).await;
        let (ours, theirs) = (stack.signup().await, stack.signup().await);
        Self {
            function,
            ours,
            theirs,
            text: fs::read_to_string(file).unwrap(),
            stack,
        }
    }

    /// The event with placeholders replaced, each of which must exist.
    fn event(&self, replaced: &[(&str, &str)]) -> Value {
        let mut text = self.text.clone();
        for (placeholder, value) in replaced {
            assert!(text.contains(placeholder), "no {placeholder} in {text}");
            text = text.replace(placeholder, value);
        }
        serde_json::from_str(&text).unwrap()
    }
}

fn event_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(event_files(&path));
        } else if path
            .extension()
            .is_some_and(|extension| extension == "json")
        {
            files.push(path);
        }
    }
    files.sort();
    files
}

/// Feeds a file to its function.
///
/// # Panics
/// If the response is wrong, and for an unknown file.
async fn feed(stack: Arc<Stack>, file: PathBuf) {
    let name = file
        .strip_prefix(checkout().join("events"))
        .unwrap()
        .to_str()
        .unwrap()
        .to_owned();
    match name.split_once('/').unwrap() {
        ("http", route) => http::feed(stack, &file, route.trim_end_matches(".json")).await,
        _ => triggers::feed(stack, &file, &name).await,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_event_is_answered_by_its_binary() {
    let stack = Stack::load();
    let files = event_files(&checkout().join("events"));
    assert!(files.len() >= 17, "{files:?}");
    // If one file fails, the others are still fed; the message of the panic is in the output.
    let fed = stream::iter(files).map(async |file| {
        let name = file.display().to_string();
        let answered = AssertUnwindSafe(feed(stack.clone(), file)).catch_unwind();
        answered.await.err().map(|_| name)
    });
    let failed: Vec<_> = fed.buffer_unordered(AT_ONCE).collect().await;
    assert_eq!(failed.into_iter().flatten().collect::<Vec<_>>(), [""; 0]);
}

fn random_email() -> String {
    format!("event-{}@example.com", Uuid::new_v4().simple())
}
