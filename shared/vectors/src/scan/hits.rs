//! The hits of a scan, with their siblings and neighbors.

use std::collections::{BTreeMap, HashMap};

use dynrag_domain::{
    VersionNumber,
    chunks::chunk_id,
    ids::DocumentId,
    search::{Hit, Neighbor, Neighbors},
};
use futures::TryStreamExt;
use lance::{Dataset, dataset::ProjectionRequest};

use super::{BATCH, Key, vectors};
use crate::{
    Error, Result,
    columns::{Columns, Shown, hit_columns, json},
    fuse::{Found, select},
    kernel::normalise,
    mmr,
    rows::Space,
    search::Prepared,
};

/// Reads the hits of what was found, best first.
pub(super) async fn read(
    dataset: &Dataset,
    query: &Prepared<'_>,
    mut found: Vec<Found<Key>>,
) -> Result<Vec<Hit>> {
    let given = query.given;
    if let Some(lambda) = given.mmr {
        let considered: Vec<u64> = found
            .iter()
            .take(mmr::CONSIDERED)
            .map(|found| found.key.row)
            .collect();
        let vectors = normal_vectors(dataset, &considered).await?;
        let vectors: Vec<&[f32]> = vectors.iter().map(Vec::as_slice).collect();
        found = mmr::diversify(found, &vectors, lambda);
    }
    let found = select(
        found,
        |key| Some((key.document, key.version, key.parent?)),
        |key| key.document,
        given.max_per_document,
        given.top_k,
    );
    if found.is_empty() {
        return Ok(Vec::new());
    }
    let rows: Vec<u64> = found.iter().map(|found| found.key.row).collect();
    let projection = ProjectionRequest::from_columns(hit_columns(dataset), dataset.schema());
    let batch = dataset.take_rows(&rows, projection).await?;
    let columns = Columns::of(&batch)?;
    let place: HashMap<u64, usize> = rows.iter().copied().zip(0..).collect();
    let keys: Vec<Key> = found.iter().map(|found| found.key).collect();
    let around = around(dataset, query, &keys).await?;
    found
        .iter()
        .map(|found| {
            let key = found.key;
            let row = *place
                .get(&key.row)
                .ok_or_else(|| Error::fault("a row that was found is not there"))?;
            let of = around.get(&(key.document, key.version));
            let family = of.zip(key.parent).map(|(of, parent)| {
                let family = of
                    .iter()
                    .filter(move |(_, chunk)| chunk.parent == Some(parent));
                family.collect::<Vec<_>>()
            });
            let shown = match &family {
                None => Shown::chunk(columns.text(row), columns.char_span(row)),
                Some(family) => Shown::parent(
                    family
                        .iter()
                        .map(|(_, child)| (child.text.as_str(), child.char_span, &*child.headings)),
                    columns.char_span(row),
                ),
            };
            let mut hit = columns.hit(row, found, shown)?;
            if let (Some(of), true) = (of, given.neighbors > 0) {
                let family = family.unwrap_or_default();
                let first = family.first().map_or(key.index, |(index, _)| **index);
                let last = family.last().map_or(key.index, |(index, _)| **index);
                hit.neighbors = Some(neighbors(of, key, first, last, given.neighbors));
            }
            Ok(hit)
        })
        .collect()
}

/// The vectors of rows, of length 1, in their order.
async fn normal_vectors(dataset: &Dataset, rows: &[u64]) -> Result<Vec<Vec<f32>>> {
    let projection = ProjectionRequest::from_columns(["vector"], dataset.schema());
    let batch = dataset.take_rows(rows, projection).await?;
    let dimension = Space::of(&dataset.schema().into())?.dimension;
    let vectors = vectors(&batch)?.values().chunks_exact(dimension);
    Ok(vectors
        .map(|vector| {
            let mut vector = vector.to_vec();
            normalise(&mut vector);
            vector
        })
        .collect())
}

/// A version of a document.
type Version = (DocumentId, VersionNumber);

/// A chunk beside one that was found.
struct Beside {
    text: String,
    char_span: (u32, u32),
    page: Option<u32>,
    headings: Vec<String>,
    parent: Option<u32>,
}

/// Chunks of a parent lie within so many of each other.
const FAMILY: u32 = 64;

/// The siblings and neighbors of chunks, by version and index.
async fn around(
    dataset: &Dataset,
    query: &Prepared<'_>,
    chunks: &[Key],
) -> Result<HashMap<Version, BTreeMap<u32, Beside>>> {
    let most = u32::try_from(query.given.neighbors).unwrap_or(u32::MAX);
    let terms: Vec<String> = chunks
        .iter()
        .filter_map(|key| {
            let (document, version) = (key.document, key.version);
            let family = key.parent.map(|parent| format!("parent = {parent}"));
            let reach = most + key.parent.map_or(0, |_| FAMILY);
            let (low, high) = (
                key.index.saturating_sub(reach),
                key.index.saturating_add(reach),
            );
            let near = (most > 0).then(|| format!("(`index` >= {low} AND `index` <= {high})"));
            let either: Vec<String> = family.into_iter().chain(near).collect();
            (!either.is_empty()).then(|| {
                let either = either.join(" OR ");
                format!("(document_id = '{document}' AND version = {version} AND ({either}))")
            })
        })
        .collect();
    let mut around: HashMap<Version, BTreeMap<u32, Beside>> = HashMap::new();
    if terms.is_empty() {
        return Ok(around);
    }
    let mut scanner = dataset.scan();
    scanner.project(&hit_columns(dataset))?;
    scanner
        .filter(&format!("({}) AND ({})", query.live, terms.join(" OR ")))?
        .batch_size(BATCH);
    let mut batches = scanner.try_into_stream().await?;
    while let Some(batch) = batches.try_next().await? {
        let columns = Columns::of(&batch)?;
        for row in 0..batch.num_rows() {
            let chunk = Beside {
                text: columns.text(row).to_owned(),
                char_span: columns.char_span(row),
                page: columns.page(row),
                headings: json(columns.heading_path(row))?,
                parent: columns.parent(row),
            };
            around
                .entry((columns.document(row)?, columns.version(row)?))
                .or_default()
                .insert(columns.index(row), chunk);
        }
    }
    Ok(around)
}

/// The chunks before the first and after the last of some chunks of a document.
fn neighbors(
    of: &BTreeMap<u32, Beside>,
    key: Key,
    first: u32,
    last: u32,
    most: usize,
) -> Neighbors {
    let neighbor = |(index, chunk): (&u32, &Beside)| Neighbor {
        chunk_id: chunk_id(key.document, key.version, *index),
        page: chunk.page,
        char_span: chunk.char_span,
        text: chunk.text.clone(),
    };
    let mut before: Vec<Neighbor> = of.range(..first).rev().take(most).map(neighbor).collect();
    before.reverse();
    let after = of.range(last.saturating_add(1)..).take(most);
    Neighbors {
        before,
        after: after.map(neighbor).collect(),
    }
}
