"""Other searches over the same documents: bm25s and tantivy, each as its own documentation sets it up."""

import bm25s
import numpy as np
import Stemmer
import tantivy
from scoring import DEPTH, K1, B, best
from sets import Collection

# The names that Snowball and tantivy have for the languages; tantivy has no other stemmers.
SNOWBALL = {
    "ar": "arabic", "ca": "catalan", "da": "danish", "de": "german", "el": "greek", "en": "english",
    "es": "spanish", "eu": "basque", "fi": "finnish", "fr": "french", "ga": "irish", "hi": "hindi",
    "hu": "hungarian", "hy": "armenian", "id": "indonesian", "it": "italian", "lt": "lithuanian",
    "ne": "nepali", "nl": "dutch", "no": "norwegian", "pt": "portuguese", "ro": "romanian",
    "ru": "russian", "sr": "serbian", "sv": "swedish", "ta": "tamil", "tr": "turkish", "yi": "yiddish",
}  # fmt: skip
TANTIVY = {
    "ar", "da", "de", "el", "en", "es", "fi", "fr", "hu", "it", "nl", "no", "pt", "ro", "ru", "sv",
    "ta", "tr",
}  # fmt: skip
TANTIVY_STOP = {"da", "de", "en", "es", "fi", "fr", "hu", "it", "nl", "no", "pt", "ru", "sv"}


def bm25s_runs(collection: Collection, stop_words: bool) -> list[list[int]] | None:
    """bm25s with PyStemmer and, where it has them, its stop words."""
    language = collection.language
    stemmer = Stemmer.Stemmer(SNOWBALL[language]) if language in SNOWBALL else None
    try:
        stop = bm25s.tokenization._infer_stopwords(language) if stop_words else []
    except ValueError:
        stop = []
    if stop_words and not stop:
        return None

    def tokens(texts: list[str]) -> list[list[str]]:
        return bm25s.tokenize(
            texts, stopwords=list(stop), stemmer=stemmer, return_ids=False, show_progress=False
        )

    return indexed(tokens(collection.documents), tokens(collection.queries))


def indexed(documents: list[list[str]], queries: list[list[str]]) -> list[list[int]]:
    """What bm25s finds with given tokens."""
    retriever = bm25s.BM25(method="lucene", k1=K1, b=B)
    retriever.index(documents, show_progress=False)
    empty = np.zeros(len(documents))
    return [best(retriever.get_scores(query) if query else empty) for query in queries]


def tantivy_runs(collection: Collection) -> list[list[int]]:
    """tantivy with the stemmer of the language, folding, and its stop words where it has them."""
    language = collection.language
    builder = (
        tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
        .filter(tantivy.Filter.remove_long(40))
        .filter(tantivy.Filter.lowercase())
    )
    if language in TANTIVY:
        if language in TANTIVY_STOP:
            builder = builder.filter(tantivy.Filter.stopword(SNOWBALL[language]))
        builder = builder.filter(tantivy.Filter.stemmer(SNOWBALL[language]))
    schema = (
        tantivy.SchemaBuilder()
        .add_unsigned_field("number", stored=True)
        .add_text_field("text", tokenizer_name="its", index_option="freq")
        .build()
    )
    index = tantivy.Index(schema)
    analyzer = builder.build()
    index.register_tokenizer("its", analyzer)
    writer = index.writer()
    for number, text in enumerate(collection.documents):
        writer.add_document(tantivy.Document(number=number, text=text))
    writer.commit()
    writer.wait_merging_threads()
    index.reload()
    searcher = index.searcher()
    found = []
    for query in collection.queries:
        terms = dict.fromkeys(analyzer.analyze(query))
        clauses = [
            (tantivy.Occur.Should, tantivy.Query.term_query(schema, "text", term, "freq"))
            for term in terms
        ]
        hits = searcher.search(tantivy.Query.boolean_query(clauses), DEPTH).hits if clauses else []
        found.append([searcher.doc(address)["number"][0] for _, address in hits])
    return found
