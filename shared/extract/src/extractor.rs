//! The caller's side: have a reader started, hold it to its time, judge what became of it.

use std::{
    io,
    os::unix::process::ExitStatusExt,
    panic::{AssertUnwindSafe, catch_unwind},
    path::PathBuf,
    process::ExitStatus,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use dynrag_domain::{
    Error, Result,
    chunks::Extracted,
    documents::{FailureCode, Format},
};
use secrecy::{ExposeSecret, SecretString};
use tokio::{io::AsyncReadExt, net::unix::pipe};

use crate::{
    detect,
    mail::Attachment,
    protocol::{
        self, Answer, EXIT_MEMORY, Ended, Engine, Input, MAX_HEADER, Order, ReadOptions, Refusal,
    },
    reader,
    readers::{self, Readers, RunningReader},
};

/// Limits for reading one file.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes the reader may allocate.
    pub memory_bytes: u64,
    /// Seconds of CPU time.
    pub cpu_seconds: u64,
    /// Time from start to answer, all readers together.
    pub wall: Duration,
    /// Bytes of text.
    pub output_bytes: u64,
}

impl Default for Limits {
    /// For a function of 2 GiB: a 50 MB upload is held once by the caller and once for the reader.
    fn default() -> Self {
        Self {
            memory_bytes: 768 * 1024 * 1024,
            cpu_seconds: 60,
            wall: Duration::from_secs(90),
            output_bytes: 32 * 1024 * 1024,
        }
    }
}

/// The largest pages take a second or two; what takes longer is an attack.
const HTML_CPU_SECONDS: u64 = 15;
/// Plain text up to this size is decoded by the caller itself, which takes less than starting a reader.
const MAX_IN_PLACE: usize = 1024 * 1024;

/// The file could not be turned into text, and trying again would not help.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Failure {
    /// The stable reason.
    pub code: FailureCode,
    /// For the log; never text of the document.
    pub detail: String,
}

impl Failure {
    fn new(code: FailureCode, detail: impl Into<String>) -> Self {
        Self {
            code,
            detail: detail.into(),
        }
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::new(refusal.code, refusal.detail)
    }
}

/// Options of the reader, apart from the format.
#[derive(Clone, Copy, Default)]
pub struct Options<'a> {
    /// User or owner password of a locked PDF; other formats ignore it. At most 1024 bytes without NUL: a longer one
    /// counts as missing.
    pub password: Option<&'a SecretString>,
    /// Whether hidden content is read too: sheets, rows, columns, slides, text.
    pub include_hidden: bool,
    /// Most pages of a PDF. One with more ends as `too_many_pages` before any is read; callers count the pages of other
    /// formats.
    pub max_pages: Option<u32>,
}

/// The document to read, and the deadline.
#[derive(Clone, Copy)]
struct Source<'a> {
    bytes: &'a [u8],
    options: Options<'a>,
    deadline: Instant,
}

/// Extracts files, each in a separate process. Clones share the fork server.
#[derive(Clone, Debug)]
pub struct Extractor {
    readers: Arc<Readers>,
    /// Microseconds of CPU time that servers have told of.
    cpu: Arc<AtomicU64>,
    limits: Limits,
}

impl Extractor {
    /// An extractor that starts `program`, which must call [`serve_if_asked`](crate::serve_if_asked), with
    /// default limits. `pdfium_library` is `libpdfium.so`; without it PDFs are left to the weaker reader.
    pub fn new(program: PathBuf, pdfium_library: Option<PathBuf>) -> Self {
        Self {
            readers: Arc::new(Readers::new(program, pdfium_library)),
            cpu: Arc::default(),
            limits: Limits::default(),
        }
    }

    /// An extractor that starts the running binary again.
    pub fn this_binary(pdfium_library: Option<PathBuf>) -> Self {
        // Not `current_exe()`: this is the same file even after a deployment replaced it.
        Self::new(PathBuf::from("/proc/self/exe"), pdfium_library)
    }

    /// The same, with other limits.
    #[must_use]
    pub fn with_limits(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    /// CPU time of the readers so far, and of the process they were forked from. For the bench.
    #[doc(hidden)]
    pub fn cpu_time(&self) -> Duration {
        Duration::from_micros(self.cpu.load(Ordering::Relaxed))
    }

    /// The process that readers are forked from, once it was started. For the tests.
    #[doc(hidden)]
    pub fn server_id(&self) -> Option<u32> {
        self.readers.server_id()
    }

    /// Reads a file declared to be of format `declared`, without a password and without hidden content.
    ///
    /// # Errors
    /// As [`Self::extract_with`].
    pub async fn extract(
        &self,
        declared: Format,
        bytes: &[u8],
    ) -> Result<std::result::Result<Extracted, Failure>> {
        self.extract_with(declared, bytes, Options::default()).await
    }

    /// Reads a file declared to be of format `declared`. The detail of a `password_protected` failure says whether the
    /// password was missing or wrong.
    ///
    /// The inner error is about the file and final. Dropping the future kills the reader.
    ///
    /// # Errors
    /// `unavailable` or `internal` if a reader could not be started or confined: not the file's fault, and worth a
    /// retry.
    pub async fn extract_with(
        &self,
        declared: Format,
        bytes: &[u8],
        options: Options<'_>,
    ) -> Result<std::result::Result<Extracted, Failure>> {
        if bytes.iter().all(u8::is_ascii_whitespace) {
            return Ok(Err(Failure::new(FailureCode::EmptyDocument, "no bytes")));
        }
        let found = detect(bytes, Some(declared), None);
        // A format with a signature must match the declaration. Text may be any declared kind of text: text that looks
        // like a web page or like RTF may be about them.
        let agrees = if declared.has_signature() {
            found == Some(declared)
        } else {
            found.is_some_and(|found| !found.has_signature() || found == Format::Rtf)
        };
        if !agrees {
            let detail = format!("declared {declared:?}, found {found:?}");
            return Ok(Err(Failure::new(FailureCode::UnsupportedType, detail)));
        }
        let file = Source {
            bytes,
            options,
            deadline: Instant::now() + self.limits.wall,
        };
        let engine = match declared {
            Format::Pdf => return self.pdf(file).await,
            Format::Html => Engine::Html,
            Format::Md => Engine::Markdown,
            Format::Txt => {
                if bytes.len() <= MAX_IN_PLACE
                    && let Some(read) = self.in_place(bytes)
                {
                    return Ok(read);
                }
                Engine::Plain
            }
            Format::Docx => Engine::Word,
            Format::Pptx => Engine::Slides,
            Format::Xlsx => Engine::Sheets,
            Format::Odt => Engine::Odt,
            Format::Epub => Engine::Epub,
            Format::Rtf => Engine::Rtf,
            Format::Eml => Engine::Mail,
            Format::Csv => Engine::Delimited,
            Format::Json => Engine::Json,
        };
        let options = Options {
            password: None,
            ..options
        };
        self.only(engine, Source { options, ..file }).await
    }

    /// Plain text, which needs no parsing: it is decoded and normalized. `None`: that panicked, and a reader in a
    /// separate process should do it.
    fn in_place(&self, bytes: &[u8]) -> Option<std::result::Result<Extracted, Failure>> {
        let input = Input {
            password: None,
            bytes,
        };
        let read = || reader::read(Engine::Plain, None, &input, ReadOptions::default());
        let read = catch_unwind(AssertUnwindSafe(read)).ok()?;
        Some(match read {
            Ok(extracted) if extracted.text.len() as u64 > self.limits.output_bytes => {
                Err(Refusal::too_large(&extracted).into())
            }
            Ok(extracted) => Ok(extracted),
            Err(refusal) => Err(refusal.into()),
        })
    }

    /// One reader, whose result is final. Public for the bench.
    #[doc(hidden)]
    pub async fn pdf_extract_alone(
        &self,
        bytes: &[u8],
    ) -> Result<std::result::Result<Extracted, Failure>> {
        let file = Source {
            bytes,
            options: Options::default(),
            deadline: Instant::now() + self.limits.wall,
        };
        self.only(Engine::PdfExtract, file).await
    }

    /// The attachments of an email and of the emails forwarded in it, at most 50, in order.
    ///
    /// The inner error is about the email and final.
    ///
    /// # Errors
    /// As [`Self::extract_with`].
    pub async fn attachments(
        &self,
        mail: &[u8],
    ) -> Result<std::result::Result<Vec<Attachment>, Failure>> {
        let file = Source {
            bytes: mail,
            options: Options::default(),
            deadline: Instant::now() + self.limits.wall,
        };
        match self.run(Engine::Attachments, file).await? {
            Ok(Answer::Files(files)) => Ok(Ok(files)),
            Ok(Answer::Refused(refusal)) => Ok(Err(refusal.into())),
            Ok(answer) => Err(unexpected(answer)),
            Err(failure) => Ok(Err(failure)),
        }
    }

    async fn only(
        &self,
        engine: Engine,
        file: Source<'_>,
    ) -> Result<std::result::Result<Extracted, Failure>> {
        match self.run(engine, file).await? {
            Ok(Answer::Text(extracted)) => Ok(Ok(extracted)),
            Ok(Answer::Refused(refusal)) => Ok(Err(refusal.into())),
            Ok(answer) => Err(unexpected(answer)),
            Err(failure) => Ok(Err(failure)),
        }
    }

    /// pdfium first. The second reader has a separate process, since it crashes on files that pdfium can judge; its
    /// result only counts if it has text and pdfium has none.
    async fn pdf(&self, file: Source<'_>) -> Result<std::result::Result<Extracted, Failure>> {
        let first = if self.readers.pdfium_library().is_none() {
            None
        } else {
            match self.run(Engine::Pdfium, file).await? {
                Ok(Answer::Text(extracted)) => return Ok(Ok(extracted)),
                Ok(Answer::Refused(refusal)) if !refusal.doubtful => {
                    return Ok(Err(refusal.into()));
                }
                Ok(Answer::Refused(refusal)) => Some(refusal.into()),
                Ok(Answer::Unavailable(error)) => {
                    tracing::warn!(error, "pdfium cannot be loaded, using the second reader");
                    None
                }
                Ok(answer) => return Err(unexpected(answer)),
                Err(failure) => Some(failure),
            }
        };
        let Some(first) = first else {
            return self.only(Engine::PdfExtract, file).await;
        };
        if !matches!(
            first.code,
            FailureCode::ExtractionTimeout | FailureCode::ExtractionMemory
        ) && let Ok(Answer::Text(extracted)) = self.run(Engine::PdfExtract, file).await?
        {
            return Ok(Ok(extracted));
        }
        Ok(Err(first))
    }

    async fn run(
        &self,
        engine: Engine,
        file: Source<'_>,
    ) -> Result<std::result::Result<Answer, Failure>> {
        let unavailable = |error: io::Error| Error::unavailable(format!("extraction: {error}"));
        let order = Order {
            engine,
            memory_bytes: self.limits.memory_bytes,
            cpu_seconds: match engine {
                Engine::Html => self.limits.cpu_seconds.min(HTML_CPU_SECONDS),
                _ => self.limits.cpu_seconds,
            },
            output_bytes: match engine {
                // Together no larger than their email.
                Engine::Attachments => file.bytes.len() as u64,
                _ => self.limits.output_bytes,
            },
            wanted: ReadOptions {
                include_hidden: file.options.include_hidden,
                max_pages: file.options.max_pages,
            },
        };
        let password = file.options.password.map(ExposeSecret::expose_secret);
        let document = readers::document(password, file.bytes).map_err(unavailable)?;
        // Once more, since the server may have ended since it was last asked, and its readers with it.
        for again in [false, true] {
            let reading = self.readers.start(&order, &document).map_err(unavailable)?;
            let server = reading.server.clone();
            let mut started = false;
            let read = read(reading, order.output_bytes, &mut started);
            let read = tokio::time::timeout_at(file.deadline.into(), read).await;
            let read = match read {
                Ok(read) => read.map_err(unavailable)?,
                // Not the file's fault where the server did not even begin, or much of the time was lost.
                Err(_) if again || !started => Read::Gone,
                Err(_) => {
                    let detail = format!("{engine:?}: no answer in {:?}", self.limits.wall);
                    return Ok(Err(Failure::new(FailureCode::ExtractionTimeout, detail)));
                }
            };
            match read {
                Read::Ended(ended, answer) => {
                    let micros = u64::try_from(ended.cpu.as_micros()).unwrap_or(u64::MAX);
                    self.cpu.fetch_add(micros, Ordering::Relaxed);
                    let judged = judge(engine, ended, answer);
                    if is_suspicious(&judged) {
                        self.readers.leave(&server);
                    }
                    return Ok(judged);
                }
                Read::Endless => {
                    let detail = format!("{engine:?}: the answer does not end");
                    return Ok(Err(Failure::new(FailureCode::TextTooLarge, detail)));
                }
                Read::Gone => self.readers.leave(&server),
            }
        }
        Err(Error::unavailable("extraction: no reader could be started"))
    }
}

/// Waits for the end of a reader; `started` is set as soon as there is one.
async fn read(reading: RunningReader, output_bytes: u64, started: &mut bool) -> io::Result<Read> {
    let RunningReader {
        answer, mut report, ..
    } = reading;
    if !told(&mut report, &mut [0]).await? {
        return Ok(Read::Gone);
    }
    *started = true;
    // One byte more than allowed, to distinguish full from too much.
    let most = output_bytes + MAX_HEADER + 1;
    let mut bytes = Vec::new();
    answer.take(most).read_to_end(&mut bytes).await?;
    if bytes.len() as u64 == most {
        return Ok(Read::Endless);
    }
    let mut ended = [0; Ended::BYTES];
    Ok(if told(&mut report, &mut ended).await? {
        Read::Ended(Ended::from_bytes(ended), bytes)
    } else {
        Read::Gone
    })
}

/// The error for an answer that is not about the file.
fn unexpected(answer: Answer) -> Error {
    Error::internal_fault(match answer {
        Answer::Unavailable(detail) | Answer::Unconfined(detail) => format!("extraction: {detail}"),
        Answer::Text(_) | Answer::Files(_) | Answer::Refused(_) => {
            "extraction: an answer to another order".to_owned()
        }
    })
}

/// Whether the server reports something, or closes the pipe.
async fn told(report: &mut pipe::Receiver, word: &mut [u8]) -> io::Result<bool> {
    match report.read_exact(word).await {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}

/// Outcome of a reader.
enum Read {
    /// It ended by itself, having written this.
    Ended(Ended, Vec<u8>),
    /// It writes more than it may; it is killed.
    Endless,
    /// There was none, or its server ended and it with it.
    Gone,
}

/// Whether the server should not be used again: a reader crashed, which may be an attempt to take it over that the next
/// file could continue; or the server failed to load or set up something at its start.
fn is_suspicious(judged: &std::result::Result<Answer, Failure>) -> bool {
    match judged {
        Ok(Answer::Unavailable(_) | Answer::Unconfined(_)) => true,
        Ok(Answer::Text(_) | Answer::Files(_) | Answer::Refused(_)) => false,
        // A crash for lack of memory is only reported as the latter.
        Err(failure) => matches!(
            failure.code,
            FailureCode::ExtractionCrashed | FailureCode::ExtractionMemory
        ),
    }
}

/// Interprets the end of a reader and its answer.
fn judge(engine: Engine, ended: Ended, answer: Vec<u8>) -> std::result::Result<Answer, Failure> {
    let status = ExitStatus::from_raw(ended.status);
    let code = match (status.code(), status.signal()) {
        (Some(0), _) => {
            return protocol::decode(answer).map_err(|error| {
                let detail = format!("{engine:?}: {error}");
                Failure::new(FailureCode::ExtractionCrashed, detail)
            });
        }
        (Some(EXIT_MEMORY), _) => FailureCode::ExtractionMemory,
        (_, Some(libc::SIGXCPU)) => FailureCode::ExtractionTimeout,
        // Not by us: the kernel's, when the machine itself has no memory left.
        (_, Some(libc::SIGKILL)) => FailureCode::ExtractionMemory,
        _ => FailureCode::ExtractionCrashed,
    };
    Err(Failure::new(code, format!("{engine:?}: {status}")))
}
