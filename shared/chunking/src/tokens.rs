//! Counts the exact cl100k tokens of any range of a text after tokenizing the text once.
//!
//! The encoding first splits a text into words by a pattern, then encodes each word separately. At the
//! start of a word, the pattern does not depend on earlier text. So the words of a range are those of the
//! text from the first position at which a word begins in both, up to the last word that ends within the
//! range: a difference of two sums, plus a few letters at either end. The pattern only looks ahead after
//! white space, and a range never ends in white space, so the part of a word before the end of the range is
//! itself one word.

use dynrag_tokenizer::{Tokenizer, appendable_encoder::AppendableEncoder};

/// Longest word that is cached.
const MAX_CACHED: usize = 32;
/// Maximum words cached.
const CACHED: usize = 1 << 16;
/// A longer part of a word is encoded byte by byte, each byte once.
const LONG: usize = 64;

/// A text with its words.
pub(crate) struct Tokens<'a> {
    pub(crate) text: &'a str,
    tokenizer: &'static Tokenizer,
    /// Ends of words, in bytes, with the token count up to there; begins with zeros.
    words: Vec<(usize, usize)>,
}

impl<'a> Tokens<'a> {
    /// Counts a text. A process's first call loads the vocabulary, which takes tens of milliseconds.
    pub(crate) fn new(text: &'a str) -> Self {
        let tokenizer = dynrag_tokenizer::cl100k();
        let mut words = Vec::with_capacity(text.len() / 4 + 1);
        words.push((0, 0));
        let mut cache = Cache::new(text.len());
        let (mut end, mut tokens) = (0, 0);
        for word in tokenizer.split(text) {
            end += word.len();
            tokens += cache.get(word.as_bytes(), |bytes| tokenizer.bpe.count(bytes));
            words.push((end, tokens));
        }
        Self {
            text,
            tokenizer,
            words,
        }
    }

    /// Starts to count at a position that is not white space.
    pub(crate) fn cursor(&self, start: usize) -> Cursor<'_> {
        let word = self.words.binary_search_by_key(&start, |word| word.0).ok();
        Cursor {
            tokens: self,
            at: start,
            before: 0,
            word,
            word_end: WordEnd::Behind(start),
            long: None,
        }
    }

    /// The last word from `word` on that ends at or before `end`. Nearby words are searched first.
    fn last_word(&self, word: usize, end: usize) -> usize {
        let words = &self.words[word..];
        let mut step = 1;
        while words.get(step).is_some_and(|next| next.0 <= end) {
            step *= 2;
        }
        let near = &words[step / 2..words.len().min(step)];
        word + step / 2 + near.partition_point(|next| next.0 <= end) - 1
    }
}

/// Counts from one position to ascending others.
pub(crate) struct Cursor<'t> {
    tokens: &'t Tokens<'t>,
    /// Start of the word being counted, and the tokens before it.
    at: usize,
    before: usize,
    /// Index of the word of the text that ends at `at`, if there is one.
    word: Option<usize>,
    /// End of the word at `at`, if no word of the text begins there.
    word_end: WordEnd,
    long: Option<Long<'t>>,
}

/// What is known about the end of a word.
#[derive(Clone, Copy)]
enum WordEnd {
    At(usize),
    /// Not before this position.
    Behind(usize),
}

/// A long word and the number of its bytes encoded so far.
struct Long<'t> {
    encoder: AppendableEncoder<'t>,
    encoded: usize,
}

impl Cursor<'_> {
    /// Tokens up to `end`, which follows a character that is not white space.
    pub(crate) fn to(&mut self, end: usize) -> usize {
        let Tokens {
            text, tokenizer, ..
        } = self.tokens;
        while self.word.is_none() {
            let Some(word_end) = self.word_end(end) else {
                break;
            };
            let more = tokenizer.bpe.count(&text.as_bytes()[self.at..word_end]);
            self.next_word(word_end, more);
        }
        if let Some(word) = self.word {
            let last = self.tokens.last_word(word, end);
            if last > word {
                let words = &self.tokens.words;
                self.before += words[last].1 - words[word].1;
                self.at = words[last].0;
                (self.word, self.long) = (Some(last), None);
            }
        }
        self.before + self.part(end)
    }

    /// The furthest position up to `stop` with at most `most` tokens before it, not counting white space.
    pub(crate) fn furthest(mut self, stop: usize, most: usize) -> usize {
        let (mut fits, mut step) = (self.at, most.max(LONG));
        while self.word.is_none() {
            let far = stop.min(self.at + step);
            let far = self.tokens.text.floor_char_boundary(far);
            let Some(end) = self.word_end(far) else {
                fits = self.walk(fits, far, most);
                if fits < far || far == stop {
                    return fits;
                }
                step *= 2;
                continue;
            };
            let word = &self.tokens.text.as_bytes()[self.at..end];
            let more = self.tokens.tokenizer.bpe.count(word);
            if self.before + more > most {
                return self.walk(fits, end, most);
            }
            self.next_word(end, more);
            (fits, step) = (end, most.max(LONG));
        }
        let Some(word) = self.word else { return fits };
        let words = &self.tokens.words[word..];
        let whole = most.saturating_sub(self.before) + words[0].1;
        let last = words.partition_point(|word| word.0 <= stop && word.1 <= whole) - 1;
        self.before += words[last].1 - words[0].1;
        self.at = words[last].0;
        // The text after the next word is too much even without its trailing white space.
        let end = words.get(last + 1).map_or(stop, |next| next.0.min(stop));
        self.walk(self.at, end, most)
    }

    /// The furthest position within the word at `at`, between characters.
    fn walk(&mut self, from: usize, to: usize, most: usize) -> usize {
        let mut fits = from;
        for (at, character) in self.tokens.text[from..to].char_indices() {
            let end = from + at + character.len_utf8();
            if !character.is_whitespace() && self.before + self.part(end) > most {
                break;
            }
            fits = end;
        }
        fits
    }

    fn next_word(&mut self, end: usize, tokens: usize) {
        self.before += tokens;
        self.at = end;
        (self.word_end, self.long) = (WordEnd::Behind(end), None);
        let words = &self.tokens.words;
        self.word = words.binary_search_by_key(&end, |word| word.0).ok();
    }

    /// End of the word at `at`, if it is before `end`. A long word is scanned in growing parts: its end may
    /// be millions of bytes away, and each chunk in it needs it.
    fn word_end(&mut self, end: usize) -> Option<usize> {
        let text = self.tokens.text;
        if let WordEnd::Behind(seen) = self.word_end
            && seen < end
        {
            let far = text.floor_char_boundary(text.len().min(self.at + 2 * (end - self.at)));
            let part = &text[self.at..end.max(self.at + text[self.at..far].trim_end().len())];
            let word = self.tokens.tokenizer.split(part).next().unwrap_or(part);
            let found = self.at + word.len();
            self.word_end = if word.len() < part.len() {
                WordEnd::At(found)
            } else {
                WordEnd::Behind(found)
            };
        }
        match self.word_end {
            WordEnd::At(at) if at < end => Some(at),
            WordEnd::At(_) | WordEnd::Behind(_) => None,
        }
    }

    /// Tokens of the part of a word before `end`.
    fn part(&mut self, end: usize) -> usize {
        let part = &self.tokens.text.as_bytes()[self.at..end];
        let bpe = &self.tokens.tokenizer.bpe;
        if part.len() <= LONG {
            return bpe.count(part);
        }
        let long = self.long.get_or_insert_with(|| Long {
            encoder: AppendableEncoder::new(bpe),
            encoded: 0,
        });
        long.encoder.extend(part[long.encoded..].iter().copied());
        long.encoded = part.len();
        long.encoder.token_count()
    }
}

/// Token counts of recent words: most texts repeat few words.
struct Cache<'a> {
    slots: Vec<(&'a [u8], usize)>,
}

impl<'a> Cache<'a> {
    fn new(length: usize) -> Self {
        let slots = length.next_power_of_two().clamp(64, CACHED);
        Self {
            slots: vec![(&[], 0); slots],
        }
    }

    fn get(&mut self, word: &'a [u8], count: impl FnOnce(&[u8]) -> usize) -> usize {
        if word.len() > MAX_CACHED {
            return count(word);
        }
        let hash = word.chunks(8).fold(0u64, |hash, part| {
            let mut bytes = [0; 8];
            bytes[..part.len()].copy_from_slice(part);
            // The multiplier of FxHash; a collision costs time only.
            (hash.rotate_left(5) ^ u64::from_le_bytes(bytes))
                .wrapping_mul(0x51_7c_c1_b7_27_22_0a_95)
        });
        // The high bits are the well-mixed ones.
        let slot = (hash >> 32) as usize & (self.slots.len() - 1);
        let slot = &mut self.slots[slot];
        if slot.0 != word {
            *slot = (word, count(word));
        }
        slot.1
    }
}
