//! The table that a question is about: the present one, or that of another model beside it.

use dynrag_domain::{Error, Kind, Result};
use dynrag_store::{admission::Admission, publication::Present};

use crate::Question;

/// The table as it was recorded when the caller was admitted.
pub(crate) async fn admitted(caller: &Admission, question: &Question<'_>) -> Result<Present> {
    if other(caller, question).is_some() {
        return now(caller, question).await;
    }
    Ok(Present {
        recorded: caller.chunks_version,
        segments: caller.segments.clone(),
        model: caller.config.embedding_model.clone(),
    })
}

/// The table as it is recorded now.
pub(crate) async fn now(caller: &Admission, question: &Question<'_>) -> Result<Present> {
    let (store, customer) = (caller.store(), caller.tenant());
    let Some(model) = other(caller, question) else {
        return store.present_index(customer).await;
    };
    let building = store.building_index(customer).await?;
    let Some(building) = building.filter(|building| building.present.model == model) else {
        let present = store.present_index(customer).await?;
        // It was switched in the meantime.
        return match present.model == model {
            true => Ok(present),
            false => Err(unknown(&present.model)),
        };
    };
    match building.is_ready {
        true => Ok(building.present),
        false => Err(Error::new(
            Kind::Conflict,
            "model_not_ready",
            "The vectors of this model are still being built. Wait until the job of the regeneration says ready.",
        )),
    }
}

/// The model that is asked for, if it is not the present one.
fn other<'a>(caller: &Admission, question: &Question<'a>) -> Option<&'a str> {
    let present = &caller.config.embedding_model;
    question.model.filter(|model| model != present)
}

fn unknown(present: &str) -> Error {
    let detail = format!(
        "there are vectors of {present} only; POST /api/documents/regenerate with switch manual builds those of another model \
         beside them"
    );
    Error::field("/model", detail)
}
