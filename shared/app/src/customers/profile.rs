//! A customer's profile.

use dynrag_domain::{Error, Result, audit::Action, company};
use dynrag_store::{
    admission::Admission,
    audit,
    customers::{self, CustomerRow},
};
use serde_json::json;

/// Changes the company name; `None` or a blank name removes it.
///
/// # Errors
/// `invalid_fields`; `unavailable`.
pub async fn rename(caller: &Admission, company_name: Option<&str>) -> Result<CustomerRow> {
    let name = company::name(company_name.unwrap_or_default())
        .map_err(|detail| Error::field("/companyName", detail))?;
    let tx = caller.store().tenant(caller.tenant()).await?;
    customers::rename(&tx, name).await?;
    let (actor, target) = (caller.principal.into(), caller.customer_id.as_uuid());
    let details = json!({"companyName": name});
    audit::record(&tx, actor, Action::CustomerUpdated, target, &details).await?;
    let row = customers::get(&tx).await?;
    tx.commit().await?;
    Ok(row)
}
