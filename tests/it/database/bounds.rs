//! Keys bound to collections reach nothing else, even if a statement does not filter.

use dynrag_domain::{
    CollectionId, DocumentId, Kind,
    audit::Actor,
    collections::{CollectionTarget, DocumentsOnDelete},
    documents::OnDuplicate,
};
use dynrag_store::{
    Bounds, Store, TenantId,
    admission::Admission,
    bundles::{Decision, Item},
    collections::NewCollection,
    crawls::Crawl,
    fetches::AddedUrl,
    uploads::{Added, NewDocument, Target},
};
use tokio_postgres::{Client, error::SqlState};
use uuid::Uuid;

use crate::support::{
    database::Database,
    seed::{self, Customer},
};

/// A customer with two collections, a document in each and one in neither.
struct Scene {
    database: Database,
    store: Store,
    superuser: Client,
    customer: Customer,
    inside: CollectionId,
    outside: CollectionId,
    /// In `inside`, in `outside`, in none.
    documents: [DocumentId; 3],
}

async fn add(store: &Store, customer: TenantId, new: &NewDocument<'_>) -> DocumentId {
    let hash = seed::sha256(new.title);
    let target = store
        .resolve_upload(customer, new, &hash, OnDuplicate::Skip)
        .await
        .unwrap();
    let Target::New { id } = target else {
        panic!("{target:?}");
    };
    let added = store.add_document(customer, target, new, Uuid::new_v4(), 1, &hash);
    assert!(matches!(added.await.unwrap(), Added::Queued(_)));
    id
}

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

async fn scene() -> Scene {
    let database = Database::fresh().await;
    let (store, superuser) = (database.store(2), database.superuser().await);
    let customer = seed::customer(&store).await;
    let inside = seed::collection(&store, customer.id, "Inside").await;
    let outside = seed::collection(&store, customer.id, "Outside").await;
    let documents = [
        add(
            &store,
            customer.id,
            &placed("in", Some("in"), CollectionTarget::In(inside)),
        )
        .await,
        add(
            &store,
            customer.id,
            &placed("out", Some("out"), CollectionTarget::In(outside)),
        )
        .await,
        add(
            &store,
            customer.id,
            &placed("none", None, CollectionTarget::Unchanged),
        )
        .await,
    ];
    Scene {
        database,
        store,
        superuser,
        customer,
        inside,
        outside,
        documents,
    }
}

impl Scene {
    async fn admit(&self, key: &(String, [u8; 32])) -> Admission {
        self.store
            .admit_api_key(&key.0, &key.1, seed::endpoint("documents-list"))
            .await
            .unwrap()
    }
}

#[tokio::test]
async fn statements_without_a_collection_filter_stay_within_the_bounds() {
    let scene = scene().await;
    let id = scene.customer.id;
    // Rows in every table that depends on documents, and a crawl into each collection.
    for document in scene.documents {
        seed::password(&scene.store, id, document).await;
        let staged = "INSERT INTO staged_embeddings (customer_id, document_id, embedding_model, text_hash, vector)
            VALUES ($1, $2, 'm', repeat('0', 64), '\\x00000000')";
        let text = "INSERT INTO document_texts (customer_id, document_id, version, extracted) VALUES ($1, $2, 1, '\\x00')";
        for sql in [staged, text] {
            let values: [&(dyn tokio_postgres::types::ToSql + Sync); 2] =
                [&id.as_uuid(), &document.as_uuid()];
            scene.superuser.execute(sql, &values).await.unwrap();
        }
    }
    for collection in [scene.inside, scene.outside] {
        crawl(&scene.store, id, Some(collection)).await;
    }
    let app = scene.database.app().await;
    let begin = |collections: &str| {
        format!(
            "BEGIN; SELECT set_config('app.customer_id', '{id}', true);
             SELECT set_config('app.collections', '{collections}', true)"
        )
    };
    for (collections, seen) in [
        (format!("{{{}}}", scene.inside), [1, 1]),
        // A deleted or unknown id gives access to nothing.
        (format!("{{{}}}", Uuid::new_v4()), [0, 0]),
        ("{}".to_owned(), [0, 0]),
        // The control: no bounds.
        (String::new(), [3, 2]),
    ] {
        for (table, rows) in [
            ("documents", seen[0]),
            ("document_versions", seen[0]),
            ("document_events", seen[0]),
            ("document_texts", seen[0]),
            ("document_passwords", seen[0]),
            ("staged_embeddings", seen[0]),
            ("collections", seen[1]),
            ("jobs", seen[1]),
            ("crawl_pages", seen[1]),
        ] {
            // Constants only, so that only the policies decide.
            for sql in [
                format!("SELECT 1 FROM {table}"),
                format!("UPDATE {table} SET customer_id = customer_id"),
            ] {
                app.batch_execute(&begin(&collections)).await.unwrap();
                let touched = app.execute(&sql, &[]).await.unwrap();
                assert_eq!(touched, rows, "{sql} within {collections:?}");
                app.batch_execute("ROLLBACK").await.unwrap();
            }
        }
    }
    // No document can be moved out of the collections, or into them from elsewhere.
    let collections = format!("{{{}}}", scene.inside);
    for sql in [
        "UPDATE documents SET collection_id = NULL".to_owned(),
        format!("UPDATE documents SET collection_id = '{}'", scene.outside),
        format!("INSERT INTO collections (customer_id, id, name) VALUES ('{id}', gen_random_uuid(), 'Mine')"),
        format!(
            "INSERT INTO document_passwords (customer_id, document_id, nonce, ciphertext)
             VALUES ('{id}', '{}', decode(repeat('00', 12), 'hex'), decode(repeat('00', 20), 'hex'))",
            scene.documents[1]
        ),
    ] {
        app.batch_execute(&begin(&collections)).await.unwrap();
        let refused = app.execute(&sql, &[]).await.unwrap_err();
        assert_eq!(
            refused.code(),
            Some(&SqlState::INSUFFICIENT_PRIVILEGE),
            "{sql}"
        );
        app.batch_execute("ROLLBACK").await.unwrap();
    }
}

async fn crawl(store: &Store, customer: TenantId, collection: Option<CollectionId>) {
    let crawl = Crawl {
        url: "https://example.com/".to_owned(),
        max_pages: 2,
        same_host: true,
        metadata: None,
        chunking: None,
        collection_id: collection,
        bound: false,
        include_hidden: None,
    };
    store
        .add_crawl(customer, Actor::System, &crawl)
        .await
        .unwrap();
}

#[tokio::test]
async fn a_deleted_collection_is_removed_from_its_keys() {
    let scene = scene().await;
    let id = scene.customer.id;
    let key = seed::bound_key(
        &scene.store,
        &scene.customer,
        &[scene.inside, scene.outside],
    )
    .await;
    let admitted = scene.admit(&key).await;
    let mut both = vec![scene.inside, scene.outside];
    both.sort_by_key(CollectionId::as_uuid);
    let mut bound = admitted.collections.clone().unwrap();
    bound.sort_by_key(CollectionId::as_uuid);
    assert_eq!(bound, both);
    let listed = seed::list(admitted.store(), id, None).await;
    assert_eq!(listed.len(), 2);

    for (collection, left) in [(scene.outside, vec![scene.inside]), (scene.inside, vec![])] {
        let keep = Some(DocumentsOnDelete::Keep);
        let deleted = scene
            .store
            .delete_collection(id, Actor::System, collection, keep, false);
        deleted.await.unwrap();
        let admitted = scene.admit(&key).await;
        assert_eq!(admitted.collections.as_deref(), Some(&left[..]));
        let listed = seed::list(admitted.store(), id, None).await;
        assert_eq!(listed.len(), left.len());
        let bound = admitted.store().bound_documents(id).await.unwrap();
        assert_eq!(bound.unwrap().len(), left.len());
    }
    let refused = scene.admit(&key).await.collection_target(None).unwrap_err();
    assert_eq!(refused.code(), "key_without_collections");
    // The previous release does not know about bounds, so that it must not admit the key.
    let row = scene
        .superuser
        .query_one(
            "SELECT verdict FROM admit_api_key($1, $2, 'documents-list', 'read')",
            &[&key.0, &key.1.as_slice()],
        )
        .await
        .unwrap();
    assert_eq!(row.get::<_, &str>(0), "unauthenticated");
}

#[tokio::test]
async fn documents_outside_the_bounds_are_neither_found_nor_changed() {
    let scene = scene().await;
    let id = scene.customer.id;
    let bound = scene.store.bounded(Bounds::within(&[scene.inside]));
    let [inside, outside, nowhere] = scene.documents;
    for hidden in [outside, nowhere] {
        assert_eq!(
            bound.get_document(id, hidden).await.unwrap_err().kind(),
            Kind::NotFound
        );
        let deleted = bound
            .delete_document(id, Actor::System, hidden, false)
            .await;
        assert_eq!(deleted.unwrap_err().kind(), Kind::NotFound);
        let moved = bound.move_document(id, Actor::System, hidden, Some(scene.inside));
        assert_eq!(moved.await.unwrap_err().kind(), Kind::NotFound);
        let versions = bound.document_versions(id, hidden, None, 10).await;
        assert_eq!(versions.unwrap_err().kind(), Kind::NotFound);
        let steps = bound.document_steps(id, hidden, 0).await;
        assert_eq!(steps.unwrap_err().kind(), Kind::NotFound);
    }
    for to in [None, Some(scene.outside)] {
        let moved = bound.move_document(id, Actor::System, inside, to).await;
        assert_eq!(moved.unwrap_err().fields()[0].pointer, "/collectionId");
    }
    // The same text elsewhere is not a duplicate.
    let here = CollectionTarget::In(scene.inside);
    for text in ["out", "none"] {
        let new = placed(text, None, here);
        let hash = seed::sha256(text);
        let target = bound.resolve_upload(id, &new, &hash, OnDuplicate::Skip);
        assert!(
            matches!(target.await.unwrap(), Target::New { .. }),
            "{text}"
        );
    }
    let new = placed("in", None, here);
    let hash = seed::sha256("in");
    let target = bound.resolve_upload(id, &new, &hash, OnDuplicate::Skip);
    assert!(matches!(target.await.unwrap(), Target::Duplicate { .. }));

    // Ids and URLs are unique among all of a customer's documents, so a duplicate is refused in every way of adding.
    let named = placed("new", Some("out"), here);
    let hash = seed::sha256("new");
    let resolved = bound.resolve_upload(id, &named, &hash, OnDuplicate::Skip);
    assert_eq!(resolved.await.unwrap_err().code(), "external_id_taken");
    let url = NewDocument {
        source_url: Some("https://example.com/a"),
        ..placed("page", None, CollectionTarget::In(scene.outside))
    };
    let added = scene.store.add_url(id, &url, Uuid::new_v4()).await.unwrap();
    assert!(matches!(added, AddedUrl::Queued(..)));
    let again = NewDocument {
        target: here,
        ..url
    };
    let refused = bound.add_url(id, &again, Uuid::new_v4()).await;
    assert_eq!(refused.err().unwrap().code(), "source_url_taken");
    let item = |new| Item {
        new,
        on_duplicate: OnDuplicate::Skip,
        bytes: 1,
        content_hash: seed::sha256("new"),
        id: DocumentId::generate(),
    };
    let items = [item(named), item(placed("new", Some("free"), here))];
    let decisions = bound.decide_batch(id, &items).await.unwrap();
    assert_eq!(decisions[0], Decision::Taken);
    assert!(matches!(decisions[1], Decision::Store(Target::New { .. })));
}

#[tokio::test]
async fn limits_also_count_documents_outside_the_bounds() {
    let scene = scene().await;
    let id = scene.customer.id;
    let bound = scene.store.bounded(Bounds::within(&[scene.inside]));
    let limit = "UPDATE customer_config SET max_documents = 3 WHERE customer_id = $1";
    scene
        .superuser
        .execute(limit, &[&id.as_uuid()])
        .await
        .unwrap();
    let (new, hash) = (
        placed("new", None, CollectionTarget::In(scene.inside)),
        seed::sha256("new"),
    );
    let target = bound
        .resolve_upload(id, &new, &hash, OnDuplicate::Skip)
        .await
        .unwrap();
    let refused = bound.add_document(id, target, &new, Uuid::new_v4(), 1, &hash);
    assert_eq!(refused.await.err().unwrap().code(), "document_limit");
    // It sees no more than before, in the same transaction and afterwards.
    assert_eq!(bound.bound_documents(id).await.unwrap().unwrap().len(), 1);

    for _ in 0..5 {
        crawl(&scene.store, id, None).await;
    }
    let sixth = Crawl {
        url: "https://example.com/".to_owned(),
        max_pages: 2,
        same_host: true,
        metadata: None,
        chunking: None,
        collection_id: Some(scene.inside),
        bound: true,
        include_hidden: None,
    };
    let refused = bound.add_crawl(id, Actor::System, &sixth).await;
    assert_eq!(refused.unwrap_err().code(), "too_many_crawls");
    let made = NewCollection {
        name: "Mine",
        description: None,
        chunking: None,
        alpha: None,
        metadata: None,
    };
    assert!(
        bound
            .create_collection(id, Actor::System, &made)
            .await
            .is_err()
    );
}

/// A caller that cannot read documents of others must not learn that they exist.
#[tokio::test]
async fn a_write_only_key_detects_only_its_own_duplicates() {
    let scene = scene().await;
    let id = scene.customer.id;
    let scopes = "UPDATE api_keys SET scopes = $2 WHERE customer_id = $1";
    let admit = async |scopes_now: &[&str]| {
        let names: Vec<String> = scopes_now.iter().map(|name| (*name).to_owned()).collect();
        scene
            .superuser
            .execute(scopes, &[&id.as_uuid(), &names])
            .await
            .unwrap();
        scene
            .admit(&(
                scene.customer.key_public_id.clone(),
                scene.customer.key_hash,
            ))
            .await
    };
    let writing = admit(&["documents:write"]).await;
    let store = writing.store();
    let own = |text| NewDocument {
        actor: writing.principal.into(),
        ..placed(text, None, CollectionTarget::Unchanged)
    };
    let added = add(store, id, &own("mine")).await;
    let look = async |store: &Store, new: &NewDocument<'_>| {
        let hash = seed::sha256(new.title);
        store
            .resolve_upload(id, new, &hash, OnDuplicate::Skip)
            .await
            .unwrap()
    };
    let known = |target| matches!(target, Target::Duplicate { .. });
    assert!(known(look(store, &own("mine")).await));
    assert!(!known(look(store, &own("none")).await));
    // A document is found by its external id regardless of who added it: that is how it is replaced.
    let named = NewDocument {
        external_id: Some("in"),
        ..own("in")
    };
    assert!(known(look(store, &named).await));
    let item = |new, text| Item {
        new,
        on_duplicate: OnDuplicate::Skip,
        bytes: 1,
        content_hash: seed::sha256(text),
        id: DocumentId::generate(),
    };
    let items = [item(own("mine"), "mine"), item(own("none"), "none")];
    let decisions = store.decide_batch(id, &items).await.unwrap();
    assert!(matches!(decisions[0], Decision::Duplicate { id, .. } if id == added));
    assert!(matches!(decisions[1], Decision::Store(_)));
    for scopes in [
        &["documents:write", "documents:read"][..],
        &["documents:write", "search"],
    ] {
        let reading = admit(scopes).await;
        assert!(
            known(look(reading.store(), &own("none")).await),
            "{scopes:?}"
        );
    }
}
