//! Features of a block's text, in any language.

use phf::{Set, phf_set};

/// Words of furniture, in languages that many pages are in.
static FURNITURE: Set<&str> = phf_set! {
    "accept",
    "account",
    "advertisement",
    "ago",
    "agree",
    "cart",
    "categories",
    "checkout",
    "click",
    "comment",
    "comments",
    "contact",
    "cookie",
    "cookies",
    "copyright",
    "download",
    "email",
    "facebook",
    "faq",
    "follow",
    "help",
    "home",
    "instagram",
    "join",
    "like",
    "likes",
    "linkedin",
    "load",
    "log",
    "login",
    "menu",
    "newsletter",
    "next",
    "pinterest",
    "policy",
    "posted",
    "previous",
    "print",
    "privacy",
    "published",
    "register",
    "related",
    "reply",
    "reserved",
    "rights",
    "search",
    "share",
    "shares",
    "shipping",
    "shop",
    "sign",
    "skip",
    "sponsored",
    "subscribe",
    "tags",
    "terms",
    "toggle",
    "tweet",
    "twitter",
    "updated",
    "view",
    "views",
    "whatsapp",
    "wishlist",
    "youtube",
    "datenschutz",
    "impressum",
    "anmelden",
    "suche",
    "warenkorb",
    "teilen",
    "kommentare",
    "mentions",
    "partager",
    "connexion",
    "recherche",
    "panier",
    "commentaires",
    "compartir",
    "buscar",
    "carrito",
    "comentarios",
    "privacidad",
    "inicio",
    "condividi",
    "cerca",
    "accedi",
    "commenti",
    "compartilhar",
    "entrar",
    "контакты",
    "поиск",
    "войти",
    "поделиться",
};
/// Words of what comes after the content.
static AFTERWARDS: Set<&str> = phf_set! {
    "related",
    "recommended",
    "recommendations",
    "also",
    "more",
    "latest",
    "popular",
    "trending",
    "recent",
    "recently",
    "further",
    "next",
    "similar",
    "comments",
    "comment",
    "responses",
    "replies",
    "reply",
    "reviews",
    "newsletter",
    "subscribe",
    "share",
    "author",
    "tags",
    "categories",
    "archives",
    "topics",
    "sponsored",
    "advertisement",
    "follow",
    "footnotes",
    "suggested",
    "read",
    "discussion",
    "cite",
    "customers",
    "bought",
    "viewed",
    "others",
    "stories",
    "posts",
    "articles",
    "ähnliche",
    "weitere",
    "kommentare",
    "auch",
    "similaires",
    "commentaires",
    "aussi",
    "relacionados",
    "relacionadas",
    "comentarios",
    "también",
    "correlati",
    "commenti",
    "também",
    "похожие",
    "комментарии",
    "关于",
    "相关",
    "评论",
    "関連",
    "コメント",
};
/// Longer blocks are not looked through for furniture.
const MAX_LOOKED_AT: usize = 400;
/// The longest word above, in bytes.
const LONGEST: usize = 24;

/// Counts within a block.
#[derive(Default, Clone, Copy)]
pub struct Wording {
    /// Runs of letters and digits.
    pub words: usize,
    /// Letters beyond the common alphabets, a few of which form a word.
    pub dense: usize,
    /// Ends of sentences.
    pub sentences: usize,
    /// Words of furniture.
    pub furniture: usize,
    /// Words of what comes afterwards.
    pub afterwards: usize,
    /// Whether it ends as sentences do.
    pub ends: bool,
}

impl Wording {
    /// Counts.
    pub fn of(text: &str) -> Self {
        let mut found = Self::default();
        let short = text.len() <= MAX_LOOKED_AT;
        let mut word = String::new();
        let mut within = false;
        let mut characters = text.chars().peekable();
        while let Some(character) = characters.next() {
            if character.is_alphanumeric() {
                found.words += usize::from(!within);
                within = true;
                found.dense += usize::from(character >= '\u{2e80}');
                if short && word.len() <= LONGEST {
                    word.extend(character.to_lowercase());
                }
                continue;
            }
            if within && short {
                found.word(&word);
                word.clear();
            }
            within = false;
            if matches!(
                character,
                '.' | '!' | '?' | '…' | '؟' | '。' | '！' | '？' | '।'
            ) {
                let apart = characters.peek().is_none_or(|next| !next.is_alphanumeric());
                found.sentences += usize::from(apart || !character.is_ascii());
            }
        }
        if within && short {
            found.word(&word);
        }
        let end = text
            .trim_end_matches(['"', '”', '’', '\'', ')', '»', '」'])
            .chars()
            .next_back();
        found.ends = end.is_some_and(|end| ".!?:;…؟。！？।".contains(end));
        found
    }

    fn word(&mut self, word: &str) {
        self.furniture += usize::from(FURNITURE.contains(word));
        self.afterwards += usize::from(AFTERWARDS.contains(word));
    }

    /// Words, where scripts without blanks count as if they had some.
    pub fn weight(&self) -> f32 {
        self.words as f32 + self.dense as f32 / 2.0
    }
}
