//! Whole sessions of a simple market maker: is there life, and does it stay sane?

use std::collections::BTreeMap;

use super::*;
use crate::domain::money::Value;

/// A market maker as simple as can be: one bid 10 bps below the mid, one ask 14 bps above it, 12 RLUSD each, renewed
/// when off by more than 3 bps.
struct Quoter {
    paper: Paper,
    next: u32,
    quotes: BTreeMap<&'static str, (OrderSpec, Drops)>,
    fills: Vec<Fill>,
    books: Vec<market::Book>,
    races: Races,
}

/// How our cancels of orders that had been touched, or not, went.
#[derive(Default)]
struct Races {
    won: usize,
    lost: usize,
}

impl Quoter {
    fn run(seed: u64, span: Duration) -> Self {
        let mut quoter = Self {
            paper: paper(seed),
            next: 1,
            quotes: BTreeMap::new(),
            fills: Vec::new(),
            books: Vec::new(),
            races: Races::default(),
        };
        while quoter.paper.due() <= START + span {
            let now = quoter.paper.due();
            for event in quoter.paper.advance(now) {
                quoter.hear(now, event);
            }
        }
        quoter
    }

    fn hear(&mut self, now: Timestamp, event: VenueEvent) {
        match event {
            VenueEvent::Book(book) => {
                let mid = book.mid().expect("a book has two sides");
                self.books.push(book);
                self.quote(now, Side::Buy, mid.moved_by(Bps::from_whole(-10)).to_tick(5, Toward::Lower));
                self.quote(now, Side::Sell, mid.moved_by(Bps::from_whole(14)).to_tick(5, Toward::Higher));
            }
            VenueEvent::Filled(fill) => {
                if let Some((_, left)) =
                    self.quotes.get_mut(fill.side.as_str()).filter(|(spec, _)| spec.id == fill.order)
                {
                    *left -= fill.quantity;
                }
                self.quotes.retain(|_, (_, left)| *left > Drops::ZERO);
                self.fills.push(fill);
            }
            VenueEvent::Refused { order, .. } => self.quotes.retain(|_, (spec, _)| spec.id != order),
            VenueEvent::Cancelled { .. } => self.races.won += 1,
            VenueEvent::CancelFoundNothing { order, .. } => {
                self.races.lost += usize::from(self.fills.iter().any(|fill| fill.order == order));
            }
            VenueEvent::Ledger { .. } | VenueEvent::Rests { .. } | VenueEvent::Balances { .. } => {}
        }
    }

    fn quote(&mut self, now: Timestamp, side: Side, price: Price) {
        if let Some((spec, _)) = self.quotes.get(side.as_str()) {
            if price.bps_from(spec.price).abs() <= Bps::from_whole(3) {
                return;
            }
            self.paper.request(now, Request::Cancel(spec.id));
        }
        let quantity = Rlusd::from_whole(12).buys_at(price);
        let spec = OrderSpec { id: id(self.next), side, price, quantity };
        self.next += 1;
        self.quotes.insert(side.as_str(), (spec.clone(), quantity));
        self.paper.request(now, Request::Submit(spec));
    }

    fn fills_on(&self, side: Side) -> usize {
        self.fills.iter().filter(|fill| fill.side == side).count()
    }

    fn gain(&self) -> Value {
        let mid = |book: Option<&market::Book>| book.and_then(market::Book::mid).expect("a book has two sides");
        self.paper.purse.holding().value(mid(self.books.last())) - start_holding().value(mid(self.books.first()))
    }
}

const TEN_MINUTES: Duration = Duration::from_mins(10);

#[test]
fn a_session_shows_life_on_both_sides() {
    let sessions: Vec<Quoter> = (0..20).map(|seed| Quoter::run(seed, TEN_MINUTES)).collect();
    let (bought, sold) = sessions
        .iter()
        .map(|session| (session.fills_on(Side::Buy), session.fills_on(Side::Sell)))
        .inspect(|&(bought, sold)| assert!(bought > 0 && sold > 0 && bought + sold <= 80, "{bought} {sold}"))
        .fold((0, 0), |sum, fills| (sum.0 + fills.0, sum.1 + fills.1));
    // Two to five fills a minute over 200 minutes, and neither side with more than three quarters of them.
    assert!((400..=1_000).contains(&(bought + sold)), "{bought} bought, {sold} sold");
    assert!(bought.max(sold) <= 3 * bought.min(sold), "{bought} bought, {sold} sold");
    let partial = sessions.iter().flat_map(|session| &session.fills).filter(|fill| fill.id.ends_with(".2")).count();
    assert!(partial >= 10, "{partial} orders filled in pieces");
}

#[test]
fn ten_minutes_never_cost_a_drawdown_halt() {
    for seed in 0..20 {
        let gain = Quoter::run(seed, TEN_MINUTES).gain();
        assert!(gain.bps_of(start_holding().value(Settings::default().start_mid)) > Bps::from_whole(-300), "{gain}");
    }
}

#[test]
fn both_outcomes_of_the_race_between_cancel_and_fill_occur() {
    let races = Quoter::run(5, TEN_MINUTES).races;
    assert!(races.won > 0 && races.lost > 0, "{} won, {} lost", races.won, races.lost);
}

#[test]
fn the_touch_is_mostly_between_six_and_sixteen_bps_wide() {
    let books = Quoter::run(1, Duration::from_hours(1)).books;
    let usual = |book: &&market::Book| {
        let (bid, ask) = book.touch().unwrap();
        (Bps::from_whole(6)..=Bps::from_whole(16)).contains(&ask.bps_from(bid))
    };
    let share = books.iter().filter(usual).count() * 100 / books.len();
    assert!(share >= 85, "{share} %");
}

#[test]
fn a_day_keeps_its_mid_its_two_sides_and_its_size() {
    let mut paper = paper(9);
    let (lowest, highest) = ("1.136".parse().unwrap(), "1.704".parse().unwrap());
    while paper.due() <= at(86_400_000) {
        for event in paper.advance(paper.due()) {
            if let VenueEvent::Book(book) = event {
                let mid = book.mid().expect("a book has two sides and is not crossed");
                assert!(mid > lowest && mid < highest, "{mid} at {}", book.at);
            }
        }
        assert!(paper.book.len() <= 16, "makers have at most one order a side");
    }
}

#[test]
fn a_seed_gives_the_same_hour_on_every_machine() {
    let session = Quoter::run(7, Duration::from_hours(1));
    let last = session.books.last().unwrap();
    let holding = session.paper.purse.holding();
    let told = format!("{} {} {} {}", last.mid().unwrap(), session.fills.len(), holding.xrp, holding.rlusd);
    assert_eq!(told, "1.425435 135 191.065733 11.80712916589");
}
