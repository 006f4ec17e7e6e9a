//! Answers as they are streamed.

use reqwest::{Method, RequestBuilder};
use serde_json::Value;

use super::{Answer, Tenant};

const STREAM: &str = "/api/chat/stream";

/// An event of an answer.
#[derive(Debug)]
pub struct Event {
    pub name: String,
    pub id: String,
    pub data: Value,
}

/// The events of an answer that has ended.
#[derive(Debug)]
pub struct Events {
    pub all: Vec<Event>,
}

impl Events {
    /// Sends a request that must be answered with a stream.
    pub async fn of(request: RequestBuilder) -> Self {
        let answer = Answer::of(request).await;
        assert_eq!(answer.status, 200, "{answer}");
        assert_eq!(answer.header("content-type"), Some("text/event-stream"));
        Self::parse(std::str::from_utf8(&answer.body).unwrap())
    }

    /// Reads what was sent.
    pub fn parse(text: &str) -> Self {
        let blocks = text.split("\n\n").filter(|block| block.contains("data: "));
        let events = blocks.map(|block| {
            let find = |name: &str| {
                let mut lines = block.lines();
                lines.find_map(|line| line.strip_prefix(name))
            };
            let line = |name: &str| find(name).unwrap_or_else(|| panic!("no {name} in {block}"));
            Event {
                name: line("event: ").to_owned(),
                // The end of a document has none.
                id: find("id: ").unwrap_or_default().to_owned(),
                data: serde_json::from_str(line("data: ")).unwrap(),
            }
        });
        Self {
            all: events.collect(),
        }
    }

    /// The texts of the deltas.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        let texts = self.all.iter().filter(|event| event.name == "delta");
        texts.map(|event| event.data["text"].as_str().unwrap())
    }

    /// The text that a client has at the end.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for event in &self.all {
            match event.name.as_str() {
                "delta" => text.push_str(event.data["text"].as_str().unwrap()),
                "reset" => text.clear(),
                _ => {}
            }
        }
        text
    }

    /// The answer, which must be the last event.
    pub fn answer(&self) -> &Value {
        let last = self.all.last().expect("an event");
        assert_eq!(last.name, "answer", "{last:?}");
        &last.data
    }
}

impl Tenant {
    /// A request for a streamed answer, with the customer's key.
    pub fn stream(&self, body: &Value) -> RequestBuilder {
        let url = self.stack.streamed_url(STREAM);
        let request = self.stack.http.request(Method::POST, url);
        request.header("x-api-key", &self.key).json(body)
    }

    /// The same, as the customer's user.
    pub fn stream_as_user(&self, body: &Value) -> RequestBuilder {
        let url = self.stack.streamed_url(STREAM);
        let request = self.stack.http.request(Method::POST, url);
        request.bearer_auth(&self.access).json(body)
    }
}
