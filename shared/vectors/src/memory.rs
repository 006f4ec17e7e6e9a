//! A table held in memory: its live rows, scanned by cosine and looked up by words.

use std::collections::{BTreeSet, HashMap, HashSet};

use arrow_array::{FixedSizeListArray, Float32Array, RecordBatch};
use dynrag_analysis::Language;
use dynrag_domain::{
    VersionNumber,
    chunks::chunk_id,
    ids::DocumentId,
    search::{Hit, Neighbor, Neighbors, Origin, filter::ChunkFields},
};
use futures::TryStreamExt;
use lance::Dataset;

use crate::{
    Error, Result,
    columns::{Columns, Shown, hit_columns, json},
    fuse::{CHILDREN, Found, Leg, Legs, Spread, depth, select},
    kernel::{Best, dot, normalise},
    mmr,
    rows::{LIVE, Space, column},
    search::{self, Prepared},
    text::{
        bm25::TextIndex,
        words::{self, Words},
    },
};

/// Rows read at once.
const BATCH: usize = 1024;

/// A version of a document.
struct Document {
    id: DocumentId,
    version: VersionNumber,
    title: Box<str>,
    metadata: Box<str>,
}

/// Fields of a chunk other than its vector and its words.
struct Chunk {
    document: u32,
    index: u32,
    page: Option<u32>,
    parent: Option<u32>,
    /// Into [`Snapshot::languages`].
    language: Option<u32>,
    char_span: (u32, u32),
    /// End of its text in [`Snapshot::texts`]; it starts at the previous one's end.
    text_end: usize,
    /// Into [`Snapshot::headings`].
    heading_path: u32,
}

/// The live rows of one version of a table.
pub(crate) struct Snapshot {
    dimension: usize,
    /// All vectors concatenated, each of length 1.
    vectors: Vec<f32>,
    documents: Vec<Document>,
    chunks: Vec<Chunk>,
    texts: String,
    /// Distinct heading paths; a document has far fewer of them than chunks.
    headings: Vec<Vec<String>>,
    /// Distinct languages.
    languages: Vec<Box<str>>,
    /// The same, as far as their analysis differs.
    spoken: BTreeSet<Language>,
    words: TextIndex,
    /// Rows in the order of their ids, and the place of each row in it: the key equal scores are
    /// ordered by.
    in_order: Vec<u32>,
    place: Vec<u32>,
}

/// Numbers given to what was met before, while loading.
#[derive(Default)]
struct Interned {
    documents: HashMap<(DocumentId, VersionNumber), u32>,
    headings: HashMap<Box<str>, u32>,
    languages: HashMap<Box<str>, u32>,
    chunks: HashSet<(u32, u32)>,
    duplicates: usize,
}

impl Snapshot {
    /// Reads the live rows of a table; `None` where they take more than `most` bytes.
    pub(crate) async fn load(
        dataset: &Dataset,
        most: usize,
        scan_bytes: u64,
    ) -> Result<Option<Self>> {
        let dimension = Space::of(&dataset.schema().into())?.dimension;
        let rows = dataset.count_rows(None).await?;
        let vector_bytes = dimension * size_of::<f32>();
        // An estimate: counts superseded rows, which are not kept, and ignores texts, which are.
        if rows.saturating_mul(vector_bytes) > most {
            return Ok(None);
        }
        let mut snapshot = Self {
            dimension,
            vectors: Vec::with_capacity(rows * dimension),
            documents: Vec::new(),
            chunks: Vec::with_capacity(rows),
            texts: String::new(),
            headings: Vec::new(),
            languages: Vec::new(),
            spoken: BTreeSet::new(),
            words: TextIndex::default(),
            in_order: Vec::new(),
            place: Vec::new(),
        };
        let mut interned = Interned::default();
        let mut scanner = dataset.scan();
        let mut columns = hit_columns(dataset);
        columns.push("vector");
        scanner.project(&columns)?.filter(LIVE)?;
        scanner.batch_size(BATCH).io_buffer_size(scan_bytes);
        let mut batches = scanner.try_into_stream().await?;
        while let Some(batch) = batches.try_next().await? {
            snapshot.push(&batch, &mut interned)?;
            if snapshot.bytes() > most {
                return Ok(None);
            }
        }
        if interned.duplicates > 0 {
            tracing::error!(
                duplicates = interned.duplicates,
                version = dataset.version().version,
                "a table holds rows twice"
            );
        }
        snapshot.finish();
        Ok(Some(snapshot))
    }

    fn push(&mut self, batch: &RecordBatch, interned: &mut Interned) -> Result<()> {
        let columns = Columns::of(batch)?;
        let vectors: &FixedSizeListArray = column(batch, "vector")?;
        let vectors: &Float32Array = vectors
            .values()
            .as_any()
            .downcast_ref()
            .ok_or_else(|| Error::fault("vectors are not f32"))?;
        let vectors = vectors.values().chunks_exact(self.dimension);
        for (row, vector) in (0..batch.num_rows()).zip(vectors) {
            let id = columns.document(row)?;
            let version = columns.version(row)?;
            let index = columns.index(row);
            let document = *interned.documents.entry((id, version)).or_insert_with(|| {
                self.documents.push(Document {
                    id,
                    version,
                    title: columns.title(row).into(),
                    metadata: columns.metadata(row).into(),
                });
                self.documents.len() as u32 - 1
            });
            if !interned.chunks.insert((document, index)) {
                interned.duplicates += 1;
                continue;
            }
            let headings = columns.heading_path(row);
            let heading_path = match interned.headings.get(headings) {
                Some(known) => *known,
                None => {
                    self.headings.push(json(headings)?);
                    let number = self.headings.len() as u32 - 1;
                    interned.headings.insert(headings.into(), number);
                    number
                }
            };
            let language = columns.language(row).map(|language| {
                let known = interned.languages.get(language).copied();
                known.unwrap_or_else(|| {
                    self.languages.push(language.into());
                    let number = self.languages.len() as u32 - 1;
                    interned.languages.insert(language.into(), number);
                    number
                })
            });
            self.spoken.insert(Language::of(columns.language(row)));
            let text = columns.text(row);
            self.texts.push_str(text);
            self.words.push(&Words {
                title: columns.title(row),
                headings: &self.headings[heading_path as usize],
                text,
                language: columns.language(row),
            });
            let parent = columns.parent(row);
            self.chunks.push(Chunk {
                document,
                index,
                page: columns.page(row),
                parent,
                language,
                char_span: columns.char_span(row),
                text_end: self.texts.len(),
                heading_path,
            });
            let start = self.vectors.len();
            self.vectors.extend_from_slice(vector);
            normalise(&mut self.vectors[start..]);
        }
        Ok(())
    }

    fn finish(&mut self) {
        self.texts.shrink_to_fit();
        self.vectors.shrink_to_fit();
        self.chunks.shrink_to_fit();
        let key = |row: &u32| {
            let chunk = &self.chunks[*row as usize];
            let document = &self.documents[chunk.document as usize];
            (document.id, document.version, chunk.index)
        };
        let mut in_order: Vec<u32> = (0..self.chunks.len() as u32).collect();
        in_order.sort_unstable_by_key(key);
        self.place = vec![0; in_order.len()];
        for (place, row) in (0u32..).zip(&in_order) {
            self.place[*row as usize] = place;
        }
        self.in_order = in_order;
    }

    /// Approximate size in bytes.
    pub(crate) fn bytes(&self) -> usize {
        let documents = self.documents.iter();
        self.vectors.capacity() * size_of::<f32>()
            + self.texts.capacity()
            + self.chunks.capacity() * (size_of::<Chunk>() + 2 * size_of::<u32>())
            + documents
                .map(|d| size_of::<Document>() + d.title.len() + d.metadata.len())
                .sum::<usize>()
            + self
                .headings
                .iter()
                .map(|path| path.iter().map(|h| h.len() + 24).sum::<usize>() + 24)
                .sum::<usize>()
            + self.words.bytes()
    }

    /// Answers a query without any request.
    pub(crate) fn search(&self, query: &Prepared<'_>) -> Result<search::Found> {
        query.fits(self.dimension)?;
        let given = query.given;
        let admitted: Vec<bool> = self.documents.iter().map(|d| query.admits(d.id)).collect();
        let admits = |row: usize| {
            let chunk = &self.chunks[row];
            admitted[chunk.document as usize]
                && query.admits_chunk(
                    self.documents[chunk.document as usize].id,
                    &OfChunk(self, chunk),
                )
        };
        let depth = depth(given.mode, given.top_k) * CHILDREN;
        // Of a parent's children only one is kept later.
        let most = given.max_per_document.map(|most| most * CHILDREN);

        let mut rows = 0;
        let vector = query.vector.as_ref().map(|vector| {
            let mut best = Best::new(depth, most);
            let mut spread = Spread::default();
            for (row, other) in self.vectors.chunks_exact(self.dimension).enumerate() {
                if admits(row) {
                    let cosine = dot(vector, other);
                    spread.add_row(cosine);
                    best.push(cosine, self.place[row], self.chunks[row].document);
                }
            }
            let ranked = best.into_ranked();
            Leg { ranked, spread }
        });
        if vector.is_none() {
            rows = (0..self.chunks.len()).filter(|row| admits(*row)).count();
        }
        let scores = query.text.map(|text| {
            let languages: Vec<Language> = self.spoken.iter().copied().collect();
            self.words.search(&words::query(text, &languages))
        });
        let text = scores.as_ref().map(|scores| {
            let mut best = Best::new(depth, most);
            let rows = vector
                .as_ref()
                .map_or(rows as u64, |leg: &Leg<u32>| leg.spread.rows());
            let mut spread = Spread::of_rows(rows);
            for (row, score) in scores.rows().filter(|(row, _)| admits(*row)) {
                spread.add_score(score);
                best.push(score, self.place[row], self.chunks[row].document);
            }
            let ranked = best.into_ranked();
            Leg { ranked, spread }
        });
        let legs = Legs {
            vector,
            text,
            ideal: scores.as_ref().map_or(0.0, |scores| scores.ideal),
        };
        let cosine = |place: u32| {
            let vector = query.vector.as_ref();
            vector.map_or(0.0, |vector| dot(vector, self.vector(place)))
        };
        let bm25 = |place: u32| {
            let scores = scores.as_ref();
            scores.map_or(0.0, |scores| scores.of(self.at(place as usize).0))
        };
        let (mut found, fusion) = legs.fuse(given.mode, given.alpha, given.min_score, cosine, bm25);
        if let Some(lambda) = given.mmr {
            let considered = found.iter().take(mmr::CONSIDERED);
            let vectors: Vec<&[f32]> = considered.map(|found| self.vector(found.key)).collect();
            found = mmr::diversify(found, &vectors, lambda);
        }
        let chunk = |place: &u32| self.at(*place as usize).1;
        let parent = |place: &u32| {
            let chunk = chunk(place);
            chunk.parent.map(|parent| (chunk.document, parent))
        };
        let document = |place: &u32| chunk(place).document;
        let hits = select(found, parent, document, given.max_per_document, given.top_k)
            .into_iter()
            .map(|found| self.hit(found, given.neighbors))
            .collect::<Result<_>>()?;
        Ok(search::Found { hits, fusion })
    }

    fn vector(&self, place: u32) -> &[f32] {
        let start = self.at(place as usize).0 * self.dimension;
        &self.vectors[start..start + self.dimension]
    }

    /// The chunk at a place in the order of ids, and its row.
    fn at(&self, place: usize) -> (usize, &Chunk) {
        let row = self.in_order[place] as usize;
        (row, &self.chunks[row])
    }

    fn text(&self, row: usize) -> &str {
        let start = row
            .checked_sub(1)
            .map_or(0, |before| self.chunks[before].text_end);
        &self.texts[start..self.chunks[row].text_end]
    }

    /// The places of a chunk and its siblings.
    fn family(&self, place: usize) -> std::ops::Range<usize> {
        let of = |place: usize| {
            let chunk = self.at(place).1;
            (chunk.document, chunk.parent)
        };
        let (mut start, mut end) = (place, place + 1);
        if of(place).1.is_some() {
            while start > 0 && of(start - 1) == of(place) {
                start -= 1;
            }
            while end < self.in_order.len() && of(end) == of(place) {
                end += 1;
            }
        }
        start..end
    }

    /// The chunks around those at some places, in the same document.
    fn neighbors(&self, family: std::ops::Range<usize>, most: usize) -> Neighbors {
        let document = self.at(family.start).1.document;
        let neighbor = |place: usize| {
            let (row, chunk) = self.at(place);
            let of = &self.documents[chunk.document as usize];
            Neighbor {
                chunk_id: chunk_id(of.id, of.version, chunk.index),
                page: chunk.page,
                char_span: chunk.char_span,
                text: self.text(row).to_owned(),
            }
        };
        let same = |place: &usize| self.at(*place).1.document == document;
        let before = (0..family.start).rev().take(most).take_while(same);
        let after = (family.end..self.in_order.len())
            .take(most)
            .take_while(same);
        let mut before: Vec<Neighbor> = before.map(neighbor).collect();
        before.reverse();
        Neighbors {
            before,
            after: after.map(neighbor).collect(),
        }
    }

    fn hit(&self, found: Found<u32>, neighbors: usize) -> Result<Hit> {
        let place = found.key as usize;
        let (row, chunk) = self.at(place);
        let document = &self.documents[chunk.document as usize];
        let shown = match chunk.parent {
            None => Shown::chunk(self.text(row), chunk.char_span),
            Some(_) => Shown::parent(
                self.family(place).map(|place| {
                    let (row, child) = self.at(place);
                    let headings = self.headings[child.heading_path as usize].as_slice();
                    (self.text(row), child.char_span, headings)
                }),
                chunk.char_span,
            ),
        };
        let headings = &self.headings[chunk.heading_path as usize];
        let language = chunk
            .language
            .map(|number| &self.languages[number as usize]);
        Ok(Hit {
            origin: Origin::default(),
            chunk_id: chunk_id(document.id, document.version, chunk.index),
            document_id: document.id,
            title: document.title.to_string(),
            version: document.version,
            page: chunk.page,
            heading_path: shown.heading_path.unwrap_or_else(|| headings.clone()),
            char_span: shown.char_span,
            text: shown.text,
            match_span: shown.match_span,
            highlights: None,
            neighbors: (neighbors > 0).then(|| self.neighbors(self.family(place), neighbors)),
            language: language.map(|language| language.to_string()),
            score: found.score,
            rerank_score: None,
            ranks: found.ranks,
            scores: found.scores,
            metadata: json(&document.metadata)?,
        })
    }
}

/// A chunk's properties that filters know.
struct OfChunk<'a>(&'a Snapshot, &'a Chunk);

impl ChunkFields for OfChunk<'_> {
    fn page(&self) -> Option<u32> {
        self.1.page
    }

    fn language(&self) -> Option<&str> {
        let number = self.1.language?;
        self.0
            .languages
            .get(number as usize)
            .map(|language| &**language)
    }
}
