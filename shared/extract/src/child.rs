//! The child's side: confine this process, read the file, answer, exit.

use std::{
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Mutex,
};

use dynrag_domain::{chunks::Extracted, documents::FailureCode};

use crate::{
    delimited, epub, html, json, language, mail, odt, office, pdf, pdf_fallback, plain,
    protocol::{self, CHILD_WORD, Engine, Header, Input, Order, Refusal},
    rtf, sandbox,
};

/// Where the last panic was. Its message may quote the document and is not kept.
static PANICKED_AT: Mutex<String> = Mutex::new(String::new());

/// Extracts and exits if this process was started to do so; otherwise returns at once.
///
/// Call it first in `main` of every binary that uses [`Extractor`](crate::Extractor), before an
/// async runtime or any thread is started: the sandbox confines the calling thread.
pub fn run_child_if_asked() {
    run_child_if_asked_with(|_| {});
}

/// [`run_child_if_asked`], with something to run on the file inside the sandbox first.
pub fn run_child_if_asked_with(before: fn(&[u8])) {
    let mut arguments = std::env::args_os().skip(1);
    if arguments.next().is_none_or(|word| word != CHILD_WORD) {
        return;
    }
    let order = arguments
        .next()
        .and_then(|order| serde_json::from_slice(order.as_encoded_bytes()).ok());
    let Some(order) = order else {
        std::process::exit(2);
    };
    let status = match answer(&order, before).and_then(|bytes| write_all(&bytes)) {
        Ok(()) => 0,
        Err(_) => 1,
    };
    // SAFETY: nothing of this process is of use to anybody; destructors of a reader that met a
    // hostile file are better not run.
    unsafe { libc::_exit(status) }
}

fn answer(order: &Order, before: fn(&[u8])) -> io::Result<Vec<u8>> {
    sandbox::take_over_descriptors()?;
    sandbox::die_with(order.parent)?;
    let input = protocol::split(sandbox::map_stdin()?)
        .ok_or_else(|| io::Error::other("stdin is not as agreed"))?;
    let library = match (order.engine, &order.pdfium_library) {
        (Engine::Pdfium, Some(path)) => match pdf::Library::load(path) {
            Ok(library) => Some(library),
            Err(error) => return header(&Header::Unavailable(error)),
        },
        (Engine::Pdfium, None) => {
            return header(&Header::Unavailable("no path to the library".to_owned()));
        }
        _ => None,
    };
    std::panic::set_hook(Box::new(|info| {
        if let (Some(location), Ok(mut at)) = (info.location(), PANICKED_AT.lock()) {
            *at = location.to_string();
        }
    }));
    if let Err(error) = sandbox::confine(order.memory_bytes, order.cpu_seconds) {
        return header(&Header::Unconfined(error.to_string()));
    }
    let read = catch_unwind(AssertUnwindSafe(|| {
        before(input.bytes);
        read(order.engine, library.as_ref(), &input)
    }));
    let extracted = match read {
        Ok(Ok(extracted)) => extracted,
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

/// Reads a file with one of the readers.
pub fn read(
    engine: Engine,
    library: Option<&pdf::Library>,
    input: &Input<'_>,
) -> Result<Extracted, Refusal> {
    let Input { password, bytes } = *input;
    let mut extracted = match (engine, library) {
        (Engine::Pdfium, Some(library)) => pdf::read(library, bytes, password)?,
        (Engine::Pdfium, None) => {
            return Err(Refusal::new(
                FailureCode::CorruptFile,
                "pdfium is not loaded",
            ));
        }
        (Engine::PdfExtract, _) => pdf_fallback::read(bytes, password)?,
        (Engine::Html, _) => html::read(bytes),
        (Engine::Markdown, _) => plain::markdown(bytes)?,
        (Engine::Plain, _) => plain::text(bytes)?,
        (Engine::Office, _) => office::read(bytes)?,
        (Engine::Odt, _) => odt::read(bytes)?,
        (Engine::Epub, _) => epub::read(bytes)?,
        (Engine::Rtf, _) => rtf::read(bytes)?,
        (Engine::Mail, _) => mail::read(bytes)?,
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
