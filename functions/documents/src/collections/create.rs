//! `POST /api/collections`.

use dynrag_api::{
    Answer, Caller, Json,
    responses::Created,
    scopes::{DocumentsWrite, Unbound},
};

use super::body::{CollectionBody, NewCollection};

/// Creates a collection.
pub(crate) async fn create(
    caller: Caller<Unbound<DocumentsWrite>>,
    Json(body): Json<NewCollection>,
) -> Answer<Created<CollectionBody>> {
    let new = body.check()?;
    let store = caller.store();
    let (customer, actor) = (caller.tenant(), caller.principal.into());
    let made = store.create_collection(customer, actor, &new.row()).await?;
    Ok(Created(made.into()))
}
