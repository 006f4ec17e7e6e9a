//! Collections in JSON, in requests and responses, and the rules of their fields.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use dynrag_domain::{CollectionId, Error, FieldError, Result, collections, config::Chunking};
use dynrag_store::collections::{self as store, Collection};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A collection.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Collection)]
pub(crate) struct CollectionBody {
    id: CollectionId,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    /// Default chunking of its documents; left out if the customer's default applies.
    #[serde(skip_serializing_if = "Option::is_none")]
    chunking: Option<Chunking>,
    /// Weight of the vectors in hybrid searches of it that give none; left out if it is decided by query.
    #[serde(skip_serializing_if = "Option::is_none")]
    alpha: Option<f64>,
    /// Texts by name.
    metadata: BTreeMap<String, String>,
    /// Number of documents in it.
    documents: i64,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl From<Collection> for CollectionBody {
    fn from(row: Collection) -> Self {
        Self {
            id: row.id,
            name: row.name,
            description: row.description,
            chunking: row.chunking,
            alpha: row.alpha,
            metadata: row.metadata,
            documents: row.documents,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

/// A collection to create.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewCollection {
    /// Unique among the customer's collections, case-insensitive.
    #[schema(min_length = 1, max_length = 100)]
    name: String,
    #[schema(min_length = 1, max_length = 1000)]
    description: Option<String>,
    /// Chunking of its documents. Default: the customer's.
    chunking: Option<Chunking>,
    /// Weight of the vectors in hybrid searches of it that give none. Default: decided by query.
    #[schema(minimum = 0, maximum = 1)]
    alpha: Option<f64>,
    /// Up to 16 texts by name.
    metadata: Option<BTreeMap<String, String>>,
}

/// A change of a collection. Fields that are left out stay unchanged.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CollectionChange {
    #[schema(min_length = 1, max_length = 100)]
    name: Option<String>,
    /// Null removes it.
    #[serde(default, deserialize_with = "dynrag_api::given")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 1000)]
    description: Option<Option<String>>,
    /// Chunking of documents that are added or reprocessed from now on. Null: the customer's default.
    #[serde(default, deserialize_with = "dynrag_api::given")]
    #[schema(value_type = Option<Chunking>)]
    chunking: Option<Option<Chunking>>,
    /// Weight of the vectors in hybrid searches of it that give none. Null: decided by query.
    #[serde(default, deserialize_with = "dynrag_api::given")]
    #[schema(value_type = Option<f64>, minimum = 0, maximum = 1)]
    alpha: Option<Option<f64>>,
    /// Replaces all texts by name.
    metadata: Option<BTreeMap<String, String>>,
}

/// Replaces a valid field by its stored form, and records an invalid one.
fn check(
    text: &mut Option<String>,
    rule: fn(&str) -> Result<String, FieldError>,
    bad: &mut Vec<FieldError>,
) {
    if let Some(given) = text {
        match rule(given) {
            Ok(kept) => *given = kept,
            Err(field) => bad.push(field),
        }
    }
}

fn check_chunking(chunking: Option<Chunking>, bad: &mut Vec<FieldError>) {
    let checked = chunking.map(|chunking| chunking.check("/chunking"));
    bad.extend(checked.and_then(Result::err).into_iter().flatten());
}

fn check_alpha(alpha: Option<f64>, bad: &mut Vec<FieldError>) {
    if alpha.is_some_and(|alpha| !(0.0..=1.0).contains(&alpha)) {
        bad.push(FieldError {
            pointer: "/alpha".to_owned(),
            detail: "from 0 to 1".to_owned(),
        });
    }
}

fn check_metadata(metadata: Option<&BTreeMap<String, String>>, bad: &mut Vec<FieldError>) {
    bad.extend(metadata.and_then(|pairs| collections::metadata(pairs).err()));
}

fn all_right(bad: Vec<FieldError>) -> Result<()> {
    match bad.is_empty() {
        true => Ok(()),
        false => Err(Error::fields_invalid(bad)),
    }
}

impl NewCollection {
    /// Checks all fields at once.
    ///
    /// # Errors
    /// `invalid_fields`.
    pub(crate) fn check(mut self) -> Result<Self> {
        let mut bad = Vec::new();
        match collections::name(&self.name) {
            Ok(name) => self.name = name,
            Err(field) => bad.push(field),
        }
        check(&mut self.description, collections::description, &mut bad);
        check_chunking(self.chunking, &mut bad);
        check_alpha(self.alpha, &mut bad);
        check_metadata(self.metadata.as_ref(), &mut bad);
        all_right(bad)?;
        Ok(self)
    }

    pub(crate) fn row(&self) -> store::NewCollection<'_> {
        store::NewCollection {
            name: &self.name,
            description: self.description.as_deref(),
            chunking: self.chunking,
            alpha: self.alpha,
            metadata: self.metadata.as_ref(),
        }
    }
}

impl CollectionChange {
    /// Checks all fields at once.
    ///
    /// # Errors
    /// `invalid_fields`, also if there is nothing to change.
    pub(crate) fn check(mut self) -> Result<Self> {
        let is_empty = self.name.is_none()
            && self.description.is_none()
            && self.chunking.is_none()
            && self.alpha.is_none()
            && self.metadata.is_none();
        if is_empty {
            let detail = "at least one of name, description, chunking, alpha and metadata";
            return Err(Error::field("", detail));
        }
        let mut bad = Vec::new();
        check(&mut self.name, collections::name, &mut bad);
        if let Some(description) = &mut self.description {
            check(description, collections::description, &mut bad);
        }
        check_chunking(self.chunking.flatten(), &mut bad);
        check_alpha(self.alpha.flatten(), &mut bad);
        check_metadata(self.metadata.as_ref(), &mut bad);
        all_right(bad)?;
        Ok(self)
    }

    pub(crate) fn row(&self) -> store::CollectionChange<'_> {
        store::CollectionChange {
            name: self.name.as_deref(),
            description: self.description.as_ref().map(Option::as_deref),
            chunking: self.chunking,
            alpha: self.alpha,
            metadata: self.metadata.as_ref(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde::de::DeserializeOwned;
    use serde_json::{Value, json};

    use super::*;

    fn read<T: DeserializeOwned>(body: Value) -> T {
        serde_json::from_value(body).unwrap()
    }

    fn pointers(error: &Error) -> Vec<&str> {
        error.fields().iter().map(|f| f.pointer.as_str()).collect()
    }

    #[test]
    fn all_invalid_fields_of_a_new_collection_are_reported_at_once() {
        let body = json!({"name": " ", "description": "", "chunking": {"size": 10, "overlap": 0}});
        let error = read::<NewCollection>(body).check().err().unwrap();
        assert_eq!(
            pointers(&error),
            ["/name", "/description", "/chunking/size"]
        );
        let wanted = read::<NewCollection>(json!({"name": " Handbook "}))
            .check()
            .unwrap();
        assert_eq!(wanted.row().name, "Handbook");
        assert!(
            serde_json::from_value::<NewCollection>(json!({"name": "a", "colour": "red"})).is_err()
        );
    }

    #[test]
    fn null_removes_a_field_and_absence_keeps_it() {
        let change = read::<CollectionChange>(json!({"description": null, "chunking": null}));
        let change = change.check().unwrap();
        let row = change.row();
        assert_eq!((row.name, row.description), (None, Some(None)));
        assert_eq!(row.chunking, Some(None));
        let change = read::<CollectionChange>(json!({"description": " what for "}));
        let change = change.check().unwrap();
        assert_eq!(change.row().description, Some(Some("what for")));
        assert_eq!(change.row().chunking, None);
        for (body, expected) in [
            (json!({}), &[""][..]),
            (
                json!({"name": "", "description": " "}),
                &["/name", "/description"],
            ),
            (
                json!({"chunking": {"size": 100, "overlap": 60}, "alpha": 1.5}),
                &["/chunking/overlap", "/alpha"],
            ),
        ] {
            let error = read::<CollectionChange>(body).check().err().unwrap();
            assert_eq!(pointers(&error), expected);
        }
    }
}
