//! Presigned uploads: files that go straight to S3.

mod create;
mod take_in;

pub use create::{UploadForm, UploadMethod, UploadRequest, create};
