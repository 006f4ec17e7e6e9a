//! Claims: one worker at a time, and a worker that lost its lease changes nothing.

use std::time::Duration;

use dynrag_domain::{
    DocumentId, VersionNumber,
    audit::Actor,
    chunks::Extracted,
    documents::{FailureCode, Stage, Status},
};
use dynrag_store::{LeaseState, Store, TenantId, ingestion::Claim};
use serde_json::Value;
use tokio_postgres::Client;

use crate::support::{database::Database, seed};

const LEASE: Duration = Duration::from_secs(60);

struct Scene {
    _database: Database,
    store: Store,
    superuser: Client,
    customer: TenantId,
    document: DocumentId,
}

async fn scene() -> Scene {
    let database = Database::fresh().await;
    let (store, superuser) = (database.store(4), database.superuser().await);
    let customer = seed::customer(&store).await.id;
    let (document, _) = seed::add(&store, customer, Some("kb-17"), "first").await;
    Scene {
        _database: database,
        store,
        superuser,
        customer,
        document,
    }
}

impl Scene {
    async fn claim(&self, version: i32) -> Option<Claim> {
        self.store
            .claim(self.customer, self.document, seed::version(version), LEASE)
            .await
            .unwrap()
    }

    async fn expire_lease(&self) {
        let sql =
            "UPDATE documents SET lease_expires_at = now() - interval '1 second' WHERE id = $1";
        self.superuser
            .execute(sql, &[&self.document.as_uuid()])
            .await
            .unwrap();
    }

    /// The current rows of the document and its versions.
    async fn rows(&self) -> Value {
        let sql = "SELECT jsonb_build_array(
            (SELECT to_jsonb(d) FROM documents d WHERE id = $1),
            (SELECT jsonb_agg(v ORDER BY version) FROM document_versions v WHERE document_id = $1),
            (SELECT count(*) FROM document_texts WHERE document_id = $1))";
        self.superuser
            .query_one(sql, &[&self.document.as_uuid()])
            .await
            .unwrap()
            .get(0)
    }

    /// Tries every write of a claimant. Returns whether any succeeded or changed something.
    async fn changes_anything(&self, claim: &Claim) -> bool {
        let before = self.rows().await;
        let store = &self.store;
        let answers = [
            store
                .progress(claim, Some(Stage::Embedding), LEASE)
                .await
                .unwrap(),
            store.progress(claim, None, LEASE).await.unwrap(),
            store
                .describe_version(claim, LEASE, 1, &[9; 32], &Extracted::default(), Some(b"x"))
                .await
                .unwrap(),
            store
                .release(claim, Duration::from_secs(5), true)
                .await
                .unwrap(),
            store
                .release(claim, Duration::from_secs(5), false)
                .await
                .unwrap(),
            store.fail(claim, FailureCode::CorruptFile).await.unwrap(),
            store.unchanged(claim).await.unwrap(),
        ];
        let step = store.begin_store_step(self.customer).await.unwrap();
        let held = step.lock(&[claim]).await.unwrap();
        step.end().await.unwrap();
        answers.contains(&LeaseState::Held) || !held.is_empty() || self.rows().await != before
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_concurrent_claims_only_one_is_granted() {
    let scene = scene().await;
    let claims: Vec<_> = (0..8)
        .map(|_| {
            let (store, customer, document) = (scene.store.clone(), scene.customer, scene.document);
            tokio::spawn(async move {
                store
                    .claim(customer, document, VersionNumber::FIRST, LEASE)
                    .await
                    .unwrap()
                    .is_some()
            })
        })
        .collect();
    let mut given = 0;
    for claim in claims {
        given += usize::from(claim.await.unwrap());
    }
    assert_eq!(given, 1);
    let other = seed::customer(&scene.store).await.id;
    assert!(
        scene
            .store
            .claim(other, scene.document, VersionNumber::FIRST, LEASE)
            .await
            .unwrap()
            .is_none()
    );
}

#[tokio::test]
async fn a_worker_without_a_lease_changes_nothing() {
    let scene = scene().await;
    let stale = scene.claim(1).await.unwrap();
    scene.expire_lease().await;
    let live = scene.claim(1).await.unwrap();
    assert!(live.token > stale.token);
    assert_eq!((stale.attempts, live.attempts), (1, 2));
    assert!(!scene.changes_anything(&stale).await);
    // The same calls by the lease holder do.
    assert!(scene.changes_anything(&live).await);
}

#[tokio::test]
async fn a_new_version_or_a_deletion_fences_off_the_worker() {
    let scene = scene().await;
    let stale = scene.claim(1).await.unwrap();
    seed::add(&scene.store, scene.customer, Some("kb-17"), "second").await;
    assert!(!scene.changes_anything(&stale).await);
    assert!(
        scene.claim(1).await.is_none(),
        "a job of an older version is moot"
    );
    let stale = scene.claim(2).await.unwrap();
    scene
        .store
        .delete_document(scene.customer, Actor::System, scene.document, false)
        .await
        .unwrap();
    assert!(!scene.changes_anything(&stale).await);
    assert!(scene.claim(2).await.is_none());
}

#[tokio::test]
async fn a_released_claim_is_granted_again() {
    let scene = scene().await;
    let claim = scene.claim(1).await.unwrap();
    // A wait that the provider demands is not an attempt.
    assert!(
        scene
            .store
            .release(&claim, Duration::from_secs(5), false)
            .await
            .unwrap()
            .is_held()
    );
    let claim = scene.claim(1).await.unwrap();
    assert_eq!(claim.attempts, 1);
    assert!(
        scene
            .store
            .release(&claim, Duration::from_secs(5), true)
            .await
            .unwrap()
            .is_held()
    );
    let claim = scene.claim(1).await.unwrap();
    assert_eq!(claim.attempts, 2);
    assert!(
        scene
            .store
            .fail(&claim, FailureCode::NoTextLayer)
            .await
            .unwrap()
            .is_held()
    );
    let failed = scene
        .store
        .get_document(scene.customer, scene.document)
        .await
        .unwrap();
    assert_eq!(
        (failed.status, failed.code),
        (Status::NeedsAction, Some(FailureCode::NoTextLayer))
    );
    assert!(
        scene.claim(1).await.is_none(),
        "a document that has ended is not claimed"
    );
    // The same content again is a new attempt, not a duplicate.
    let (document, version) = seed::add(&scene.store, scene.customer, Some("kb-17"), "first").await;
    assert_eq!((document, version), (scene.document, seed::version(2)));
}
