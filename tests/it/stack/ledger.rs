//! The ledger of provider calls adds up to what the provider reported.

use std::time::Duration;

use dynrag_testing::openai::Reply;

use crate::support::stack::{Stack, eventually, word};

#[tokio::test]
async fn every_provider_call_is_in_the_ledger_with_its_cost() {
    let stack = Stack::load();
    let (a, b) = tokio::join!(stack.signup(), stack.signup());
    let key = a.own_key().await;
    let mark = word();
    // The first request for a document is refused, and repeated within the same attempt.
    let refused = word();
    let limited = Reply::rate_limited(Duration::from_millis(300));
    stack.reply_to(&refused, limited).await;
    let waiting = a.add("Refused", &format!("Nobody embeds {refused}.")).await;
    let text = format!("The ledger {mark} is balanced.\n\n").repeat(60);
    let id = a.add("Balanced", &text).await;
    a.completed(&id).await;
    a.search("vector", &format!("what is {mark}")).await;
    eventually("the refused calls are recorded", async || {
        stack.sweep().await;
        let refused = "SELECT count(*) FROM provider_calls WHERE customer_id = $1 AND outcome = 'rate_limited'";
        (a.count(refused).await >= 2).then_some(())
    })
    .await;
    a.delete(&waiting).await.ok(202);
    eventually("no call is under way", async || {
        let rows = "SELECT count(*) FROM documents WHERE customer_id = $1";
        (a.count(rows).await == 1).then_some(())
    })
    .await;

    let seen: Vec<_> = stack
        .seen()
        .await
        .into_iter()
        .filter(|seen| seen.key.as_ref() == Some(&key))
        .collect();
    let calls = a
        .count("SELECT count(DISTINCT call_id) FROM provider_calls WHERE customer_id = $1")
        .await;
    assert_eq!(calls, i64::try_from(seen.len()).unwrap());
    let reported: u64 = seen.iter().map(|seen| seen.tokens).sum();
    let sum = "SELECT sum(tokens)::bigint FROM provider_calls WHERE customer_id = $1";
    assert_eq!(a.count(sum).await, i64::try_from(reported).unwrap());
    let used = "SELECT sum(tokens)::bigint FROM usage_metrics WHERE customer_id = $1";
    assert_eq!(a.count(used).await, a.count(sum).await);
    let spent = "SELECT sum(nano_usd)::bigint FROM monthly_spend WHERE customer_id = $1";
    let priced = "SELECT sum(nano_usd)::bigint FROM provider_calls WHERE customer_id = $1 AND nano_usd = tokens * 20
        AND price_version <> ''";
    assert_eq!(a.count(spent).await, a.count(priced).await);
    assert!(a.count(spent).await > 0);

    let documents = format!(
        "SELECT count(*) FROM provider_calls WHERE customer_id = $1 AND document_id = '{id}'
        AND stage = 'embedding' AND outcome = 'ok' AND version = 1"
    );
    assert!(a.count(&documents).await >= 1);
    let queries = "SELECT count(*) FROM provider_calls WHERE customer_id = $1 AND operation = 'query-embeddings'";
    assert_eq!(a.count(queries).await, 1);
    assert_eq!(
        b.count("SELECT count(*) FROM provider_calls WHERE customer_id = $1")
            .await,
        0
    );
}
