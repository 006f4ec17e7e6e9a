//! The reader's side: confine this process, read the file, answer.

use std::{
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Mutex,
};

use dynrag_domain::{chunks::Extracted, documents::FailureCode};

use crate::{
    delimited, epub,
    fork_server::Tools,
    html, json, language, mail, odt, pdf, pdf_fallback, plain,
    protocol::{self, Engine, Header, Input, Order, ReadOptions, Refusal},
    rtf,
    sandbox::{self, Mapped},
    sheets, slides, word,
};

/// Room for the unused part of the document's last page, and for what precedes the document.
const PAGES: u64 = 2 * 4096;

/// Location of the last panic. Its message may quote the document and is not kept.
static PANICKED_AT: Mutex<String> = Mutex::new(String::new());

/// Runs a process that was forked to read one file: its document is at 0, its answer goes to
/// [`sandbox::ANSWER_FD`], and nothing else is open.
pub fn answer(order: &Order, tools: &Tools, mapped: Result<Mapped, &String>) -> io::Result<()> {
    write_all(&answer_bytes(order, tools, mapped)?)
}

/// Result of reading.
enum Product {
    Text(Extracted),
    Files(Vec<mail::Attachment>),
}

fn answer_bytes(
    order: &Order,
    tools: &Tools,
    mapped: Result<Mapped, &String>,
) -> io::Result<Vec<u8>> {
    let input = protocol::split(sandbox::map_document()?)
        .ok_or_else(|| io::Error::other("the document is not as agreed"))?;
    let library = match (order.engine, &tools.library) {
        (Engine::Pdfium, Err(error)) => return header(&Header::Unavailable(error.clone())),
        (_, library) => library.as_ref().ok(),
    };
    let mut mapped = match mapped {
        Ok(mapped) => mapped,
        Err(error) => return header(&Header::Unconfined(error.clone())),
    };
    mapped.all += input.bytes.len() as u64 + PAGES;
    std::panic::set_hook(Box::new(|info| {
        if let (Some(location), Ok(mut at)) = (info.location(), PANICKED_AT.lock()) {
            *at = location.to_string();
        }
    }));
    if let Err(error) = sandbox::confine(mapped, order.memory_bytes, order.cpu_seconds) {
        return header(&Header::Unconfined(error.to_string()));
    }
    let read = catch_unwind(AssertUnwindSafe(|| {
        (tools.before)(input.bytes);
        match order.engine {
            Engine::Attachments => mail::attachments(input.bytes).map(Product::Files),
            engine => read(engine, library, &input, order.wanted).map(Product::Text),
        }
    }));
    let extracted = match read {
        Ok(Ok(Product::Text(extracted))) => extracted,
        Ok(Ok(Product::Files(files))) => {
            return protocol::encode_files(&files).map_err(io::Error::other);
        }
        Ok(Err(refusal)) => return header(&Header::Refused(refusal)),
        Err(_) => {
            let at = PANICKED_AT.lock().map(|at| at.clone()).unwrap_or_default();
            let detail = format!("{:?} panicked at {at}", order.engine);
            return header(&Header::Refused(Refusal::new(
                FailureCode::CorruptFile,
                detail,
            )));
        }
    };
    if extracted.text.len() as u64 > order.output_bytes {
        return header(&Header::Refused(Refusal::too_large(&extracted)));
    }
    protocol::encode(extracted).map_err(io::Error::other)
}

/// Reads two small built-in files, so that forks of this process inherit everything initialized on first use:
/// tables, the model, the processor's features, the library's symbols.
pub fn warm_up(library: Option<&pdf::Library>) {
    let page: &[u8] = include_bytes!("warm_up.html");
    let pdf: &[u8] = include_bytes!("warm_up.pdf");
    let samples = [
        (Engine::Html, page),
        (Engine::Markdown, page),
        (Engine::Pdfium, pdf),
        (Engine::PdfExtract, pdf),
    ];
    for (engine, bytes) in samples {
        let input = Input {
            password: None,
            bytes,
        };
        // Errors do not matter: a reader that needs something missing will report it.
        drop(catch_unwind(AssertUnwindSafe(|| {
            read(engine, library, &input, ReadOptions::default())
        })));
    }
}

/// Reads a file with one of the readers.
pub fn read(
    engine: Engine,
    library: Option<&pdf::Library>,
    input: &Input<'_>,
    wanted: ReadOptions,
) -> Result<Extracted, Refusal> {
    let include_hidden = wanted.include_hidden;
    let Input { password, bytes } = *input;
    let mut extracted = match (engine, library) {
        (Engine::Pdfium, Some(library)) => pdf::read(library, bytes, password, wanted)?,
        (Engine::Pdfium, None) => {
            return Err(Refusal::new(
                FailureCode::CorruptFile,
                "pdfium is not loaded",
            ));
        }
        (Engine::PdfExtract, _) => pdf_fallback::read(bytes, password)?,
        (Engine::Html, _) => html::read_with(bytes, include_hidden),
        (Engine::Markdown, _) => plain::markdown(bytes),
        (Engine::Plain, _) => plain::text(bytes),
        (Engine::Word, _) => word::read(bytes, include_hidden)?,
        (Engine::Slides, _) => slides::read(bytes, include_hidden)?,
        (Engine::Sheets, _) => sheets::read(bytes, include_hidden)?,
        (Engine::Odt, _) => odt::read(bytes, include_hidden)?,
        (Engine::Epub, _) => epub::read(bytes, include_hidden)?,
        (Engine::Rtf, _) => rtf::read(bytes, include_hidden)?,
        (Engine::Mail | Engine::Attachments, _) => mail::read(bytes)?,
        (Engine::Delimited, _) => delimited::read(bytes)?,
        (Engine::Json, _) => json::read(bytes)?,
    };
    if extracted.text.is_empty() {
        return Err(Refusal::new(FailureCode::EmptyDocument, "no text"));
    }
    language::settle(&mut extracted);
    Ok(extracted)
}

fn header(header: &Header) -> io::Result<Vec<u8>> {
    let mut bytes = serde_json::to_vec(header).map_err(io::Error::other)?;
    bytes.push(b'\n');
    Ok(bytes)
}

fn write_all(mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        // SAFETY: the pointer and the length are of the same slice.
        let written =
            unsafe { libc::write(sandbox::ANSWER_FD, bytes.as_ptr().cast(), bytes.len()) };
        match usize::try_from(written) {
            Ok(written) => bytes = &bytes[written..],
            Err(_) => {
                let error = io::Error::last_os_error();
                if error.kind() != io::ErrorKind::Interrupted {
                    return Err(error);
                }
            }
        }
    }
    Ok(())
}
