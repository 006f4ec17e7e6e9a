//! Objects in a bucket of S3.

use aws_sdk_s3::{Client, primitives::ByteStream, types::Delete, types::ObjectIdentifier};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use bytes::{Bytes, BytesMut};
use dynrag_domain::{Error, Kind, Result};

use crate::error;

/// A bucket. Keys come from `dynrag_domain::storage`, which makes them from parsed ids.
#[derive(Clone)]
pub struct Objects {
    client: Client,
    bucket: String,
}

impl Objects {
    pub(crate) fn new(client: Client, bucket: &str) -> Self {
        Self {
            client,
            bucket: bucket.to_owned(),
        }
    }

    /// Writes an object.
    ///
    /// # Errors
    /// `unavailable`.
    pub async fn put(&self, key: &str, content_type: &str, body: Bytes) -> Result<()> {
        self.client
            .put_object()
            .bucket(&self.bucket)
            .key(key)
            .content_type(content_type)
            .body(ByteStream::from(body))
            .send()
            .await
            .map(drop)
            .map_err(|e| error::call("s3:PutObject", &e))
    }

    /// Reads an object of at most `limit` bytes. None when there is none.
    ///
    /// # Errors
    /// `file_too_large` beyond the limit, by what arrives and not by what is announced; `unavailable`.
    pub async fn get(&self, key: &str, limit: u64) -> Result<Option<Bytes>> {
        let answer = match self
            .client
            .get_object()
            .bucket(&self.bucket)
            .key(key)
            .send()
            .await
        {
            Ok(answer) => answer,
            Err(e) if e.code() == Some("NoSuchKey") => return Ok(None),
            Err(e) => return Err(error::call("s3:GetObject", &e)),
        };
        let announced = u64::try_from(answer.content_length().unwrap_or(0)).unwrap_or(0);
        let too_large = || {
            Error::new(
                Kind::TooLarge,
                "file_too_large",
                format!("The file is larger than {limit} bytes."),
            )
        };
        if announced > limit {
            return Err(too_large());
        }
        let mut body = answer.body;
        let mut bytes = BytesMut::with_capacity(usize::try_from(announced).unwrap_or(0));
        while let Some(part) = body.next().await {
            let part = part.map_err(|e| Error::unavailable(format!("s3:GetObject: {e}")))?;
            if bytes.len() as u64 + part.len() as u64 > limit {
                return Err(too_large());
            }
            bytes.extend_from_slice(&part);
        }
        Ok(Some(bytes.freeze()))
    }

    /// The size of an object in bytes. None when there is none.
    ///
    /// # Errors
    /// `unavailable`.
    pub async fn size(&self, key: &str) -> Result<Option<i64>> {
        match self
            .client
            .head_object()
            .bucket(&self.bucket)
            .key(key)
            .send()
            .await
        {
            Ok(answer) => Ok(Some(answer.content_length().unwrap_or(0))),
            Err(e) if e.as_service_error().is_some_and(|s| s.is_not_found()) => Ok(None),
            Err(e) => Err(error::call("s3:HeadObject", &e)),
        }
    }

    /// Copies an object within the bucket. False when there is none.
    ///
    /// # Errors
    /// `unavailable`.
    pub async fn copy(&self, from: &str, to: &str) -> Result<bool> {
        let answer = self
            .client
            .copy_object()
            .bucket(&self.bucket)
            // Keys are made of UUIDs, slashes and fixed words: nothing in them needs URL encoding.
            .copy_source(format!("{}/{from}", self.bucket))
            .key(to)
            .send()
            .await;
        match answer {
            Ok(_) => Ok(true),
            Err(e) if e.code() == Some("NoSuchKey") => Ok(false),
            Err(e) => Err(error::call("s3:CopyObject", &e)),
        }
    }

    /// Deletes an object; one that is not there is deleted already.
    ///
    /// # Errors
    /// `unavailable`.
    pub async fn delete(&self, key: &str) -> Result<()> {
        self.client
            .delete_object()
            .bucket(&self.bucket)
            .key(key)
            .send()
            .await
            .map(drop)
            .map_err(|e| error::call("s3:DeleteObject", &e))
    }

    /// Deletes all objects under a prefix.
    ///
    /// # Errors
    /// `unavailable`; some may be gone already, and doing it again is harmless.
    pub async fn delete_prefix(&self, prefix: &str) -> Result<()> {
        let mut pages = self
            .client
            .list_objects_v2()
            .bucket(&self.bucket)
            .prefix(prefix)
            .into_paginator()
            .send();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|e| error::call("s3:ListObjectsV2", &e))?;
            let objects = page
                .contents()
                .iter()
                .filter_map(|object| object.key())
                .map(|key| {
                    ObjectIdentifier::builder()
                        .key(key)
                        .build()
                        .map_err(Error::internal_fault)
                })
                .collect::<Result<Vec<_>>>()?;
            if objects.is_empty() {
                continue;
            }
            let delete = Delete::builder()
                .set_objects(Some(objects))
                .quiet(true)
                .build()
                .map_err(Error::internal_fault)?;
            let answer = self
                .client
                .delete_objects()
                .bucket(&self.bucket)
                .delete(delete)
                .send()
                .await
                .map_err(|e| error::call("s3:DeleteObjects", &e))?;
            if let Some(failed) = answer.errors().first() {
                return Err(Error::unavailable(format!("s3:DeleteObjects: {failed:?}")));
            }
        }
        Ok(())
    }
}
