//! The tools: a table of what each does, requires and returns.

mod added;
mod ask;
mod catalog_search;
mod chunks_search;
mod collections_list;
mod document;
mod document_add;
mod document_add_url;
mod document_delete;
mod document_get;
mod fetch;
mod found;
mod search;
mod usage_get;

use std::{future::Future, pin::Pin, sync::Arc, sync::LazyLock};

use dynrag_api::from_json;
use dynrag_domain::{
    Error, Result,
    identity::{Class, Scope},
};
use dynrag_store::admission::Admission;
use rmcp::model::{CallToolResult, ContentBlock, JsonObject, Tool, ToolAnnotations};
use serde::{Serialize, de::DeserializeOwned};
use utoipa::ToSchema;

use crate::{call::Call, schema, tool_error};

/// What a tool changes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Effect {
    /// Nothing.
    Reads,
    /// It adds.
    Adds,
    /// It removes.
    Removes,
}

/// A result, as programs and as models read it.
pub(crate) struct Shown<T> {
    structured: T,
    text: Option<String>,
}

impl<T> Shown<T> {
    /// With a text of its own.
    pub(crate) fn with_text(structured: T, text: String) -> Self {
        Self {
            structured,
            text: Some(text),
        }
    }
}

impl<T> From<T> for Shown<T> {
    /// The same JSON for both.
    fn from(structured: T) -> Self {
        Self {
            structured,
            text: None,
        }
    }
}

/// A tool.
pub(crate) trait Callable: 'static {
    const NAME: &'static str;
    const TITLE: &'static str;
    /// For a model, which decides by it when to call.
    const DESCRIPTION: &'static str;
    const SCOPE: Scope;
    const EFFECT: Effect = Effect::Reads;
    /// Whether it reaches systems of others.
    const OPEN_WORLD: bool = false;
    type Arguments: DeserializeOwned + ToSchema + Send;
    type Output: Serialize + ToSchema;

    /// Carries it out. The caller has the scope.
    fn call(
        call: &Call,
        arguments: Self::Arguments,
    ) -> impl Future<Output = Result<Shown<Self::Output>>> + Send;
}

type Answering<'c> = Pin<Box<dyn Future<Output = CallToolResult> + Send + 'c>>;

/// A row of the table.
pub(crate) struct Entry {
    /// What clients get to know.
    pub(crate) tool: Tool,
    /// What a caller needs.
    pub(crate) scope: Scope,
    run: for<'c> fn(&'c Call, JsonObject) -> Answering<'c>,
}

impl Entry {
    fn of<T: Callable>() -> Self {
        let annotations = ToolAnnotations::with_title(T::TITLE)
            .read_only(T::EFFECT == Effect::Reads)
            .destructive(T::EFFECT == Effect::Removes)
            .idempotent(true)
            .open_world(T::OPEN_WORLD);
        let tool = Tool::new(
            T::NAME,
            T::DESCRIPTION,
            Arc::new(schema::of::<T::Arguments>()),
        )
        .with_title(T::TITLE)
        .with_raw_output_schema(Arc::new(schema::of::<T::Output>()))
        .with_annotations(annotations);
        Self {
            tool,
            scope: T::SCOPE,
            run: |call, arguments| Box::pin(run::<T>(call, arguments)),
        }
    }

    /// By which a call counts against limits.
    pub(crate) fn class(&self) -> Class {
        Class::of(Some(self.scope))
    }

    /// Whether a caller may call it.
    pub(crate) fn is_for(&self, caller: &Admission) -> bool {
        caller.has(self.scope)
    }

    /// Calls it. What goes wrong is a result, too: a model can act on it.
    pub(crate) async fn run(&self, call: &Call, arguments: JsonObject) -> CallToolResult {
        match call.caller.require(self.scope) {
            Ok(()) => (self.run)(call, arguments).await,
            Err(error) => tool_error::result(&error),
        }
    }
}

async fn run<T: Callable>(call: &Call, arguments: JsonObject) -> CallToolResult {
    match answer::<T>(call, arguments).await {
        Ok(result) => result,
        Err(error) => tool_error::result(&error),
    }
}

async fn answer<T: Callable>(call: &Call, arguments: JsonObject) -> Result<CallToolResult> {
    let arguments = serde_json::to_vec(&arguments).map_err(Error::internal_fault)?;
    let arguments = from_json::<T::Arguments>(&arguments)?;
    let shown = T::call(call, arguments).await?;
    let structured = serde_json::to_value(shown.structured).map_err(Error::internal_fault)?;
    let text = shown.text.unwrap_or_else(|| structured.to_string());
    let mut result = CallToolResult::success(vec![ContentBlock::text(text)]);
    result.structured_content = Some(structured);
    Ok(result)
}

static ALL: LazyLock<Vec<Entry>> = LazyLock::new(|| {
    vec![
        Entry::of::<search::Search>(),
        Entry::of::<fetch::Fetch>(),
        Entry::of::<chunks_search::ChunksSearch>(),
        Entry::of::<catalog_search::CatalogSearch>(),
        Entry::of::<ask::Ask>(),
        Entry::of::<document_get::DocumentGet>(),
        Entry::of::<document_add::DocumentAdd>(),
        Entry::of::<document_add_url::DocumentAddUrl>(),
        Entry::of::<document_delete::DocumentDelete>(),
        Entry::of::<collections_list::CollectionsList>(),
        Entry::of::<usage_get::UsageGet>(),
    ]
});

/// All tools.
pub(crate) fn all() -> &'static [Entry] {
    &ALL
}

/// A tool by its name.
pub(crate) fn find(name: &str) -> Option<&'static Entry> {
    ALL.iter().find(|entry| entry.tool.name == name)
}
