//! Parameters of statements: the value determines the PostgreSQL type.
//!
//! `query_typed` needs the type of each parameter with its value, because the server is not asked for it. A statement's
//! parameters are written `&[&customer, &id, &title]`; [`ToParam`] defines the representation that is sent.

use bytes::BytesMut;
use chrono::{DateTime, NaiveDate, Utc};
use deadpool_postgres::Object;
use dynrag_domain::{Error, Result};
use serde::Serialize;
use serde_json::Value;
use tokio_postgres::types::{IsNull, Json, ToSql, Type, accepts, to_sql_checked};
use uuid::Uuid;

use crate::row::Row;

/// A Rust type that is sent as one PostgreSQL type.
pub trait ToParam {
    /// The PostgreSQL type that is sent.
    const TYPE: Type;

    /// The representation that is sent.
    type Sql<'a>: ToSql + Send + Sync
    where
        Self: 'a;

    /// Returns the representation of this value.
    fn sql(&self) -> Self::Sql<'_>;
}

/// A type whose arrays can be sent.
pub trait Element: ToParam {
    /// The PostgreSQL type of an array.
    const ARRAY: Type;
}

/// A parameter of a statement: any value that is [`ToParam`].
pub trait Param: Sync {
    /// Returns the representation, with its type.
    fn param(&self) -> (Box<dyn ToSql + Send + Sync + '_>, Type);
}

impl<T: ToParam + Sync> Param for T {
    fn param(&self) -> (Box<dyn ToSql + Send + Sync + '_>, Type) {
        (Box::new(self.sql()), T::TYPE)
    }
}

/// Runs a statement on a connection. Nothing is prepared; see the crate's documentation.
pub(crate) async fn query(
    connection: &Object,
    sql: &str,
    params: &[&dyn Param],
) -> Result<Vec<Row>, tokio_postgres::Error> {
    let values: Vec<_> = params.iter().map(|param| param.param()).collect();
    let typed: Vec<(&(dyn ToSql + Sync), Type)> = values
        .iter()
        .map(|(value, of)| (&**value as &(dyn ToSql + Sync), of.clone()))
        .collect();
    let rows = connection.query_typed(sql, &typed).await?;
    Ok(rows.into_iter().map(Row::from).collect())
}

/// Returns the row of a statement that always returns one. Its text identifies it; the values are parameters.
pub(crate) fn one(rows: Vec<Row>, sql: &str) -> Result<Row> {
    let none = || Error::internal_fault(format!("no row of {sql}"));
    rows.into_iter().next().ok_or_else(none)
}

/// Types that are their own representation.
macro_rules! plain {
    ($($of:ty => $one:ident, $array:ident;)+) => {
        $(
            impl ToParam for $of {
                const TYPE: Type = Type::$one;
                type Sql<'a> = &'a Self;

                fn sql(&self) -> &Self {
                    self
                }
            }

            impl Element for $of {
                const ARRAY: Type = Type::$array;
            }
        )+
    };
}

plain! {
    bool => BOOL, BOOL_ARRAY;
    i16 => INT2, INT2_ARRAY;
    i32 => INT4, INT4_ARRAY;
    i64 => INT8, INT8_ARRAY;
    f64 => FLOAT8, FLOAT8_ARRAY;
    String => TEXT, TEXT_ARRAY;
    Uuid => UUID, UUID_ARRAY;
    DateTime<Utc> => TIMESTAMPTZ, TIMESTAMPTZ_ARRAY;
    NaiveDate => DATE, DATE_ARRAY;
    Value => JSONB, JSONB_ARRAY;
    Vec<u8> => BYTEA, BYTEA_ARRAY;
}

/// Types with another representation.
macro_rules! sent_as {
    ($($of:ty => $sql:ty, $one:ident, $array:ident, $with:expr;)+) => {
        $(
            impl $crate::params::ToParam for $of {
                const TYPE: tokio_postgres::types::Type = tokio_postgres::types::Type::$one;
                type Sql<'a> = $sql;

                fn sql(&self) -> Self::Sql<'_> {
                    $with(self)
                }
            }

            impl $crate::params::Element for $of {
                const ARRAY: tokio_postgres::types::Type = tokio_postgres::types::Type::$array;
            }
        )+
    };
}

pub(crate) use sent_as;

sent_as! {
    u64 => BigInt, INT8, INT8_ARRAY, |number: &u64| BigInt(*number);
    str => &'a str, TEXT, TEXT_ARRAY, |text| text;
    [u8] => &'a [u8], BYTEA, BYTEA_ARRAY, |bytes| bytes;
}

/// A number without a sign as a `bigint`, which holds half of its range: a larger number is an error.
#[derive(Debug)]
pub struct BigInt(u64);

impl ToSql for BigInt {
    fn to_sql(
        &self,
        of: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        i64::try_from(self.0)?.to_sql(of, out)
    }

    accepts!(INT8);
    to_sql_checked!();
}

impl<const N: usize> ToParam for [u8; N] {
    const TYPE: Type = Type::BYTEA;
    type Sql<'a> = &'a [u8];

    fn sql(&self) -> &[u8] {
        self
    }
}

impl<const N: usize> Element for [u8; N] {
    const ARRAY: Type = Type::BYTEA_ARRAY;
}

impl<T: ToParam + ?Sized> ToParam for &T {
    const TYPE: Type = T::TYPE;
    type Sql<'a>
        = T::Sql<'a>
    where
        Self: 'a;

    fn sql(&self) -> T::Sql<'_> {
        T::sql(self)
    }
}

impl<T: Element + ?Sized> Element for &T {
    const ARRAY: Type = T::ARRAY;
}

impl<T: ToParam> ToParam for Option<T> {
    const TYPE: Type = T::TYPE;
    type Sql<'a>
        = Option<T::Sql<'a>>
    where
        Self: 'a;

    fn sql(&self) -> Self::Sql<'_> {
        self.as_ref().map(T::sql)
    }
}

impl<T: Element> Element for Option<T> {
    const ARRAY: Type = T::ARRAY;
}

impl<T: Element> ToParam for [T] {
    const TYPE: Type = T::ARRAY;
    type Sql<'a>
        = Vec<T::Sql<'a>>
    where
        Self: 'a;

    fn sql(&self) -> Self::Sql<'_> {
        self.iter().map(T::sql).collect()
    }
}

impl<T: Element> ToParam for Vec<T> {
    const TYPE: Type = T::ARRAY;
    type Sql<'a>
        = Vec<T::Sql<'a>>
    where
        Self: 'a;

    fn sql(&self) -> Self::Sql<'_> {
        self.as_slice().sql()
    }
}

impl<T: Serialize + std::fmt::Debug + Send + Sync> ToParam for Json<T> {
    const TYPE: Type = Type::JSONB;
    type Sql<'a>
        = &'a Self
    where
        Self: 'a;

    fn sql(&self) -> &Self {
        self
    }
}

impl<T: Serialize + std::fmt::Debug + Send + Sync> Element for Json<T> {
    const ARRAY: Type = Type::JSONB_ARRAY;
}

#[cfg(test)]
mod tests {
    use dynrag_domain::{DocumentId, documents::Status, identity::Scope};
    use serde_json::json;

    use super::*;

    /// Type and bytes of a parameter as they go over the wire; no bytes for NULL. The type must fit the value.
    fn wire(param: &dyn Param) -> (Type, Option<Vec<u8>>) {
        let (value, of) = param.param();
        let mut bytes = BytesMut::new();
        let null = value.to_sql_checked(&of, &mut bytes).unwrap();
        (of, matches!(null, IsNull::No).then(|| bytes.to_vec()))
    }

    #[test]
    fn a_value_says_its_type_and_fits_it() {
        let id = DocumentId::generate();
        let now = Utc::now();
        let object = json!({"a": 1});
        let params: [(&dyn Param, Type); 23] = [
            (&true, Type::BOOL),
            (&1_i16, Type::INT2),
            (&1_i32, Type::INT4),
            (&1_i64, Type::INT8),
            (&1_u64, Type::INT8),
            (&1.5_f64, Type::FLOAT8),
            (&"text", Type::TEXT),
            (&"text".to_owned(), Type::TEXT),
            (&id, Type::UUID),
            (&id.as_uuid(), Type::UUID),
            (&now, Type::TIMESTAMPTZ),
            (&now.date_naive(), Type::DATE),
            (&object, Type::JSONB),
            (&Json(["a"]), Type::JSONB),
            (&vec![1_u8], Type::BYTEA),
            (&[1_u8].as_slice(), Type::BYTEA),
            (&[1_u8; 32], Type::BYTEA),
            (&Status::Queued, Type::TEXT),
            (&vec![id], Type::UUID_ARRAY),
            (&[Scope::Search].as_slice(), Type::TEXT_ARRAY),
            (&vec![&object], Type::JSONB_ARRAY),
            (&vec![&[1_u8; 32]], Type::BYTEA_ARRAY),
            (&vec![Some(true), None], Type::BOOL_ARRAY),
        ];
        for (param, expected) in params {
            let (of, bytes) = wire(param);
            assert_eq!(of, expected);
            assert!(bytes.is_some());
        }
    }

    #[test]
    fn nothing_is_null_of_the_same_type() {
        assert_eq!(wire(&None::<DocumentId>), (Type::UUID, None));
        assert_eq!(wire(&None::<Status>), (Type::TEXT, None));
        assert_eq!(wire(&None::<&[u8; 32]>), (Type::BYTEA, None));
        assert_eq!(wire(&None::<Vec<Status>>), (Type::TEXT_ARRAY, None));
        assert_eq!(wire(&Some(7_i32)), wire(&7_i32));
    }

    #[test]
    fn a_number_without_a_sign_is_a_bigint_or_an_error() {
        assert_eq!(wire(&7_u64), wire(&7_i64));
        let mut bytes = BytesMut::new();
        assert!(
            BigInt(1 << 63)
                .to_sql_checked(&Type::INT8, &mut bytes)
                .is_err()
        );
    }

    #[test]
    fn ids_and_names_are_what_they_stand_for() {
        let id = DocumentId::generate();
        assert_eq!(wire(&id), wire(&id.as_uuid()));
        assert_eq!(wire(&vec![id]), wire(&vec![id.as_uuid()]));
        assert_eq!(wire(&Status::NeedsAction), wire(&"needs_action"));
        let names = vec!["documents:read", "search"];
        assert_eq!(
            wire(&vec![Scope::DocumentsRead, Scope::Search]),
            wire(&names)
        );
    }
}
