//! The slow lane: who is left to it, whose turn it is, and what comes back.

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

    /// Documents that are left to the slow lane.
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
async fn what_takes_too_long_is_handed_over_and_not_tried_again_elsewhere() {
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
    // The lease is gone, and its holder hands nothing over twice.
    assert!(scene.store.hand_over(&claim).await.unwrap().is_none());
    assert_eq!(scene.count(OUTBOX).await, before + 1);
    // Whatever message comes to the other lanes, the slow one has it.
    let turn = scene.quick(scene.a, slow, 2).await;
    assert!(matches!(turn, Turn::Slow), "{turn:?}");
    let claim = claimed(scene.turn(scene.a, slow, 1).await);
    assert_eq!(claim.attempts, 1, "handing over is no try");
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
    // Other bytes may be quick.
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
async fn large_documents_of_a_customer_with_slow_ones_are_not_tried_elsewhere() {
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
        "few are slow"
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
async fn a_customer_has_its_share_only_while_others_wait() {
    let scene = scene().await;
    let ours = scene.slow(scene.a, 4).await;
    // Alone it has all there is.
    let first = claimed(scene.turn(scene.a, ours[0], 1).await);
    assert!(is_claimed(&scene.turn(scene.a, ours[1], 1).await));
    let theirs = scene.slow(scene.b, 2).await;
    assert!(matches!(
        scene.turn(scene.a, ours[2], 1).await,
        Turn::PutOff
    ));
    assert!(matches!(
        scene.turn(scene.a, ours[3], 1).await,
        Turn::PutOff
    ));
    assert!(is_claimed(&scene.turn(scene.b, theirs[0], 1).await));
    assert!(matches!(
        scene.turn(scene.b, theirs[1], 1).await,
        Turn::PutOff
    ));
    let tries = "SELECT sum(attempts) FROM documents WHERE put_off_at IS NOT NULL";
    assert_eq!(scene.count(tries).await, 0, "being put off is no try");
    // One follows on the one that has ended, in the order in which they came, with its job in the outbox.
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
    // Its customer has another at work still.
    assert!(matches!(
        scene.turn(scene.a, ours[2], 1).await,
        Turn::PutOff
    ));
    // No other customer waits any more: two follow, and are claimed.
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
    let put_off = turns.iter().filter(|turn| matches!(turn, Turn::PutOff));
    assert_eq!(put_off.count(), 6);
    let resumed = join_all((0..6).map(|_| scene.resumed(scene.a))).await;
    let resumed: Vec<_> = resumed.into_iter().flatten().collect();
    let once: BTreeSet<_> = resumed.iter().collect();
    assert_eq!(once.len(), resumed.len());
    // Each end resumes one at most; what another end had locked is left to the next.
    assert!((1..=6).contains(&resumed.len()), "{resumed:?}");
}

#[tokio::test]
async fn the_sweep_sends_what_nobody_resumed() {
    let scene = scene().await;
    let ours = scene.slow(scene.a, 2).await;
    scene.slow(scene.b, 1).await;
    assert!(is_claimed(&scene.turn(scene.a, ours[0], 1).await));
    assert!(matches!(
        scene.turn(scene.a, ours[1], 1).await,
        Turn::PutOff
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
    // The lane it came from has the message now, and leaves it to the slow one.
    assert!(matches!(scene.quick(scene.a, ours[1], 9).await, Turn::Slow));
    assert!(matches!(
        scene.turn(scene.a, ours[1], 1).await,
        Turn::PutOff
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
        Turn::PutOff
    ));
    let later = "SELECT count(*) FROM documents WHERE resend_at > now() + interval '3 minutes' AND slow AND put_off_at = (SELECT max(put_off_at) FROM documents)";
    assert_eq!(scene.count(later).await, 1);
}
