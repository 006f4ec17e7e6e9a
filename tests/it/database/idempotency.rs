//! Requests with an idempotency key.

use dynrag_domain::identity::Principal;
use dynrag_store::idempotency::{Found, Repeatable};

use crate::support::{database::Database, seed};

fn request(customer: &seed::Customer, key: &str, body: &str) -> Repeatable {
    Repeatable {
        tenant: customer.id,
        principal: Principal::User(customer.user),
        route: "ingest-document",
        key: key.to_owned(),
        request_hash: seed::sha256(body),
    }
}

#[tokio::test]
async fn of_concurrent_requests_only_one_is_first() {
    let database = Database::fresh().await;
    let store = database.store(8);
    let customer = seed::customer(&store).await;
    let asked = request(&customer, "k", "body");
    let found = futures::future::join_all((0..8).map(|_| store.begin_request(&asked))).await;
    let (first, rest): (Vec<_>, Vec<_>) = found
        .into_iter()
        .map(Result::unwrap)
        .partition(|found| *found == Found::First);
    assert_eq!(first.len(), 1);
    assert!(rest.iter().all(|found| matches!(found, Found::UnderWay(_))));

    store.keep_answer(&asked, 202, Some(b"{}")).await.unwrap();
    // A slower request does not overwrite it.
    store.keep_answer(&asked, 200, Some(b"[]")).await.unwrap();
    store.forget_request(&asked).await.unwrap();
    let again = store.begin_request(&asked).await.unwrap();
    let body = Some(b"{}".to_vec());
    assert_eq!(again, Found::Answered { status: 202, body });

    let other = request(&customer, "k", "another body");
    assert_eq!(store.begin_request(&other).await.unwrap(), Found::Other);
    // A key is separate for each caller and route.
    let key = Repeatable {
        principal: Principal::ApiKey(customer.key),
        ..asked.clone()
    };
    assert_eq!(store.begin_request(&key).await.unwrap(), Found::First);
    let route = Repeatable {
        route: "ingest-file",
        ..asked
    };
    assert_eq!(store.begin_request(&route).await.unwrap(), Found::First);
}

#[tokio::test]
async fn dead_and_refused_requests_can_be_repeated() {
    let database = Database::fresh().await;
    let store = database.store(1);
    let superuser = database.superuser().await;
    let customer = seed::customer(&store).await;
    let dead = request(&customer, "dead", "body");
    assert_eq!(store.begin_request(&dead).await.unwrap(), Found::First);
    let lapse = "UPDATE idempotency_keys SET lease_expires_at = now()";
    superuser.execute(lapse, &[]).await.unwrap();
    let other = request(&customer, "dead", "another body");
    assert_eq!(store.begin_request(&other).await.unwrap(), Found::Other);
    assert_eq!(store.begin_request(&dead).await.unwrap(), Found::First);

    let refused = request(&customer, "refused", "body");
    assert_eq!(store.begin_request(&refused).await.unwrap(), Found::First);
    store.forget_request(&refused).await.unwrap();
    let mended = request(&customer, "refused", "another body");
    assert_eq!(store.begin_request(&mended).await.unwrap(), Found::First);
    store.keep_answer(&mended, 201, None).await.unwrap();

    // After a day a key can be used again, even before the sweep removes it.
    let age = "UPDATE idempotency_keys SET created_at = now() - interval '25 hours'";
    superuser.execute(age, &[]).await.unwrap();
    assert_eq!(store.begin_request(&refused).await.unwrap(), Found::First);
    assert_eq!(store.sweep_idempotency().await.unwrap(), 1);
    let left = "SELECT count(*) FROM idempotency_keys";
    let left: i64 = superuser.query_one(left, &[]).await.unwrap().get(0);
    assert_eq!(left, 1);
}
