//! Collections in the database: names, limit, chunking and membership.

mod deletion;

use std::{collections::HashSet, time::Duration};

use dynrag_domain::{
    CollectionId, DocumentId, Error, Kind, VersionNumber,
    audit::Actor,
    collections::{
        CollectionTarget::{self, In, Outside, Unchanged},
        DocumentsOnDelete, MAX_COLLECTIONS,
    },
    config::Chunking,
    documents::{OnDuplicate, Status},
    webhooks::{Trigger, WebhookStatus},
};
use dynrag_store::{
    Store, TenantId,
    bundles::{Decision, Item},
    collections::{CollectionChange, NewCollection},
    fetches::AddedUrl,
    uploads::{Added, NewDocument, Target},
    versions::Change,
    webhooks::{self, WebhookFields},
};
use futures::future::join_all;
use tokio_postgres::Client;
use uuid::Uuid;

use crate::support::{database::Database, seed};

const LEASE: Duration = Duration::from_secs(60);

struct Scene {
    store: Store,
    superuser: Client,
    customer: TenantId,
    collection: CollectionId,
    database: Database,
}

async fn scene() -> Scene {
    let database = Database::fresh().await;
    let (store, superuser) = (database.store(8), database.superuser().await);
    let customer = seed::customer(&store).await.id;
    let collection = seed::collection(&store, customer, "Handbook").await;
    Scene {
        store,
        superuser,
        customer,
        collection,
        database,
    }
}

fn of_size(size: u32) -> Chunking {
    Chunking {
        size,
        overlap: 0,
        ..Chunking::default()
    }
}

/// A document for a collection.
fn placed<'a>(
    text: &'a str,
    external_id: Option<&'a str>,
    target: CollectionTarget,
) -> NewDocument<'a> {
    NewDocument {
        target,
        ..seed::new_document(text, external_id)
    }
}

/// Decides about a text and adds it.
async fn add(
    store: &Store,
    customer: TenantId,
    new: &NewDocument<'_>,
) -> Result<DocumentId, Error> {
    let hash = seed::sha256(new.title);
    let target = store
        .resolve_upload(customer, new, &hash, OnDuplicate::Skip)
        .await?;
    let id = match target {
        Target::New { id } | Target::Next { id, .. } => id,
        Target::Duplicate { id, .. } => return Ok(id),
    };
    let object = Uuid::new_v4();
    let added = store.add_document(customer, target, new, object, 1, &hash);
    assert!(matches!(added.await?, Added::Queued(_)));
    Ok(id)
}

impl Scene {
    async fn add(&self, text: &str, to: Option<CollectionId>) -> DocumentId {
        let new = placed(text, None, to.into());
        add(&self.store, self.customer, &new).await.unwrap()
    }

    async fn collection_of(&self, document: DocumentId) -> Option<CollectionId> {
        let found = self.store.get_document(self.customer, document).await;
        found.unwrap().collection
    }

    async fn holds(&self) -> Option<HashSet<DocumentId>> {
        let (customer, collection) = (self.customer, self.collection);
        let held = self.store.collection_documents(customer, collection).await;
        held.unwrap().map(|(ids, _)| ids.into_iter().collect())
    }

    async fn count(&self, sql: &str) -> i64 {
        self.superuser.query_one(sql, &[]).await.unwrap().get(0)
    }

    async fn delete(&self, documents: Option<DocumentsOnDelete>) -> Result<usize, Error> {
        let (customer, collection) = (self.customer, self.collection);
        let deleted =
            self.store
                .delete_collection(customer, Actor::System, collection, documents, false);
        deleted.await.map(|(hidden, _)| hidden.len())
    }
}

/// Checks that an unknown collection is reported as an invalid field.
#[track_caller]
fn unknown(error: &Error) {
    assert_eq!(error.kind(), Kind::Invalid, "{error:?}");
    assert_eq!(error.fields()[0].pointer, "/collectionId");
}

#[tokio::test]
async fn a_collection_can_be_managed_only_by_its_customer() {
    let scene = scene().await;
    let (store, ours, id) = (&scene.store, scene.customer, scene.collection);
    let theirs = seed::customer(store).await.id;
    // Another customer may use the same name.
    seed::collection(store, theirs, "Handbook").await;

    let taken = NewCollection {
        name: "HANDBOOK",
        description: None,
        chunking: None,
        alpha: None,
        metadata: None,
    };
    let refused = store.create_collection(ours, Actor::System, &taken).await;
    assert_eq!(refused.unwrap_err().code(), "collection_exists");
    // Composed and decomposed accents are the same.
    let others = seed::customer(store).await.id;
    seed::collection(store, others, "K\u{fc}che").await;
    let apart = NewCollection {
        name: "Ku\u{308}che",
        ..taken
    };
    let refused = store.create_collection(others, Actor::System, &apart).await;
    assert_eq!(refused.unwrap_err().code(), "collection_exists");
    let second = seed::collection(store, ours, "Contracts").await;
    let rename = CollectionChange {
        name: Some("contracts"),
        ..CollectionChange::default()
    };
    let renamed = store
        .update_collection(ours, Actor::System, id, &rename)
        .await;
    assert_eq!(renamed.unwrap_err().code(), "collection_exists");
    // It can change the case of its own name.
    let renamed = store
        .update_collection(ours, Actor::System, second, &rename)
        .await;
    assert_eq!(renamed.unwrap().name, "contracts");

    let described = CollectionChange {
        description: Some(Some("what for")),
        chunking: Some(Some(of_size(300))),
        ..CollectionChange::default()
    };
    let row = store
        .update_collection(ours, Actor::System, id, &described)
        .await
        .unwrap();
    assert_eq!(row.name, "Handbook");
    assert_eq!(row.description.as_deref(), Some("what for"));
    assert_eq!(row.chunking, Some(of_size(300)));
    let bare = CollectionChange {
        description: Some(None),
        ..CollectionChange::default()
    };
    let row = store
        .update_collection(ours, Actor::System, id, &bare)
        .await
        .unwrap();
    assert_eq!(
        (row.description, row.chunking),
        (None, Some(of_size(300))),
        "other fields stay"
    );

    scene.add("one", Some(id)).await;
    let listed = store.list_collections(ours, None, 10).await.unwrap();
    let listed: Vec<_> = listed.iter().map(|row| (row.id, row.documents)).collect();
    assert_eq!(listed, [(second, 0), (id, 1)], "newest first");
    let first = store.get_collection(ours, second).await.unwrap();
    let after = Some((first.created_at, second));
    let rest = store.list_collections(ours, after, 10).await.unwrap();
    assert_eq!(rest.len(), 1);

    for found in [
        store.get_collection(theirs, id).await,
        store
            .update_collection(theirs, Actor::System, id, &bare)
            .await,
    ] {
        assert_eq!(found.unwrap_err().kind(), Kind::NotFound);
    }
    let keep = Some(DocumentsOnDelete::Keep);
    let deleted = store
        .delete_collection(theirs, Actor::System, id, keep, false)
        .await;
    assert_eq!(deleted.unwrap_err().kind(), Kind::NotFound);
    let read = store.collection_documents(theirs, id).await.unwrap();
    assert_eq!(read, None);
    let told = "SELECT count(*) FROM audit_log WHERE action LIKE 'collection.%'";
    assert_eq!(scene.count(told).await, 7);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_requests_do_not_exceed_the_collection_limit() {
    let scene = scene().await;
    let fill = format!(
        "INSERT INTO collections (customer_id, id, name)
         SELECT customer_id, gen_random_uuid(), 'filler ' || n FROM collections, generate_series(1, {}) n",
        MAX_COLLECTIONS - 4
    );
    scene.superuser.batch_execute(&fill).await.unwrap();
    let tasks: Vec<_> = (0..8)
        .map(|n| {
            let (store, customer) = (scene.database.store(1), scene.customer);
            tokio::spawn(async move {
                let name = format!("one more {n}");
                let new = NewCollection {
                    name: &name,
                    description: None,
                    chunking: None,
                    alpha: None,
                    metadata: None,
                };
                store.create_collection(customer, Actor::System, &new).await
            })
        })
        .collect();
    let mut made = 0;
    for task in tasks {
        match task.await.unwrap() {
            Ok(_) => made += 1,
            Err(error) => assert_eq!(error.code(), "collection_limit"),
        }
    }
    assert_eq!(made, 3);
    let all = scene.count("SELECT count(*) FROM collections").await;
    assert_eq!(all, MAX_COLLECTIONS);
    let theirs = seed::customer(&scene.store).await.id;
    seed::collection(&scene.store, theirs, "theirs").await;
}

#[tokio::test]
async fn the_most_specific_chunking_applies() {
    let scene = scene().await;
    let (store, customer, id) = (&scene.store, scene.customer, scene.collection);
    let plain = seed::collection(store, customer, "Plain").await;
    let change = |chunking| CollectionChange {
        chunking: Some(chunking),
        ..CollectionChange::default()
    };
    store
        .update_collection(customer, Actor::System, id, &change(Some(of_size(300))))
        .await
        .unwrap();
    let own = NewDocument {
        chunking: Some(of_size(150)),
        ..placed("its own", None, In(id))
    };
    let own = add(store, customer, &own).await.unwrap();
    let of_collection = scene.add("the collection's", Some(id)).await;
    let in_plain = scene
        .add("the customer's, in a collection", Some(plain))
        .await;
    let nowhere = scene.add("the customer's", None).await;
    let later = scene.add("changed meanwhile", Some(id)).await;
    let cut = async |document, version| {
        let claim = store.claim(customer, document, version, LEASE).await;
        claim.unwrap().unwrap().chunking
    };
    assert_eq!(cut(own, VersionNumber::FIRST).await.size, 150);
    assert_eq!(cut(of_collection, VersionNumber::FIRST).await, of_size(300));
    for document in [in_plain, nowhere] {
        assert_eq!(
            cut(document, VersionNumber::FIRST).await,
            Chunking::default()
        );
    }
    // The collection's chunking applies as of the time when the document is read, and again when it is reprocessed.
    store
        .update_collection(customer, Actor::System, id, &change(Some(of_size(400))))
        .await
        .unwrap();
    assert_eq!(cut(later, VersionNumber::FIRST).await.size, 400);
    let again = store
        .process_again(customer, Actor::System, later, None, &Change::default())
        .await
        .unwrap();
    store
        .update_collection(customer, Actor::System, id, &change(None))
        .await
        .unwrap();
    assert_eq!(cut(later, again.unwrap().0).await, Chunking::default());
}

#[tokio::test]
async fn a_document_is_in_at_most_one_collection() {
    let scene = scene().await;
    let (store, customer, id) = (&scene.store, scene.customer, scene.collection);
    let other = seed::collection(store, customer, "Other").await;
    let theirs = seed::customer(store).await.id;
    let foreign = seed::collection(store, theirs, "Theirs").await;
    let named = placed("text", Some("kb-1"), In(id));
    let document = add(store, customer, &named).await.unwrap();
    assert_eq!(scene.collection_of(document).await, Some(id));

    // A new version stays in the collection unless it names another.
    for (text, target, expected) in [
        ("second", Unchanged, Some(id)),
        ("third", In(other), Some(other)),
        ("fourth", Outside, None),
        ("fifth", In(id), Some(id)),
    ] {
        let new = placed(text, Some("kb-1"), target);
        assert_eq!(add(store, customer, &new).await.unwrap(), document);
        assert_eq!(scene.collection_of(document).await, expected, "{text}");
    }
    let change = |target| Change {
        target,
        ..Change::default()
    };
    for (target, expected) in [
        (In(other), Some(other)),
        (Unchanged, Some(other)),
        (Outside, None),
    ] {
        store
            .process_again(customer, Actor::System, document, None, &change(target))
            .await
            .unwrap();
        assert_eq!(scene.collection_of(document).await, expected);
    }
    // A move alone creates neither a version nor a job.
    let before = store.get_document(customer, document).await.unwrap();
    let jobs = scene.count("SELECT count(*) FROM outbox").await;
    let status = store
        .move_document(customer, Actor::System, document, Some(id))
        .await;
    assert_eq!(status.unwrap(), Status::Queued);
    let after = store.get_document(customer, document).await.unwrap();
    assert_eq!(after.collection, Some(id));
    assert_eq!(after.latest_version, before.latest_version);
    assert_eq!(scene.count("SELECT count(*) FROM outbox").await, jobs);

    assert_eq!(scene.holds().await, Some([document].into()));
    assert_eq!(seed::list(store, customer, Some(id)).await.len(), 1);
    for empty in [other, foreign, CollectionId::generate()] {
        assert!(seed::list(store, customer, Some(empty)).await.is_empty());
    }
    store
        .move_document(customer, Actor::System, document, None)
        .await
        .unwrap();
    assert_eq!(scene.collection_of(document).await, None);
    let gone = scene.add("deleted", Some(id)).await;
    store
        .delete_document(customer, Actor::System, gone, false)
        .await
        .unwrap();
    assert_eq!(scene.holds().await, Some([].into()));
    let moved = store.move_document(customer, Actor::System, gone, Some(id));
    assert_eq!(moved.await.unwrap_err().kind(), Kind::NotFound);
}

#[tokio::test]
async fn another_customers_collection_is_refused_everywhere() {
    let scene = scene().await;
    let (store, customer) = (&scene.store, scene.customer);
    let theirs = seed::customer(store).await.id;
    let foreign = seed::collection(store, theirs, "Theirs").await;
    let there = scene.add("is there", None).await;
    let rows = "SELECT count(*) FROM documents";
    for to in [foreign, CollectionId::generate()].map(In) {
        let new = placed("text", None, to);
        unknown(&add(store, customer, &new).await.unwrap_err());
        // Also if the collection was deleted between the two calls.
        let target = Target::New {
            id: DocumentId::generate(),
        };
        let added = store
            .add_document(customer, target, &new, Uuid::new_v4(), 1, &[1; 32])
            .await;
        unknown(&added.err().unwrap());
        let (id, until) = (DocumentId::generate(), seed::in_an_hour());
        let awaited = store
            .add_awaited_document(customer, id, &new, Uuid::new_v4(), until)
            .await;
        unknown(&awaited.unwrap_err());
        let url = NewDocument {
            source_url: Some("https://example.com/"),
            ..new
        };
        let fetched = store.add_url(customer, &url, Uuid::new_v4()).await;
        unknown(&fetched.err().unwrap());
        let change = Change {
            target: to,
            ..Change::default()
        };
        let again = store
            .process_again(customer, Actor::System, there, None, &change)
            .await;
        unknown(&again.unwrap_err());
        let moved = store
            .move_document(customer, Actor::System, there, to.collection())
            .await;
        unknown(&moved.unwrap_err());
        let wanted = WebhookFields {
            name: "hook",
            status: WebhookStatus::Active,
            url: None,
            schedule: None,
            time_zone: None,
            events: &[],
            next_run_at: None,
            collection: to.collection(),
        };
        let tx = store.tenant(customer).await.unwrap();
        let made = webhooks::insert(
            &tx,
            dynrag_domain::WebhookId::generate(),
            Trigger::Manual,
            &wanted,
            None,
            None,
        );
        unknown(&made.await.unwrap_err());
    }
    assert_eq!(scene.count(rows).await, 1);
    assert_eq!(scene.collection_of(there).await, None);
    // The customer's own collection is accepted.
    let url = NewDocument {
        source_url: Some("https://example.com/"),
        ..placed("page", None, In(scene.collection))
    };
    let added = store.add_url(customer, &url, Uuid::new_v4()).await.unwrap();
    let AddedUrl::Queued(page, _) = added else {
        panic!("not queued");
    };
    assert_eq!(scene.holds().await, Some([page].into()));
}

#[tokio::test]
async fn only_batch_items_with_an_unknown_collection_are_refused() {
    let scene = scene().await;
    let (store, customer) = (&scene.store, scene.customer);
    let moved = add(store, customer, &placed("moves", Some("kb-1"), Unchanged))
        .await
        .unwrap();
    let item = |text: &'static str, external_id, target| Item {
        new: placed(text, external_id, target),
        on_duplicate: OnDuplicate::Skip,
        bytes: 1,
        content_hash: seed::sha256(text),
        id: DocumentId::generate(),
    };
    let items = [
        item("one", None, In(scene.collection)),
        item("two", None, In(CollectionId::generate())),
        item("three", None, Unchanged),
        item("moves now", Some("kb-1"), In(scene.collection)),
        // Not a duplicate of the refused one.
        item("two", None, Unchanged),
    ];
    let decisions = store.decide_batch(customer, &items).await.unwrap();
    assert_eq!(decisions[1], Decision::NoCollection);
    let stored = decisions.iter().filter(|d| d.stored().is_some()).count();
    assert_eq!(stored, 4, "{decisions:?}");
    let starts = [0, 1, 1, 2, 3];
    let bundle = Uuid::new_v4();
    let pending = store
        .add_batch(customer, &items, &decisions, bundle, &starts, Actor::System)
        .await
        .unwrap();
    assert_eq!(pending.unwrap().len(), 4);
    assert_eq!(scene.holds().await, Some([items[0].id, moved].into()));
    assert_eq!(scene.collection_of(items[2].id).await, None);
}
