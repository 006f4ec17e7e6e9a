//! Titles for documents that the caller gave none.

use crate::documents::MAX_TITLE;

/// Placeholder titles that programs write by default, in lower case. Numbers after them are ignored.
const PLACEHOLDERS: &[&str] = &[
    "untitled",
    "untitled document",
    "untitled presentation",
    "untitled spreadsheet",
    "no title",
    "title",
    "document",
    "document title",
    "new document",
    "new page",
    "slide",
    "presentation",
    "powerpoint presentation",
    "book",
    "workbook",
    "sheet",
    "default",
    "none",
    "null",
    "undefined",
    "anonymous",
    "no subject",
    "re",
    "fw",
    "fwd",
    "unbenannt",
    "unbenanntes dokument",
    "ohne titel",
    "kein titel",
    "kein betreff",
    "ohne betreff",
    "dokument",
    "präsentation",
    "powerpoint-präsentation",
    "mappe",
    "tabelle",
    "folie",
    "sans titre",
    "sans nom",
    "sans objet",
    "présentation powerpoint",
    "présentation",
    "classeur",
    "sin título",
    "sin asunto",
    "presentación de powerpoint",
    "presentación",
    "senza titolo",
    "presentazione standard di powerpoint",
    "zonder titel",
    "naamloos",
    "sem título",
    "bez tytułu",
    "无标题",
    "未命名",
    "無題",
];

/// Prefixes that programs put before a file name when they print it.
const PRINTED_BY: &[&str] = &[
    "microsoft word",
    "microsoft powerpoint",
    "microsoft excel",
    "microsoft publisher",
    "microsoft visio",
    "powerpoint",
    "file://",
    "http://",
    "https://",
    "about:blank",
];

/// Extensions that mark a title as a file name.
const ENDINGS: &[&str] = &[
    "pdf", "doc", "docx", "docm", "dot", "dotx", "rtf", "odt", "odp", "ods", "ppt", "pptx", "pps",
    "ppsx", "xls", "xlsx", "xlsm", "csv", "txt", "md", "htm", "html", "xml", "eml", "epub", "tex",
    "dvi", "ps", "eps", "indd", "qxd", "qxp", "pmd", "p65", "pub", "vsd", "vsdx", "ai", "cdr",
    "dwg", "tif", "tiff", "jpg", "jpeg", "png", "tmp",
];

/// Returns a file's own title unless it is meaningless: no letters, a placeholder such as `Untitled` or `Document1`, a
/// file name or path, or a hexadecimal number.
pub fn own_title(title: &str, file_name: Option<&str>) -> Option<String> {
    let visible: String = title.chars().filter(|c| !c.is_control()).collect();
    let title: String = visible.trim().chars().take(MAX_TITLE).collect();
    let title = title.trim_end();
    let small = title.to_lowercase();
    let says_nothing = !title.chars().any(char::is_alphabetic)
        || file_name.is_some_and(|name| name.to_lowercase() == small)
        || is_placeholder(&small)
        || is_file_name(&small)
        || is_hexadecimal(&small);
    (!says_nothing).then(|| title.to_owned())
}

fn is_placeholder(small: &str) -> bool {
    let edge = |c: char| c.is_numeric() || c.is_whitespace() || c.is_ascii_punctuation();
    let core = small.trim_matches(edge);
    PLACEHOLDERS.contains(&core)
}

fn is_file_name(small: &str) -> bool {
    if PRINTED_BY.iter().any(|program| {
        small.strip_prefix(program).is_some_and(|rest| {
            let rest = rest.trim_start();
            program.contains(':') || rest.is_empty() || rest.starts_with(['-', '–'])
        })
    }) {
        return true;
    }
    let path = small.contains('\\') || small.starts_with('/');
    let ending = small.rsplit_once('.').map(|(_, ending)| ending);
    path || ending.is_some_and(|ending| ENDINGS.contains(&ending))
}

/// Whether a text is an id or checksum: sixteen or more hexadecimal digits, with or without hyphens.
fn is_hexadecimal(small: &str) -> bool {
    let digits = small.bytes().filter(u8::is_ascii_hexdigit).count();
    digits >= 16 && small.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_meaningful_title_is_kept() {
        for (given, kept) in [
            ("Annual report 2026", "Annual report 2026"),
            ("  Refund policy \u{0}", "Refund policy"),
            ("Refund policy", "Refund policy"),
            ("2026", ""),
            ("Q3", "Q3"),
            ("Ärztliche Leitlinie", "Ärztliche Leitlinie"),
            ("年度报告", "年度报告"),
            ("Document management", "Document management"),
            ("Microsoft Word for lawyers", "Microsoft Word for lawyers"),
            ("Node.js", "Node.js"),
            ("Re: your invoice", "Re: your invoice"),
            ("Facade", "Facade"),
        ] {
            let own = own_title(given, Some("refund policy.pdf"));
            assert_eq!(own.unwrap_or_default(), kept, "{given}");
        }
        assert_eq!(own_title(&"é".repeat(600), None), Some("é".repeat(512)));
    }

    #[test]
    fn a_meaningless_title_is_dropped() {
        for nothing in [
            "",
            "   ",
            "-- 12 --",
            "Untitled",
            "untitled 3",
            "(Untitled)",
            "Untitled-1",
            "Document1",
            "Dokument 2",
            "PowerPoint Presentation",
            "PowerPoint-Präsentation",
            "Sans titre",
            "(no subject)",
            "Re:",
            "Microsoft Word - Vertrag_final (2).docx",
            "Microsoft PowerPoint - Folien",
            "Scan.PDF",
            "scan 12.pdf",
            "C:\\Users\\me\\x",
            "/home/me/x",
            "file:///C:/x",
            "https://intranet.example/print?id=7",
            "about:blank",
            "4f6a9c0e12b34d56",
            "01936f6e-3c00-7000-8000-00000000000d",
            "NOTES",
        ] {
            assert_eq!(own_title(nothing, Some("notes")), None, "{nothing}");
        }
    }
}
