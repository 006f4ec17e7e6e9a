//! Writes small PDFs, sound and otherwise.

/// A PDF under construction: objects numbered from 1 in the order they are added.
#[derive(Default)]
pub struct PdfFile {
    objects: Vec<Vec<u8>>,
}

impl PdfFile {
    /// Adds an object and returns its number.
    pub fn add(&mut self, body: impl Into<Vec<u8>>) -> usize {
        self.objects.push(body.into());
        self.objects.len()
    }

    /// Adds a stream object; `entries` go into its dictionary.
    pub fn stream(&mut self, entries: &str, data: &[u8]) -> usize {
        let mut body = format!("<< {entries} /Length {} >>\nstream\n", data.len()).into_bytes();
        body.extend_from_slice(data);
        body.extend_from_slice(b"\nendstream");
        self.add(body)
    }

    /// Header, objects, cross-reference table and trailer.
    pub fn bytes(&self, root: usize, trailer: &str) -> Vec<u8> {
        let mut file = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n".to_vec();
        let mut offsets = Vec::new();
        for (index, body) in self.objects.iter().enumerate() {
            offsets.push(file.len());
            file.extend_from_slice(format!("{} 0 obj\n", index + 1).as_bytes());
            file.extend_from_slice(body);
            file.extend_from_slice(b"\nendobj\n");
        }
        let table = file.len();
        let count = offsets.len() + 1;
        file.extend_from_slice(format!("xref\n0 {count}\n0000000000 65535 f \n").as_bytes());
        for offset in offsets {
            file.extend_from_slice(format!("{offset:010} 00000 n \n").as_bytes());
        }
        let end = format!(
            "trailer\n<< /Size {count} /Root {root} 0 R {trailer} >>\nstartxref\n{table}\n%%EOF\n"
        );
        file.extend_from_slice(end.as_bytes());
        file
    }
}

/// A document with one page per content stream. `/F1` is Helvetica, `/Im` a grey image.
pub fn document(contents: &[&str]) -> Vec<u8> {
    document_of("/Title (A small PDF)", "", contents)
}

/// The same, with these entries in its information dictionary and its catalog.
pub fn document_of(info: &str, catalog: &str, contents: &[&str]) -> Vec<u8> {
    let mut pdf = PdfFile::default();
    let font = pdf.add("<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>");
    let image = pdf.stream(
        "/Type /XObject /Subtype /Image /Width 1 /Height 1 /ColorSpace /DeviceGray /BitsPerComponent 8",
        b"\x80",
    );
    let tree = font + 2 + 2 * contents.len() + 1;
    let mut kids = String::new();
    let info = pdf.add(format!("<< {info} >>"));
    for content in contents {
        let stream = pdf.stream("", content.as_bytes());
        let page = pdf.add(format!(
            "<< /Type /Page /Parent {tree} 0 R /MediaBox [0 0 400 600] /Contents {stream} 0 R \
             /Resources << /Font << /F1 {font} 0 R >> /XObject << /Im {image} 0 R >> >> >>"
        ));
        kids.push_str(&format!("{page} 0 R "));
    }
    let pages = pdf.add(format!(
        "<< /Type /Pages /Kids [{kids}] /Count {} >>",
        contents.len()
    ));
    assert_eq!(pages, tree);
    let root = pdf.add(format!("<< /Type /Catalog /Pages {pages} 0 R {catalog} >>"));
    pdf.bytes(root, &format!("/Info {info} 0 R"))
}

/// A document of one page with Helvetica as `/F1`, these entries in the page and the catalog, and more objects: they
/// are numbered from 10.
pub fn page_with(content: &str, page: &str, catalog: &str, objects: &[&str]) -> Vec<u8> {
    let mut pdf = PdfFile::default();
    pdf.add("<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>");
    pdf.stream("", content.as_bytes());
    let resources = if page.contains("/Resources") {
        ""
    } else {
        "/Resources << /Font << /F1 1 0 R /F2 6 0 R >> >>"
    };
    pdf.add(format!(
        "<< /Type /Page /Parent 4 0 R /MediaBox [0 0 400 600] /Contents 2 0 R {resources} {page} >>"
    ));
    pdf.add("<< /Type /Pages /Kids [3 0 R] /Count 1 >>");
    let root = pdf.add(format!("<< /Type /Catalog /Pages 4 0 R {catalog} >>"));
    pdf.add(JAPANESE);
    while pdf.add("null") < 9 {}
    for object in objects {
        pdf.add(*object);
    }
    pdf.bytes(root, "")
}

/// A font that the file does not carry.
const JAPANESE: &str = "<< /Type /Font /Subtype /Type0 /BaseFont /HeiseiMin-W3 /Encoding /UniJIS-UCS2-H \
    /DescendantFonts [<< /Type /Font /Subtype /CIDFontType0 /BaseFont /HeiseiMin-W3 /DW 1000 \
    /CIDSystemInfo << /Registry (Adobe) /Ordering (Japan1) /Supplement 2 >> \
    /FontDescriptor << /Type /FontDescriptor /FontName /HeiseiMin-W3 /Flags 6 /Ascent 723 /Descent -241 \
    /CapHeight 709 /ItalicAngle 0 /StemV 69 /FontBBox [-123 -257 1001 910] >> >>] >>";

/// A content stream that shows lines of text.
pub fn lines(lines: &[&str]) -> String {
    let shown: String = lines
        .iter()
        .map(|line| format!("({line}) Tj T* "))
        .collect();
    format!("BT /F1 12 Tf 14 TL 30 500 Td {shown} ET")
}

/// A content stream that fills the page with an image.
pub const SCAN: &str = "q 400 0 0 600 0 0 cm /Im Do Q ";
