//! Pagination: `?limit=50&cursor=…`, newest first, returned as `{items, nextCursor}`.

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use dynrag_domain::{Error, Result};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        Ref, RefOr, Schema,
        schema::{ObjectBuilder, SchemaType, Type},
    },
};

use crate::cursor;

const MAX_LIMIT: u32 = 200;
const DEFAULT_LIMIT: u32 = 50;

/// Query parameters of a list without filters.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Paging {
    #[schema(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u32>,
    cursor: Option<String>,
}

/// Most items of a page.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limit(u32);

impl Limit {
    /// Checks a limit; the default is 50.
    ///
    /// # Errors
    /// `invalid_fields` for a limit out of range.
    pub fn new(limit: Option<u32>) -> Result<Self> {
        let limit = limit.unwrap_or(DEFAULT_LIMIT);
        if (1..=MAX_LIMIT).contains(&limit) {
            Ok(Self(limit))
        } else {
            Err(Error::field("/limit", format!("from 1 to {MAX_LIMIT}")))
        }
    }

    /// Rows to query: one more than the page, to know whether there is a next page.
    pub fn rows(self) -> i64 {
        i64::from(self.0) + 1
    }
}

impl Paging {
    /// The limit.
    ///
    /// # Errors
    /// As [`Limit::new`].
    pub fn limit(&self) -> Result<Limit> {
        Limit::new(self.limit)
    }

    /// The position of the item after which the page begins.
    ///
    /// # Errors
    /// `invalid_cursor`.
    pub fn after<Id: DeserializeOwned>(&self) -> Result<Option<(DateTime<Utc>, Id)>> {
        self.cursor.as_deref().map(cursor::decode).transpose()
    }
}

/// A page of a list.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Page<T> {
    items: Vec<T>,
    next_cursor: Option<String>,
}

impl<T: ToSchema> PartialSchema for Page<T> {
    fn schema() -> RefOr<Schema> {
        let cursor = [Type::String, Type::Null];
        let cursor = ObjectBuilder::new().schema_type(SchemaType::from_iter(cursor));
        ObjectBuilder::new()
            .property("items", Ref::from_schema_name(T::name()).to_array_builder())
            .property("nextCursor", cursor)
            .required("items")
            .required("nextCursor")
            .into()
    }
}

impl<T: ToSchema> ToSchema for Page<T> {
    fn name() -> Cow<'static, str> {
        format!("{}Page", T::name()).into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((T::name().into_owned(), T::schema()));
        T::schemas(schemas);
    }
}

impl<T> Page<T> {
    /// Builds a page from the rows that [`Limit::rows`] queried.
    ///
    /// # Errors
    /// `internal_error` if the position cannot be encoded.
    pub fn new<Position: Serialize>(
        mut rows: Vec<T>,
        limit: Limit,
        position: impl Fn(&T) -> Position,
    ) -> Result<Self> {
        let shown = limit.0 as usize;
        let more = rows.len() > shown;
        rows.truncate(shown);
        let next_cursor = match rows.last() {
            Some(last) if more => Some(cursor::encode(&position(last))?),
            _ => None,
        };
        Ok(Self {
            items: rows,
            next_cursor,
        })
    }

    /// Returns the items and the cursor of the next page.
    pub fn into_parts(self) -> (Vec<T>, Option<String>) {
        (self.items, self.next_cursor)
    }

    /// Maps the items of the page.
    pub fn map<U>(self, shown: impl FnMut(T) -> U) -> Page<U> {
        Page {
            items: self.items.into_iter().map(shown).collect(),
            next_cursor: self.next_cursor,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_has_a_cursor_if_there_is_another_page() {
        let now = Utc::now();
        let position = |n: &i32| (now, *n);
        let limit = Limit::new(Some(2)).unwrap();
        assert_eq!(limit.rows(), 3);
        let full = Page::new(vec![1, 2, 3], limit, position).unwrap();
        assert_eq!(full.items, [1, 2]);
        let paging = Paging {
            limit: None,
            cursor: full.next_cursor,
        };
        assert_eq!(paging.after::<i32>().unwrap(), Some((now, 2)));
        assert!(
            Page::new(vec![1, 2], limit, position)
                .unwrap()
                .next_cursor
                .is_none()
        );
        assert!(Limit::new(Some(0)).is_err() && Limit::new(Some(201)).is_err());
    }
}
