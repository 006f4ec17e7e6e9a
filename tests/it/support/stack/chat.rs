//! Chat models of customers: the fake provider, under a name that the stack allows.

use dynrag_testing::openai::{ChatReply, ChatRule, ChatSeen};
use serde_json::json;

use super::{Stack, Tenant, random};

/// The path of a provider that the test stack allows.
pub const PROVIDER: &str = "/api/customers/chat-providers/fake";
/// A model of it.
pub const MODEL: &str = "fake/large";

impl Stack {
    /// Answers requests for a chat completion that have this word with the reply.
    pub async fn chat_reply_to(&self, word: &str, reply: ChatReply) {
        self.chat_rule(ChatRule {
            contains: word.to_owned(),
            model: None,
            times: None,
            reply,
        })
        .await;
    }

    /// Answers the requests for a chat completion that it matches with its reply.
    pub async fn chat_rule(&self, rule: ChatRule) {
        let planned = self.http.post(self.chat_url()).json(&[rule]).send().await;
        planned.unwrap().error_for_status().unwrap();
    }

    /// Requests for a chat completion that have this word.
    pub async fn chat_seen_with(&self, word: &str) -> Vec<ChatSeen> {
        let seen = self.http.get(self.chat_url()).send().await.unwrap();
        let seen: Vec<ChatSeen> = seen.json().await.unwrap();
        let with = seen.into_iter().filter(|seen| seen.text().contains(word));
        with.collect()
    }

    fn chat_url(&self) -> String {
        let base = self.env.embeddings_url.trim_end_matches("/v1");
        format!("{base}/_chat")
    }
}

impl Tenant {
    /// Sets two models of the fake provider with a key, the first of which answers, then the second. Returns the key.
    pub async fn own_chat_models(&self) -> String {
        let key = format!("sk-own-{}", random(24));
        let body = json!({"apiKey": key, "models": [
            {"name": "large", "contextTokens": 32_000, "usdPerMillionInputTokens": "2", "usdPerMillionCachedTokens": "1",
             "usdPerMillionOutputTokens": "8"},
            {"name": "small"},
        ]});
        assert_eq!(self.put(PROVIDER, &body).await.status, 204);
        let body = json!({"chatModels": [MODEL, "fake/small"]});
        self.put("/api/customers/config", &body).await.ok(200);
        key
    }
}
