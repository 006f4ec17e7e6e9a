//! The fake model provider of the stack. It is shared by all running tests: set rules for a unique word
//! or for the key of a tenant, never for all requests.

use dynrag_testing::openai::{Reply, Rule, Seen};
use serde_json::json;

use super::Stack;

impl Stack {
    fn openai(&self, path: &str) -> String {
        format!("{}{path}", self.env.embeddings_url.trim_end_matches("/v1"))
    }

    /// Answers the requests it matches with its reply.
    pub async fn rule(&self, rule: Rule) {
        let planned = self
            .http
            .post(self.openai("/_script"))
            .json(&json!({"rules": [rule]}));
        planned
            .send()
            .await
            .unwrap()
            .error_for_status()
            .expect("the stack runs with the fake");
    }

    /// Answers requests that contain this word with the reply.
    pub async fn reply_to(&self, word: &str, reply: Reply) {
        self.rule(Rule {
            contains: Some(word.into()),
            key: None,
            percent: None,
            reply,
        })
        .await;
    }

    /// Answers requests with this key with the reply.
    pub async fn reply_to_key(&self, key: &str, reply: Reply) {
        self.rule(Rule {
            contains: None,
            key: Some(key.into()),
            percent: None,
            reply,
        })
        .await;
    }

    /// All requests the provider has seen.
    pub async fn seen(&self) -> Vec<Seen> {
        let response = self
            .http
            .get(self.openai("/_requests"))
            .send()
            .await
            .unwrap();
        response.json().await.unwrap()
    }

    /// Requests with an input that contains this word.
    pub async fn seen_with(&self, word: &str) -> Vec<Seen> {
        let all = self.seen().await.into_iter();
        all.filter(|seen| seen.inputs.iter().any(|input| input.contains(word)))
            .collect()
    }

    /// How often a text with this word was embedded, and so paid for.
    pub async fn embedded(&self, word: &str) -> usize {
        let seen = self.seen_with(word).await;
        let paid = seen
            .iter()
            .filter(|seen| seen.reply.embeds())
            .flat_map(|seen| &seen.inputs);
        paid.filter(|input| input.contains(word)).count()
    }
}
