//! Requests as OpenAI's clients send them.

use reqwest::{Method, RequestBuilder, multipart::Form};
use serde_json::{Value, json};

use super::{Answer, Tenant, eventually, tenant::file_part};

impl Answer {
    /// The error of a response in OpenAI's form, which must have this status and code.
    #[track_caller]
    pub fn refused(&self, status: u16, code: &str) -> Value {
        assert_eq!(self.status, status, "{self}");
        assert_eq!(self.headers["content-type"], "application/json", "{self}");
        let error = self.json()["error"].clone();
        let members = error.as_object().unwrap_or_else(|| panic!("{self}"));
        let mut names: Vec<&str> = members.keys().map(String::as_str).collect();
        names.sort_unstable();
        assert_eq!(names, ["code", "message", "param", "type"], "{self}");
        assert_eq!(error["code"], code, "{self}");
        assert!(
            error["message"]
                .as_str()
                .is_some_and(|text| text.len() > 10),
            "{self}"
        );
        error
    }

    /// Checks that a response refuses this parameter.
    #[track_caller]
    pub fn refused_parameter(&self, name: &str) {
        assert_eq!(self.refused(400, "invalid_fields")["param"], name, "{self}");
    }
}

/// The id of the document that is a file.
pub fn document_id(file: &str) -> String {
    let hex = file
        .strip_prefix("file-")
        .unwrap_or_else(|| panic!("{file}"));
    uuid::Uuid::try_parse(hex).unwrap().to_string()
}

/// The id of the file that a document is.
pub fn file_id(document: &str) -> String {
    format!("file-{}", document.replace('-', ""))
}

/// The id of the vector store that a collection is.
pub fn store_id(collection: &str) -> String {
    format!("vs_{}", collection.replace('-', ""))
}

/// The string at a pointer of a JSON value.
#[track_caller]
pub fn at(value: &Value, pointer: &str) -> String {
    let found = value.pointer(pointer).and_then(Value::as_str);
    found
        .unwrap_or_else(|| panic!("{pointer}: {value}"))
        .to_owned()
}

/// The events of a stream: name and data.
pub fn events(answer: &Answer) -> Vec<(String, Value)> {
    assert_eq!(answer.status, 200, "{answer}");
    assert_eq!(answer.header("content-type"), Some("text/event-stream"));
    let text = std::str::from_utf8(&answer.body).unwrap();
    let blocks = text.split("\n\n").filter(|block| block.contains("data: "));
    let events = blocks.map(|block| {
        let line = |name: &str| block.lines().find_map(|line| line.strip_prefix(name));
        let data = line("data: ").unwrap();
        let data = match data {
            "[DONE]" => json!("[DONE]"),
            data => serde_json::from_str(data).unwrap(),
        };
        (line("event: ").unwrap_or_default().to_owned(), data)
    });
    events.collect()
}

impl Tenant {
    /// A request with the default key, as a bearer token.
    pub fn v1(&self, method: Method, path: &str) -> RequestBuilder {
        self.v1_with(&self.key, method, path)
    }

    /// A request with any key or token.
    pub fn v1_with(&self, key: &str, method: Method, path: &str) -> RequestBuilder {
        let url = self.stack.streamed_url(path);
        self.stack.http.request(method, url).bearer_auth(key)
    }

    pub async fn v1_get(&self, path: &str) -> Answer {
        Answer::of(self.v1(Method::GET, path)).await
    }

    pub async fn v1_post(&self, path: &str, body: &Value) -> Answer {
        Answer::of(self.v1(Method::POST, path).json(body)).await
    }

    pub async fn v1_delete(&self, path: &str) -> Answer {
        Answer::of(self.v1(Method::DELETE, path)).await
    }

    /// `POST /v1/files`.
    pub async fn v1_upload(&self, form: Form) -> Answer {
        Answer::of(self.v1(Method::POST, "/v1/files").multipart(form)).await
    }

    /// Adds a text file that must be accepted, and returns its id.
    pub async fn v1_file(&self, name: &str, text: &str) -> String {
        let form = file_part(name, "text/plain", text.as_bytes()).text("purpose", "assistants");
        at(&self.v1_upload(form).await.ok(200), "/id")
    }

    /// Creates a vector store with files, and returns its id.
    pub async fn v1_store(&self, body: &Value) -> String {
        at(
            &self.v1_post("/v1/vector_stores", body).await.ok(200),
            "/id",
        )
    }

    /// Waits until all files of a vector store are processed, and returns it.
    pub async fn v1_ready(&self, store: &str) -> Value {
        let path = format!("/v1/vector_stores/{store}");
        eventually("the vector store is ready", async || {
            let body = self.v1_get(&path).await.ok(200);
            (body["status"] == "completed").then_some(body)
        })
        .await
    }
}
