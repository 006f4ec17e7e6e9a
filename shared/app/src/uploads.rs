//! Presigned uploads: files that callers send directly to S3.

mod create;
mod take_in;

pub use create::{UploadForm, UploadMethod, UploadRequest, create};
