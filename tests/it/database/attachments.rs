//! Attachments of an email: none outlives it, and only its current claimant can remove them.

use std::time::Duration;

use dynrag_domain::{
    DocumentId, Kind, Result,
    audit::Actor,
    documents::{
        Source,
        filter::{Filter, Sort},
    },
};
use dynrag_store::{
    Store, TenantId,
    uploads::{Added, NewDocument, Target},
};
use uuid::Uuid;

use crate::support::{database::Database, seed};

const LEASE: Duration = Duration::from_secs(60);

/// Adds an attachment to an email.
pub(super) async fn attach(
    store: &Store,
    customer: TenantId,
    mail: DocumentId,
    number: u32,
) -> Result<DocumentId> {
    let id = DocumentId::generate();
    let text = format!("{mail} {number}");
    let external_id = format!("{mail}/{number}");
    let new = NewDocument {
        source: Source::Attachment,
        attached_to: Some(mail),
        ..seed::new_document(&text, Some(&external_id))
    };
    let hash = seed::sha256(&text);
    let added = store
        .add_document(customer, Target::New { id }, &new, Uuid::new_v4(), 1, &hash)
        .await?;
    assert!(matches!(added, Added::Queued(_)));
    Ok(id)
}

async fn count(store: &Store, customer: TenantId) -> usize {
    let listed = store
        .list_documents(customer, &Filter::default(), Sort::default(), None, 100)
        .await;
    listed.unwrap().len()
}

#[tokio::test]
async fn attachments_are_deleted_with_their_email_and_never_added_later() {
    let database = Database::fresh().await;
    let store = database.store(1);
    let customer = seed::customer(&store).await.id;
    let (mail, _) = seed::add(&store, customer, None, "an email").await;
    let (other, _) = seed::add(&store, customer, None, "another email").await;
    for number in 1..=2 {
        attach(&store, customer, mail, number).await.unwrap();
    }
    let kept = attach(&store, customer, other, 1).await.unwrap();
    let pending = store
        .delete_document(customer, Actor::System, mail, false)
        .await;
    assert_eq!(pending.unwrap().1.len(), 3);
    assert_eq!(count(&store, customer).await, 2);
    let late = attach(&store, customer, mail, 3).await;
    assert_eq!(late.unwrap_err().kind(), Kind::NotFound);
    assert_eq!(count(&store, customer).await, 2);

    // Once the email's rows are removed, a remaining attachment would have no email.
    let superuser = database.superuser().await;
    superuser
        .execute("DELETE FROM documents WHERE id = $1", &[&other.as_uuid()])
        .await
        .unwrap();
    let document = store.get_document(customer, kept).await.unwrap();
    assert_eq!(document.attached_to, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deletion_waits_for_a_concurrently_added_attachment() {
    let database = Database::fresh().await;
    let store = database.store(2);
    let customer = seed::customer(&store).await.id;
    for round in 0..20 {
        let (mail, _) = seed::add(&store, customer, None, &format!("mail {round}")).await;
        let adding = {
            let store = store.clone();
            tokio::spawn(async move { attach(&store, customer, mail, 1).await })
        };
        store
            .delete_document(customer, Actor::System, mail, false)
            .await
            .unwrap();
        // Depending on which came first, it was added and then deleted, or refused.
        drop(adding.await.unwrap());
        assert_eq!(count(&store, customer).await, 0, "{round}");
    }
}

#[tokio::test]
async fn a_lost_claim_removes_no_attachments() {
    let database = Database::fresh().await;
    let store = database.store(1);
    let customer = seed::customer(&store).await.id;
    let (mail, version) = seed::add(&store, customer, None, "a mail").await;
    let claim = store.claim(customer, mail, version, LEASE).await.unwrap();
    let claim = claim.unwrap();
    let first = attach(&store, customer, mail, 1).await.unwrap();
    attach(&store, customer, mail, 2).await.unwrap();
    let gone = store.detach_others(&claim, &[first]).await.unwrap();
    assert_eq!(gone.unwrap().len(), 1);
    assert_eq!(count(&store, customer).await, 2);
    assert!(store.release(&claim, LEASE, true).await.unwrap().is_held());
    assert!(store.detach_others(&claim, &[]).await.unwrap().is_none());
    assert_eq!(count(&store, customer).await, 2);
}
