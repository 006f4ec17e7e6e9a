//! Bulk jobs: a fixed set of documents, atomic steps, and nothing done twice.

use dynrag_domain::{
    CollectionId, DocumentId, JobId, Kind,
    audit::Actor,
    bulk::{BulkAction, BulkOperation},
    documents::{Status, filter::Filter},
    quotas::MAX_BULK_ACTIONS,
    tasks::JobStatus,
};
use dynrag_store::{Store, TenantId, bulk::Step, outbox::Outgoing};
use tokio_postgres::Client;

use crate::support::{database::Database, seed};

struct Scene {
    _database: Database,
    store: Store,
    superuser: Client,
    customer: TenantId,
}

async fn scene() -> Scene {
    let database = Database::fresh().await;
    let (store, superuser) = (database.store(4), database.superuser().await);
    let customer = seed::customer(&store).await.id;
    Scene {
        _database: database,
        store,
        superuser,
        customer,
    }
}

impl Scene {
    async fn documents(&self, count: usize) -> Vec<DocumentId> {
        let mut ids = Vec::new();
        for number in 0..count {
            let text = format!("text {number}");
            ids.push(seed::add(&self.store, self.customer, None, &text).await.0);
        }
        self.sql("DELETE FROM outbox").await;
        ids
    }

    async fn sql(&self, sql: &str) {
        self.superuser.batch_execute(sql).await.unwrap();
    }

    async fn start(&self, action: BulkAction, to: Option<CollectionId>, filter: &Filter) -> JobId {
        let asked = BulkOperation {
            collection_id: to,
            ..action.into()
        };
        self.ask(asked, filter).await
    }

    async fn ask(&self, operation: BulkOperation, filter: &Filter) -> JobId {
        let added = self
            .store
            .add_bulk(self.customer, Actor::System, operation, filter)
            .await;
        added.unwrap().0
    }

    /// Completes a job, two documents a step, and returns the messages of each step.
    async fn finish(&self, job: JobId) -> Vec<Vec<Outgoing>> {
        let mut steps = Vec::new();
        loop {
            match self.store.bulk_step(self.customer, job, 2).await.unwrap() {
                Step::Went(pending) => {
                    steps.push(pending.into_iter().map(|one| one.job).collect());
                }
                Step::Ended(_) => return steps,
                Step::None | Step::Later => panic!("nothing blocks it"),
            }
        }
    }

    async fn number(&self, sql: &str) -> i64 {
        self.superuser.query_one(sql, &[]).await.unwrap().get(0)
    }

    async fn job(&self, job: JobId) -> (JobStatus, serde_json::Value) {
        let row = self.store.get_job(self.customer, job).await.unwrap();
        let progress = serde_json::from_str(row.progress.get()).unwrap();
        (row.status, progress)
    }
}

fn only(ids: &[DocumentId]) -> Filter {
    Filter {
        ids: Some(ids.to_vec()),
        ..Filter::default()
    }
}

#[tokio::test]
async fn only_documents_selected_by_the_request_are_deleted() {
    let scene = scene().await;
    let ids = scene.documents(5).await;
    let theirs = seed::customer(&scene.store).await.id;
    seed::add(&scene.store, theirs, None, "somebody else's").await;
    let job = scene
        .start(BulkAction::Delete, None, &Filter::default())
        .await;
    // Added later, and deleted meanwhile.
    seed::add(&scene.store, scene.customer, None, "added later").await;
    scene
        .store
        .delete_document(scene.customer, Actor::System, ids[0], false)
        .await
        .unwrap();
    let steps = scene.finish(job).await;
    assert_eq!(steps.concat().len(), 4, "a deletion each");
    let (status, progress) = scene.job(job).await;
    assert_eq!(status, JobStatus::Completed);
    assert_eq!(
        (&progress["total"], &progress["done"]),
        (&5.into(), &5.into())
    );
    let left = "SELECT count(*) FROM documents WHERE deleted_at IS NULL";
    assert_eq!(scene.number(left).await, 2);
    let lines = "SELECT count(*) FROM audit_log WHERE action = 'document.deleted'";
    assert_eq!(scene.number(lines).await, 5);
    let again = scene.store.bulk_step(scene.customer, job, 2).await;
    assert!(matches!(again.unwrap(), Step::None));
}

#[tokio::test]
async fn a_bulk_deletion_waits_while_too_many_documents_are_being_deleted() {
    let scene = scene().await;
    let ids = scene.documents(2).await;
    let job = scene.start(BulkAction::Delete, None, &only(&ids)).await;
    scene
        .sql(
            "ALTER TABLE documents DISABLE TRIGGER USER;
             INSERT INTO documents (customer_id, id, title, source, status, code, deleted_at)
             SELECT customer_id, gen_random_uuid(), 'T', 'api', 'failed', 'corrupt_file', now()
             FROM customer_config, generate_series(1, 5000);
             ALTER TABLE documents ENABLE TRIGGER USER",
        )
        .await;
    for _ in 0..10 {
        scene.store.begin_job(scene.customer, job).await.unwrap();
        let step = scene.store.bulk_step(scene.customer, job, 2).await.unwrap();
        assert!(matches!(step, Step::Later));
    }
    let begun = scene.store.begin_job(scene.customer, job).await.unwrap();
    assert_eq!(
        begun.unwrap().attempts,
        1,
        "waiting is not a failed attempt"
    );
    scene
        .sql("DELETE FROM documents WHERE deleted_at IS NOT NULL")
        .await;
    assert_eq!(scene.finish(job).await.concat().len(), 2);
}

#[tokio::test]
async fn a_bulk_action_waits_while_too_many_notifications_are_pending() {
    let scene = scene().await;
    let ids = scene.documents(1).await;
    let job = scene.start(BulkAction::Delete, None, &only(&ids)).await;
    scene
        .sql(
            "INSERT INTO webhooks (customer_id, id, name, trigger_type, status, url, events)
             SELECT id, gen_random_uuid(), 'out', 'event', 'active', 'https://example.com/', '{document.deleted}'
             FROM customers;
             INSERT INTO webhook_deliveries (customer_id, id, webhook_id, event, payload, resend_at)
             SELECT w.customer_id, gen_random_uuid(), w.id, 'document.deleted', '{}', now() + interval '1 hour'
             FROM webhooks w, generate_series(1, 10000)",
        )
        .await;
    let step = scene.store.bulk_step(scene.customer, job, 2).await.unwrap();
    assert!(matches!(step, Step::Later), "{step:?}");
    scene.sql("DELETE FROM webhook_deliveries").await;
    assert_eq!(scene.finish(job).await.concat().len(), 1);
}

#[tokio::test]
async fn attachments_are_deleted_in_bulk_with_their_email() {
    let scene = scene().await;
    let ids = scene.documents(3).await;
    let attach = format!(
        "UPDATE documents SET attached_to = '{}' WHERE id = '{}'",
        ids[0], ids[1]
    );
    scene.sql(&attach).await;
    let job = scene
        .start(BulkAction::Delete, None, &only(&ids[..1]))
        .await;
    assert_eq!(scene.finish(job).await.concat().len(), 2);
    let left = "SELECT count(*) FROM documents WHERE deleted_at IS NULL";
    assert_eq!(scene.number(left).await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_workers_process_each_document_once() {
    let scene = scene().await;
    scene.documents(12).await;
    let job = scene
        .start(BulkAction::Reprocess, None, &Filter::default())
        .await;
    // A step that dies midway has not happened.
    scene
        .sql("BEGIN; UPDATE jobs SET attempts = attempts")
        .await;
    let locked = scene.store.bulk_step(scene.customer, job, 2).await;
    assert!(
        matches!(locked.unwrap(), Step::None),
        "another worker has it"
    );
    scene.sql("ROLLBACK").await;
    let worker = async || {
        loop {
            let step = scene.store.bulk_step(scene.customer, job, 2).await;
            if matches!(step.unwrap(), Step::Ended(_))
                || scene.job(job).await.0 == JobStatus::Completed
            {
                return;
            }
        }
    };
    tokio::join!(worker(), worker(), worker());
    assert_eq!(scene.job(job).await.1["done"], 12);
    let versions = "SELECT count(*) FROM document_versions";
    assert_eq!(scene.number(versions).await, 24);
    let twice = "SELECT count(*) FROM documents WHERE latest_version <> 2 OR status <> 'queued' OR lane <> 'bulk'";
    assert_eq!(scene.number(twice).await, 0);
    let jobs = "SELECT count(*) FROM outbox WHERE job ->> 'job' = 'processDocument'";
    assert_eq!(scene.number(jobs).await, 12);
}

#[tokio::test]
async fn failures_are_recorded_with_their_reasons() {
    let scene = scene().await;
    let ids = scene.documents(4).await;
    scene
        .sql(&format!(
            "UPDATE documents SET status = 'failed', code = 'corrupt_file' WHERE id = '{}';
             UPDATE documents SET status = 'failed', code = 'upload_expired' WHERE id = '{}';
             UPDATE document_versions SET to_fetch = true WHERE document_id = '{}'",
            ids[0], ids[1], ids[2]
        ))
        .await;
    let job = scene.start(BulkAction::Retry, None, &only(&ids)).await;
    scene
        .store
        .delete_document(scene.customer, Actor::System, ids[3], false)
        .await
        .unwrap();
    scene.finish(job).await;
    let (status, progress) = scene.job(job).await;
    assert_eq!(
        (status, &progress["done"]),
        (JobStatus::Completed, &1.into())
    );
    let failures = scene.store.bulk_failures(scene.customer, job, 10).await;
    let mut failures = failures.unwrap();
    failures.sort();
    let expected = [
        (ids[1], "not_retryable".to_owned()),
        (ids[2], "not_retryable".to_owned()),
        (ids[3], "not_found".to_owned()),
    ];
    assert_eq!(failures, expected);
    let retried = scene.store.get_document(scene.customer, ids[0]).await;
    assert_eq!(retried.unwrap().status, Status::Queued);

    let job = scene.start(BulkAction::Reprocess, None, &only(&ids)).await;
    scene.finish(job).await;
    let failures = scene.store.bulk_failures(scene.customer, job, 10).await;
    assert_eq!(failures.unwrap(), [(ids[2], "no_original".to_owned())]);
    let theirs = seed::customer(&scene.store).await.id;
    assert!(
        scene
            .store
            .bulk_failures(theirs, job, 10)
            .await
            .unwrap()
            .is_empty()
    );
    let foreign = scene.store.bulk_step(theirs, job, 10).await.unwrap();
    assert!(matches!(foreign, Step::None));
}

#[tokio::test]
async fn documents_move_only_into_an_existing_collection() {
    let scene = scene().await;
    let ids = scene.documents(3).await;
    let collection = seed::collection(&scene.store, scene.customer, "Handbook").await;
    let foreign = seed::customer(&scene.store).await.id;
    let foreign = seed::collection(&scene.store, foreign, "Handbook").await;
    let refused = scene
        .store
        .add_bulk(
            scene.customer,
            Actor::System,
            BulkOperation {
                collection_id: Some(foreign),
                ..BulkAction::Move.into()
            },
            &only(&ids),
        )
        .await;
    assert_eq!(refused.unwrap_err().fields()[0].pointer, "/collectionId");
    let job = scene
        .start(BulkAction::Move, Some(collection), &only(&ids))
        .await;
    assert!(scene.finish(job).await.concat().is_empty());
    let inside = "SELECT count(*) FROM documents WHERE collection_id IS NOT NULL";
    assert_eq!(scene.number(inside).await, 3);
    let out = scene.start(BulkAction::Move, None, &only(&ids[..1])).await;
    scene.finish(out).await;
    assert_eq!(scene.number(inside).await, 2);

    let late = scene
        .start(BulkAction::Move, Some(collection), &only(&ids))
        .await;
    scene.sql("DELETE FROM collections").await;
    scene.finish(late).await;
    let row = scene.store.get_job(scene.customer, late).await.unwrap();
    assert_eq!(
        (row.status, row.code.as_deref()),
        (JobStatus::Failed, Some("collection_deleted"))
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_requests_do_not_exceed_the_bulk_action_limit() {
    let scene = scene().await;
    let ids = scene.documents(1).await;
    let filter = only(&ids);
    let ask = || {
        let (store, customer) = (&scene.store, scene.customer);
        store.add_bulk(customer, Actor::System, BulkAction::Delete.into(), &filter)
    };
    let all = tokio::join!(ask(), ask(), ask(), ask(), ask(), ask());
    let all = [all.0, all.1, all.2, all.3, all.4, all.5];
    let refused: Vec<_> = all.iter().filter_map(|one| one.as_ref().err()).collect();
    assert_eq!(
        refused.len(),
        all.len() - usize::try_from(MAX_BULK_ACTIONS).unwrap()
    );
    for error in refused {
        assert_eq!(
            (error.kind(), error.code()),
            (Kind::Conflict, "too_many_bulk_actions")
        );
    }
    let jobs = "SELECT count(*) FROM jobs WHERE kind = 'bulk'";
    assert_eq!(scene.number(jobs).await, MAX_BULK_ACTIONS);
}
