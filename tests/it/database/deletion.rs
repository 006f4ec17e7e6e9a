//! Deletions that can be undone: what is kept, what is restored, and what is gone for good.

use std::time::Duration;

use dynrag_domain::{
    DocumentId, Kind, VersionNumber,
    audit::Actor,
    bulk::{BulkAction, BulkOperation},
    documents::{
        FailureCode, Status,
        filter::{Filter, Presence, Sort},
    },
    jobs::Job,
};
use dynrag_store::{Store, TenantId, bulk::Step, outbox::Outgoing};
use tokio_postgres::Client;

use super::attachments::attach;
use crate::support::{database::Database, seed};

const LEASE: Duration = Duration::from_secs(60);

struct Scene {
    database: Database,
    superuser: Client,
    store: Store,
    customer: TenantId,
}

async fn scene() -> Scene {
    let database = Database::fresh().await;
    let store = database.store(2);
    let customer = seed::customer(&store).await.id;
    let superuser = database.superuser().await;
    superuser
        .batch_execute("UPDATE customer_config SET deletion_retention_days = 7")
        .await
        .unwrap();
    Scene {
        database,
        superuser,
        store,
        customer,
    }
}

impl Scene {
    async fn sql(&self, sql: &str) {
        self.superuser.batch_execute(sql).await.unwrap();
    }

    async fn number(&self, sql: &str) -> i64 {
        self.superuser.query_one(sql, &[]).await.unwrap().get(0)
    }

    async fn add(&self, external_id: Option<&str>, text: &str) -> DocumentId {
        seed::add(&self.store, self.customer, external_id, text)
            .await
            .0
    }

    /// Deletes a document, and returns the number of jobs that this created.
    async fn delete(&self, id: DocumentId, permanent: bool) -> usize {
        let deleted = self
            .store
            .delete_document(self.customer, Actor::System, id, permanent)
            .await;
        deleted.unwrap().1.len()
    }

    async fn undelete(&self, id: DocumentId) -> Result<Vec<Outgoing>, String> {
        let undeleted = self
            .store
            .undelete_document(self.customer, Actor::System, id)
            .await;
        match undeleted {
            Ok((document, pending)) => {
                assert_eq!((document.id, document.deleted_at), (id, None));
                Ok(pending.into_iter().map(|one| one.job).collect())
            }
            Err(error) => Err(error.code().to_owned()),
        }
    }

    async fn list(&self, presence: Presence) -> Vec<DocumentId> {
        let filter = Filter {
            presence,
            ..Filter::default()
        };
        let listed = self
            .store
            .list_documents(self.customer, &filter, Sort::CreatedAt, None, 100)
            .await;
        listed.unwrap().iter().map(|one| one.id).collect()
    }

    async fn bulk(
        &self,
        operation: BulkOperation,
        ids: &[DocumentId],
    ) -> (Vec<Outgoing>, i64, i64) {
        let filter = Filter {
            ids: Some(ids.to_vec()),
            presence: Presence::Either,
            ..Filter::default()
        };
        let added = self
            .store
            .add_bulk(self.customer, Actor::System, operation, &filter)
            .await;
        let job = added.unwrap().0;
        let mut messages = Vec::new();
        loop {
            match self.store.bulk_step(self.customer, job, 100).await.unwrap() {
                Step::Went(pending) => messages.extend(pending.into_iter().map(|one| one.job)),
                Step::Ended(bulk) => return (messages, bulk.done, bulk.failed),
                Step::None | Step::Later => panic!("nothing blocks it"),
            }
        }
    }
}

#[tokio::test]
async fn a_deleted_document_is_hidden_still_counts_and_is_restored_completely() {
    let scene = scene().await;
    let id = scene.add(Some("x"), "text").await;
    let claim = scene
        .store
        .claim(scene.customer, id, VersionNumber::FIRST, LEASE)
        .await
        .unwrap()
        .unwrap();
    assert!(
        scene
            .store
            .fail(&claim, FailureCode::CorruptFile)
            .await
            .unwrap()
            .is_held()
    );
    assert_eq!(scene.delete(id, false).await, 0, "nothing is removed");
    assert_eq!(scene.list(Presence::Present).await, []);
    assert_eq!(scene.list(Presence::Deleted).await, [id]);
    let shown = scene.store.get_document(scene.customer, id).await;
    assert_eq!(shown.unwrap_err().kind(), Kind::NotFound);
    let quotas = scene.store.quotas(scene.customer).await.unwrap();
    assert_eq!(quotas.documents.used, 1);
    // A stale job that removes documents leaves it alone.
    let step = scene.store.begin_maintenance(scene.customer).await.unwrap();
    assert!(step.deletions(&[id]).await.unwrap().is_empty());
    step.forget(&[id]).await.unwrap();

    assert_eq!(scene.undelete(id).await.unwrap(), []);
    let back = scene.store.get_document(scene.customer, id).await.unwrap();
    assert_eq!(
        (back.status, back.code, back.external_id.as_deref()),
        (Status::Failed, Some(FailureCode::CorruptFile), Some("x"))
    );
    assert_eq!(scene.undelete(id).await.unwrap_err(), "not_found");
}

#[tokio::test]
async fn undeleting_requeues_unfinished_work_and_keeps_its_worker_fenced_off() {
    let scene = scene().await;
    let id = scene.add(None, "text").await;
    let (store, customer) = (&scene.store, scene.customer);
    let claim = store
        .claim(customer, id, VersionNumber::FIRST, LEASE)
        .await
        .unwrap()
        .unwrap();
    scene.delete(id, false).await;
    assert_eq!(
        scene.undelete(id).await.unwrap(),
        [Outgoing::Job(Job::process(
            customer.customer_id(),
            id,
            VersionNumber::FIRST
        ))]
    );
    assert!(
        !store
            .fail(&claim, FailureCode::CorruptFile)
            .await
            .unwrap()
            .is_held()
    );
    assert!(!store.abandon(&claim).await.unwrap().is_held());
    let again = store
        .claim(customer, id, VersionNumber::FIRST, LEASE)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(again.attempts, 1);
}

#[tokio::test]
async fn the_sweep_removes_expired_deletions_for_good() {
    let scene = scene().await;
    let (id, kept) = (scene.add(None, "a").await, scene.add(None, "b").await);
    scene.delete(id, false).await;
    scene.delete(kept, false).await;
    assert_eq!(scene.store.sweep_documents(100).await.unwrap(), []);
    let over = "UPDATE documents SET purge_at = now(), resend_at = now() WHERE title = 'a'";
    scene.sql(over).await;
    let due = scene.store.sweep_documents(100).await.unwrap();
    assert_eq!(
        due,
        [Outgoing::Job(Job::delete(scene.customer.customer_id(), id))]
    );
    assert_eq!(scene.undelete(id).await.unwrap_err(), "not_found");
    let step = scene.store.begin_maintenance(scene.customer).await.unwrap();
    assert_eq!(step.deletions(&[id, kept]).await.unwrap().len(), 1);
    drop(step);
    // Only documents being removed are passed to every request.
    let removing =
        "SELECT count(*) FROM documents WHERE deleted_at IS NOT NULL AND purge_at IS NULL";
    assert_eq!(scene.number(removing).await, 1);
    assert!(scene.undelete(kept).await.is_ok());
}

#[tokio::test]
async fn a_permanent_deletion_also_applies_to_deleted_documents() {
    let scene = scene().await;
    let (now, later) = (scene.add(None, "a").await, scene.add(None, "b").await);
    assert_eq!(scene.delete(now, true).await, 1);
    assert_eq!(scene.undelete(now).await.unwrap_err(), "not_found");
    scene.delete(later, false).await;
    assert_eq!(scene.delete(later, true).await, 1);
    assert_eq!(scene.undelete(later).await.unwrap_err(), "not_found");
    // An upload that never arrived cannot be undeleted.
    let awaited = seed::add_awaited(&scene.store, scene.customer, seed::in_an_hour()).await;
    assert_eq!(scene.delete(awaited, false).await, 1);
}

#[tokio::test]
async fn an_external_id_in_use_prevents_undeletion() {
    let scene = scene().await;
    let old = scene.add(Some("x"), "old").await;
    scene.delete(old, false).await;
    let new = scene.add(Some("x"), "new").await;
    assert_eq!(scene.undelete(old).await.unwrap_err(), "external_id_taken");
    let undelete = BulkAction::Undelete.into();
    let (messages, done, failed) = scene.bulk(undelete, &[old]).await;
    assert_eq!((messages.len(), done, failed), (0, 0, 1));
    // Of two deleted documents, the one deleted last gets it.
    scene.delete(new, false).await;
    let (_, done, failed) = scene.bulk(undelete, &[old, new]).await;
    assert_eq!((done, failed), (1, 1));
    assert_eq!(scene.list(Presence::Present).await, [new]);
}

#[tokio::test]
async fn undeleting_an_email_restores_attachments_deleted_with_it() {
    let scene = scene().await;
    let (store, customer) = (&scene.store, scene.customer);
    let mail = scene.add(None, "mail").await;
    let first = attach(store, customer, mail, 1).await.unwrap();
    let second = attach(store, customer, mail, 2).await.unwrap();
    let undelete = BulkAction::Undelete.into();
    for by_bulk in [false, true] {
        scene.delete(first, false).await;
        scene.delete(mail, false).await;
        assert_eq!(scene.undelete(second).await.unwrap_err(), "mail_deleted");
        let (_, done, failed) = scene.bulk(undelete, &[second]).await;
        assert_eq!((done, failed), (0, 1));
        if by_bulk {
            let (messages, done, failed) = scene.bulk(undelete, &[mail]).await;
            assert_eq!((messages.len(), done, failed), (2, 1, 0));
        } else {
            assert_eq!(scene.undelete(mail).await.unwrap().len(), 2);
        }
        // An attachment that was deleted earlier stays deleted until it is undeleted itself.
        assert_eq!(scene.list(Presence::Present).await, [mail, second]);
        assert_eq!(scene.undelete(first).await.unwrap().len(), 1);
    }
    // A permanent deletion includes attachments that were deleted earlier.
    scene.delete(first, false).await;
    assert_eq!(scene.delete(mail, true).await, 3);
}

#[tokio::test]
async fn a_bulk_deletion_can_be_undone_or_made_permanent() {
    let scene = scene().await;
    let mut ids = Vec::new();
    for number in 0..5 {
        ids.push(scene.add(None, &format!("text {number}")).await);
    }
    let (messages, done, _) = scene.bulk(BulkAction::Delete.into(), &ids).await;
    assert_eq!((messages.len(), done), (0, 5));
    let (messages, done, failed) = scene.bulk(BulkAction::Undelete.into(), &ids[..3]).await;
    assert_eq!((messages.len(), done, failed), (3, 3, 0));
    assert_eq!(scene.list(Presence::Present).await, ids[..3]);
    let permanent = BulkOperation {
        permanent: true,
        ..BulkAction::Delete.into()
    };
    let (messages, done, _) = scene.bulk(permanent, &ids).await;
    assert_eq!((messages.len(), done), (5, 5));
    assert_eq!(scene.list(Presence::Either).await, []);
}

#[tokio::test]
async fn a_document_of_a_deleted_collection_is_restored_without_one() {
    let scene = scene().await;
    let (store, customer) = (&scene.store, scene.customer);
    let collection = seed::collection(store, customer, "Handbook").await;
    let id = scene.add(None, "text").await;
    let into = format!("UPDATE documents SET collection_id = '{collection}'");
    scene.sql(&into).await;
    let with = Some(dynrag_domain::collections::DocumentsOnDelete::Delete);
    let (hidden, pending) = store
        .delete_collection(customer, Actor::System, collection, with, false)
        .await
        .unwrap();
    assert_eq!((hidden.len(), pending.len()), (1, 0));
    scene.undelete(id).await.unwrap();
    let back = store.get_document(customer, id).await.unwrap();
    assert_eq!(back.collection, None);
}

#[tokio::test]
async fn foreign_and_out_of_bounds_documents_cannot_be_undeleted() {
    let scene = scene().await;
    let id = scene.add(None, "text").await;
    scene.delete(id, false).await;
    let other = seed::customer(&scene.store).await.id;
    let refused = scene
        .store
        .undelete_document(other, Actor::System, id)
        .await;
    assert_eq!(refused.unwrap_err().kind(), Kind::NotFound);
    let collection = seed::collection(&scene.store, scene.customer, "Handbook").await;
    let bound = scene
        .database
        .store(1)
        .bounded(dynrag_store::Bounds::within(&[collection]));
    let refused = bound
        .undelete_document(scene.customer, Actor::System, id)
        .await;
    assert_eq!(refused.unwrap_err().kind(), Kind::NotFound);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_an_undeletion_and_the_sweep_exactly_one_wins() {
    let scene = scene().await;
    // Connected in advance, so that either may win.
    let sweeper = scene.database.store(1);
    sweeper.ping().await.unwrap();
    for round in 0..40 {
        let id = scene.add(None, &format!("text {round}")).await;
        scene.delete(id, false).await;
        scene
            .sql("UPDATE documents SET purge_at = now(), resend_at = now() WHERE purge_at IS NOT NULL")
            .await;
        let (store, customer) = (sweeper.clone(), scene.customer);
        let sweeping = tokio::spawn(async move { store.sweep_documents(100).await.unwrap() });
        let undeleted = scene.undelete(id).await.is_ok();
        let swept = sweeping.await.unwrap();
        let removed = swept.contains(&Outgoing::Job(Job::delete(customer.customer_id(), id)));
        assert_eq!(removed, !undeleted, "{round}");
    }
}
