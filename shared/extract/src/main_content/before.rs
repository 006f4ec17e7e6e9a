//! Context of a block: what came before it, and which headings announced it.

use super::page::Page;

/// What came before a block.
#[derive(Default)]
pub struct Before {
    letters: f32,
    long: f32,
    first: bool,
    since_first: f32,
    since_heading: f32,
    heading: f32,
    since_long: f32,
    /// Share of the last heading's words that announce what comes after the content.
    under: f32,
    since_afterwards: f32,
    afterwards: f32,
    /// Share of the long blocks that came since the first heading of the first level.
    seen_h1_long: f32,
}

impl Before {
    /// Describes a block by what came before it, and advances past it.
    pub fn of(&mut self, page: &Page<'_, '_>, place: usize, row: &mut Vec<f32>) {
        let (block, sum) = (&page.blocks[place], &page.sums[place]);
        if let Some(level) = block.heading {
            (self.since_heading, self.heading) = (0.0, f32::from(level));
            if level == 1 {
                (self.first, self.since_first) = (true, 0.0);
            }
        }
        let next_long = page.sums[place + 1..]
            .iter()
            .take(30)
            .position(|other| other.long > 0.0);
        row.extend([
            place as f32 / page.total.blocks.max(1.0),
            (place as f32).ln_1p(),
            (page.total.blocks - place as f32).ln_1p(),
            self.letters / page.total.letters.max(1.0),
            self.long / page.total.long.max(1.0),
            if self.first {
                self.since_first.ln_1p()
            } else {
                -1.0
            },
            self.since_heading.ln_1p(),
            self.heading,
            self.since_long.min(30.0),
            next_long.map_or(30.0, |at| at as f32),
            self.under,
            self.since_afterwards.min(200.0),
            self.afterwards,
            self.seen_h1_long,
        ]);
        let wording = &page.wordings[place];
        let title = block.heading.is_some() || (block.letters < 40 && sum.sentences == 0.0);
        if block.heading.is_some() {
            self.under = wording.afterwards as f32 / wording.words.max(1) as f32;
        }
        self.since_afterwards += 1.0;
        if title && wording.afterwards > 0 && wording.words <= 8 && self.long > 0.0 {
            self.since_afterwards = 0.0;
            self.afterwards += 1.0;
        }
        if self.first {
            self.seen_h1_long += sum.long / page.total.long.max(1.0);
        }
        self.letters += sum.letters;
        self.long += sum.long;
        self.since_first += 1.0;
        self.since_heading += 1.0;
        self.since_long = if sum.long > 0.0 {
            0.0
        } else {
            self.since_long + 1.0
        };
    }
}
