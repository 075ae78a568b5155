//! Quotes around the cells of a row.

/// How the quotes of a row are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Quotes {
    /// Each is closed, right before a separator or the end.
    Closed,
    /// One is closed before other text.
    ClosedInside,
    /// The last one is open.
    Open,
}

#[derive(Clone, Copy)]
enum Place {
    Beginning,
    Plain,
    Quoted,
    BehindQuote,
}

impl Quotes {
    /// Those of the bytes of a row, without the end of its line.
    pub(super) fn of(row: &[u8], separator: u8) -> Self {
        let (mut place, mut quotes) = (Place::Beginning, Self::Closed);
        for &byte in row {
            place = match (place, byte) {
                (Place::Quoted, b'"') => Place::BehindQuote,
                (Place::Beginning | Place::BehindQuote, b'"') | (Place::Quoted, _) => Place::Quoted,
                (_, byte) if byte == separator => Place::Beginning,
                (Place::BehindQuote, _) => {
                    quotes = Self::ClosedInside;
                    Place::Plain
                }
                _ => Place::Plain,
            };
        }
        if matches!(place, Place::Quoted) { Self::Open } else { quotes }
    }
}
