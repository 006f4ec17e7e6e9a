//! The sandbox holds, and the tests would detect it if it did not.

use std::{process::Command, time::Duration};

use dynrag_domain::documents::{FailureCode, Format};
use dynrag_extract::{Extractor, Limits};

use crate::{extractor, read_with, small};

/// A reader's answer when the file makes it try an attack.
async fn attack(name: &str, limits: Limits) -> Result<(), FailureCode> {
    let extractor = extractor().with_limits(limits);
    let file = format!("dynrag-attack:{name}");
    let outcome = read_with(&extractor, Format::Md, file.as_bytes()).await;
    outcome.map(|_| ())
}

/// Whether the same works in a process without the sandbox.
fn works_outside(name: &str) -> bool {
    let mut attack = Command::new(env!("CARGO_BIN_EXE_dynrag-extract"));
    attack.args(["attack", name]).status().unwrap().success()
}

/// Attacks on another process target the fork server; outside, a process of the test.
#[tokio::test]
async fn no_other_process_can_be_reached() {
    let extractor = extractor().with_limits(small());
    let mut other = Command::new("sleep").arg("600").spawn().unwrap();
    for name in [
        "other-environment",
        "other-memory",
        "other-memory-by-call",
        "trace-other",
        "signal-other",
    ] {
        let file = format!("dynrag-attack:{name}");
        // Starts a server if a crash has ended the previous one.
        read_with(&extractor, Format::Md, b"text").await.unwrap();
        let server = extractor.server_id().unwrap();
        let file = format!("{file} {server}");
        let outcome = read_with(&extractor, Format::Md, file.as_bytes()).await;
        assert_eq!(
            outcome.map(drop),
            Err(FailureCode::ExtractionCrashed),
            "{name}"
        );
        let name = format!("{name} {}", other.id());
        assert!(
            works_outside(&name),
            "{name} fails without the sandbox, too"
        );
    }
    other.kill().unwrap();
    other.wait().unwrap();
}

/// Neither the caller nor a second reader gets another than was sent. It is sealed, and readers write no file: each suffices.
#[tokio::test]
async fn the_document_cannot_be_changed() {
    let outcome = attack("grow-the-document", small()).await;
    assert_eq!(outcome, Err(FailureCode::ExtractionCrashed));
    let file = tempfile();
    let mut outside = Command::new(env!("CARGO_BIN_EXE_dynrag-extract"));
    outside.args(["attack", "grow-the-document"]).stdin(file);
    assert!(outside.status().unwrap().success());
}

/// A file without a name.
fn tempfile() -> std::fs::File {
    // SAFETY: the name is a C string; the descriptor is new, and owned by the File from here on.
    unsafe {
        let fd = libc::memfd_create(c"test".as_ptr(), 0);
        assert_ne!(fd, -1);
        std::os::fd::FromRawFd::from_raw_fd(fd)
    }
}

#[tokio::test]
async fn nothing_outside_can_be_reached() {
    for name in [
        "socket",
        "fork",
        "thread",
        "write-file",
        "read-file",
        "other-descriptors",
        "environment",
    ] {
        let outcome = attack(name, small()).await;
        assert_eq!(outcome, Err(FailureCode::ExtractionCrashed), "{name}");
        assert!(works_outside(name), "{name} fails without the sandbox, too");
    }
}

#[tokio::test]
async fn a_hardened_parent_is_closed_to_its_own_user() {
    assert!(works_outside("read-a-plain-parent"));
    assert!(!works_outside("read-a-hardened-parent"));
    dynrag_extract::harden_parent().unwrap();
    // A hardened process can still extract.
    assert_eq!(attack("some-memory", small()).await, Ok(()));
}

#[tokio::test]
async fn memory_ends() {
    assert_eq!(
        attack("memory", small()).await,
        Err(FailureCode::ExtractionMemory)
    );
    assert_eq!(attack("some-memory", small()).await, Ok(()));
    let less = Limits {
        memory_bytes: 32 << 20,
        ..small()
    };
    assert_eq!(
        attack("some-memory", less).await,
        Err(FailureCode::ExtractionMemory)
    );
}

#[tokio::test]
async fn a_used_up_stack_is_a_crash() {
    assert_eq!(
        attack("recursion", small()).await,
        Err(FailureCode::ExtractionCrashed)
    );
}

#[tokio::test]
async fn time_ends() {
    let quick = Limits {
        cpu_seconds: 1,
        ..small()
    };
    assert_eq!(
        attack("spin", quick).await,
        Err(FailureCode::ExtractionTimeout)
    );
    let impatient = Limits {
        wall: Duration::from_secs(3),
        ..small()
    };
    assert_eq!(
        attack("sleep", impatient).await,
        Err(FailureCode::ExtractionTimeout)
    );
}

#[tokio::test]
async fn output_ends() {
    assert_eq!(
        attack("flood", small()).await,
        Err(FailureCode::TextTooLarge)
    );
}

#[tokio::test]
async fn a_panic_is_a_damaged_file() {
    assert_eq!(
        attack("panic", small()).await,
        Err(FailureCode::CorruptFile)
    );
}

#[tokio::test]
async fn a_reader_that_cannot_start_is_not_the_files_fault() {
    let extractor = Extractor::new("/nowhere/extractor".into(), None);
    let error = extractor.extract(Format::Md, b"text").await.unwrap_err();
    assert!(error.retryable());
}

/// Nothing is parsed of it, and starting a reader takes longer than decoding it.
#[tokio::test]
async fn plain_text_needs_no_reader_unless_it_is_long() {
    let extractor = Extractor::new("/nowhere/extractor".into(), None);
    let text = "\u{e9}t\u{e9} ".repeat(1000);
    let read = extractor.extract(Format::Txt, text.as_bytes()).await;
    assert_eq!(read.unwrap().unwrap().text, text.trim_end());
    let latin = extractor.extract(Format::Txt, b"caf\xe9 d\xe9j\xe0").await;
    assert_eq!(latin.unwrap().unwrap().text, "café déjà");
    let long = "word ".repeat(300_000);
    let error = extractor.extract(Format::Txt, long.as_bytes()).await;
    assert!(error.unwrap_err().retryable());
}
