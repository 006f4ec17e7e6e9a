//! The fork server: one for all files, and nothing is lost when it or a reader ends.

use std::{
    os::{fd::OwnedFd, unix::net::UnixStream},
    process::{Command, Stdio},
    time::Duration,
};

use dynrag_domain::documents::{FailureCode, Format};
use dynrag_extract::{Extractor, Limits};
use tokio::task::JoinHandle;

use crate::{extractor, read_with, small};

async fn attack(extractor: &Extractor, name: &str) -> Result<(), FailureCode> {
    let file = format!("dynrag-attack:{name}");
    let outcome = read_with(extractor, Format::Md, file.as_bytes()).await;
    outcome.map(|_| ())
}

/// The children of a process that are alive or were not waited for.
fn children(process: u32) -> Vec<u32> {
    let path = format!("/proc/{process}/task/{process}/children");
    let list = std::fs::read_to_string(path).unwrap_or_default();
    list.split_whitespace()
        .map(|id| id.parse().unwrap())
        .collect()
}

/// Whether a process is running; a zombie is not.
fn runs(process: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    let state = stat
        .rsplit(") ")
        .next()
        .and_then(|rest| rest.chars().next());
    state.is_some_and(|state| state != 'Z')
}

/// Waits for what will come about soon; a test that never ends is stopped by its runner.
async fn until(mut condition: impl FnMut() -> bool) {
    while !condition() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// A reader that never ends, and the server it is of.
async fn at_work(extractor: &Extractor) -> (JoinHandle<Result<(), FailureCode>>, u32) {
    let reading = tokio::spawn({
        let extractor = extractor.clone();
        async move { attack(&extractor, "sleep").await }
    });
    let server = || extractor.server_id().filter(|id| !children(*id).is_empty());
    until(|| server().is_some()).await;
    (reading, server().unwrap())
}

fn kill(process: u32) {
    let killed = Command::new("kill")
        .args(["-KILL", &process.to_string()])
        .status();
    assert!(killed.unwrap().success());
}

#[tokio::test]
async fn a_reader_that_dies_takes_nothing_with_it() {
    let extractor = extractor();
    assert_eq!(attack(&extractor, "some-memory").await, Ok(()));
    let server = extractor.server_id().unwrap();
    for name in ["panic", "flood"] {
        assert!(attack(&extractor, name).await.is_err(), "{name}");
    }
    assert_eq!(attack(&extractor, "some-memory").await, Ok(()));
    assert_eq!(extractor.server_id(), Some(server));
    until(|| children(server).is_empty()).await;
}

/// Forks of one server share their ASLR layout, which repeated crashes could reveal.
#[tokio::test]
async fn after_a_crash_the_next_reader_is_of_another_server() {
    let extractor = extractor();
    for (name, code) in [
        ("socket", FailureCode::ExtractionCrashed),
        ("recursion", FailureCode::ExtractionCrashed),
        ("memory", FailureCode::ExtractionMemory),
    ] {
        assert_eq!(attack(&extractor, "some-memory").await, Ok(()));
        let (sibling, crashed) = at_work(&extractor).await;
        assert_eq!(attack(&extractor, name).await, Err(code));
        assert_eq!(attack(&extractor, "some-memory").await, Ok(()));
        assert_ne!(extractor.server_id(), Some(crashed));
        // Readers at work continue.
        assert!(runs(crashed));
        sibling.abort();
        until(|| !runs(crashed)).await;
    }
}

#[tokio::test]
async fn a_server_is_left_after_so_many_files() {
    let extractor = extractor();
    let mut servers = Vec::new();
    for _ in 0..300 {
        read_with(&extractor, Format::Md, b"text").await.unwrap();
        servers.push(extractor.server_id().unwrap());
    }
    servers.dedup();
    assert_eq!(servers.len(), 2);
    until(|| !runs(servers[0])).await;
}

/// Like a server that hangs while loading its resources: the file is not blamed.
#[tokio::test]
async fn a_server_that_does_not_begin_is_not_the_files_fault() {
    let extractor = extractor();
    assert_eq!(attack(&extractor, "some-memory").await, Ok(()));
    let server = extractor.server_id().unwrap();
    let stopped = Command::new("kill")
        .args(["-STOP", &server.to_string()])
        .status();
    assert!(stopped.unwrap().success());
    let file = b"text that nobody reads";
    let impatient = extractor.clone().with_limits(Limits {
        wall: Duration::from_millis(300),
        ..small()
    });
    let error = impatient.extract(Format::Md, file).await.unwrap_err();
    assert!(error.retryable());
    assert_eq!(attack(&extractor, "some-memory").await, Ok(()));
    assert_ne!(extractor.server_id(), Some(server));
}

/// A fork copies one thread. Locks held by other threads would stay locked in every reader.
#[tokio::test]
async fn the_server_has_one_thread() {
    let extractor = extractor();
    assert_eq!(attack(&extractor, "some-memory").await, Ok(()));
    let tasks = format!("/proc/{}/task", extractor.server_id().unwrap());
    assert_eq!(std::fs::read_dir(tasks).unwrap().count(), 1);
}

#[tokio::test]
async fn files_are_read_side_by_side_and_the_slow_one_is_killed_alone() {
    let extractor = extractor();
    assert_eq!(attack(&extractor, "some-memory").await, Ok(()));
    let slow = extractor.clone().with_limits(Limits {
        wall: Duration::from_secs(2),
        ..small()
    });
    let others = async {
        for _ in 0..20 {
            assert_eq!(attack(&extractor, "some-memory").await, Ok(()));
        }
    };
    let (timed_out, ()) = tokio::join!(attack(&slow, "sleep"), others);
    assert_eq!(timed_out, Err(FailureCode::ExtractionTimeout));
    assert_eq!(slow.server_id(), extractor.server_id());
    let server = extractor.server_id().unwrap();
    until(|| children(server).is_empty()).await;
    assert_eq!(attack(&extractor, "some-memory").await, Ok(()));
}

#[tokio::test]
async fn nobody_waits_for_a_reader_that_nobody_wants() {
    let extractor = extractor();
    let (reading, server) = at_work(&extractor).await;
    reading.abort();
    until(|| children(server).is_empty()).await;
    assert!(runs(server));
}

#[tokio::test]
async fn a_server_that_ended_is_started_again() {
    let extractor = extractor();
    assert_eq!(attack(&extractor, "some-memory").await, Ok(()));
    let first = extractor.server_id().unwrap();
    kill(first);
    assert_eq!(attack(&extractor, "some-memory").await, Ok(()));
    assert_ne!(extractor.server_id(), Some(first));
}

/// The file is read a second time by a reader of the next server; the first reader died with its own.
#[tokio::test]
async fn a_server_that_ends_while_a_file_is_read_costs_a_second_try() {
    let extractor = extractor();
    let (reading, first) = at_work(&extractor).await;
    let readers = children(first);
    kill(first);
    until(|| readers.iter().all(|reader| !runs(*reader))).await;
    until(|| {
        extractor
            .server_id()
            .is_some_and(|id| id != first && !children(id).is_empty())
    })
    .await;
    reading.abort();
}

#[tokio::test]
async fn the_server_ends_with_its_extractor() {
    let extractor = extractor();
    assert_eq!(attack(&extractor, "some-memory").await, Ok(()));
    let server = extractor.server_id().unwrap();
    drop(extractor);
    until(|| !runs(server)).await;
}

/// As when the caller was killed: its end of the pair is closed.
#[test]
fn a_server_without_a_caller_ends() {
    let (ours, theirs) = UnixStream::pair().unwrap();
    drop(ours);
    let ended = Command::new(env!("CARGO_BIN_EXE_dynrag-extract"))
        .args(["extract-server", r#"{"pdfium_library":null}"#])
        .stdin(Stdio::from(OwnedFd::from(theirs)))
        .status();
    assert!(ended.unwrap().success());
}
