//! Searches the segments of a table: ranks all rows by what is in memory or read in two rounds, then reads the rows that
//! may be shown.
//!
//! Cosines of most rows are estimates until they are read. So that the order of hits rests on exact ones, some more rows are
//! read than are shown; what is not read by then is not shown.

use std::collections::{BTreeMap, HashMap};

use dynrag_domain::{
    VersionNumber,
    chunks::chunk_id,
    ids::{CustomerId, DocumentId},
    search::{Hit, Mode, Neighbor, Neighbors, Origin, filter::ChunkFields},
    segments::SegmentRef,
};
use dynrag_index::{Admit, At, Cache, Candidate, Chunks, Place, Query, Ranking, Record, Which};

use crate::{
    Result,
    columns::{Shown, json},
    fuse::{self, CHILDREN, Found, Leg, Legs},
    mmr,
    objects::Objects,
    search::{self, Prepared},
};

/// Rows that are read beside those that are shown, for each of them and at least: estimates may order them otherwise.
const MORE: usize = 1;
const SOME: usize = 16;
/// Chunks of a parent lie within so many of each other.
const FAMILY: u32 = 64;

/// A version of a document.
type Version = (DocumentId, VersionNumber);

/// A chunk's properties that filters know.
struct OfChunk<'a> {
    page: Option<u32>,
    language: Option<&'a str>,
}

impl ChunkFields for OfChunk<'_> {
    fn page(&self) -> Option<u32> {
        self.page
    }

    fn language(&self) -> Option<&str> {
        self.language
    }
}

impl Admit for Prepared<'_> {
    fn document(&self, id: DocumentId) -> bool {
        self.admits(id)
    }

    fn depends_on_chunks(&self) -> bool {
        self.given.chunks.is_some()
    }

    fn chunk(&self, page: Option<u32>, language: Option<&str>, document: DocumentId) -> bool {
        self.admits_chunk(document, &OfChunk { page, language })
    }
}

/// Where a table's segments are, and what is known of them.
pub(crate) struct Indexed<'a> {
    pub(crate) objects: &'a Objects,
    pub(crate) cache: &'a Cache,
    pub(crate) customer: CustomerId,
    pub(crate) segments: &'a [SegmentRef],
}

impl Indexed<'_> {
    /// Answers a query.
    pub(crate) async fn search(&self, query: &Prepared<'_>) -> Result<search::Found> {
        let given = query.given;
        let at = given.as_of.map_or(At::Now, At::Time);
        let considered = given.mmr.map_or(0, |_| mmr::CONSIDERED);
        let wanted = given.top_k.max(considered);
        let asked = Query {
            vector: query.vector.as_deref(),
            text: query.text,
            depth: wanted,
            ..Query::default()
        };
        let ranking = dynrag_index::rank(
            self.cache,
            self.objects,
            self.customer,
            self.segments,
            &asked,
            query,
            at,
        )
        .await?;
        let mut legs = legs_of(&ranking, query, wanted, 1);
        // Of a parent's children only one is kept later, and of a document only some.
        let slack = match given.max_per_document.is_some() || has_children(&ranking, &legs) {
            true => CHILDREN,
            false => 1,
        };
        if slack > 1 {
            legs = legs_of(&ranking, query, wanted, slack);
        }
        let bm25 = |place: Place| ranking.bm25(place);
        let (found, _) = legs.fuse(
            given.mode,
            given.alpha,
            None,
            |place| ranking.cosine(place),
            bm25,
        );
        let places = to_read(&ranking, query, &legs, found, wanted, slack);
        let read = ranking
            .read(self.cache, self.objects, self.customer, &places)
            .await?;
        let rows: HashMap<Place, Candidate> = places
            .into_iter()
            .zip(read)
            .filter_map(|(place, row)| Some((place, row?)))
            .collect();
        let cosine = |place: Place| {
            let exact = rows.get(&place).and_then(|row| row.cosine);
            exact.unwrap_or_else(|| ranking.cosine(place))
        };
        if let Some(leg) = &mut legs.vector {
            for (place, score) in &mut leg.ranked {
                *score = cosine(*place);
            }
            leg.ranked
                .sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
            if let Some((_, best)) = leg.ranked.first() {
                leg.spread.set_best(*best);
            }
        }
        let (mut found, fusion) = legs.fuse(given.mode, given.alpha, given.min_score, cosine, bm25);
        found.retain(|found| rows.contains_key(&found.key));
        if let Some(lambda) = given.mmr {
            let vectors: Vec<&[f32]> = found
                .iter()
                .take(mmr::CONSIDERED)
                .filter_map(|found| rows.get(&found.key))
                .map(|row| row.vector.as_slice())
                .collect();
            found = mmr::diversify(found, &vectors, lambda);
        }
        let found = selected(&ranking, query, found, given.top_k);
        let hits = self.hits(query, &rows, found).await?;
        Ok(search::Found { hits, fusion })
    }

    /// The hits of what was found, with their siblings and neighbors.
    async fn hits(
        &self,
        query: &Prepared<'_>,
        rows: &HashMap<Place, Candidate>,
        found: Vec<Found<Place>>,
    ) -> Result<Vec<Hit>> {
        let found: Vec<(Found<Place>, &Record)> = found
            .into_iter()
            .filter_map(|found| Some((found, &rows.get(&found.key)?.record)))
            .collect();
        let records: Vec<&Record> = found.iter().map(|(_, record)| *record).collect();
        let neighbors = query.given.neighbors;
        let around = self.around(&records, neighbors).await?;
        let hit = |(found, record): (Found<Place>, &Record)| {
            let of = around.get(&(record.document, record.version));
            hit(&found, record, of, neighbors)
        };
        found.into_iter().map(hit).collect()
    }

    /// The siblings and neighbors of chunks, by version and index.
    async fn around(
        &self,
        records: &[&Record],
        neighbors: usize,
    ) -> Result<HashMap<Version, BTreeMap<u32, Record>>> {
        let most = u32::try_from(neighbors).unwrap_or(u32::MAX);
        let mut wanted: Vec<Chunks> = Vec::new();
        for record in records {
            let mut want = |which| {
                wanted.push(Chunks {
                    document: record.document,
                    version: record.version,
                    which,
                });
            };
            if let Some(parent) = record.parent {
                want(Which::Parent(parent));
            }
            if most > 0 {
                let reach = most + record.parent.map_or(0, |_| FAMILY);
                let low = record.index.saturating_sub(reach);
                want(Which::Indexes(low..record.index.saturating_add(reach + 1)));
            }
        }
        let mut around: HashMap<Version, BTreeMap<u32, Record>> = HashMap::new();
        if wanted.is_empty() {
            return Ok(around);
        }
        let (cache, objects) = (self.cache, self.objects);
        let chunks =
            dynrag_index::chunks(cache, objects, self.customer, self.segments, &wanted).await?;
        for record in chunks.into_iter().flatten() {
            let of = around.entry((record.document, record.version)).or_default();
            of.insert(record.index, record);
        }
        Ok(around)
    }
}

/// Whether a row that is ranked has a parent.
fn has_children(ranking: &Ranking, legs: &Legs<Place>) -> bool {
    let ranked = [&legs.vector, &legs.text].into_iter().flatten();
    let mut places = ranked.flat_map(|leg| &leg.ranked);
    places.any(|(place, _)| ranking.parent(*place).is_some())
}

/// The rankings of both retrievers, by estimates.
fn legs_of(ranking: &Ranking, query: &Prepared<'_>, wanted: usize, slack: usize) -> Legs<Place> {
    let given = query.given;
    let depth = fuse::depth(given.mode, wanted) * slack;
    let most = given.max_per_document.map(|most| most * slack);
    let vector = ranking.cosines().map(|spread| Leg {
        ranked: ranking.by_vector(depth, most),
        spread,
    });
    let text = ranking.scores().map(|spread| Leg {
        ranked: ranking.by_text(depth, most),
        spread,
    });
    Legs {
        vector,
        text,
        ideal: ranking.ideal(),
    }
}

/// The rows to read, the most important first.
fn to_read(
    ranking: &Ranking,
    query: &Prepared<'_>,
    legs: &Legs<Place>,
    found: Vec<Found<Place>>,
    wanted: usize,
    slack: usize,
) -> Vec<Place> {
    if query.given.mode == Mode::Vector {
        // All that the error of the estimates allows to be among the first.
        let most = query.given.max_per_document.map(|most| most * slack);
        let near = ranking.by_vector(wanted * slack, most);
        return near.into_iter().map(|(place, _)| place).collect();
    }
    let wanted = match legs.vector {
        Some(_) => wanted + MORE * wanted + SOME,
        None => wanted,
    };
    let selected = selected(ranking, query, found, wanted);
    selected.into_iter().map(|found| found.key).collect()
}

/// Of what was found the best child of each parent, and at most so many of a document.
fn selected(
    ranking: &Ranking,
    query: &Prepared<'_>,
    found: Vec<Found<Place>>,
    most: usize,
) -> Vec<Found<Place>> {
    let parent = |place: &Place| {
        let parent = ranking.parent(*place)?;
        Some((place.document, place.version, parent))
    };
    fuse::select(
        found,
        parent,
        |place| place.document,
        query.given.max_per_document,
        most,
    )
}

fn hit(
    found: &Found<Place>,
    record: &Record,
    around: Option<&BTreeMap<u32, Record>>,
    neighbors: usize,
) -> Result<Hit> {
    let family: Vec<&Record> = match (record.parent, around) {
        (Some(parent), Some(around)) => {
            let siblings = around.values().filter(|chunk| chunk.parent == Some(parent));
            siblings.collect()
        }
        _ => Vec::new(),
    };
    let shown = match family.is_empty() {
        true => Shown::chunk(&record.text, record.char_span),
        false => Shown::parent(
            family
                .iter()
                .map(|child| (child.text.as_str(), child.char_span, &*child.heading_path)),
            record.char_span,
        ),
    };
    let beside = around.filter(|_| neighbors > 0).map(|around| {
        let first = family.first().map_or(record.index, |first| first.index);
        let last = family.last().map_or(record.index, |last| last.index);
        let neighbor = |chunk: &Record| Neighbor {
            chunk_id: chunk_id(chunk.document, chunk.version, chunk.index),
            page: chunk.page,
            char_span: chunk.char_span,
            text: chunk.text.clone(),
        };
        let before = around.range(..first).rev().take(neighbors);
        let mut before: Vec<Neighbor> = before.map(|(_, chunk)| neighbor(chunk)).collect();
        before.reverse();
        let after = around.range(last.saturating_add(1)..).take(neighbors);
        Neighbors {
            before,
            after: after.map(|(_, chunk)| neighbor(chunk)).collect(),
        }
    });
    Ok(Hit {
        origin: Origin::default(),
        chunk_id: chunk_id(record.document, record.version, record.index),
        document_id: record.document,
        title: record.title.clone(),
        version: record.version,
        page: record.page,
        heading_path: shown
            .heading_path
            .unwrap_or_else(|| record.heading_path.clone()),
        char_span: shown.char_span,
        text: shown.text,
        match_span: shown.match_span,
        highlights: None,
        neighbors: beside,
        language: record.language.clone(),
        score: found.score,
        rerank_score: None,
        ranks: found.ranks,
        scores: found.scores,
        metadata: json(&record.metadata)?,
    })
}
