//! Limits what a format adds to each cell: a small file may have millions of cells.

use super::code::Token;

/// Most tokens of a section.
const MAX_TOKENS: usize = 100;
/// Most characters of a section's own text.
const MAX_LITERAL: usize = 100;
/// Most places of a section for the text of the cell.
const MAX_PLACES: usize = 2;

/// Cuts the tokens of a section to what is displayed.
pub fn limit(tokens: &mut Vec<Token>) {
    tokens.truncate(MAX_TOKENS);
    let mut characters = MAX_LITERAL;
    let mut places = MAX_PLACES;
    for token in &mut *tokens {
        if let Token::Literal(text) | Token::Word(text) = token {
            if let Some((end, _)) = text.char_indices().nth(characters) {
                text.truncate(end);
            }
            characters -= text.chars().count();
        }
    }
    tokens.retain(|token| {
        if !matches!(token, Token::Text | Token::General) {
            return true;
        }
        let is_kept = places > 0;
        places = places.saturating_sub(1);
        is_kept
    });
}
