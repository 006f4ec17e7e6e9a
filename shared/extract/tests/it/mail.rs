//! Emails: in every charset, of every structure, with forwarded and attached content.

use dynrag_domain::{
    documents::{FailureCode, Format},
    warnings::WarningCode,
};
use dynrag_extract::{Attachment, testing::attachments};

use crate::{extractor, read};

const HEAD: &str = "From: Ada <ada@example.org>\r\nSubject: S\r\n";
const LETTER: &str = "The delivery is put off to the third of December.";

/// The text of an email below its head.
async fn body(mail: &str) -> String {
    let read = read(Format::Eml, mail.as_bytes()).await.unwrap();
    let (_, body) = read.text.split_once("\n\n").unwrap_or_default();
    body.to_owned()
}

/// A part of this type.
fn part(media: &str, content: &str) -> String {
    format!("Content-Type: {media}\r\n\r\n{content}")
}

fn multipart(kind: &str, boundary: &str, parts: &[String]) -> String {
    let parts: String = parts
        .iter()
        .map(|part| format!("--{boundary}\r\n{part}\r\n"))
        .collect();
    format!(
        "Content-Type: multipart/{kind}; boundary=\"{boundary}\"\r\n\r\n{parts}--{boundary}--\r\n"
    )
}

fn mail(kind: &str, parts: &[String]) -> String {
    format!("{HEAD}{}", multipart(kind, "b", parts))
}

/// Written by Python's `email` and its codecs.
#[tokio::test]
async fn charsets() {
    for (charset, subject, content, text, title) in [
        (
            "gb2312",
            "vbu79c2o1qo=",
            "u/XO772r09rKrrb+1MLI/cjVy82076Gj",
            "货物将于十二月三日送达。",
            "交货通知",
        ),
        (
            "big5",
            "s2aqqw==",
            "s2aqq7FOqfOkUaRHpOukVKTpsGW5RqFB",
            "貨物將於十二月三日送達，",
            "貨物",
        ),
        (
            "iso-2022-jp",
            "GyRCRzw0fBsoQg==",
            "GyRCRzw0fCRPPT1GczduGyhC",
            "納期は十二月",
            "納期",
        ),
        (
            "shift_jis",
            "lFuK+g==",
            "lFuK+oLNj1yT8YyO",
            "納期は十二月",
            "納期",
        ),
        (
            "euc-kr",
            "yK25sA==",
            "yK25sMC6IL3KwMy/+SC778DPv6E=",
            "화물은 십이월 삼일에",
            "화물",
        ),
        (
            "windows-874",
            "odLDqNG0",
            "odLDqNG0yuinttmh4MXX6M25",
            "การจัดส่งถูกเลื่อน",
            "การจัด",
        ),
        (
            "koi8-r",
            "89LPyw==",
            "89LPyyDHwdLBztTJyQ==",
            "Срок гарантии",
            "Срок",
        ),
        ("cp-850", "S4FuZGlndW5n", "TYRyeg==", "März", "Kündigung"),
        (
            "unicode-1-1-utf-7",
            "K1RnQk9BQS0=",
            "SGkgK1RnQk9BQS0=",
            "Hi 一一",
            "一一",
        ),
    ] {
        let mail = format!(
            "From: a@x\r\nSubject: =?{charset}?B?{subject}?=\r\nContent-Type: text/plain; charset={charset}\r\n\
             Content-Transfer-Encoding: base64\r\n\r\n{content}\r\n"
        );
        let read = read(Format::Eml, mail.as_bytes()).await.unwrap();
        assert!(
            read.text.ends_with(&format!("\n\n{text}")),
            "{charset}: {}",
            read.text
        );
        assert_eq!(read.title.as_deref(), Some(title), "{charset}");
        assert!(read.warnings.is_empty(), "{charset}: {:?}", read.warnings);
    }
}

#[tokio::test]
async fn bytes_that_nothing_declares() {
    let latin = b"\xef\xbb\xbf\r\nFrom: J\xf6rg <j@x>\r\nSubject: K\xfcndigung f\xfcr M\xe4rz\r\n\r\nDie K\xfcndigung gilt ab M\xe4rz, sch\xf6ne Gr\xfc\xdfe.\r\n";
    let read_latin = read(Format::Eml, latin).await.unwrap();
    assert!(
        read_latin
            .text
            .starts_with("From: Jörg <j@x>\nSubject: Kündigung für März\n\n"),
        "{}",
        read_latin.text
    );
    assert!(
        read_latin
            .text
            .ends_with("Die Kündigung gilt ab März, schöne Grüße.")
    );
    assert_eq!(
        read_latin.warnings.as_slice()[0].code,
        WarningCode::EncodingGuessed
    );
    let gbk = b"Subject: \xbd\xbb\xbb\xf5\xcd\xa8\xd6\xaa\nFrom: a@x\nContent-Type: text/plain; charset=gb2312\n\n\xbb\xf5\xce\xef\xbd\xab\xd3\xda\n";
    assert_eq!(
        read(Format::Eml, gbk).await.unwrap().text,
        "From: a@x\nSubject: 交货通知\n\n货物将于"
    );
    let utf8 = "From: Jörg <j@x>\nContent-Type: text/plain; charset=us-ascii\n\nGrüße\n";
    let utf8 = read(Format::Eml, utf8.as_bytes()).await.unwrap();
    assert_eq!(utf8.text, "From: Jörg <j@x>\n\nGrüße");
    assert!(utf8.warnings.is_empty());
    let broken = b"From: a@x\nContent-Type: text/plain; charset=utf-8\n\ncaf\xc3\xa9 d\xc3\xa9j\xc3\xa0 \xff\n";
    let broken = read(Format::Eml, broken).await.unwrap();
    assert_eq!(
        broken.warnings.as_slice()[0].code,
        WarningCode::CharactersReplaced
    );
}

#[tokio::test]
async fn the_right_parts_in_their_order() {
    let html = part("text/html; charset=utf-8", &format!("<p>{LETTER}</p>"));
    let plain = |text: &str| part("text/plain; charset=utf-8", text);
    let alternative = |parts: &[String]| multipart("alternative", "c", parts);
    for (name, mail, expected) in [
        (
            "both say the same",
            mail("alternative", &[plain(LETTER), html.clone()]),
            LETTER.to_owned(),
        ),
        (
            "blank",
            mail("alternative", &[plain(" "), html.clone()]),
            LETTER.to_owned(),
        ),
        (
            "no-break space",
            mail("alternative", &[plain("\u{a0}"), html.clone()]),
            LETTER.to_owned(),
        ),
        (
            "a note",
            mail(
                "alternative",
                &[plain("Your program shows no HTML."), html.clone()],
            ),
            LETTER.to_owned(),
        ),
        (
            "a footer",
            mail("mixed", &[html.clone(), plain("The list")]),
            format!("{LETTER}\n\nThe list"),
        ),
        (
            "a warning first",
            mail("mixed", &[plain("External."), html.clone()]),
            format!("External.\n\n{LETTER}"),
        ),
        (
            "the same twice",
            mail("mixed", &[plain(LETTER), html.clone()]),
            LETTER.to_owned(),
        ),
        (
            "an alternative and a disclaimer",
            mail(
                "mixed",
                &[
                    alternative(std::slice::from_ref(&html)),
                    plain("Confidential."),
                ],
            ),
            format!("{LETTER}\n\nConfidential."),
        ),
        (
            "a page with its picture",
            mail(
                "related",
                &[
                    html.clone(),
                    "Content-Type: image/png\r\nContent-ID: <i>\r\n\r\nx".to_owned(),
                ],
            ),
            LETTER.to_owned(),
        ),
        (
            "the page is not the first",
            format!(
                "{HEAD}{}",
                multipart(
                    "related; start=\"<r>\"",
                    "b",
                    &[
                        "Content-Type: text/css\r\nContent-ID: <s>\r\n\r\np {}".to_owned(),
                        format!("Content-ID: <r>\r\n{html}")
                    ]
                )
            ),
            LETTER.to_owned(),
        ),
        (
            "signed",
            mail(
                "signed; protocol=\"application/pgp-signature\"",
                &[
                    plain(LETTER),
                    part("application/pgp-signature; name=s.asc", "x"),
                ],
            ),
            LETTER.to_owned(),
        ),
        (
            "an invitation",
            mail(
                "alternative",
                &[
                    plain("Please come."),
                    part(
                        "text/calendar",
                        "BEGIN:VEVENT\r\nSUMMARY:Kickoff\r\nDESCRIPTION:Please come.\r\nEND:VEVENT",
                    ),
                ],
            ),
            "Please come.\n\nSummary: Kickoff".to_owned(),
        ),
        (
            "a report",
            mail(
                "report",
                &[
                    plain("It failed."),
                    part("message/delivery-status", "Status: 5.1.1"),
                    part("text/rfc822-headers", "Subject: Lost"),
                ],
            ),
            "It failed.\n\nStatus: 5.1.1\n\nSubject: Lost".to_owned(),
        ),
        (
            "other texts",
            mail(
                "mixed",
                &[
                    part("text/enriched", "<bold>Now</bold>"),
                    part("text/markdown", "# A"),
                    part("text/plain; format=flowed", "a \r\nb"),
                ],
            ),
            "Now\n\n# A\n\na b".to_owned(),
        ),
        (
            "an alternative of mixed parts",
            mail(
                "alternative",
                &[
                    plain("See below. The end."),
                    multipart(
                        "mixed",
                        "c",
                        &[
                            part("text/html", "<p>See below."),
                            part("application/pdf; name=a.pdf", "x"),
                            part("text/html", "<p>The end."),
                        ],
                    ),
                ],
            ),
            "See below. The end.".to_owned(),
        ),
    ] {
        assert_eq!(body(&mail).await, expected, "{name}");
    }
}

#[tokio::test]
async fn forwarded_mails_are_read_after_the_letter() {
    let inner = format!(
        "From: Carol <carol@x>\r\nSubject: =?utf-8?q?Price_of_lot_17?=\r\n{}",
        part("text/html", "<p>Lot 17 costs 4,400 euros.")
    );
    for disposition in ["", "Content-Disposition: attachment; filename=f.eml\r\n"] {
        let forwarded = format!("{disposition}Content-Type: message/rfc822\r\n\r\n{inner}");
        let mail = mail(
            "mixed",
            &[forwarded, part("text/plain", "Please see below.")],
        );
        let read = read(Format::Eml, mail.as_bytes()).await.unwrap();
        assert_eq!(
            read.text,
            "From: Ada <ada@example.org>\nSubject: S\nAttachments: Price of lot 17\n\nPlease see below.\n\n\
             From: Carol <carol@x>\nSubject: Price of lot 17\n\nLot 17 costs 4,400 euros."
        );
        assert!(read.warnings.is_empty());
    }
    let mut deep = "From: a@x\r\n\r\nthe bottom".to_owned();
    for level in 0..50 {
        deep = format!(
            "From: a@x\r\nSubject: level {level}\r\nContent-Type: message/rfc822\r\n\r\n{deep}"
        );
    }
    let read = read(Format::Eml, deep.as_bytes()).await.unwrap();
    assert!(
        read.text.contains("Subject: level 42") && !read.text.contains("the bottom"),
        "{}",
        read.text
    );
    assert_eq!(
        read.warnings.as_slice()[0].code,
        WarningCode::UnsupportedContent
    );
}

#[tokio::test]
async fn attachments_are_named_and_given_out() {
    let file = |head: &str, content: &str| format!("{head}\r\n\r\n{content}");
    let forwarded = multipart(
        "mixed",
        "c",
        &[file(
            "Content-Type: text/csv\r\nContent-Disposition: attachment; filename*=gb2312''%BD%BB.csv",
            "1,2",
        )],
    );
    let forwarded = format!("From: Carol <carol@x>\r\nSubject: Forwarded\r\n{forwarded}");
    let mail = mail(
        "mixed",
        &[
            part(
                "text/plain",
                "Hello.\r\nbegin 644 cat.txt\r\n#0V%T\r\n`\r\nend\r\nBye.",
            ),
            file(
                "Content-Type: application/pdf; name=\"=?iso-8859-1?Q?M=E4rz.pdf?=\"\r\nContent-Transfer-Encoding: base64",
                "SGVs\r\nbG8=",
            ),
            file(
                "Content-Type: text/plain\r\nContent-Disposition: attachment; filename=notes.txt",
                "not in the letter",
            ),
            file("Content-Type: image/png\r\nContent-ID: <i>", "x"),
            file("Content-Type: application/ms-tnef; name=winmail.dat", "t"),
            file("Content-Type: message/rfc822", &forwarded),
        ],
    );
    let read = read(Format::Eml, mail.as_bytes()).await.unwrap();
    let start = "From: Ada <ada@example.org>\nSubject: S\nAttachments: März.pdf, notes.txt, winmail.dat, Forwarded, cat.txt\n\nHello.\nBye.\n\n";
    assert!(read.text.starts_with(start), "{}", read.text);
    assert!(
        read.text
            .ends_with("Subject: Forwarded\nAttachments: 交.csv"),
        "{}",
        read.text
    );
    let warnings = read.warnings.as_slice();
    assert_eq!(
        (warnings[0].code, warnings[0].count),
        (WarningCode::AttachmentsNotRead, 5)
    );
    let given = attachments(mail.as_bytes()).unwrap();
    let one = |name: &str, media: &str, bytes: &[u8]| Attachment {
        name: Some(name.to_owned()),
        media_type: media.to_owned(),
        bytes: bytes.to_vec().into(),
    };
    assert_eq!(
        given,
        [
            one("cat.txt", "application/octet-stream", b"Cat"),
            one("März.pdf", "application/pdf", b"Hello"),
            one("notes.txt", "text/plain", b"not in the letter"),
            one("winmail.dat", "application/ms-tnef", b"t"),
            one("交.csv", "text/csv", b"1,2"),
        ]
    );
    // The same from the process that reads it.
    let sent = extractor().attachments(mail.as_bytes()).await.unwrap();
    assert_eq!(sent.unwrap(), given);
    let refused = extractor().attachments(b"no mail").await.unwrap();
    assert_eq!(refused.unwrap_err().code, FailureCode::CorruptFile);
    let many: Vec<String> = (0..80)
        .map(|n| part(&format!("image/png; name={n}.png"), "x"))
        .collect();
    let many = self::mail("mixed", &many);
    assert_eq!(attachments(many.as_bytes()).unwrap().len(), 50);
    assert!(attachments(b"no mail").is_err());
}

#[tokio::test]
async fn what_nobody_can_read_is_locked() {
    let pgp = [
        part("application/pgp-encrypted", "Version: 1"),
        part("application/octet-stream; name=e.asc", "x"),
    ];
    let encrypted = mail("encrypted", &pgp);
    let smime = format!(
        "{HEAD}{}",
        part(
            "application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m",
            "x"
        )
    );
    let inline = format!(
        "{HEAD}{}",
        part(
            "text/plain",
            "-----BEGIN PGP MESSAGE-----\r\n\r\nabc\r\n-----END PGP MESSAGE-----"
        )
    );
    for mail in [&encrypted, &smime, &inline] {
        let outcome = read(Format::Eml, mail.as_bytes()).await;
        assert_eq!(
            outcome.unwrap_err(),
            FailureCode::PasswordProtected,
            "{mail}"
        );
    }
    let with_footer = mail(
        "mixed",
        &[
            multipart("encrypted", "c", &pgp),
            part("text/plain", "The list"),
        ],
    );
    let opaque = format!(
        "{HEAD}{}",
        part(
            "application/pkcs7-mime; smime-type=signed-data; name=smime.p7m",
            "x"
        )
    );
    for mail in [&with_footer, &opaque] {
        let read = read(Format::Eml, mail.as_bytes()).await.unwrap();
        assert_eq!(
            read.warnings.as_slice()[0].code,
            WarningCode::UnsupportedContent,
            "{mail}"
        );
    }
}

#[tokio::test]
async fn lists_in_the_head_are_limited() {
    let files: Vec<String> = (0..300)
        .map(|n| part(&format!("application/pdf; name=a{n}.pdf"), "x"))
        .collect();
    let head = format!("From: a@x\r\nSubject: {}\r\n", "word ".repeat(2_000));
    let mail = format!("{head}{}", multipart("mixed", "b", &files));
    let read = read(Format::Eml, mail.as_bytes()).await.unwrap();
    assert_eq!(read.text.matches(".pdf").count(), 200);
    assert_eq!(read.warnings.as_slice()[0].count, 300);
    let longest = read.text.lines().find(|line| line.starts_with("Subject"));
    assert!(longest.unwrap().chars().count() < 2_100);
    // A file in the ninth of emails that are forwarded in each other.
    let file = part("application/pdf; name=a.pdf", "x");
    for (depth, given) in [(3, 1), (20, 0)] {
        let mut mail = format!("From: a@x\r\n{file}");
        for _ in 0..depth {
            mail = format!("From: a@x\r\nContent-Type: message/rfc822\r\n\r\n{mail}");
        }
        assert_eq!(
            attachments(mail.as_bytes()).unwrap().len(),
            given,
            "{depth}"
        );
    }
}
