//! The market as the engine has seen it: the newest book, and what follows from it.

use crate::domain::market::Book;
use crate::domain::money::Price;
use crate::domain::order::Side;
use crate::domain::time::Timestamp;

use super::quote::Reference;

/// What was seen of the market so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Market {
    /// The newest book.
    pub book: Option<Book>,
    /// The newest mid of a whole book, ours included: what facts are valued at.
    pub mid: Option<Price>,
    /// What quotes are made from: others' best prices in the newest book.
    pub reference: Option<Reference>,
    /// When the newest book came.
    pub news_at: Option<Timestamp>,
    /// How many books came: tells "since then" where two moments are the same millisecond.
    pub news: u64,
    /// The newest ledger and when it closed.
    pub ledger: Option<(u32, Timestamp)>,
    /// How many ledgers closed under our eyes: what patience is counted in.
    pub ledgers: u64,
}

impl Market {
    /// A ledger closed. One that is not newer than the newest is no news.
    pub fn on_ledger(&mut self, index: u32, closed_at: Timestamp) {
        if self.ledger.is_none_or(|(newest, _)| index > newest) {
            self.ledger = Some((index, closed_at));
            self.ledgers += 1;
        }
    }

    /// A book came. One that is older than the one we have is no news.
    pub fn on_book(&mut self, now: Timestamp, book: Book) {
        if self.book.as_ref().is_some_and(|known| book.ledger < known.ledger) {
            return;
        }
        self.mid = book.mid().or(self.mid);
        self.reference = reference(&book);
        self.news_at = Some(now);
        self.news += 1;
        self.book = Some(book);
    }
}

/// Others' best prices and their mid: our own quotes must not lead us. `None` while others are on one side only, or
/// cross each other.
fn reference(book: &Book) -> Option<Reference> {
    let (bid, ask) = (book.others_best(Side::Buy)?, book.others_best(Side::Sell)?);
    (bid < ask).then(|| Reference { mid: Price::midway(bid, ask), bid, ask })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::market::Level;
    use crate::domain::money::Drops;

    fn level(price: &str, all: i64, ours: i64) -> Level {
        Level { price: price.parse().unwrap(), quantity: Drops::from_xrp(all), ours: Drops::from_xrp(ours) }
    }

    #[test]
    fn our_own_quote_at_the_touch_moves_the_mid_but_not_the_reference() {
        let bids = vec![level("1.42", 7, 7), level("1.41", 50, 0)];
        let asks = vec![level("1.43", 50, 10)];
        let mut market = Market::default();
        market.on_book(Timestamp::default(), Book { ledger: 1, at: Timestamp::default(), bids, asks });
        assert_eq!(market.mid.unwrap().to_string(), "1.425");
        assert_eq!(market.reference.unwrap().mid.to_string(), "1.42");
    }

    #[test]
    fn a_one_sided_book_keeps_the_last_mid_and_has_no_reference() {
        let mut market = Market::default();
        let (bids, asks) = (vec![level("1.41", 50, 0)], vec![level("1.43", 50, 0)]);
        let at = Timestamp::default();
        market.on_book(at, Book { ledger: 1, at, bids, asks: asks.clone() });
        market.on_book(at, Book { ledger: 2, at, bids: Vec::new(), asks });
        assert_eq!(market.mid.unwrap().to_string(), "1.42");
        assert_eq!(market.reference, None);
    }
}
