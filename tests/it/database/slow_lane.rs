//! The slow lane: what is handed over to it, whose turn it is, and what is resumed.

use std::{collections::BTreeSet, time::Duration};

use dynrag_domain::{DocumentId, VersionNumber, documents::FailureCode, jobs::Job};
use dynrag_store::{
    Store, TenantId,
    ingestion::Claim,
    outbox::{Outgoing, Pending},
    slow_lane::Turn,
};
use futures::future::join_all;
use tokio_postgres::Client;

use crate::support::{database::Database, seed};

const LEASE: Duration = Duration::from_secs(60);

struct Scene {
    _database: Database,
    store: Store,
    superuser: Client,
    a: TenantId,
    b: TenantId,
}

async fn scene() -> Scene {
    let database = Database::fresh().await;
    let (store, superuser) = (database.store(8), database.superuser().await);
    let a = seed::customer(&store).await.id;
    let b = seed::customer(&store).await.id;
    Scene {
        _database: database,
        store,
        superuser,
        a,
        b,
    }
}

impl Scene {
    async fn add(&self, customer: TenantId, text: &str) -> DocumentId {
        seed::add(&self.store, customer, None, text).await.0
    }

    async fn set(&self, document: DocumentId, set: &str) {
        let sql = format!("UPDATE documents SET {set} WHERE id = $1");
        let changed = self.superuser.execute(&sql, &[&document.as_uuid()]).await;
        assert_eq!(changed.unwrap(), 1);
    }

    async fn large(&self, document: DocumentId) {
        let sql = "UPDATE document_versions SET bytes = 65536 WHERE document_id = $1";
        let changed = self.superuser.execute(sql, &[&document.as_uuid()]).await;
        assert_eq!(changed.unwrap(), 1);
    }

    /// Adds documents that belong to the slow lane.
    async fn slow(&self, customer: TenantId, count: usize) -> Vec<DocumentId> {
        let mut added = Vec::new();
        for number in 0..count {
            let document = self.add(customer, &format!("slow {number}")).await;
            self.set(document, "slow = true").await;
            added.push(document);
        }
        added
    }

    async fn quick(&self, customer: TenantId, document: DocumentId, most: i32) -> Turn {
        let claim = self
            .store
            .claim_quick(customer, document, VersionNumber::FIRST, LEASE, most);
        claim.await.unwrap()
    }

    async fn turn(&self, customer: TenantId, document: DocumentId, share: i32) -> Turn {
        let claim = self
            .store
            .claim_slow(customer, document, VersionNumber::FIRST, LEASE, share);
        claim.await.unwrap()
    }

    async fn resumed(&self, customer: TenantId) -> BTreeSet<DocumentId> {
        let pending = self.store.resume(customer).await.unwrap();
        pending.iter().map(document).collect()
    }

    async fn count(&self, sql: &str) -> i64 {
        self.superuser.query_one(sql, &[]).await.unwrap().get(0)
    }
}

fn document(pending: &Pending) -> DocumentId {
    pending.job.document_id().unwrap()
}

fn claimed(turn: Turn) -> Claim {
    match turn {
        Turn::Claimed(claim) => *claim,
        other => panic!("{other:?}"),
    }
}

fn is_claimed(turn: &Turn) -> bool {
    matches!(turn, Turn::Claimed(_))
}

const OUTBOX: &str = "SELECT count(*) FROM outbox WHERE job ->> 'version' = '1'";

#[tokio::test]
async fn a_slow_document_is_handed_over_and_stays_in_the_slow_lane() {
    let scene = scene().await;
    let slow = scene.add(scene.a, "slow").await;
    let before = scene.count(OUTBOX).await;
    let claim = claimed(scene.quick(scene.a, slow, 2).await);
    assert_eq!(claim.attempts, 1);
    let pending = scene.store.hand_over(&claim).await.unwrap().unwrap();
    assert_eq!(
        pending.job,
        Job::process(scene.a.customer_id(), slow, VersionNumber::FIRST)
    );
    assert_eq!(scene.count(OUTBOX).await, before + 1);
    // The lease is gone, so that its holder cannot hand over twice.
    assert!(scene.store.hand_over(&claim).await.unwrap().is_none());
    assert_eq!(scene.count(OUTBOX).await, before + 1);
    // The other lanes leave every message for it to the slow lane.
    let turn = scene.quick(scene.a, slow, 2).await;
    assert!(matches!(turn, Turn::Slow), "{turn:?}");
    let claim = claimed(scene.turn(scene.a, slow, 1).await);
    assert_eq!(claim.attempts, 1, "handing over is not an attempt");
    let turn = scene.quick(scene.a, slow, 2).await;
    assert!(matches!(turn, Turn::Moot), "{turn:?}");
    let code = FailureCode::ExtractionTimeout;
    assert!(scene.store.fail(&claim, code).await.unwrap().is_held());
    for turn in [
        scene.quick(scene.a, slow, 2).await,
        scene.turn(scene.a, slow, 1).await,
    ] {
        assert!(matches!(turn, Turn::Moot), "it is final: {turn:?}");
    }
    // New content may be quick.
    let (document, _) = seed::add(&scene.store, scene.a, Some("kb"), "first").await;
    scene.set(document, "slow = true").await;
    let (_, version) = seed::add(&scene.store, scene.a, Some("kb"), "second").await;
    let claim = scene
        .store
        .claim_quick(scene.a, document, version, LEASE, 2)
        .await;
    assert!(is_claimed(&claim.unwrap()));
}

#[tokio::test]
async fn large_documents_of_a_customer_with_slow_ones_go_to_the_slow_lane() {
    let scene = scene().await;
    let slow = scene.slow(scene.a, 2).await;
    let mut ids = Vec::new();
    for (customer, text) in [(scene.a, "one"), (scene.a, "two"), (scene.b, "three")] {
        let document = scene.add(customer, text).await;
        scene.large(document).await;
        ids.push(document);
    }
    let small = scene.add(scene.a, "small").await;
    assert!(is_claimed(&scene.quick(scene.a, small, 1).await));
    assert!(is_claimed(&scene.quick(scene.b, ids[2], 1).await));
    assert!(
        is_claimed(&scene.quick(scene.a, ids[0], 3).await),
        "too few are slow"
    );
    assert!(matches!(scene.quick(scene.a, ids[1], 2).await, Turn::Slow));
    scene.set(ids[1], "slow = false").await;
    // A document that has ended counts only if it took too long.
    for (document, code) in slow
        .iter()
        .zip([FailureCode::CorruptFile, FailureCode::ExtractionTimeout])
    {
        let claim = claimed(scene.turn(scene.a, *document, 9).await);
        assert!(scene.store.fail(&claim, code).await.unwrap().is_held());
    }
    let large = scene.add(scene.a, "another").await;
    scene.large(large).await;
    assert!(is_claimed(&scene.quick(scene.a, large, 1).await));
    scene.set(slow[0], "code = 'extraction_timeout'").await;
    assert!(matches!(scene.quick(scene.a, ids[1], 9).await, Turn::Slow));
}

#[tokio::test]
async fn a_customer_is_limited_to_its_share_only_while_others_wait() {
    let scene = scene().await;
    let ours = scene.slow(scene.a, 4).await;
    // Alone it may use all workers.
    let first = claimed(scene.turn(scene.a, ours[0], 1).await);
    assert!(is_claimed(&scene.turn(scene.a, ours[1], 1).await));
    let theirs = scene.slow(scene.b, 2).await;
    assert!(matches!(
        scene.turn(scene.a, ours[2], 1).await,
        Turn::Deferred
    ));
    assert!(matches!(
        scene.turn(scene.a, ours[3], 1).await,
        Turn::Deferred
    ));
    assert!(is_claimed(&scene.turn(scene.b, theirs[0], 1).await));
    assert!(matches!(
        scene.turn(scene.b, theirs[1], 1).await,
        Turn::Deferred
    ));
    let tries = "SELECT sum(attempts) FROM documents WHERE put_off_at IS NOT NULL";
    assert_eq!(scene.count(tries).await, 0, "deferring is not an attempt");
    // One is resumed when another has ended, in the order of arrival, with its job in the outbox.
    assert!(
        scene
            .store
            .fail(&first, FailureCode::CorruptFile)
            .await
            .unwrap()
            .is_held()
    );
    let before = scene.count(OUTBOX).await;
    assert_eq!(scene.resumed(scene.a).await, BTreeSet::from([ours[2]]));
    assert_eq!(scene.count(OUTBOX).await, before + 1);
    // Its customer still has another document in progress.
    assert!(matches!(
        scene.turn(scene.a, ours[2], 1).await,
        Turn::Deferred
    ));
    // No other customer waits any more: two are resumed, and claimed.
    assert!(is_claimed(&scene.turn(scene.b, theirs[1], 2).await));
    assert_eq!(
        scene.resumed(scene.a).await,
        BTreeSet::from([ours[2], ours[3]])
    );
    assert!(is_claimed(&scene.turn(scene.a, ours[3], 1).await));
    assert!(is_claimed(&scene.turn(scene.a, ours[2], 1).await));
    assert_eq!(scene.resumed(scene.a).await, BTreeSet::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_share_is_exact_and_nothing_is_resumed_twice() {
    let scene = scene().await;
    let ours = scene.slow(scene.a, 8).await;
    scene.slow(scene.b, 1).await;
    let turns = join_all(ours.iter().map(|id| scene.turn(scene.a, *id, 2))).await;
    assert_eq!(turns.iter().filter(|turn| is_claimed(turn)).count(), 2);
    let deferred = turns.iter().filter(|turn| matches!(turn, Turn::Deferred));
    assert_eq!(deferred.count(), 6);
    let resumed = join_all((0..6).map(|_| scene.resumed(scene.a))).await;
    let resumed: Vec<_> = resumed.into_iter().flatten().collect();
    let once: BTreeSet<_> = resumed.iter().collect();
    assert_eq!(once.len(), resumed.len());
    // Each end resumes at most one; rows locked by another are left to the next.
    assert!((1..=6).contains(&resumed.len()), "{resumed:?}");
}

#[tokio::test]
async fn the_sweep_sends_deferred_documents_that_were_not_resumed() {
    let scene = scene().await;
    let ours = scene.slow(scene.a, 2).await;
    scene.slow(scene.b, 1).await;
    assert!(is_claimed(&scene.turn(scene.a, ours[0], 1).await));
    assert!(matches!(
        scene.turn(scene.a, ours[1], 1).await,
        Turn::Deferred
    ));
    let waits = "SELECT count(*) FROM documents WHERE status = 'queued' AND resend_at IS NULL";
    assert_eq!(scene.count(waits).await, 0);
    scene.set(ours[1], "resend_at = now()").await;
    let jobs = scene.store.sweep_documents(10).await.unwrap();
    assert_eq!(
        jobs,
        [Outgoing::Job(Job::process(
            scene.a.customer_id(),
            ours[1],
            VersionNumber::FIRST
        ))]
    );
    // Its first lane gets the message now, and leaves it to the slow lane.
    assert!(matches!(scene.quick(scene.a, ours[1], 9).await, Turn::Slow));
    assert!(matches!(
        scene.turn(scene.a, ours[1], 1).await,
        Turn::Deferred
    ));
    // A backlog is not sent at once.
    let far = "UPDATE documents SET put_off_at = now() WHERE customer_id = $1";
    let customer = scene.a.as_uuid();
    for number in 0..60 {
        scene.add(scene.a, &format!("backlog {number}")).await;
    }
    scene.superuser.execute(far, &[&customer]).await.unwrap();
    assert!(matches!(
        scene.turn(scene.a, ours[1], 1).await,
        Turn::Deferred
    ));
    let later = "SELECT count(*) FROM documents WHERE resend_at > now() + interval '3 minutes' AND slow AND put_off_at = (SELECT max(put_off_at) FROM documents)";
    assert_eq!(scene.count(later).await, 1);
}
