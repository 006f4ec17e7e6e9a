//! Determines the bullets of paragraphs by level (ECMA-376 part 1, 21.1.2.4).

use super::numbers::Numbering;
use crate::xml::Element;

/// Levels of paragraphs.
const LEVELS: usize = 9;

/// The marker before a paragraph.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Bullet {
    /// Nothing.
    None,
    /// A character or a picture.
    Mark,
    /// A number.
    Number(Numbering),
}

/// Bullets of all levels; `None` if a level is inherited.
pub type Levels = [Option<Bullet>; LEVELS];

/// The bullet in the properties of a paragraph (`a:pPr`, `a:lvl1pPr`).
pub fn of(properties: Element<'_>) -> Option<Bullet> {
    properties.children().find_map(|inner| match inner.name() {
        "buNone" => Some(Bullet::None),
        "buBlip" => Some(Bullet::Mark),
        "buChar" => {
            let character = inner.attribute("char").unwrap_or_default();
            let is_blank = character.trim().is_empty();
            Some(if is_blank { Bullet::None } else { Bullet::Mark })
        }
        "buAutoNum" => {
            let start = inner.attribute("startAt").and_then(|at| at.parse().ok());
            let scheme = inner.attribute("type").unwrap_or_default();
            Some(Bullet::Number(Numbering::new(scheme, start.unwrap_or(1))))
        }
        _ => None,
    })
}

/// The bullets of a list style (`a:lstStyle`, `p:bodyStyle`).
pub fn levels(style: Option<Element<'_>>) -> Levels {
    let mut levels = Levels::default();
    for inner in style.iter().flat_map(|style| style.children()) {
        let number = inner.name().strip_prefix("lvl");
        let number = number.and_then(|rest| rest.strip_suffix("pPr"));
        let number = number.and_then(|number| number.parse::<usize>().ok());
        let place = number.and_then(|number| levels.get_mut(number.checked_sub(1)?));
        if let Some(place) = place {
            *place = of(inner);
        }
    }
    levels
}

/// Combines a style with the one that it inherits from.
pub fn over(own: Levels, above: Levels) -> Levels {
    let mut levels = own;
    for (level, above) in levels.iter_mut().zip(above) {
        *level = level.or(above);
    }
    levels
}

/// The level of a paragraph, from 0.
pub fn level(properties: Option<Element<'_>>) -> usize {
    let level = properties.and_then(|properties| properties.attribute("lvl"));
    let level = level.and_then(|level| level.parse().ok());
    level.unwrap_or(0).min(LEVELS - 1)
}

/// Counts the paragraphs of a body.
#[derive(Default)]
pub struct Counters([Option<(Numbering, u32)>; LEVELS]);

impl Counters {
    /// The marker before the next paragraph. A paragraph of another kind or of a higher level restarts a list; one of a
    /// lower level does not.
    pub fn mark(&mut self, bullet: Bullet, level: usize) -> Option<String> {
        let Self(counters) = self;
        for deeper in counters.iter_mut().skip(level + 1) {
            *deeper = None;
        }
        let counter = counters.get_mut(level)?;
        let Bullet::Number(numbering) = bullet else {
            *counter = None;
            return (bullet == Bullet::Mark).then(|| "-".to_owned());
        };
        let number = match counter {
            Some((before, number)) if *before == numbering => number.saturating_add(1),
            _ => numbering.start,
        };
        *counter = Some((numbering, number));
        Some(numbering.mark(number))
    }
}
