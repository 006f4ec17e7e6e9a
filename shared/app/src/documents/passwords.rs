//! Passwords of PDFs, sealed under their customer's data key.

use dynrag_cloud::vault::Purpose;
use dynrag_domain::{Result, document_passwords::DocumentPassword, documents::Format};
use dynrag_store::{
    admission::Admission, document_passwords::SealedPassword, documents::no_password,
};

use crate::App;

/// Seals the password of a document.
///
/// # Errors
/// `unavailable` without a database or KMS.
pub(super) async fn seal(
    app: &App,
    caller: &Admission,
    password: &DocumentPassword,
) -> Result<SealedPassword> {
    let customer = caller.tenant();
    let wrapped = app
        .unbounded_store()
        .await?
        .wrapped_data_key(customer)
        .await?;
    let key = app
        .vault()
        .await?
        .unwrap_key(customer.customer_id(), &wrapped)
        .await?;
    // A document has one password at a time, so its version is always 1.
    let sealed = key.seal(Purpose::DocumentPassword, 1, password.expose().as_bytes())?;
    Ok(SealedPassword {
        nonce: sealed.nonce.to_vec(),
        ciphertext: sealed.ciphertext,
    })
}

/// Seals the password of a new document, if it comes with one.
///
/// # Errors
/// `invalid_fields` for a format without passwords; `unavailable`.
pub(crate) async fn seal_new_password(
    app: &App,
    caller: &Admission,
    password: Option<&DocumentPassword>,
    format: Format,
) -> Result<Option<SealedPassword>> {
    match password {
        None => Ok(None),
        Some(_) if format != Format::Pdf => Err(no_password()),
        Some(password) => Ok(Some(seal(app, caller, password).await?)),
    }
}
