//! Objects in a bucket of S3.

use std::{collections::BTreeMap, time::Duration};

use aws_sdk_s3::{
    Client,
    presigning::PresigningConfig,
    primitives::ByteStream,
    types::{CompletedMultipartUpload, CompletedPart, Delete, ObjectIdentifier},
};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use bytes::{Bytes, BytesMut};
use chrono::{DateTime, Utc};
use dynrag_domain::{Error, Kind, Result};

use crate::{disposition, error};

/// An object that is read piece by piece.
pub struct Reader {
    body: ByteStream,
}

impl Reader {
    /// The next piece; none at the end.
    ///
    /// # Errors
    /// `unavailable`.
    pub async fn next(&mut self) -> Result<Option<Bytes>> {
        self.body
            .next()
            .await
            .transpose()
            .map_err(|e| Error::unavailable(format!("s3:GetObject: {e}")))
    }
}

/// A multipart upload. The object exists once it is finished; unfinished uploads are removed by a lifecycle rule
/// of the bucket.
pub struct Writer {
    objects: Objects,
    key: String,
    upload_id: String,
    parts: Vec<CompletedPart>,
}

impl Writer {
    /// Bytes that every part but the last must have at least.
    pub const PART: usize = 5 * 1024 * 1024;

    /// Writes a part.
    ///
    /// # Errors
    /// `unavailable`.
    pub async fn write(&mut self, part: Bytes) -> Result<()> {
        let number = i32::try_from(self.parts.len() + 1).map_err(Error::internal_fault)?;
        let answer = self
            .objects
            .client
            .upload_part()
            .bucket(&self.objects.bucket)
            .key(&self.key)
            .upload_id(&self.upload_id)
            .part_number(number)
            .body(ByteStream::from(part))
            .send()
            .await
            .map_err(|e| error::call("s3:UploadPart", &e))?;
        self.parts.push(
            CompletedPart::builder()
                .part_number(number)
                .set_e_tag(answer.e_tag)
                .build(),
        );
        Ok(())
    }

    /// Makes the object out of its parts.
    ///
    /// # Errors
    /// `unavailable`.
    pub async fn finish(self) -> Result<()> {
        let parts = CompletedMultipartUpload::builder()
            .set_parts(Some(self.parts))
            .build();
        self.objects
            .client
            .complete_multipart_upload()
            .bucket(&self.objects.bucket)
            .key(&self.key)
            .upload_id(&self.upload_id)
            .multipart_upload(parts)
            .send()
            .await
            .map(drop)
            .map_err(|e| error::call("s3:CompleteMultipartUpload", &e))
    }
}

/// A presigned request with one file as its body.
#[derive(Clone, Debug)]
pub struct PresignedPut {
    /// The URL.
    pub url: String,
    /// Headers to send exactly as given.
    pub headers: BTreeMap<String, String>,
    /// Until when.
    pub expires_at: DateTime<Utc>,
}

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

    /// Checks that the bucket exists and responds.
    ///
    /// # Errors
    /// `unavailable`; `internal_error` if it does not exist, or is not accessible to this function.
    pub async fn ping(&self) -> Result<()> {
        self.client
            .get_bucket_location()
            .bucket(&self.bucket)
            .send()
            .await
            .map(drop)
            .map_err(|e| error::call("s3:GetBucketLocation", &e))
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

    /// Reads an object of at most `limit` bytes. `None` if it does not exist.
    ///
    /// # Errors
    /// `file_too_large` beyond the limit, by the bytes received and not by the announced size; `unavailable`.
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

    /// Reads a range of an object. `None` if it does not exist.
    ///
    /// # Errors
    /// `unavailable`.
    pub async fn get_range(&self, key: &str, offset: u64, bytes: u64) -> Result<Option<Bytes>> {
        if bytes == 0 {
            return Ok(Some(Bytes::new()));
        }
        let answer = self
            .client
            .get_object()
            .bucket(&self.bucket)
            .key(key)
            .range(format!("bytes={offset}-{}", offset + bytes - 1))
            .send()
            .await;
        let answer = match answer {
            Ok(answer) => answer,
            Err(e) if e.code() == Some("NoSuchKey") => return Ok(None),
            Err(e) => return Err(error::call("s3:GetObject", &e)),
        };
        let body = answer.body.collect().await;
        let body = body.map_err(|e| Error::unavailable(format!("s3:GetObject: {e}")))?;
        let body = body.into_bytes();
        if body.len() as u64 == bytes {
            Ok(Some(body))
        } else {
            Err(Error::unavailable(format!(
                "s3:GetObject: {} of {bytes} bytes",
                body.len()
            )))
        }
    }

    /// Reads an object as a stream. `None` if it does not exist.
    ///
    /// # Errors
    /// `unavailable`.
    pub async fn open(&self, key: &str) -> Result<Option<Reader>> {
        let answer = self
            .client
            .get_object()
            .bucket(&self.bucket)
            .key(key)
            .send()
            .await;
        match answer {
            Ok(answer) => Ok(Some(Reader { body: answer.body })),
            Err(e) if e.code() == Some("NoSuchKey") => Ok(None),
            Err(e) => Err(error::call("s3:GetObject", &e)),
        }
    }

    /// Begins an object that is written part by part.
    ///
    /// # Errors
    /// `unavailable`.
    pub async fn create(&self, key: &str, content_type: &str) -> Result<Writer> {
        let answer = self
            .client
            .create_multipart_upload()
            .bucket(&self.bucket)
            .key(key)
            .content_type(content_type)
            .send()
            .await
            .map_err(|e| error::call("s3:CreateMultipartUpload", &e))?;
        Ok(Writer {
            objects: self.clone(),
            key: key.to_owned(),
            upload_id: answer.upload_id.unwrap_or_default(),
            parts: Vec::new(),
        })
    }

    /// A URL by which anyone may read an object for a while. Browsers save it under this name, whatever its
    /// content.
    ///
    /// # Errors
    /// `internal_error` without credentials.
    pub async fn presign_get(
        &self,
        key: &str,
        file_name: &str,
        expires: Duration,
    ) -> Result<String> {
        let config = PresigningConfig::expires_in(expires).map_err(Error::internal_fault)?;
        self.client
            .get_object()
            .bucket(&self.bucket)
            .key(key)
            .response_content_disposition(disposition::attachment(file_name))
            .presigned(config)
            .await
            .map(|request| request.uri().to_owned())
            .map_err(|e| error::call("s3:GetObject (presigning)", &e))
    }

    /// A URL by which anyone may write one object of this type and size for a while, and the headers to send with
    /// it: both are part of the signature.
    ///
    /// # Errors
    /// `internal_error` without credentials.
    pub async fn presign_put(
        &self,
        key: &str,
        content_type: &str,
        bytes: u64,
        expires: Duration,
    ) -> Result<PresignedPut> {
        let expires_at = Utc::now() + expires;
        let config = PresigningConfig::expires_in(expires).map_err(Error::internal_fault)?;
        let request = self
            .client
            .put_object()
            .bucket(&self.bucket)
            .key(key)
            .content_type(content_type)
            .content_length(i64::try_from(bytes).map_err(Error::internal_fault)?)
            .presigned(config)
            .await
            .map_err(|e| error::call("s3:PutObject (presigning)", &e))?;
        let headers = request.headers();
        Ok(PresignedPut {
            url: request.uri().to_owned(),
            headers: headers.map(|(n, v)| (n.to_owned(), v.to_owned())).collect(),
            expires_at,
        })
    }

    /// The size of an object in bytes. `None` if it does not exist.
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

    /// Copies an object within the bucket. False if it does not exist.
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

    /// Deletes an object; a nonexistent object is not an error.
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
    /// `unavailable`; some may have been deleted already, and repeating the call is harmless.
    pub async fn delete_prefix(&self, prefix: &str) -> Result<()> {
        self.delete_all(prefix, |_| true).await
    }

    /// Deletes all objects under a prefix except those under another one.
    ///
    /// # Errors
    /// As [`delete_prefix`](Self::delete_prefix).
    pub async fn delete_prefix_but(&self, prefix: &str, kept: &str) -> Result<()> {
        self.delete_all(prefix, |key| !key.starts_with(kept)).await
    }

    async fn delete_all(&self, prefix: &str, goes: impl Fn(&str) -> bool) -> Result<()> {
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
                .filter(|key| goes(key))
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

#[cfg(test)]
mod tests {
    use aws_sdk_s3::config::{BehaviorVersion, Credentials, Region};

    use super::*;

    #[tokio::test]
    async fn a_presigned_put_binds_key_type_and_size() {
        let config = aws_sdk_s3::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("eu-west-1"))
            .credentials_provider(Credentials::new(
                "AK",
                "SK",
                Some("ST".into()),
                None,
                "test",
            ))
            .build();
        let objects = Objects::new(Client::from_conf(config), "documents");
        let hour = Duration::from_secs(3600);
        let put = objects
            .presign_put("uploads/c/d", "application/pdf", 1234, hour)
            .await
            .unwrap();
        let (path, query) = put.url.split_once('?').unwrap();
        assert_eq!(
            path,
            "https://documents.s3.eu-west-1.amazonaws.com/uploads/c/d"
        );
        let signed = "X-Amz-SignedHeaders=content-length%3Bcontent-type%3Bhost";
        assert!(query.split('&').any(|pair| pair == signed), "{query}");
        assert!(
            query.split('&').any(|pair| pair == "X-Amz-Expires=3600"),
            "{query}"
        );
        let headers: Vec<_> = put.headers.iter().map(|(n, v)| (&**n, &**v)).collect();
        let expected = [
            ("content-length", "1234"),
            ("content-type", "application/pdf"),
        ];
        assert_eq!(headers, expected);
    }
}
