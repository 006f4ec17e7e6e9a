//! Passwords of documents: one per document, written and deleted with it.

use dynrag_domain::{
    VersionNumber,
    audit::Actor,
    documents::{FailureCode, Format, OnDuplicate},
};
use dynrag_store::{
    Store,
    document_passwords::SealedPassword,
    uploads::{Added, NewDocument},
};
use uuid::Uuid;

use crate::support::{database::Database, seed};

const LEASE: std::time::Duration = std::time::Duration::from_secs(60);

fn sealed(byte: u8) -> SealedPassword {
    SealedPassword {
        nonce: vec![byte; 12],
        ciphertext: vec![byte; 24],
    }
}

/// Adds a document of a format, with or without a password, and ends it as `password_protected`.
async fn ended(
    store: &Store,
    customer: dynrag_store::TenantId,
    text: &str,
    format: Format,
    password: Option<&SealedPassword>,
) -> dynrag_domain::DocumentId {
    let new = NewDocument {
        format,
        password,
        ..seed::new_document("locked", None)
    };
    let hash = seed::sha256(text);
    let target = store
        .resolve_upload(customer, &new, &hash, OnDuplicate::Skip)
        .await
        .unwrap();
    let added = store
        .add_document(customer, target, &new, Uuid::new_v4(), 5, &hash)
        .await
        .unwrap();
    assert!(matches!(added, Added::Queued(_)));
    let dynrag_store::uploads::Target::New { id } = target else {
        panic!("{target:?}")
    };
    let claim = store
        .claim(customer, id, VersionNumber::FIRST, LEASE)
        .await
        .unwrap()
        .unwrap();
    assert!(
        store
            .fail(&claim, FailureCode::PasswordProtected)
            .await
            .unwrap()
            .is_held()
    );
    id
}

#[tokio::test]
async fn a_password_is_stored_with_its_document_and_replaced_by_a_retry() {
    let database = Database::fresh().await;
    let store = database.store(1);
    let (ours, theirs) = (
        seed::customer(&store).await.id,
        seed::customer(&store).await.id,
    );
    let id = ended(&store, ours, "text", Format::Pdf, Some(&sealed(1))).await;
    let found = store.document_password(ours, id).await.unwrap().unwrap();
    assert_eq!(found.sealed.nonce, [1; 12]);
    assert_eq!(found.sealed.ciphertext, [1; 24]);
    assert_eq!(found.wrapped_data_key, [1; 64]);
    assert_eq!(store.wrapped_data_key(ours).await.unwrap(), [1; 64]);
    assert!(store.document_password(theirs, id).await.unwrap().is_none());

    // Another customer's document is not disclosed, and nothing is written.
    let refused = store
        .retry_document(theirs, Actor::System, id, Some(&sealed(9)))
        .await;
    assert_eq!(refused.unwrap_err().code(), "not_found");
    store
        .retry_document(ours, Actor::System, id, Some(&sealed(2)))
        .await
        .unwrap();
    let found = store.document_password(ours, id).await.unwrap().unwrap();
    assert_eq!(found.sealed.ciphertext, [2; 24]);
    // A queued document accepts no password.
    let refused = store
        .retry_document(ours, Actor::System, id, Some(&sealed(3)))
        .await;
    assert_eq!(refused.unwrap_err().code(), "not_retryable");
    let found = store.document_password(ours, id).await.unwrap().unwrap();
    assert_eq!(found.sealed.ciphertext, [2; 24]);

    let superuser = database.superuser().await;
    superuser
        .execute("DELETE FROM documents WHERE id = $1", &[&id.as_uuid()])
        .await
        .unwrap();
    assert!(store.document_password(ours, id).await.unwrap().is_none());
}

#[tokio::test]
async fn a_password_for_another_format_than_pdf_is_refused() {
    let database = Database::fresh().await;
    let store = database.store(1);
    let customer = seed::customer(&store).await.id;
    let id = ended(&store, customer, "text", Format::Docx, None).await;
    let refused = store
        .retry_document(customer, Actor::System, id, Some(&sealed(1)))
        .await
        .unwrap_err();
    assert_eq!(refused.fields()[0].pointer, "/password");
    let document = store.get_document(customer, id).await.unwrap();
    assert_eq!(document.code, Some(FailureCode::PasswordProtected));
    assert!(
        store
            .document_password(customer, id)
            .await
            .unwrap()
            .is_none()
    );
    store
        .retry_document(customer, Actor::System, id, None)
        .await
        .unwrap();
}
