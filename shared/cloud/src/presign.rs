//! Presigned POST: a form with which a browser or n8n uploads one file straight to S3.
//!
//! The policy binds key, type and size, so that the form cannot be used for anything else. The
//! SDK presigns requests but not forms; this is the signature of
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-authentication-HTTPPOST.html>.

use std::time::Duration;

use aws_credential_types::provider::ProvideCredentials;
use base64::{Engine, prelude::BASE64_STANDARD};
use chrono::{DateTime, Utc};
use dynrag_domain::{Error, Result};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Map, Value, json};
use sha2::Sha256;

use crate::Cloud;

/// Constraints of an upload.
#[derive(Clone, Copy, Debug)]
pub struct UploadTerms<'a> {
    /// The bucket.
    pub bucket: &'a str,
    /// The only allowed key.
    pub key: &'a str,
    /// The only allowed content type.
    pub content_type: &'a str,
    /// Fewest and most bytes.
    pub size: (u64, u64),
    /// How long the form is valid.
    pub expires: Duration,
}

/// A form to send as multipart/form-data: the fields in any order, then `file`.
#[derive(Clone, Debug)]
pub struct PresignedPost {
    /// The URL.
    pub url: String,
    /// The fields.
    pub fields: Map<String, Value>,
    /// Until when.
    pub expires_at: DateTime<Utc>,
}

impl Cloud {
    /// Signs a form with the function's own credentials.
    ///
    /// # Errors
    /// `internal_error` without credentials or region.
    pub async fn presign_post(&self, terms: &UploadTerms<'_>) -> Result<PresignedPost> {
        let sdk = self.sdk();
        let region = sdk
            .region()
            .ok_or_else(|| Error::internal_fault("no region is configured"))?
            .as_ref()
            .to_owned();
        let credentials = sdk
            .credentials_provider()
            .ok_or_else(|| Error::internal_fault("no credentials are configured"))?
            .provide_credentials()
            .await
            .map_err(|e| Error::unavailable(format!("credentials: {e}")))?;
        let url = match sdk.endpoint_url() {
            Some(endpoint) => format!("{}/{}", endpoint.trim_end_matches('/'), terms.bucket),
            None => format!("https://{}.s3.{region}.amazonaws.com/", terms.bucket),
        };
        let signer = Signer {
            access_key: credentials.access_key_id(),
            secret_key: credentials.secret_access_key(),
            session_token: credentials.session_token(),
            region: &region,
        };
        signer.sign(url, terms, Utc::now())
    }
}

struct Signer<'a> {
    access_key: &'a str,
    secret_key: &'a str,
    session_token: Option<&'a str>,
    region: &'a str,
}

impl Signer<'_> {
    fn sign(
        &self,
        url: String,
        terms: &UploadTerms<'_>,
        now: DateTime<Utc>,
    ) -> Result<PresignedPost> {
        let expires_at = now + terms.expires;
        let day = now.format("%Y%m%d").to_string();
        let scope = format!("{day}/{}/s3/aws4_request", self.region);
        let mut fields = Map::new();
        fields.insert("key".into(), terms.key.into());
        fields.insert("Content-Type".into(), terms.content_type.into());
        fields.insert("x-amz-algorithm".into(), "AWS4-HMAC-SHA256".into());
        fields.insert(
            "x-amz-credential".into(),
            format!("{}/{scope}", self.access_key).into(),
        );
        fields.insert(
            "x-amz-date".into(),
            now.format("%Y%m%dT%H%M%SZ").to_string().into(),
        );
        if let Some(token) = self.session_token {
            fields.insert("x-amz-security-token".into(), token.into());
        }
        let mut conditions = vec![
            json!({"bucket": terms.bucket}),
            json!(["content-length-range", terms.size.0, terms.size.1]),
        ];
        conditions.extend(
            fields
                .iter()
                .map(|(name, value)| json!({name.as_str(): value})),
        );
        let policy = json!({
            "expiration": expires_at.format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string(),
            "conditions": conditions,
        });
        let policy = BASE64_STANDARD.encode(policy.to_string());
        let mut key = format!("AWS4{}", self.secret_key).into_bytes();
        for part in [day.as_str(), self.region, "s3", "aws4_request", &policy] {
            key = hmac(&key, part.as_bytes())?;
        }
        fields.insert("policy".into(), policy.into());
        fields.insert("x-amz-signature".into(), hex::encode(key).into());
        Ok(PresignedPost {
            url,
            fields,
            expires_at,
        })
    }
}

fn hmac(key: &[u8], data: &[u8]) -> Result<Vec<u8>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).map_err(Error::internal_fault)?;
    mac.update(data);
    Ok(mac.finalize().into_bytes().to_vec())
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone;

    use super::*;

    #[test]
    fn the_policy_binds_key_type_and_size() {
        let signer = Signer {
            access_key: "AK",
            secret_key: "SK",
            session_token: Some("ST"),
            region: "eu-west-1",
        };
        let terms = UploadTerms {
            bucket: "b",
            key: "uploads/c/d",
            content_type: "application/pdf",
            size: (1, 1000),
            expires: Duration::from_secs(60),
        };
        let at = Utc.with_ymd_and_hms(2026, 1, 2, 3, 4, 5).unwrap();
        let post = signer.sign("http://x/b".into(), &terms, at).unwrap();
        let policy = BASE64_STANDARD
            .decode(post.fields["policy"].as_str().unwrap())
            .unwrap();
        assert_eq!(
            String::from_utf8(policy).unwrap(),
            concat!(
                r#"{"expiration":"2026-01-02T03:05:05.000Z","conditions":[{"bucket":"b"},"#,
                r#"["content-length-range",1,1000],{"key":"uploads/c/d"},"#,
                r#"{"Content-Type":"application/pdf"},{"x-amz-algorithm":"AWS4-HMAC-SHA256"},"#,
                r#"{"x-amz-credential":"AK/20260102/eu-west-1/s3/aws4_request"},"#,
                r#"{"x-amz-date":"20260102T030405Z"},{"x-amz-security-token":"ST"}]}"#,
            )
        );
        assert_eq!(post.fields["x-amz-signature"].as_str().unwrap().len(), 64);
    }
}
