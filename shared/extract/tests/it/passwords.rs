//! Locked PDFs: what opens them, how rejections are reported, and that passwords do not leak.

use dynrag_domain::documents::{FailureCode, Format};
use dynrag_extract::{Extractor, Failure, Options};
use secrecy::SecretString;

use crate::{extractor, extractor_with, properties::said};

const SECRET: &str = "A secret of the house";

/// Files made by fixtures/locked.py, with the user password; the owner password is `owner`.
const LOCKED: [(&str, &[u8], &str); 7] = [
    (
        "RC4, 40 bits",
        include_bytes!("fixtures/locked_rc4_40.pdf"),
        "user",
    ),
    (
        "RC4, 128 bits",
        include_bytes!("fixtures/locked_rc4_128.pdf"),
        "user",
    ),
    (
        "AES, 128 bits",
        include_bytes!("fixtures/locked_aes_128.pdf"),
        "user",
    ),
    (
        "AES, 256 bits",
        include_bytes!("fixtures/locked_aes_256.pdf"),
        "user",
    ),
    (
        "accents, RC4",
        include_bytes!("fixtures/locked_accented_rc4_128.pdf"),
        "Schlüssel-é",
    ),
    (
        "accents, AES",
        include_bytes!("fixtures/locked_accented_aes_256.pdf"),
        "Schlüssel-é",
    ),
    (
        "beyond Latin-1",
        include_bytes!("fixtures/locked_beyond_aes_256.pdf"),
        "ключ-鍵",
    ),
];

fn with(password: Option<&SecretString>) -> Options<'_> {
    Options {
        password,
        ..Options::default()
    }
}

async fn open(
    extractor: &Extractor,
    file: &[u8],
    password: Option<&str>,
) -> Result<String, Failure> {
    let password = password.map(SecretString::from);
    let outcome = extractor
        .extract_with(Format::Pdf, file, with(password.as_ref()))
        .await;
    outcome.unwrap().map(|extracted| {
        assert_eq!(extracted.text, SECRET);
        said(&extracted)
    })
}

#[tokio::test]
async fn the_right_password_opens() {
    for (name, file, user) in LOCKED {
        // The same letters, with decomposed accents as a Mac's keyboard may send them.
        let apart = user.replace('é', "e\u{301}").replace('ü', "u\u{308}");
        for password in [user, "owner", &apart] {
            let opened = open(&extractor(), file, Some(password)).await;
            let opened = opened.unwrap_or_else(|failure| panic!("{name}, {password}: {failure:?}"));
            assert_eq!(opened, "Ada Lovelace - 2026-11-20T08:30:00Z -", "{name}");
        }
    }
}

#[tokio::test]
async fn a_refusal_tells_wrong_from_missing() {
    let endless = "x".repeat(1 << 20);
    for (name, file, _) in LOCKED {
        for (password, reason) in [
            (None, "there is no password"),
            (Some(""), "there is no password"),
            (Some("user\0"), "there is no password"),
            (Some(endless.as_str()), "there is no password"),
            (Some("USER"), "the password is wrong"),
            (Some("schlüssel"), "the password is wrong"),
        ] {
            let failure = open(&extractor(), file, password).await.unwrap_err();
            assert_eq!(failure.code, FailureCode::PasswordProtected, "{name}");
            assert!(
                failure.detail.ends_with(reason),
                "{name}: {}",
                failure.detail
            );
        }
    }
}

#[tokio::test]
async fn the_second_reader_opens_them_too() {
    let extractor = extractor_with(None);
    for (name, file, user) in &LOCKED[..4] {
        let read = |password| extractor.extract_with(Format::Pdf, file, with(password));
        let password = SecretString::from(*user);
        let extracted = read(Some(&password)).await.unwrap();
        let text = extracted
            .unwrap_or_else(|failure| panic!("{name}: {failure:?}"))
            .text;
        assert!(text.contains(SECRET), "{name}: {text}");
        let failure = read(Some(&SecretString::from("wrong")))
            .await
            .unwrap()
            .unwrap_err();
        assert_eq!(failure.code, FailureCode::PasswordProtected, "{name}");
        assert!(
            failure.detail.ends_with("the password is wrong"),
            "{}",
            failure.detail
        );
    }
}

/// An unlocked file needs no password, and other formats ignore it.
#[tokio::test]
async fn a_password_too_many_does_no_harm() {
    let open = include_bytes!("fixtures/owner_password.pdf");
    let password = SecretString::from("whatever");
    for (format, file) in [(Format::Pdf, &open[..]), (Format::Txt, SECRET.as_bytes())] {
        let read = extractor()
            .extract_with(format, file, with(Some(&password)))
            .await;
        assert_eq!(read.unwrap().unwrap().text, SECRET);
    }
}
