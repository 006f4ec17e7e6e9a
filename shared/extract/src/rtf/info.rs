//! Parts of an RTF file other than its text: destinations to skip, and the `\info` group with
//! author and dates.

use chrono::{DateTime, Utc};
use dynrag_domain::chunks::Properties;

use crate::properties;

/// Bytes of a text that are kept, until it is made shorter properly.
const MAX_TEXT: usize = 8 * 1024;

/// Destinations that are not text of the document.
pub const SKIPPED: &[&[u8]] = &[
    b"colortbl",
    b"listtable",
    b"listoverridetable",
    b"rsidtbl",
    b"generator",
    b"template",
    b"keycode",
    b"objdata",
    b"objclass",
    b"objname",
    b"objalias",
    b"fldinst",
    b"bkmkstart",
    b"bkmkend",
    b"themedata",
    b"colorschememapping",
    b"datastore",
    b"latentstyles",
    b"xmlnstbl",
    b"mmathPr",
    b"mmathPict",
    b"filetbl",
    b"revtbl",
    b"pgptbl",
    b"nonshppict",
    b"nonesttables",
    b"shprslt",
    b"atnid",
    b"atnref",
    b"atndate",
    b"atntime",
    b"atnicn",
    b"atrfstart",
    b"atrfend",
    b"xe",
    b"tc",
    b"tcn",
    b"rxe",
    b"ftnsep",
    b"ftnsepc",
    b"ftncn",
    b"aftnsep",
    b"aftnsepc",
    b"aftncn",
    b"userprops",
    b"docvar",
    b"formfield",
    b"falt",
    b"panose",
    b"fontemb",
    b"fontfile",
    b"background",
    b"pgdsctbl",
    b"mhtmltag",
];

/// A part of the information.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Field {
    Title,
    Author,
    Created,
    Revised,
}

impl Field {
    /// The field that a control word begins.
    pub fn named(word: &[u8]) -> Option<Self> {
        match word {
            b"title" => Some(Self::Title),
            b"author" => Some(Self::Author),
            b"creatim" => Some(Self::Created),
            b"revtim" => Some(Self::Revised),
            _ => None,
        }
    }
}

/// Properties of a file.
#[derive(Default)]
pub struct Info {
    pub title: String,
    author: String,
    /// Year, month, day, hour, minute, second. No time zone: it is the writer's local time, read as
    /// UTC.
    created: [u32; 6],
    revised: [u32; 6],
}

impl Info {
    /// Adds to a text.
    pub fn push(&mut self, field: Field, text: &str) {
        let to = match field {
            Field::Title => &mut self.title,
            Field::Author => &mut self.author,
            Field::Created | Field::Revised => return,
        };
        if to.len() < MAX_TEXT {
            to.push_str(text);
        }
    }

    /// Sets a part of a moment, `\yr2026`.
    pub fn part(&mut self, field: Field, word: &[u8], number: Option<i32>) {
        let to = match field {
            Field::Created => &mut self.created,
            Field::Revised => &mut self.revised,
            Field::Title | Field::Author => return,
        };
        let words: [&[u8]; 6] = [b"yr", b"mo", b"dy", b"hr", b"min", b"sec"];
        let place = words.iter().position(|known| *known == word);
        let number = number.and_then(|number| u32::try_from(number).ok());
        if let (Some(place), Some(number)) = (place, number) {
            to[place] = number;
        }
    }

    /// All of it but the title.
    pub fn properties(&self) -> Properties {
        Properties {
            author: properties::author(&self.author),
            language: None,
            created: moment(self.created),
            modified: moment(self.revised),
        }
    }
}

fn moment([year, month, day, rest @ ..]: [u32; 6]) -> Option<DateTime<Utc>> {
    let [hour, minute, second] = rest;
    properties::moment([year, month.max(1), day.max(1), hour, minute, second])
}
