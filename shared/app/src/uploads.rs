//! Presigned uploads: files that callers send directly to S3.

mod accept;
mod create;

pub use accept::accept;
pub(crate) use create::format;
pub use create::{UploadForm, UploadMethod, UploadRequest, create};
