//! Lists: `after` or `before` the id of an item, with the first and last id of the page.

use std::{borrow::Cow, fmt::Display};

use dynrag_domain::{Error, Result};
use serde::{Deserialize, Serialize};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        Ref, RefOr, Schema,
        schema::{ObjectBuilder, SchemaType, Type},
    },
};

/// The order of a list by time of creation.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Order {
    /// Oldest first.
    Asc,
    /// Newest first.
    #[default]
    Desc,
}

/// Which part of a list is asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Part<Id> {
    /// Items of the page.
    pub(crate) limit: usize,
    /// The item beside it in the direction in which it is read.
    pub(crate) from: Option<Id>,
    /// Whether the newest are read first.
    pub(crate) is_descending: bool,
    /// Whether it is read backwards.
    is_before: bool,
}

impl<Id> Part<Id> {
    /// A page of at most so many items, 20 unless another number is asked for.
    ///
    /// # Errors
    /// `invalid_fields` for a limit that is out of range, or `after` beside `before`.
    pub(crate) fn new(
        limit: Option<u32>,
        most: u32,
        order: Order,
        (after, before): (Option<Id>, Option<Id>),
    ) -> Result<Self> {
        let limit = limit.unwrap_or(20);
        if limit == 0 {
            return Err(Error::field("/limit", "from 1"));
        }
        if after.is_some() && before.is_some() {
            return Err(Error::field("/before", "not beside after"));
        }
        let is_before = before.is_some();
        Ok(Self {
            // The page says whether there is more.
            limit: limit.min(most) as usize,
            from: after.or(before),
            is_descending: (order == Order::Desc) != is_before,
            is_before,
        })
    }

    /// Rows to read: one more than the page.
    pub(crate) fn rows(&self) -> i64 {
        i64::try_from(self.limit + 1).unwrap_or(i64::MAX)
    }

    /// The page of the rows that were read.
    pub(crate) fn list<T: HasId>(&self, mut rows: Vec<T>) -> List<T> {
        let has_more = rows.len() > self.limit;
        rows.truncate(self.limit);
        if self.is_before {
            rows.reverse();
        }
        List::new(rows, has_more)
    }
}

/// An item of a list.
pub(crate) trait HasId {
    /// Its id.
    fn id(&self) -> impl Display;
}

/// A page of a list.
#[derive(Serialize)]
pub(crate) struct List<T> {
    object: &'static str,
    data: Vec<T>,
    first_id: Option<String>,
    last_id: Option<String>,
    has_more: bool,
}

impl<T: HasId> List<T> {
    pub(crate) fn new(data: Vec<T>, has_more: bool) -> Self {
        let id = |item: Option<&T>| item.map(|item| item.id().to_string());
        Self {
            object: "list",
            first_id: id(data.first()),
            last_id: id(data.last()),
            data,
            has_more,
        }
    }
}

impl<T: ToSchema> PartialSchema for List<T> {
    fn schema() -> RefOr<Schema> {
        let text = || ObjectBuilder::new().schema_type(Type::String);
        let id = || {
            let types = SchemaType::from_iter([Type::String, Type::Null]);
            ObjectBuilder::new().schema_type(types)
        };
        let flag = ObjectBuilder::new().schema_type(Type::Boolean);
        let object = ObjectBuilder::new()
            .property("object", text())
            .property("data", Ref::from_schema_name(T::name()).to_array_builder())
            .property("first_id", id())
            .property("last_id", id())
            .property("has_more", flag);
        ["object", "data", "first_id", "last_id", "has_more"]
            .into_iter()
            .fold(object, ObjectBuilder::required)
            .into()
    }
}

impl<T: ToSchema> ToSchema for List<T> {
    fn name() -> Cow<'static, str> {
        format!("{}List", T::name()).into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((T::name().into_owned(), T::schema()));
        T::schemas(schemas);
    }
}

/// What is deleted.
#[derive(Serialize, ToSchema)]
pub(crate) struct Deleted {
    id: String,
    object: &'static str,
    deleted: bool,
}

impl Deleted {
    pub(crate) fn new(id: impl Display, object: &'static str) -> Self {
        Self {
            id: id.to_string(),
            object,
            deleted: true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl HasId for i32 {
        fn id(&self) -> impl Display {
            *self
        }
    }

    fn part(limit: u32, order: Order, after: Option<i32>, before: Option<i32>) -> Part<i32> {
        Part::new(Some(limit), 100, order, (after, before)).unwrap()
    }

    #[test]
    fn a_page_before_an_item_is_read_backwards() {
        let newest = part(2, Order::Desc, None, None);
        assert_eq!((newest.rows(), newest.is_descending), (3, true));
        let page = newest.list(vec![9, 8, 7]);
        assert_eq!((page.data, page.has_more), (vec![9, 8], true));
        assert_eq!(page.last_id.as_deref(), Some("8"));
        let before = part(2, Order::Desc, None, Some(5));
        assert!(!before.is_descending && before.from == Some(5));
        assert_eq!(before.list(vec![6, 7, 8]).data, [7, 6]);
        assert!(!part(2, Order::Asc, Some(1), None).is_descending);
        let empty = newest.list(Vec::<i32>::new());
        assert!(empty.first_id.is_none() && !empty.has_more);
    }

    #[test]
    fn a_large_page_is_cut_and_says_so() {
        assert_eq!(part(10_000, Order::Desc, None, None).limit, 100);
        assert!(Part::<i32>::new(Some(0), 100, Order::Desc, (None, None)).is_err());
        assert!(Part::new(None, 100, Order::Desc, (Some(1), Some(2))).is_err());
    }
}
