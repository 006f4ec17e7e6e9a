//! A customer's reranker: a fake on a port that the functions of the stack may reach.

use dynrag_testing::reranker::FakeReranker;
use serde_json::json;

use super::{Tenant, random};

/// Ports in the test stack's `WEB_ALLOW` that no site of another test has.
const PORTS: std::ops::Range<u16> = 18476..18489;

/// The path of the routes.
pub const PATH: &str = "/api/customers/reranker";

impl Tenant {
    /// Starts a fake reranker and sets it, with a key and a price of 2 dollars. Returns it and the key.
    pub async fn own_reranker(&self) -> (FakeReranker, String) {
        let fake = FakeReranker::start_within(PORTS).await;
        let key = format!("sk-own-{}", random(24));
        let body = json!({"url": fake.url(), "model": "rerank-model", "apiKey": key, "usdPerThousandSearches": "2"});
        let set = self.put(PATH, &body).await;
        assert_eq!(set.status, 204, "{set}");
        (fake, key)
    }
}
