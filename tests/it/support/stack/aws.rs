//! The emulator, as the root of its account: buckets, the queue, direct invocations, the vault's key.

use std::time::Duration;

use aes_gcm::{Aes256Gcm, KeyInit, aead::Aead, aead::Payload};
use aws_credential_types::Credentials;
use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::{Value, json};
use uuid::Uuid;

use super::Stack;

impl Stack {
    fn credentials(&self) -> Credentials {
        let env = &self.env;
        Credentials::new(
            &env.aws_access_key_id,
            &env.aws_secret_access_key,
            None,
            None,
            "test",
        )
    }

    /// S3.
    pub fn s3(&self) -> aws_sdk_s3::Client {
        let config = aws_sdk_s3::Config::builder()
            .behavior_version_latest()
            .endpoint_url(&self.env.aws_endpoint_url)
            .region(aws_sdk_s3::config::Region::new(self.env.aws_region.clone()))
            .credentials_provider(self.credentials())
            .force_path_style(true)
            .build();
        aws_sdk_s3::Client::from_conf(config)
    }

    /// SQS.
    pub fn sqs(&self) -> aws_sdk_sqs::Client {
        let config = aws_sdk_sqs::Config::builder()
            .behavior_version_latest()
            .endpoint_url(&self.env.aws_endpoint_url)
            .region(aws_sdk_sqs::config::Region::new(
                self.env.aws_region.clone(),
            ))
            .credentials_provider(self.credentials())
            .build();
        aws_sdk_sqs::Client::from_conf(config)
    }

    /// The documents bucket.
    pub fn documents_bucket(&self) -> &str {
        &self.env.buckets["DocumentsBucket"]
    }

    /// The vectors bucket.
    pub fn vectors_bucket(&self) -> &str {
        &self.env.buckets["VectorsBucket"]
    }

    /// The keys under a prefix.
    pub async fn keys(&self, bucket: &str, prefix: &str) -> Vec<String> {
        let mut pages = self
            .s3()
            .list_objects_v2()
            .bucket(bucket)
            .prefix(prefix)
            .into_paginator()
            .send();
        let mut keys = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.expect("a listing");
            keys.extend(
                page.contents()
                    .iter()
                    .filter_map(|o| o.key().map(str::to_owned)),
            );
        }
        keys
    }

    /// The bytes of an object, if it exists.
    pub async fn object(&self, bucket: &str, key: &str) -> Option<Vec<u8>> {
        let got = self
            .s3()
            .get_object()
            .bucket(bucket)
            .key(key)
            .send()
            .await
            .ok()?;
        Some(got.body.collect().await.ok()?.to_vec())
    }

    /// Puts an object.
    pub async fn put(&self, bucket: &str, key: &str, bytes: Vec<u8>) {
        let put = self
            .s3()
            .put_object()
            .bucket(bucket)
            .key(key)
            .body(bytes.into());
        put.send().await.expect("a put");
    }

    /// The keys under a prefix whose objects contain these bytes.
    pub async fn holding(&self, bucket: &str, prefix: &str, bytes: &str) -> Vec<String> {
        let mut found = Vec::new();
        for key in self.keys(bucket, prefix).await {
            let object = self.object(bucket, &key).await.unwrap_or_default();
            if object
                .windows(bytes.len())
                .any(|window| window == bytes.as_bytes())
            {
                found.push(key);
            }
        }
        found
    }

    /// Sends a body to the ingest queue, as anyone with permission could.
    pub async fn enqueue(&self, body: &str) {
        let send = self
            .sqs()
            .send_message()
            .queue_url(&self.env.queues["IngestQueue"]);
        send.message_group_id("test")
            .message_body(body)
            .send()
            .await
            .expect("a message");
    }

    /// Sends bodies to the ingest queue in one request, so that one worker may receive them together.
    pub async fn enqueue_together(&self, bodies: impl Iterator<Item = String>) {
        let entry = |(at, body): (usize, String)| {
            aws_sdk_sqs::types::SendMessageBatchRequestEntry::builder()
                .id(at.to_string())
                .message_group_id("test")
                .message_body(body)
                .build()
                .expect("an entry")
        };
        let send = self
            .sqs()
            .send_message_batch()
            .queue_url(&self.env.queues["IngestQueue"]);
        send.set_entries(Some(bodies.enumerate().map(entry).collect()))
            .send()
            .await
            .expect("messages");
    }

    /// Returns whether no task is waiting or in progress.
    pub async fn tasks_done(&self) -> bool {
        use aws_sdk_sqs::types::QueueAttributeName::{
            ApproximateNumberOfMessages, ApproximateNumberOfMessagesNotVisible,
        };
        let names = [
            ApproximateNumberOfMessages,
            ApproximateNumberOfMessagesNotVisible,
        ];
        let attributes = self
            .sqs()
            .get_queue_attributes()
            .queue_url(&self.env.queues["TasksQueue"])
            .set_attribute_names(Some(names.to_vec()))
            .send()
            .await
            .expect("attributes");
        let attributes = attributes.attributes.unwrap_or_default();
        names
            .iter()
            .all(|name| attributes.get(name).is_some_and(|count| count == "0"))
    }

    /// Creates a secret, and returns its ARN.
    pub async fn new_secret(&self, text: &str) -> String {
        let name = format!("test-{}", Uuid::new_v4());
        let body =
            json!({"Name": name, "SecretString": text, "ClientRequestToken": Uuid::new_v4()});
        let request = self
            .http
            .post(&self.env.aws_endpoint_url)
            .header("x-amz-target", "secretsmanager.CreateSecret")
            .header("content-type", "application/x-amz-json-1.1")
            .body(body.to_string());
        let response = self
            .as_root(request, "secretsmanager")
            .send()
            .await
            .unwrap();
        let answer: Value = serde_json::from_str(&response.text().await.unwrap()).unwrap();
        answer["ARN"]
            .as_str()
            .unwrap_or_else(|| panic!("{answer}"))
            .to_owned()
    }

    /// Invokes a function and returns its response.
    pub async fn invoke(&self, logical_id: &str, payload: &Value) -> Value {
        let function = &self.env.functions[logical_id];
        let url = format!(
            "{}/2015-03-31/functions/{function}/invocations",
            self.env.aws_endpoint_url
        );
        let request = self
            .http
            .post(url)
            .timeout(Duration::from_secs(330))
            .json(payload);
        let response = self.as_root(request, "lambda").send().await.unwrap();
        let failed = response.headers().contains_key("x-amz-function-error");
        let status = response.status();
        let text = response.text().await.unwrap();
        assert!(
            status.is_success() && !failed,
            "{logical_id}: {status} {text}"
        );
        serde_json::from_str(&text).unwrap()
    }

    /// The emulator does not check the signature of requests with the root key.
    fn as_root(&self, request: reqwest::RequestBuilder, service: &str) -> reqwest::RequestBuilder {
        let Self { env, .. } = self;
        let scope = format!("20260101/{}/{service}/aws4_request", env.aws_region);
        let credential = format!("Credential={}/{scope}", env.aws_access_key_id);
        let signed = "SignedHeaders=host;x-amz-date, Signature=00";
        request.header("x-amz-date", "20260101T000000Z").header(
            "authorization",
            format!("AWS4-HMAC-SHA256 {credential}, {signed}"),
        )
    }

    /// The data key of a customer in plaintext, decrypted by KMS.
    async fn data_key(&self, customer: Uuid) -> Vec<u8> {
        let query = "SELECT wrapped_data_key FROM customers WHERE id = $1";
        let row = self
            .sql()
            .await
            .query_one(query, &[&customer])
            .await
            .unwrap();
        let wrapped: Vec<u8> = row.get(0);
        let body = json!({
            "CiphertextBlob": BASE64_STANDARD.encode(wrapped),
            "EncryptionContext": {"customer_id": customer.to_string()},
        });
        let request = self
            .http
            .post(&self.env.aws_endpoint_url)
            .header("x-amz-target", "TrentService.Decrypt")
            .header("content-type", "application/x-amz-json-1.1")
            .body(body.to_string());
        let response = self.as_root(request, "kms").send().await.unwrap();
        let answer: Value = serde_json::from_str(&response.text().await.unwrap()).unwrap();
        let plain = answer["Plaintext"]
            .as_str()
            .unwrap_or_else(|| panic!("{answer}"));
        BASE64_STANDARD.decode(plain).unwrap()
    }

    /// The current secret of a purpose, opened as the vault does.
    pub async fn open_secret(&self, customer: Uuid, purpose: &str) -> Vec<u8> {
        let query = "SELECT version, nonce, ciphertext FROM customer_secrets
                     WHERE customer_id = $1 AND purpose = $2 ORDER BY version DESC LIMIT 1";
        let row = self
            .sql()
            .await
            .query_one(query, &[&customer, &purpose])
            .await
            .unwrap();
        let (version, nonce): (i32, Vec<u8>) = (row.get(0), row.get(1));
        let ciphertext: Vec<u8> = row.get(2);
        let cipher = Aes256Gcm::new_from_slice(&self.data_key(customer).await).unwrap();
        let aad = format!("{customer}|{purpose}|{version}");
        let nonce: [u8; 12] = nonce.try_into().unwrap();
        let payload = Payload {
            msg: &ciphertext,
            aad: aad.as_bytes(),
        };
        cipher.decrypt((&nonce).into(), payload).unwrap()
    }

    /// Stores a secret of a purpose as the vault does, in the next version.
    pub async fn seal_secret(&self, customer: Uuid, purpose: &str, plain: &[u8]) {
        let query = "SELECT coalesce(max(version), 0) + 1 FROM customer_secrets
                     WHERE customer_id = $1 AND purpose = $2";
        let row = self
            .sql()
            .await
            .query_one(query, &[&customer, &purpose])
            .await
            .unwrap();
        let version: i32 = row.get(0);
        let cipher = Aes256Gcm::new_from_slice(&self.data_key(customer).await).unwrap();
        let aad = format!("{customer}|{purpose}|{version}");
        let nonce: [u8; 12] = rand::random();
        let payload = Payload {
            msg: plain,
            aad: aad.as_bytes(),
        };
        let sealed = cipher.encrypt((&nonce).into(), payload).unwrap();
        let insert =
            "INSERT INTO customer_secrets (customer_id, purpose, version, nonce, ciphertext)
                      VALUES ($1, $2, $3, $4, $5)";
        let values: [&(dyn tokio_postgres::types::ToSql + Sync); 5] =
            [&customer, &purpose, &version, &nonce.as_slice(), &sealed];
        self.sql().await.execute(insert, &values).await.unwrap();
    }
}
