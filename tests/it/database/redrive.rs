//! Redriving failed documents: only selected ones, of active customers, a few at a time.

use std::time::Duration;

use chrono::{TimeDelta, Utc};
use dynrag_domain::{
    DocumentId,
    audit::ActorKind,
    documents::{FailureCode, Status},
};
use dynrag_store::{Store, TenantId, redrive::Which};

use crate::support::{database::Database, seed};

async fn ended(store: &Store, customer: TenantId, text: &str, code: FailureCode) -> DocumentId {
    let (id, version) = seed::add(store, customer, None, text).await;
    let lease = Duration::from_secs(60);
    let claim = store.claim(customer, id, version, lease).await.unwrap();
    assert!(store.fail(&claim.unwrap(), code).await.unwrap().is_held());
    id
}

fn which(codes: &[FailureCode]) -> Which {
    Which {
        codes: codes.to_vec(),
        customer: None,
        since: None,
        before: Utc::now() + TimeDelta::minutes(1),
    }
}

#[tokio::test]
async fn only_selected_documents_are_redriven_and_audited() {
    use FailureCode::{AttemptsExhausted, CorruptFile, EmbeddingKeyInvalid, UploadExpired};
    let database = Database::fresh().await;
    let store = database.store(1);
    let superuser = database.superuser().await;
    let mut customers = Vec::new();
    for _ in 0..3 {
        customers.push(seed::customer(&store).await.id);
    }
    let (ours, theirs, suspended) = (customers[0], customers[1], customers[2]);
    let mine = ended(&store, ours, "one", AttemptsExhausted).await;
    ended(&store, ours, "two", CorruptFile).await;
    let waits = ended(&store, ours, "three", EmbeddingKeyInvalid).await;
    for (customer, text) in [(theirs, "four"), (theirs, "five"), (suspended, "six")] {
        ended(&store, customer, text, AttemptsExhausted).await;
    }
    let suspend = "UPDATE customers SET status = 'suspended' WHERE id = $1";
    superuser
        .execute(suspend, &[&suspended.as_uuid()])
        .await
        .unwrap();

    let counted = async |which: &Which| {
        let counted = store.count_redrivable(which).await.unwrap();
        counted.into_iter().collect::<Vec<_>>()
    };
    let both = which(&[AttemptsExhausted, EmbeddingKeyInvalid, UploadExpired]);
    let expected = [
        ("attempts_exhausted".to_owned(), 3),
        ("embedding_key_invalid".to_owned(), 1),
    ];
    assert_eq!(counted(&both).await, expected);
    let later = Which {
        since: Some(Utc::now() + TimeDelta::minutes(1)),
        ..both.clone()
    };
    assert!(counted(&later).await.is_empty());
    let earlier = Which {
        before: Utc::now() - TimeDelta::minutes(1),
        ..both.clone()
    };
    assert!(counted(&earlier).await.is_empty());

    let of_ours = Which {
        customer: Some(ours.customer_id()),
        ..both.clone()
    };
    assert_eq!(store.redrive_documents(&of_ours, 10).await.unwrap(), 2);
    for id in [mine, waits] {
        let document = store.get_document(ours, id).await.unwrap();
        assert_eq!((document.status, document.code), (Status::Queued, None));
        assert_eq!(document.attempts, 0);
    }
    let log = store.list_audit(ours, None, 10).await.unwrap();
    let told: Vec<_> = log
        .iter()
        .filter(|line| line.action == "document.retried")
        .collect();
    assert_eq!(told.len(), 2);
    assert!(told.iter().all(|line| line.actor_kind == ActorKind::System));
    assert!(told.iter().any(|line| line.target_id == mine.as_uuid()
        && line.details == serde_json::json!({"version": 1, "code": "attempts_exhausted"})));
    // Only their jobs are due at once.
    assert_eq!(store.sweep_documents(10).await.unwrap().len(), 2);

    // A few at a time, and none of the suspended customer.
    assert_eq!(store.redrive_documents(&both, 1).await.unwrap(), 1);
    assert_eq!(store.redrive_documents(&both, 10).await.unwrap(), 1);
    assert_eq!(store.redrive_documents(&both, 10).await.unwrap(), 0);
}

#[tokio::test]
async fn deleted_documents_and_those_without_an_original_are_not_redriven() {
    let database = Database::fresh().await;
    let store = database.store(1);
    let customer = seed::customer(&store).await.id;
    let awaited = seed::add_awaited(&store, customer, seed::in_an_hour()).await;
    let code = FailureCode::UploadExpired;
    store.upload_failed(customer, awaited, code).await.unwrap();
    let gone = ended(&store, customer, "gone", FailureCode::AttemptsExhausted).await;
    store
        .delete_document(customer, dynrag_domain::audit::Actor::System, gone, false)
        .await
        .unwrap();
    let all = which(FailureCode::ALL);
    assert!(store.count_redrivable(&all).await.unwrap().is_empty());
    assert_eq!(store.redrive_documents(&all, 10).await.unwrap(), 0);
}
