//! Rows made up by a seed: topics, documents of a topic, chunks of a document.

/// Chunks of a document, and documents of a topic.
pub const CHUNKS: usize = 20;
const DOCUMENTS: usize = 40;
/// How far a topic is from the middle of all, a document from its topic, and a chunk from its document.
const SPREAD: [f32; 4] = [0.5, 1.0, 0.8, 0.8];

/// Numbers that are the same in every run.
#[derive(Clone)]
pub struct Random(u64);

impl Random {
    pub fn new(of: [u64; 3]) -> Self {
        let mut random = Self(1);
        for part in of {
            random.0 ^= part.wrapping_mul(0x9e37_79b9_7f4a_7c15);
            random.next();
        }
        random
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    /// About a normal distribution: eight bytes, added up.
    fn normal(&mut self) -> f32 {
        let sum: u32 = self
            .next()
            .to_le_bytes()
            .iter()
            .map(|byte| u32::from(*byte))
            .sum();
        (sum as f32 - 1020.0) / 209.0
    }
}

/// Vectors whose components matter less and less, as those of real models do once they are turned.
pub struct Vectors {
    dimension: usize,
    seed: u64,
    scales: Vec<f32>,
    /// Topic and document of the row before, with their parts of the vector.
    topic: (u64, Vec<f32>),
    document: (u64, Vec<f32>),
}

impl Vectors {
    pub fn new(dimension: usize, seed: u64) -> Self {
        Self {
            dimension,
            seed,
            scales: (1..=dimension)
                .map(|place| (place as f32).powf(-0.4))
                .collect(),
            topic: (u64::MAX, Vec::new()),
            document: (u64::MAX, Vec::new()),
        }
    }

    fn part(&self, level: u64, number: u64) -> Vec<f32> {
        let mut random = Random::new([self.seed, level, number]);
        let spread = SPREAD[level as usize];
        self.scales
            .iter()
            .map(|scale| spread * scale * random.normal())
            .collect()
    }

    /// A row's vector; `level` 3 for rows, another one for queries near the row's document.
    pub fn row(&mut self, row: usize, query: u64) -> Vec<f32> {
        let document = (row / CHUNKS) as u64;
        let topic = document / DOCUMENTS as u64;
        if self.topic.0 != topic {
            let mut vector = self.part(1, topic);
            vector
                .iter_mut()
                .zip(self.part(0, 0))
                .for_each(|(a, b)| *a += b);
            self.topic = (topic, vector);
        }
        if self.document.0 != document {
            let mut vector = self.part(2, document);
            vector
                .iter_mut()
                .zip(&self.topic.1)
                .for_each(|(a, b)| *a += b);
            self.document = (document, vector);
        }
        let mut vector = self.part(3, (row as u64) << 8 | query);
        vector
            .iter_mut()
            .zip(&self.document.1)
            .for_each(|(a, b)| *a += b);
        let length = vector.iter().map(|value| value * value).sum::<f32>().sqrt();
        vector.iter_mut().for_each(|value| *value /= length);
        debug_assert_eq!(vector.len(), self.dimension);
        vector
    }
}

/// Words by Zipf's law, half of them from the topic's own.
pub fn text(row: usize, words: usize, query: u64) -> String {
    let mut random = Random::new([99, row as u64, query]);
    let topic = row / CHUNKS / DOCUMENTS;
    let mut text = String::new();
    for _ in 0..words {
        // The inverse of Zipf's distribution over 60,000 words.
        let share = random.below(1 << 20) as f64 / f64::from(1 << 20);
        let mut word = 60_000f64.powf(share) as usize;
        if word > 200 && random.below(2) == 0 {
            word = 60_000 + topic * 400 + word % 400;
        }
        text.push_str(&spell(word));
        text.push(' ');
    }
    text
}

/// A word for a number.
fn spell(mut number: usize) -> String {
    const SYLLABLES: [&str; 16] = [
        "ba", "den", "ki", "lor", "mu", "nap", "ro", "sti", "ta", "vel", "zo", "gri", "fa", "pe",
        "hul", "cor",
    ];
    let mut word = String::new();
    loop {
        word.push_str(SYLLABLES[number % 16]);
        number /= 16;
        if number == 0 {
            return word;
        }
    }
}
