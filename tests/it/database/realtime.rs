//! Events on their way to WebSocket connections: the races between those who write them and those who deliver them.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use dynrag_domain::realtime::{Channel, Ticket};
use dynrag_store::Store;
use uuid::Uuid;

use crate::support::{
    database::Database,
    seed::{self, Customer},
};

/// A customer with a connection that has subscribed to documents.
async fn listening(database: &Database, store: &Store) -> Customer {
    let customer = seed::customer(store).await;
    let superuser = database.superuser().await;
    let connect =
        "INSERT INTO connections (customer_id, id, api_key_id) VALUES ($1, $1::uuid::text, $2)";
    let (id, key) = (customer.id.as_uuid(), customer.key.as_uuid());
    superuser.execute(connect, &[&id, &key]).await.unwrap();
    let connection = id.to_string();
    let subscribed = store.subscribe(customer.id, &connection, Channel::Documents, Uuid::nil());
    subscribed.await.unwrap();
    customer
}

#[tokio::test]
async fn a_connection_has_one_deliverer() {
    let database = Database::fresh().await;
    let store = database.store(3);
    let customer = listening(&database, &store).await;
    seed::add(&store, customer.id, None, "a text").await;
    let ours = store.begin_delivering(customer.id).await.unwrap();
    let ids: Vec<String> = ours.connections.iter().map(|one| one.id.clone()).collect();
    let waiting = ours.waiting(&ids, 10).await.unwrap();
    assert_eq!((ids.len(), waiting.len()), (1, 1));
    let theirs = store.begin_delivering(customer.id).await.unwrap();
    assert!(theirs.connections.is_empty() && theirs.others);
    theirs.end(&[], &[]).await.unwrap();
    ours.end(&[waiting[0].id], &[]).await.unwrap();
    let after = store.begin_delivering(customer.id).await.unwrap();
    assert!(after.connections.is_empty() && !after.others);
}

#[tokio::test]
async fn no_writer_waits_for_a_delivery_or_fails_for_a_closing_connection() {
    let database = Database::fresh().await;
    let store = database.store(3);
    let customer = listening(&database, &store).await;
    seed::add(&store, customer.id, None, "one").await;
    let delivering = store.begin_delivering(customer.id).await.unwrap();
    assert_eq!(delivering.connections.len(), 1);
    // Otherwise it would wait for ever.
    seed::add(&store, customer.id, None, "two").await;
    delivering.end(&[], &[]).await.unwrap();

    let mut superuser = database.superuser().await;
    let closing = superuser.transaction().await.unwrap();
    let close = "DELETE FROM connections";
    closing.execute(close, &[]).await.unwrap();
    seed::add(&store, customer.id, None, "three").await;
    closing.commit().await.unwrap();
    // What waited for it is forgotten.
    store.sweep_connections(10).await.unwrap();
    let left = "SELECT count(*) FROM pushes";
    let left: i64 = superuser.query_one(left, &[]).await.unwrap().get(0);
    assert_eq!(left, 0);
}

#[tokio::test]
async fn a_ticket_opens_nothing_in_another_tenant() {
    let database = Database::fresh().await;
    let store = database.store(1);
    let (ours, theirs) = (seed::customer(&store).await, seed::customer(&store).await);
    let endpoint = seed::endpoint("realtime-ticket");
    let caller = store.admit_user(ours.verified(), endpoint).await.unwrap();
    let ticket = Ticket::generate(ours.id.customer_id());
    store.add_ticket(&caller, &ticket).await.unwrap();
    // The same id and secret, said to be another customer's.
    let bytes = |of: &Ticket| BASE64_URL_SAFE_NO_PAD.decode(of.text()).unwrap();
    let of_theirs = bytes(&Ticket::generate(theirs.id.customer_id()));
    let forged = [&of_theirs[..16], &bytes(&ticket)[16..]].concat();
    let forged = Ticket::parse(&BASE64_URL_SAFE_NO_PAD.encode(forged)).unwrap();
    assert_eq!(forged.hash(), ticket.hash());
    let refused = store.open_connection(&forged, "c").await.unwrap_err();
    assert_eq!(refused.code(), "unauthenticated");
    store.open_connection(&ticket, "c").await.unwrap();
    let again = store.open_connection(&ticket, "d").await.unwrap_err();
    assert_eq!(again.code(), "unauthenticated");
}
