//! The caller's handle on its fork server: starts it when it is first needed, and again when it is gone.

use std::{
    io::{self, Write},
    os::{
        fd::{AsFd, AsRawFd, OwnedFd},
        unix::net::UnixStream,
    },
    path::{Path, PathBuf},
    process::Stdio,
    sync::{Mutex, PoisonError},
};

use sendfd::SendWithFd;
use tokio::{
    net::unix::pipe,
    process::{Child, Command},
};

use crate::protocol::{Order, SERVER_WORD, Setup};

/// A reader that was asked for. Dropping it kills the reader.
pub struct Reading {
    /// What it writes.
    pub answer: pipe::Receiver,
    /// Where the server tells how it ended. Nothing comes if the server itself is gone.
    pub report: pipe::Receiver,
}

/// Starts readers.
#[derive(Debug)]
pub struct Readers {
    program: PathBuf,
    setup: Setup,
    server: Mutex<Option<Server>>,
}

/// A running server. Dropping it ends it and its readers.
#[derive(Debug)]
struct Server {
    orders: UnixStream,
    /// Kept to be waited for by the runtime when it has ended.
    _process: Child,
}

impl Readers {
    /// Readers that are forks of `program`, which must call [`serve_if_asked`](crate::serve_if_asked).
    pub fn new(program: PathBuf, pdfium_library: Option<PathBuf>) -> Self {
        Self {
            program,
            setup: Setup { pdfium_library },
            server: Mutex::new(None),
        }
    }

    /// Where pdfium is.
    pub fn pdfium_library(&self) -> Option<&Path> {
        self.setup.pdfium_library.as_deref()
    }

    /// Process id of the server, once it was started.
    pub fn server_id(&self) -> Option<u32> {
        let server = self.server.lock().unwrap_or_else(PoisonError::into_inner);
        server.as_ref().and_then(|server| server._process.id())
    }

    /// Has a reader started on a document. It is killed with the server, with this process, and when what is
    /// returned is dropped.
    ///
    /// # Errors
    /// The system's, if no server could be started.
    pub fn start(&self, order: &Order, document: impl AsFd) -> io::Result<Reading> {
        let (answer, answers) = io::pipe()?;
        let (report, reports) = io::pipe()?;
        let mut bytes = Vec::new();
        serde_json::to_writer(&mut bytes, order)?;
        bytes.flush()?;
        let descriptors = [
            document.as_fd().as_raw_fd(),
            answers.as_raw_fd(),
            reports.as_raw_fd(),
        ];
        let mut server = self.server.lock().unwrap_or_else(PoisonError::into_inner);
        let sent = match &*server {
            Some(running) => running.orders.send_with_fd(&bytes, &descriptors).is_ok(),
            None => false,
        };
        if !sent {
            // An old one that no longer listens is ended by being replaced.
            let fresh = self.start_server()?;
            fresh.orders.send_with_fd(&bytes, &descriptors)?;
            *server = Some(fresh);
        }
        Ok(Reading {
            answer: pipe::Receiver::from_owned_fd(answer.into())?,
            report: pipe::Receiver::from_owned_fd(report.into())?,
        })
    }

    fn start_server(&self) -> io::Result<Server> {
        let (orders, theirs) = UnixStream::pair()?;
        // No `pre_exec`: with one the standard library forks, which copies this process's page
        // tables, where it can spawn.
        let process = Command::new(&self.program)
            .arg0("dynrag-extract-server")
            .arg(SERVER_WORD)
            .arg(serde_json::to_string(&self.setup)?)
            .env_clear()
            .stdin(Stdio::from(OwnedFd::from(theirs)))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()?;
        Ok(Server {
            orders,
            _process: process,
        })
    }
}
