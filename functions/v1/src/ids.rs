//! Ids as OpenAI's clients know them: ours, with a prefix. Nothing is looked up to translate them.

use std::{fmt, str::FromStr};

use dynrag_api::PathId;
use dynrag_domain::{AnswerId, CollectionId, DocumentId, Error, FileBatchId, Result, UploadPartId};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, schema::Type},
};
use uuid::Uuid;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $of:ident, $prefix:literal, $noun:literal, $parameter:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub(crate) struct $name(pub(crate) $of);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($prefix, "{}"), self.0.as_uuid().simple())
            }
        }

        impl FromStr for $name {
            type Err = Error;

            /// Accepts only the form that it is written in.
            fn from_str(text: &str) -> Result<Self> {
                let hex = text.strip_prefix($prefix).filter(|hex| hex.len() == 32);
                let id = hex.and_then(|hex| Uuid::try_parse(hex).ok());
                let id = id.map(|id| Self(id.into()));
                let id = id.filter(|id| id.to_string() == text);
                id.ok_or_else(|| Error::not_found($noun))
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                text.parse().map_err(|_| {
                    de::Error::custom(concat!("the id of a ", $noun, ", which begins with ", $prefix))
                })
            }
        }

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                let id = ObjectBuilder::new().schema_type(Type::String);
                id.pattern(Some(concat!("^", $prefix, "[0-9a-f]{32}$"))).into()
            }
        }

        impl ToSchema for $name {}

        impl PathId for $name {
            const PARAMETER: &'static str = $parameter;
        }
    };
}

id!(
    /// A document.
    FileId, DocumentId, "file-", "file", "id"
);
id!(
    /// A collection.
    VectorStoreId, CollectionId, "vs_", "vector store", "id"
);
id!(
    /// A stored answer.
    ResponseId, AnswerId, "resp_", "response", "id"
);
id!(
    /// A document that awaits its file.
    UploadId, DocumentId, "upload_", "upload", "id"
);
id!(
    /// A part of a file.
    PartId, UploadPartId, "part_", "part", "id"
);
id!(
    /// Files that were put into a vector store together.
    BatchId, FileBatchId, "vsfb_", "file batch", "batchId"
);

/// A file in the path of a vector store.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct FileInStore(pub(crate) DocumentId);

impl FromStr for FileInStore {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        text.parse().map(|FileId(id)| Self(id))
    }
}

impl PartialSchema for FileInStore {
    fn schema() -> RefOr<Schema> {
        FileId::schema()
    }
}

impl ToSchema for FileInStore {}

impl PathId for FileInStore {
    const PARAMETER: &'static str = "fileId";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_read_as_it_is_written_and_no_other_way() {
        let id = FileId(DocumentId::generate());
        let text = id.to_string();
        assert_eq!(text.parse::<FileId>().unwrap(), id);
        let hyphenated = format!("file-{}", id.0);
        for bad in [
            "",
            "file-",
            &text.to_uppercase(),
            &text.replace("file-", "vs_"),
            &format!("{text}0"),
            &hyphenated,
            &id.0.to_string(),
        ] {
            assert!(bad.parse::<FileId>().is_err(), "{bad}");
        }
        let json = serde_json::to_string(&id).unwrap();
        assert_eq!(serde_json::from_str::<FileId>(&json).unwrap(), id);
    }
}
