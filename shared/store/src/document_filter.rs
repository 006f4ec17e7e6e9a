//! Documents that meet a filter of a search.

mod condition;

use dynrag_domain::{DocumentId, Error, Result, search::filter::Filter};

pub(crate) use self::condition::Condition;
use self::condition::Value;
use crate::{Store, TenantId, params::Param};

impl Value {
    /// The value as a parameter of a statement.
    fn as_param(&self) -> &dyn Param {
        match self {
            Self::Text(value) => value,
            Self::Texts(values) => values,
            Self::Ids(values) => values,
            Self::Time(value) => value,
            Self::Times(values) => values,
        }
    }
}

impl Condition {
    /// Translates a filter of documents whose parameters are numbered from `first`.
    ///
    /// # Errors
    /// `internal_error` if it has a condition on chunks.
    pub(crate) fn of_documents(filter: &Filter, first: usize) -> Result<Self> {
        Self::of(filter, first)
            .ok_or_else(|| Error::internal_fault("a filter of documents names a field of chunks"))
    }

    /// The parameters, in order.
    pub(crate) fn params(&self) -> impl Iterator<Item = &dyn Param> {
        self.values.iter().map(Value::as_param)
    }
}

impl Store {
    /// Returns the documents within the store's bounds that meet a filter, without those under deletion.
    ///
    /// # Errors
    /// `internal_error` if the filter has a condition on chunks; `unavailable` without a database.
    pub async fn filtered_documents(
        &self,
        customer: TenantId,
        filter: &Filter,
    ) -> Result<Vec<DocumentId>> {
        let condition = Condition::of_documents(filter, 2)?;
        let sql = include_str!("../queries/documents/filtered.sql");
        let sql = sql.replace("{filter}", &condition.sql);
        let mut params: Vec<&dyn Param> = vec![&customer];
        params.extend(condition.params());
        let tx = self.tenant(customer).await?;
        let rows = tx.query(&sql, &params).await?;
        tx.commit().await?;
        rows.iter().map(|row| row.get("id")).collect()
    }
}
