//! A pooled connection never carries a tenant over to its next user.

use std::{
    future::poll_fn,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::Poll,
};

use dynrag_domain::CustomerId;
use dynrag_store::{Store, TenantId};
use rand::RngExt;
use tokio::sync::Mutex;
use tokio_postgres::Client;

use crate::support::{database::Database, seed, size};

const TENANTS: usize = 50;
const TASKS: usize = 32;

/// Polls a future this many times, then drops it in the middle of what it waits for.
async fn dropped_after<T>(polls: usize, future: impl Future<Output = T>) -> Option<T> {
    let mut future = Box::pin(future);
    let mut left = polls;
    poll_fn(|context| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        future.as_mut().poll(context).map(Some)
    })
    .await
}

async fn tenants(store: &Store) -> Vec<TenantId> {
    let mut tenants = Vec::with_capacity(TENANTS);
    for number in 0..TENANTS {
        let customer = seed::customer(store).await.id;
        seed::add(store, customer, None, &format!("text {number}")).await;
        tenants.push(customer);
    }
    tenants
}

const ALL_DOCUMENTS: &str = "SELECT customer_id FROM documents";

/// A request of a tenant, with a statement that names no tenant. Returns the number of foreign rows.
async fn request(store: &Store, customer: TenantId, way: usize) -> usize {
    let tx = store.tenant(customer).await.unwrap();
    let rows = tx.query(ALL_DOCUMENTS, &[]).await.unwrap();
    let mut wrong = rows
        .iter()
        .filter(|row| row.get::<CustomerId>(0).unwrap() != customer.customer_id())
        .count();
    assert!(!rows.is_empty(), "a tenant does not see its own document");
    match way {
        // Returned to the pool.
        0 => tx.commit().await.unwrap(),
        // Dropped, as after an error.
        1 => drop(tx),
        // The connection outlives the transaction, and the tenant is still set on it.
        _ => {
            tx.query("COMMIT", &[]).await.unwrap();
            wrong += tx.query(ALL_DOCUMENTS, &[]).await.unwrap().len();
            tx.commit().await.unwrap();
        }
    }
    wrong
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_tenants_on_two_connections_see_only_their_own_rows() {
    let requests = size(2_000, 20_000);
    let database = Database::fresh().await;
    let store = database.store(2);
    let tenants = Arc::new(tenants(&store).await);
    let (next, wrong, done, cancelled) = <(
        Arc<AtomicUsize>,
        Arc<AtomicUsize>,
        Arc<AtomicUsize>,
        Arc<AtomicUsize>,
    )>::default();
    let tasks: Vec<_> = (0..TASKS)
        .map(|_| {
            let (store, tenants) = (store.clone(), tenants.clone());
            let (next, wrong, done, cancelled) =
                (next.clone(), wrong.clone(), done.clone(), cancelled.clone());
            tokio::spawn(async move {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= requests {
                        return;
                    }
                    let request = request(&store, tenants[number * 7 % TENANTS], number % 3);
                    let polls = if number % 10 == 9 {
                        rand::rng().random_range(1..=12)
                    } else {
                        usize::MAX
                    };
                    match dropped_after(polls, request).await {
                        Some(rows) => {
                            wrong.fetch_add(rows, Ordering::Relaxed);
                            done.fetch_add(1, Ordering::Relaxed);
                        }
                        None => {
                            cancelled.fetch_add(1, Ordering::Relaxed);
                        }
                    }
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(wrong.load(Ordering::Relaxed), 0);
    assert_eq!(
        done.load(Ordering::Relaxed) + cancelled.load(Ordering::Relaxed),
        requests
    );
    assert!(
        cancelled.load(Ordering::Relaxed) > requests / 50,
        "hardly any request was cancelled"
    );
}

#[tokio::test]
async fn a_new_connection_has_no_tenant_and_sees_nothing() {
    let database = Database::fresh().await;
    tenants(&database.store(1)).await;
    let app = database.app().await;
    let setting = "SELECT coalesce(current_setting('app.customer_id', true), '')";
    assert_eq!(
        app.query_one(setting, &[]).await.unwrap().get::<_, &str>(0),
        ""
    );
    assert!(app.query(ALL_DOCUMENTS, &[]).await.unwrap().is_empty());
}

/// How a careless pool would set the tenant on a connection.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Setting {
    OfTheTransaction,
    OfTheSession,
}

/// Requests over two connections, of which every tenth forgets its tenant. Returns the rows that these saw.
async fn seen_without_a_tenant(setting: Setting) -> usize {
    let database = Database::fresh().await;
    let tenants = tenants(&database.store(1)).await;
    let pool: [Mutex<Client>; 2] = [
        Mutex::new(database.app().await),
        Mutex::new(database.app().await),
    ];
    let mut seen = 0;
    for number in 0..200 {
        let client = pool[number % 2].lock().await;
        let customer = tenants[number % TENANTS];
        client.batch_execute("BEGIN").await.unwrap();
        let forgets = number % 10 == 9;
        if !forgets {
            let local = setting == Setting::OfTheTransaction;
            let set = format!("SELECT set_config('app.customer_id', '{customer}', {local})");
            client.batch_execute(&set).await.unwrap();
        }
        let rows = client.query(ALL_DOCUMENTS, &[]).await.unwrap().len();
        client.batch_execute("COMMIT").await.unwrap();
        seen += if forgets { rows } else { 0 };
    }
    seen
}

/// The negative control: with a plain SET, the next user of the connection acts as the previous tenant.
#[tokio::test]
async fn a_session_setting_would_leak() {
    assert_eq!(seen_without_a_tenant(Setting::OfTheTransaction).await, 0);
    assert!(seen_without_a_tenant(Setting::OfTheSession).await > 0);
}
