//! A customer of a test, and its requests.

use std::sync::Arc;

use reqwest::{
    Method, RequestBuilder,
    multipart::{Form, Part},
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Answer, Stack, eventually, new_key};

/// Statuses at which processing has ended.
const TERMINAL: [&str; 3] = ["completed", "failed", "needs_action"];

/// A customer with its first user and default key.
#[derive(Clone)]
pub struct Tenant {
    pub stack: Arc<Stack>,
    pub id: Uuid,
    pub user: Uuid,
    pub email: String,
    pub password: String,
    pub access: String,
    pub refresh: String,
    pub key: String,
}

/// A form with one part named `file`.
pub fn file_part(name: &str, media_type: &str, bytes: &[u8]) -> Form {
    let part = Part::bytes(bytes.to_vec()).file_name(name.to_owned());
    Form::new().part("file", part.mime_str(media_type).unwrap())
}

impl Tenant {
    /// A request with the default key.
    pub fn call(&self, method: Method, path: &str) -> RequestBuilder {
        self.stack
            .http
            .request(method, self.stack.url(path))
            .header("x-api-key", &self.key)
    }

    /// A request with the user's access token.
    pub fn call_as_user(&self, method: Method, path: &str) -> RequestBuilder {
        self.stack
            .http
            .request(method, self.stack.url(path))
            .bearer_auth(&self.access)
    }

    /// GET.
    pub async fn get(&self, path: &str) -> Answer {
        Answer::of(self.call(Method::GET, path)).await
    }

    /// POST of JSON.
    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        Answer::of(self.call(Method::POST, path).json(body)).await
    }

    /// PUT of JSON.
    pub async fn put(&self, path: &str, body: &Value) -> Answer {
        Answer::of(self.call(Method::PUT, path).json(body)).await
    }

    /// DELETE of a document.
    pub async fn delete(&self, document: &str) -> Answer {
        Answer::of(self.call(Method::DELETE, &format!("/api/documents/{document}"))).await
    }

    /// `POST /api/ingest/document` with a title and a content.
    pub async fn ingest(&self, title: &str, content: &str) -> Answer {
        self.post(
            "/api/ingest/document",
            &json!({"title": title, "content": content}),
        )
        .await
    }

    /// Adds a text that must be accepted, and returns its id.
    pub async fn add(&self, title: &str, content: &str) -> String {
        doc_id(&self.ingest(title, content).await.ok(202))
    }

    /// Creates a collection, and returns its id.
    pub async fn collection(&self, name: &str) -> String {
        let made = self.post("/api/collections", &json!({"name": name})).await;
        made.ok(201)["id"].as_str().unwrap().to_owned()
    }

    /// `POST /api/ingest/file`.
    pub async fn upload(&self, form: Form) -> Answer {
        Answer::of(self.call(Method::POST, "/api/ingest/file").multipart(form)).await
    }

    /// Adds a file that must be accepted, and returns its id.
    pub async fn add_file(&self, name: &str, media_type: &str, bytes: &[u8]) -> String {
        doc_id(
            &self
                .upload(file_part(name, media_type, bytes))
                .await
                .ok(202),
        )
    }

    /// `POST /api/ingest/presigned-url`.
    pub async fn presign(&self, body: &Value) -> Answer {
        self.post("/api/ingest/presigned-url", body).await
    }

    /// Sends bytes with a form of [`presign`](Self::presign), as a browser does, and returns the response of S3.
    pub async fn post_to_s3(&self, form: &Value, bytes: &[u8]) -> Answer {
        let mut body = Form::new();
        for (name, value) in form["fields"].as_object().unwrap() {
            body = body.text(name.clone(), value.as_str().unwrap().to_owned());
        }
        body = body.part("file", Part::bytes(bytes.to_vec()).file_name("upload"));
        let url = form["url"].as_str().unwrap();
        Answer::raw(self.stack.http.post(url).multipart(body)).await
    }

    /// The status of a document.
    pub async fn status(&self, document: &str) -> Value {
        self.get(&format!("/api/documents/{document}/status"))
            .await
            .ok(200)
    }

    /// Waits until the processing of a document has ended, and returns its status.
    pub async fn settled(&self, document: &str) -> Value {
        let what = format!("document {document} of {} ends", self.id);
        eventually(&what, async || {
            let status = self.status(document).await;
            TERMINAL
                .contains(&status["status"].as_str().unwrap())
                .then_some(status)
        })
        .await
    }

    /// Waits until a document is searchable.
    pub async fn completed(&self, document: &str) -> Value {
        let status = self.settled(document).await;
        assert_eq!(status["status"], "completed", "{status}");
        status
    }

    /// Waits until a document has ended with this status and code. Its reason must be given.
    pub async fn ended(&self, document: &str, status: &str, code: &str) -> Value {
        let seen = self.settled(document).await;
        assert_eq!(
            (&seen["status"], &seen["code"]),
            (&status.into(), &code.into()),
            "{seen}"
        );
        assert!(
            seen["reason"]
                .as_str()
                .is_some_and(|reason| reason.len() > 20),
            "{seen}"
        );
        seen
    }

    /// Returns the results of `POST /search`.
    pub async fn search(&self, mode: &str, query: &str) -> Vec<Value> {
        self.search_with(json!({"query": query, "mode": mode}))
            .await
    }

    /// Returns the results of `POST /search` with any body.
    pub async fn search_with(&self, body: Value) -> Vec<Value> {
        let found = self.post("/search", &body).await.ok(200);
        found["results"].as_array().unwrap().clone()
    }

    /// The ids of all documents, from all pages.
    pub async fn list(&self) -> Vec<String> {
        let (mut ids, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = self
                .get(&format!("/api/documents?limit=200{cursor}"))
                .await
                .ok(200);
            let items = page["items"].as_array().unwrap();
            ids.extend(
                items
                    .iter()
                    .map(|item| item["id"].as_str().unwrap().to_owned()),
            );
            match page["nextCursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return ids,
            }
        }
    }

    /// Changes the customer's configuration in the database.
    pub async fn config(&self, set: &str) {
        let update = format!("UPDATE customer_config SET {set} WHERE customer_id = $1");
        self.stack
            .sql()
            .await
            .execute(&update, &[&self.id])
            .await
            .unwrap();
    }

    /// Sets the time from which the customer may use the platform's key: `now()`, or `NULL` as before its address is
    /// verified.
    pub async fn platform_key(&self, from: &str) {
        let update = format!("UPDATE customers SET platform_key_from = {from} WHERE id = $1");
        let sql = self.stack.sql().await;
        sql.execute(&update, &[&self.id]).await.unwrap();
    }

    /// Forgets that the customer has invited an address.
    pub async fn forget_invitation(&self, email: &str) {
        let forget = "DELETE FROM throttles WHERE subject =
            throttle_subject('invitation|address', uuid_send($1) || convert_to($2, 'UTF8'))";
        let sql = self.stack.sql().await;
        assert_eq!(sql.execute(forget, &[&self.id, &email]).await.unwrap(), 1);
    }

    /// The number that a query returns, with $1 = customer.
    pub async fn count(&self, query: &str) -> i64 {
        self.stack
            .sql()
            .await
            .query_one(query, &[&self.id])
            .await
            .unwrap()
            .get(0)
    }

    /// Changes a row of one document in the database: $1 = customer, $2 = document.
    pub async fn change(&self, statement: &str, document: &str) {
        let document: Uuid = document.parse().unwrap();
        let changed = self
            .stack
            .sql()
            .await
            .execute(statement, &[&self.id, &document])
            .await;
        assert_eq!(changed.unwrap(), 1, "{statement}");
    }

    /// Gives the customer its own provider key, so that its failures affect no other customer.
    pub async fn own_key(&self) -> String {
        let key = format!("sk-test-{}", super::random(24));
        self.stack
            .seal_secret(self.id, "openai_key", key.as_bytes())
            .await;
        key
    }

    /// Objects of the customer, in both buckets, that contain a word.
    pub async fn holding(&self, word: &str) -> Vec<String> {
        let stack = &self.stack;
        let prefix = format!("customers/{}/", self.id);
        let mut found = stack.holding(stack.documents_bucket(), &prefix, word).await;
        found.extend(stack.holding(stack.vectors_bucket(), &prefix, word).await);
        found
    }

    /// Keys of the documents bucket that belong to this customer, uploads included.
    pub async fn originals(&self) -> Vec<String> {
        let bucket = self.stack.documents_bucket();
        let mut keys = self
            .stack
            .keys(bucket, &format!("customers/{}/", self.id))
            .await;
        keys.extend(
            self.stack
                .keys(bucket, &format!("uploads/{}/", self.id))
                .await,
        );
        keys
    }

    /// The id of the default key.
    pub async fn key_id(&self) -> Uuid {
        let query =
            "SELECT id FROM api_keys WHERE customer_id = $1 AND is_default AND revoked_at IS NULL";
        let sql = self.stack.sql().await;
        sql.query_one(query, &[&self.id]).await.unwrap().get(0)
    }

    /// Logs in again, and returns the response with the tokens of the session.
    pub async fn login(&self) -> Answer {
        let body = json!({"email": self.email, "password": self.password});
        let request = self.stack.http.post(self.stack.url("/api/auth/login"));
        Answer::of(request.json(&body)).await
    }

    /// Adds an API key with these scopes.
    pub async fn key_with(&self, scopes: &[&str]) -> String {
        let (text, public, hash) = new_key();
        let insert = "INSERT INTO api_keys (customer_id, id, name, public_id, secret_hash, scopes)
                      VALUES ($1, $2, 'test', $3, $4, $5)";
        let scopes: Vec<String> = scopes.iter().map(|scope| (*scope).to_owned()).collect();
        let values: [&(dyn tokio_postgres::types::ToSql + Sync); 5] =
            [&self.id, &Uuid::now_v7(), &public, &hash, &scopes];
        self.stack
            .sql()
            .await
            .execute(insert, &values)
            .await
            .unwrap();
        text
    }

    /// Marks the first user's address as verified, in the database.
    pub async fn verified(&self) {
        let update = "UPDATE users SET email_verified_at = now() WHERE customer_id = $1";
        let sql = self.stack.sql().await;
        sql.execute(update, &[&self.id]).await.unwrap();
    }

    /// Invites a user, and returns the address.
    pub async fn invited(&self, role: &str) -> String {
        self.verified().await;
        let email = format!("i-{}@example.com", Uuid::new_v4().simple());
        let body = json!({"email": email, "role": role});
        self.post("/api/users", &body).await.ok(202);
        email
    }

    /// Adds a user of a role with the first user's password, and returns its id.
    pub async fn add_user(&self, role: &str) -> Uuid {
        self.add_user_at(&format!("u-{}@example.com", Uuid::new_v4().simple()), role)
            .await
    }

    pub async fn add_user_at(&self, email: &str, role: &str) -> Uuid {
        let insert = "INSERT INTO users (customer_id, id, email, password_hash, role)
                      SELECT customer_id, $2, $3, password_hash, $4 FROM users WHERE customer_id = $1
                      ORDER BY created_at LIMIT 1";
        let id = Uuid::now_v7();
        let values: [&(dyn tokio_postgres::types::ToSql + Sync); 4] =
            [&self.id, &id, &email, &role];
        self.stack
            .sql()
            .await
            .execute(insert, &values)
            .await
            .unwrap();
        id
    }

    /// Adds a user of a role with the first user's password, and returns its access token.
    pub async fn user_with(&self, role: &str) -> String {
        let email = format!("u-{}@example.com", Uuid::new_v4().simple());
        self.add_user_at(&email, role).await;
        let login = json!({"email": email, "password": self.password});
        let request = self
            .stack
            .http
            .post(self.stack.url("/api/auth/login"))
            .json(&login);
        Answer::of(request).await.ok(200)["accessToken"]
            .as_str()
            .unwrap()
            .to_owned()
    }
}

/// A path with a query whose values are encoded.
pub fn with_query(path: &str, query: &[(&str, &str)]) -> String {
    let mut encoded = url::form_urlencoded::Serializer::new(String::new());
    format!("{path}?{}", encoded.extend_pairs(query).finish())
}

/// The document id in the response of an ingestion.
#[track_caller]
pub fn doc_id(accepted: &Value) -> String {
    accepted["docId"]
        .as_str()
        .unwrap_or_else(|| panic!("{accepted}"))
        .to_owned()
}
