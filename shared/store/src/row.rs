//! Rows: a column is read by its name, into the requested type.

use std::fmt::Display;

use chrono::{DateTime, NaiveDate, Utc};
use dynrag_domain::{Error, Result};
use serde::de::DeserializeOwned;
use serde_json::{Value, value::RawValue};
use tokio_postgres::{
    row::RowIndex,
    types::{FromSql, Json},
};
use uuid::Uuid;

/// A row of a result.
pub struct Row(tokio_postgres::Row);

impl From<tokio_postgres::Row> for Row {
    fn from(row: tokio_postgres::Row) -> Self {
        Self(row)
    }
}

impl Row {
    /// Reads a column by its name, or by its position if the statement gives it no name.
    ///
    /// # Errors
    /// `internal_error`, which names column and row, if there is no such column, if it is null and `T` is not an
    /// `Option`, or if its type is not that of `T`.
    pub fn get<'a, T: FromColumn<'a>>(&'a self, column: impl RowIndex + Display) -> Result<T> {
        self.0
            .try_get(&column)
            .map_err(|e| e.to_string())
            .and_then(T::from_sql)
            .map_err(|reason| {
                let columns = self.0.columns().iter().map(tokio_postgres::Column::name);
                fault(columns, &column, &reason)
            })
    }

    /// Reads a column of JSON.
    ///
    /// # Errors
    /// See [`get`](Self::get).
    pub fn json<T: DeserializeOwned>(&self, column: &str) -> Result<T> {
        let Json(json) = self.get::<Json<Box<RawValue>>>(column)?;
        // serde's own sentence would quote the value.
        serde_json::from_str(json.get()).map_err(|e| {
            let columns = self.0.columns().iter().map(tokio_postgres::Column::name);
            let reason = format!("{:?} error in column {}", e.classify(), e.column());
            fault(columns, &column, &reason)
        })
    }
}

/// The names of the columns identify the statement; the values stay out of the log.
fn fault<'a>(columns: impl Iterator<Item = &'a str>, column: &dyn Display, reason: &str) -> Error {
    let columns = columns.collect::<Vec<_>>().join(", ");
    Error::internal_fault(format!("column {column} of ({columns}): {reason}"))
}

/// A type that a column can be read into.
pub trait FromColumn<'a>: Sized {
    /// The type of the column.
    type Sql: FromSql<'a>;

    /// Converts the column's value, or returns the reason why it cannot be converted.
    fn from_sql(sql: Self::Sql) -> Result<Self, String>;
}

/// Types that are read directly.
macro_rules! plain {
    ($($of:ty)+) => {
        $(
            impl<'a> FromColumn<'a> for $of {
                type Sql = Self;

                fn from_sql(sql: Self) -> Result<Self, String> {
                    Ok(sql)
                }
            }
        )+
    };
}

plain! { bool i16 i32 i64 f64 String &'a str Uuid DateTime<Utc> NaiveDate Value Vec<u8> &'a [u8] }

/// Counts are not negative.
impl FromColumn<'_> for u64 {
    type Sql = i64;

    fn from_sql(sql: i64) -> Result<Self, String> {
        Self::try_from(sql).map_err(|_| format!("{sql} is negative"))
    }
}

/// Hashes and tokens are byte arrays of a fixed length.
impl<'a, const N: usize> FromColumn<'a> for [u8; N] {
    type Sql = &'a [u8];

    fn from_sql(sql: &'a [u8]) -> Result<Self, String> {
        sql.try_into()
            .map_err(|_| format!("{} bytes instead of {N}", sql.len()))
    }
}

impl<'a, T: FromColumn<'a>> FromColumn<'a> for Option<T> {
    type Sql = Option<T::Sql>;

    fn from_sql(sql: Self::Sql) -> Result<Self, String> {
        sql.map(T::from_sql).transpose()
    }
}

impl<'a, T: FromColumn<'a>> FromColumn<'a> for Vec<T> {
    type Sql = Vec<T::Sql>;

    fn from_sql(sql: Self::Sql) -> Result<Self, String> {
        sql.into_iter().map(T::from_sql).collect()
    }
}

impl<'a, T: DeserializeOwned> FromColumn<'a> for Json<T> {
    type Sql = Self;

    fn from_sql(sql: Self) -> Result<Self, String> {
        Ok(sql)
    }
}

#[cfg(test)]
mod tests {
    use dynrag_domain::{DocumentId, VersionNumber, documents::Status};
    use tokio_postgres::types::Type;

    use super::*;

    /// Reads a column of a type from its bytes on the wire, as [`Row::get`] does.
    fn read<'a, T: FromColumn<'a>>(of: &Type, bytes: Option<&'a [u8]>) -> Result<T, String> {
        assert!(T::Sql::accepts(of), "{of}");
        T::Sql::from_sql_nullable(of, bytes)
            .map_err(|e| e.to_string())
            .and_then(T::from_sql)
    }

    #[test]
    fn ids_names_and_bytes_are_read() {
        let id = DocumentId::generate();
        let bytes = *id.as_uuid().as_bytes();
        assert_eq!(read(&Type::UUID, Some(&bytes)), Ok(id));
        assert_eq!(read(&Type::TEXT, Some(b"queued")), Ok(Status::Queued));
        assert_eq!(read(&Type::BYTEA, Some(&bytes)), Ok(bytes));
        assert_eq!(read(&Type::INT4, Some(&[0, 0, 1, 0])), Ok(256_i32));
    }

    #[test]
    fn null_is_none_and_nothing_else() {
        assert_eq!(read::<Option<DocumentId>>(&Type::UUID, None), Ok(None));
        assert_eq!(read::<Option<Status>>(&Type::TEXT, None), Ok(None));
        assert_eq!(
            read::<Option<Vec<Status>>>(&Type::TEXT_ARRAY, None),
            Ok(None)
        );
        assert!(read::<DocumentId>(&Type::UUID, None).is_err());
        assert!(read::<Status>(&Type::TEXT, None).is_err());
    }

    #[test]
    fn what_does_not_fit_is_said() {
        assert_eq!(
            read::<Status>(&Type::TEXT, Some(b"lost")),
            Err("unknown Status \"lost\"".to_owned())
        );
        assert_eq!(
            read::<u64>(&Type::INT8, Some(&[255; 8])),
            Err("-1 is negative".to_owned())
        );
        assert_eq!(
            read::<VersionNumber>(&Type::INT4, Some(&[0; 4])),
            Err("0 is not a version number".to_owned())
        );
        assert_eq!(
            read::<[u8; 32]>(&Type::BYTEA, Some(b"lost")),
            Err("4 bytes instead of 32".to_owned())
        );
    }

    #[test]
    fn a_fault_names_column_and_row_and_is_not_public() {
        let error = fault(["id", "status"].into_iter(), &"status", "unknown Status");
        let text = error.internal().unwrap_or_default();
        assert_eq!(text, "column status of (id, status): unknown Status");
        assert!(!error.to_string().contains("status"));
    }
}
