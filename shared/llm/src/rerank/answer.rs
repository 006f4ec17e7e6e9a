//! A reranker's answer.

use serde::Deserialize;

use super::RerankError;

/// Scores of texts, and what was charged.
#[derive(Clone, PartialEq, Debug)]
pub struct Reranked {
    /// A score per text, in the order of the texts; finite, on the scale of the model.
    pub scores: Vec<f32>,
    /// Searches that were charged, at least 1.
    pub units: u32,
    /// Tokens that were reported; 0 if none were.
    pub tokens: u64,
}

impl Reranked {
    /// The texts' places, best first. Texts with the same score stay in their order.
    pub fn order(&self) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.scores.len()).collect();
        order.sort_by(|a, b| self.scores[*b].total_cmp(&self.scores[*a]));
        order
    }
}

#[derive(Deserialize)]
struct Body {
    #[serde(alias = "data")]
    results: Vec<Scored>,
    #[serde(default)]
    meta: Option<Meta>,
    #[serde(default)]
    usage: Option<Usage>,
}

#[derive(Deserialize)]
struct Scored {
    index: usize,
    #[serde(alias = "score")]
    relevance_score: f32,
}

#[derive(Deserialize)]
struct Meta {
    billed_units: Option<BilledUnits>,
}

#[derive(Deserialize)]
struct BilledUnits {
    // Cohere's schema says number, not integer.
    search_units: Option<f64>,
}

#[derive(Deserialize)]
struct Usage {
    total_tokens: Option<u64>,
}

/// Reads the answer for a number of texts.
///
/// # Errors
/// [`RerankError::Malformed`] unless it scores each text exactly once, with a finite number.
pub(super) fn parse(body: &[u8], texts: usize) -> Result<Reranked, RerankError> {
    let body: Body = serde_json::from_slice(body)
        .map_err(|_| RerankError::Malformed("it is not the JSON of a reranker"))?;
    let mut scores = vec![None; texts];
    for scored in &body.results {
        let place = scores
            .get_mut(scored.index)
            .ok_or(RerankError::Malformed("an index is out of range"))?;
        if !scored.relevance_score.is_finite() {
            return Err(RerankError::Malformed("a score is not finite"));
        }
        if place.replace(scored.relevance_score).is_some() {
            return Err(RerankError::Malformed("an index is there twice"));
        }
    }
    let scores: Option<Vec<f32>> = scores.into_iter().collect();
    let scores = scores.ok_or(RerankError::Malformed("an index is missing"))?;
    let units = body
        .meta
        .and_then(|meta| meta.billed_units?.search_units)
        .unwrap_or(1.0);
    // A unit is a search over up to a hundred texts, so there are never more units than texts.
    let most = u32::try_from(texts).unwrap_or(u32::MAX).max(1);
    Ok(Reranked {
        scores,
        units: (units.ceil() as u32).clamp(1, most),
        tokens: body
            .usage
            .and_then(|usage| usage.total_tokens)
            .unwrap_or(0)
            .min(u64::from(u32::MAX)),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read(body: Value, texts: usize) -> Result<Reranked, RerankError> {
        parse(body.to_string().as_bytes(), texts)
    }

    #[test]
    fn the_answers_of_each_server_are_read() {
        // Shapes of the references named in `rerank.rs`.
        let cohere = json!({"id": "x", "results": [{"index": 1, "relevance_score": 0.9}, {"index": 0, "relevance_score": 0.1}],
            "meta": {"api_version": {"version": "2"}, "billed_units": {"search_units": 2}}});
        let jina = json!({"model": "m", "usage": {"total_tokens": 38, "prompt_tokens": 38},
            "results": [{"index": 1, "document": {"text": "b"}, "relevance_score": 0.9}, {"index": 0, "relevance_score": 0.1}]});
        let voyage = json!({"object": "list", "data": [{"relevance_score": 0.9, "index": 1}, {"relevance_score": 0.1, "index": 0}],
            "model": "rerank-2", "usage": {"total_tokens": 26}});
        let llama = json!({"model": "m", "object": "list", "usage": {"prompt_tokens": 9, "total_tokens": 9},
            "results": [{"index": 0, "relevance_score": 0.1}, {"index": 1, "relevance_score": 0.9}]});
        let others = json!({"results": [{"index": 0, "score": 0.1}, {"index": 1, "score": 0.9}]});
        for (body, units, tokens) in [
            (cohere, 2, 0),
            (jina, 1, 38),
            (voyage, 1, 26),
            (llama, 1, 9),
            (others, 1, 0),
        ] {
            let reranked = read(body.clone(), 2).unwrap();
            assert_eq!(reranked.scores, [0.1, 0.9], "{body}");
            assert_eq!((reranked.units, reranked.tokens), (units, tokens), "{body}");
            assert_eq!(reranked.order(), [1, 0]);
        }
    }

    #[test]
    fn each_text_has_exactly_one_finite_score() {
        let scored = |index: i64| json!({"index": index, "relevance_score": 0.5});
        for (results, why) in [
            (json!([scored(0)]), "an index is missing"),
            (json!([]), "an index is missing"),
            (
                json!([scored(0), scored(0), scored(1)]),
                "an index is there twice",
            ),
            (json!([scored(0), scored(2)]), "an index is out of range"),
            (
                json!([scored(0), scored(-1)]),
                "it is not the JSON of a reranker",
            ),
            (
                json!([scored(0), {"index": 1, "relevance_score": 1e300}]),
                "a score is not finite",
            ),
            (
                json!([scored(0), {"index": 1, "relevance_score": null}]),
                "it is not the JSON of a reranker",
            ),
            (json!({"0": 1}), "it is not the JSON of a reranker"),
        ] {
            let error = read(json!({"results": results}), 2).unwrap_err();
            assert_eq!(error, RerankError::Malformed(why), "{results}");
        }
        assert!(parse(b"<html>", 1).is_err());
    }

    #[test]
    fn charges_are_bounded() {
        let of = |units: Value| {
            let body = json!({"results": [{"index": 0, "relevance_score": 1}, {"index": 1, "relevance_score": 1}],
                "meta": {"billed_units": {"search_units": units}}, "usage": {"total_tokens": u64::MAX}});
            let reranked = read(body, 2).unwrap();
            assert_eq!(reranked.order(), [0, 1]);
            assert_eq!(reranked.tokens, u64::from(u32::MAX));
            reranked.units
        };
        assert_eq!(of(json!(1e300)), 2);
        assert_eq!(of(json!(-5)), 1);
        assert_eq!(of(json!(1.2)), 2);
        assert_eq!(of(Value::Null), 1);
    }
}
