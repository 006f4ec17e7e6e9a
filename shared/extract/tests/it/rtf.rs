//! Rich Text Format through the real processes: what reaches the caller of fonts, hidden text and tables.

use dynrag_domain::{documents::Format, warnings::WarningCode};
use dynrag_extract::Options;

use crate::{extractor, read};

/// The bytes are those of Python's codecs.
#[tokio::test]
async fn text_of_every_script() {
    for (charset, bytes, said) in [
        (204, r"\'d1\'f0\'ee\'ea", "Срок"),
        (161, r"\'c5\'e3\'e3\'fd\'e7\'f3\'e7", "Εγγύηση"),
        (128, r"\'95\'db\'8f\'d8\'8a\'fa\'8a\'d4", "保証期間"),
        (134, r"\'b1\'a3\'d0\'de\'c6\'da", "保修期"),
        (136, r"\'ab\'4f\'ad\'d7", "保修"),
        (129, r"\'c8\'ad\'b9\'b0", "화물"),
        (130, r"\'d0\'65\'8b\'69", "한글"),
        (177, r"\'e0\'e7\'f8\'e9\'e5\'fa", "אחריות"),
        (178, r"\'d6\'e3\'c7\'e4", "ضمان"),
        (222, r"\'a1\'d2\'c3", "การ"),
        (238, r"\'a3\'f3d\'9f", "Łódź"),
        (162, r"\'fe\'f0", "şğ"),
        (186, r"\'f0\'e0", "šą"),
        (77, r"caf\'8e", "café"),
        (255, r"K\'81ndigung", "Kündigung"),
    ] {
        let source = format!(
            r"{{\rtf1\ansi\ansicpg1252\deff0{{\fonttbl{{\f0\fcharset0 A;}}{{\f1\fcharset{charset} B;}}}}\f1 {bytes}\f0  caf\'e9\par}}"
        );
        let read = read(Format::Rtf, source.as_bytes()).await.unwrap();
        assert_eq!(read.text, format!("{said} café"), "{charset}");
        assert!(read.warnings.is_empty(), "{charset}");
    }
}

#[tokio::test]
async fn hidden_text_is_read_if_asked() {
    let source = br"{\rtf1\ansi Shown. {\v Internal remark.}{\deleted old }End.\par}";
    let read = read(Format::Rtf, source).await.unwrap();
    assert_eq!(read.text, "Shown. End.");
    let codes: Vec<WarningCode> = read
        .warnings
        .as_slice()
        .iter()
        .map(|one| one.code)
        .collect();
    assert_eq!(
        codes,
        [WarningCode::HiddenContent, WarningCode::TrackedDeletions]
    );
    let options = Options {
        include_hidden: true,
        ..Options::default()
    };
    let all = extractor()
        .extract_with(Format::Rtf, source, options)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(all.text, "Shown. Internal remark.End.");
}
