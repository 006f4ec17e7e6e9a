//! Writers that die, freeze and wake, or never took the lock.

use std::collections::BTreeSet;

use tokio::sync::{Mutex as AsyncMutex, oneshot};

use super::*;

/// A customer with one published document.
struct Tenant {
    _folder: TempDir,
    vectors: Arc<Vectors>,
    customer: CustomerId,
    recorded: Recorded,
    published: Vec<Row>,
}

async fn tenant() -> Tenant {
    let folder = folder();
    let vectors = vectors(&folder, MEMORY);
    let customer = CustomerId::generate();
    let published = document(DocumentId::generate(), 1, 2);
    let first = append(published.clone());
    let recorded = vectors.store(customer, None, &first).await.unwrap().version;
    Tenant {
        _folder: folder,
        vectors,
        customer,
        recorded,
        published,
    }
}

impl Tenant {
    /// Another process on the same table.
    fn process(&self) -> Arc<Vectors> {
        vectors(&self._folder, MEMORY)
    }
}

/// Stores a replacement while another writer commits at `moment`; returns the rows that are then
/// live.
async fn store_while_smuggling(moment: Moment, blind: bool) -> (Vec<String>, Vec<String>) {
    let tenant = tenant().await;
    let process = tenant.process();
    if blind {
        tenant.vectors.hooks.blind();
    }
    let customer = tenant.customer;
    tenant.vectors.hooks.once(moment, async move {
        smuggle(&process, customer, document(DocumentId::generate(), 1, 4)).await;
    });
    let id = tenant.published[0].document;
    let change = replace(id, 2, 3);
    let stored = tenant
        .vectors
        .store(customer, tenant.recorded, &change)
        .await
        .unwrap();
    let live = live_ids(&tenant.vectors, customer, stored.version).await;
    (live, ids_of(&change.append))
}

#[tokio::test]
async fn rows_smuggled_in_between_two_commits_are_not_recorded() {
    for moment in [Moment::Based, Moment::Appended] {
        let (live, expected) = store_while_smuggling(moment, false).await;
        assert_eq!(live, expected, "{moment:?}");
    }
}

#[tokio::test]
async fn without_the_check_they_would_be() {
    for moment in [Moment::Based, Moment::Appended] {
        let (live, expected) = store_while_smuggling(moment, true).await;
        assert_ne!(live, expected, "{moment:?}");
    }
}

/// A freezes before its append and loses its lease; B stores and publishes A's document; A wakes
/// in the middle of C's step.
async fn frozen_writer(blind: bool) -> (Vec<String>, Vec<String>) {
    let tenant = tenant().await;
    let (customer, recorded) = (tenant.customer, tenant.recorded);
    let rows = document(DocumentId::generate(), 1, 4);

    let a = tenant.process();
    if blind {
        a.hooks.blind();
    }
    let (frozen, is_frozen) = oneshot::channel();
    let (wake, woken) = oneshot::channel::<()>();
    a.hooks.once(Moment::Based, async move {
        frozen.send(()).unwrap();
        woken.await.unwrap();
    });
    let change = append(rows.clone());
    let a = tokio::spawn(async move { a.store(customer, recorded, &change).await });
    is_frozen.await.unwrap();

    let b = tenant.process();
    let published = b
        .store(customer, recorded, &append(rows.clone()))
        .await
        .unwrap()
        .version;

    let c = tenant.process();
    if blind {
        c.hooks.blind();
    }
    c.hooks.once(Moment::Based, async move {
        wake.send(()).unwrap();
        // A's result is not published: its fencing token is too old.
        a.await.unwrap().unwrap();
    });
    let last = document(DocumentId::generate(), 1, 1);
    let stored = c
        .store(customer, published, &append(last.clone()))
        .await
        .unwrap();
    let live = raw_ids(&c, customer, stored.version, None).await;
    (live, ids_of(&[tenant.published, rows, last].concat()))
}

#[tokio::test]
async fn a_frozen_writer_that_wakes_adds_nothing() {
    let (live, expected) = frozen_writer(false).await;
    assert_eq!(live, expected);
}

#[tokio::test]
async fn without_the_check_a_frozen_writer_would_do_damage() {
    let (live, expected) = frozen_writer(true).await;
    assert_ne!(live, expected);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn eight_writers_behind_the_lock_make_no_duplicates() {
    const ROUNDS: i32 = 5;
    let folder = folder();
    let customer = CustomerId::generate();
    let shared = DocumentId::generate();
    // Stands for the tenant's row in Postgres: the recorded version, and the shared document's
    // version.
    let row_lock = Arc::new(AsyncMutex::new((None, 0)));
    let writers: Vec<_> = (0..8)
        .map(|_| {
            let (vectors, row_lock) = (vectors(&folder, MEMORY), row_lock.clone());
            tokio::spawn(async move {
                let own = DocumentId::generate();
                for round in 1..=ROUNDS {
                    let mut tenant = row_lock.lock().await;
                    let version = tenant.1 + 1;
                    let mut change = replace(shared, version, 3);
                    change.append.extend(document(own, round, 2));
                    change.supersede.push((own, number(round)));
                    // Every third writer dies after its Lance commit, and the work is done again.
                    if version % 3 == 0 {
                        vectors.store(customer, tenant.0, &change).await.unwrap();
                    }
                    let stored = vectors.store(customer, tenant.0, &change).await.unwrap();
                    *tenant = (stored.version, version);
                }
                own
            })
        })
        .collect();
    let mut expected = document(shared, 8 * ROUNDS, 3);
    for writer in writers {
        expected.extend(document(writer.await.unwrap(), ROUNDS, 2));
    }
    let reader = vectors(&folder, MEMORY);
    let recorded = row_lock.lock().await.0;
    assert_eq!(
        live_ids(&reader, customer, recorded).await,
        ids_of(&expected)
    );
    let all = raw_ids(&reader, customer, recorded, None).await;
    let distinct: BTreeSet<_> = all.iter().collect();
    assert_eq!(all.len(), distinct.len());
    assert_eq!(all.len() as i32, 8 * ROUNDS * (3 + 2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn without_the_lock_nothing_wrong_is_recorded() {
    let folder = folder();
    let customer = CustomerId::generate();
    let first = document(DocumentId::generate(), 1, 1);
    let reader = vectors(&folder, MEMORY);
    let recorded = reader
        .store(customer, None, &append(first.clone()))
        .await
        .unwrap()
        .version;
    // Publishing compares the version that was built upon, as the fencing token does.
    let published = Arc::new(AsyncMutex::new((recorded, first)));
    let writers: Vec<_> = (0..8)
        .map(|_| {
            let (vectors, published) = (vectors(&folder, MEMORY), published.clone());
            tokio::spawn(async move {
                for _ in 0..4 {
                    let base = published.lock().await.0;
                    let rows = document(DocumentId::generate(), 1, 2);
                    let stored = vectors.store(customer, base, &append(rows.clone())).await;
                    let mut published = published.lock().await;
                    if let Ok(stored) = stored
                        && published.0 == base
                    {
                        published.0 = stored.version;
                        published.1.extend(rows);
                    }
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
    let published = published.lock().await;
    let all = raw_ids(&reader, customer, published.0, None).await;
    assert_eq!(all, ids_of(&published.1));
}
