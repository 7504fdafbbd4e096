//! Pricing: from the market, what we hold and the settings to the two quotes we want. Pure arithmetic.
//!
//! ```text
//! lean = (XRP share − target) / (corridor's edge − target), between −1 and 1
//! skew = max_skew × lean
//! bid  = mid × (1 − (bid_offset + skew) / 10 000)      down to the tick, at least one tick below others' best ask
//! ask  = mid × (1 + (ask_offset − skew) / 10 000)      up to the tick, at least one tick above others' best bid
//! ```
//!
//! The corridor is 25 to 75 %. Leaning to XRP lowers both prices; the side that would make it worse also shrinks, from
//! `max_order_rlusd` with no lean to `min_order_rlusd` at the edge. Limits then cut a size further, never below the
//! smallest order: a side that does not fit is withheld.

use rust_decimal::Decimal;

use crate::domain::inventory::Inventory;
use crate::domain::money::{Bps, Drops, Price, Toward};
use crate::domain::order::Side;

use super::settings::Settings;

/// XRP that is never offered: it pays the fees.
pub(super) const KEPT_FOR_FEES: Drops = Drops::from_xrp(1);

/// XRP shares, in bps, at which the skew is at its most.
const CORRIDOR_BPS: (i64, i64) = (2_500, 7_500);

/// Others' best prices, and half-way between them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Reference {
    pub mid: Price,
    pub bid: Price,
    pub ask: Price,
}

/// A quote that we want to have in the book.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Quote {
    pub price: Price,
    pub quantity: Drops,
    /// The most that limits and holdings allow at this price.
    pub most: Drops,
}

/// Why a side is not quoted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Withheld {
    /// No mid to quote around.
    OneSided,
    /// The newest book is older than a stale market's.
    OldBook,
    /// A buy could lead above `max_xrp`.
    XrpCap,
    /// A sale could lead above `max_rlusd`.
    RlusdCap,
    /// A buy could lead below `min_rlusd`.
    RlusdFloor,
    /// There is not enough XRP to sell.
    NoXrp,
    /// There is no tick left on our side of the market.
    NoRoom,
}

/// The wanted bid and ask, or why not.
pub(super) fn quotes(settings: &Settings, reference: Reference, held: Inventory) -> [Result<Quote, Withheld>; 2] {
    let lean = lean(settings, held, reference.mid);
    [Side::Buy, Side::Sell].map(|side| {
        let price = price(settings, reference, lean, side).ok_or(Withheld::NoRoom)?;
        let (most, tightest) = most(settings, held, price, side);
        // In drops, rounded down like the size: an order that is exactly the smallest one fits.
        let (smallest, largest) = (settings.min_order_rlusd.buys_at(price), settings.max_order_rlusd.buys_at(price));
        if most < smallest || most == Drops::ZERO {
            return Err(tightest);
        }
        let quantity = shrunk(smallest, largest, lean, side).min(most);
        Ok(Quote { price, quantity, most })
    })
}

/// How far the XRP share is from its target, as a part of the way to the corridor's edge: between −1 and 1.
fn lean(settings: &Settings, held: Inventory, mid: Price) -> Decimal {
    let target = i64::from(settings.target_share_pct) * 100;
    let off = held.xrp_share(mid).to_decimal() - Decimal::from(target);
    let way = if off.is_sign_negative() { target - CORRIDOR_BPS.0 } else { CORRIDOR_BPS.1 - target };
    // A target outside of the corridor has no way to its edge: any step further is all the way.
    let lean = if way > 0 { off / Decimal::from(way) } else { off };
    lean.clamp(Decimal::NEGATIVE_ONE, Decimal::ONE)
}

fn price(settings: &Settings, reference: Reference, lean: Decimal, side: Side) -> Option<Price> {
    let skew = settings.max_skew_bps.to_decimal() * lean;
    let decimals = settings.price_decimals;
    Some(match side {
        Side::Buy => {
            let offset = -(settings.bid_offset_bps.to_decimal() + skew);
            let wanted = reference.mid.moved_by(Bps::from_decimal(offset)).to_tick(decimals, Toward::Lower);
            if wanted < reference.bid { wanted } else { wanted.min(a_tick_below(reference.ask, decimals)?) }
        }
        Side::Sell => {
            let offset = settings.ask_offset_bps.to_decimal() - skew;
            let wanted = reference.mid.moved_by(Bps::from_decimal(offset)).to_tick(decimals, Toward::Higher);
            if wanted > reference.ask { wanted } else { wanted.max(a_tick_above(reference.bid, decimals)?) }
        }
    })
}

fn a_tick_below(price: Price, decimals: u32) -> Option<Price> {
    of_decimal(price.to_tick(decimals, Toward::Lower).to_decimal() - Decimal::new(1, decimals))
}

fn a_tick_above(price: Price, decimals: u32) -> Option<Price> {
    of_decimal(price.to_tick(decimals, Toward::Higher).to_decimal() + Decimal::new(1, decimals))
}

fn of_decimal(number: Decimal) -> Option<Price> {
    Price::new(i64::try_from(number.mantissa()).ok()?, number.scale())
}

/// The most that may be promised on a side, whatever the other side does, and what limits it.
pub(super) fn most(settings: &Settings, held: Inventory, price: Price, side: Side) -> (Drops, Withheld) {
    let limits = &settings.limits;
    let (one, other) = match side {
        Side::Buy => (
            (limits.max_xrp - held.xrp, Withheld::XrpCap),
            ((held.rlusd - limits.min_rlusd).buys_at(price), Withheld::RlusdFloor),
        ),
        Side::Sell => (
            ((limits.max_rlusd - held.rlusd).buys_at(price), Withheld::RlusdCap),
            (held.xrp - KEPT_FOR_FEES, Withheld::NoXrp),
        ),
    };
    let (most, tightest) = if one.0 <= other.0 { one } else { other };
    (most.max(Drops::ZERO), tightest)
}

/// The size with this lean: the largest, but shrunk towards the smallest on the side that leans further.
fn shrunk(smallest: Drops, largest: Drops, lean: Decimal, side: Side) -> Drops {
    let pull = if side == Side::Buy { lean } else { -lean }.max(Decimal::ZERO);
    let given_up = (Decimal::from((largest - smallest).get()) * pull).floor();
    largest - i64::try_from(given_up).map_or(Drops::ZERO, Drops::new)
}

/// Whether `price` is further than `bps` from `wanted`.
pub(super) fn is_off(price: Price, wanted: Price, bps: Bps) -> bool {
    let (price, wanted) = (price.to_decimal(), wanted.to_decimal());
    price != wanted && (price - wanted).abs() * Decimal::from(10_000) > bps.to_decimal() * wanted
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::money::Rlusd;
    use proptest::prelude::*;

    fn around(bid: &str, ask: &str) -> Reference {
        let (bid, ask) = (bid.parse().unwrap(), ask.parse().unwrap());
        Reference { mid: Price::midway(bid, ask), bid, ask }
    }

    fn holding(xrp: i64, rlusd: i64) -> Inventory {
        Inventory { xrp: Drops::from_xrp(xrp), rlusd: Rlusd::from_whole(rlusd) }
    }

    fn quoted(held: Inventory) -> [Result<Quote, Withheld>; 2] {
        quotes(&Settings::default(), around("1.4195", "1.4205"), held)
    }

    #[test]
    fn a_balanced_holding_is_quoted_at_the_offsets() {
        let [bid, ask] = quoted(Inventory { xrp: Drops::from_xrp(70), rlusd: "99.4".parse().unwrap() });
        assert_eq!(bid.unwrap().price.to_string(), "1.41858");
        assert_eq!(ask.unwrap().price.to_string(), "1.42199");
    }

    #[test]
    fn too_much_xrp_lowers_both_prices_and_shrinks_the_bid() {
        let [bid, ask] = quoted(holding(120, 60)).map(Result::unwrap);
        assert!(bid.price < "1.41858".parse().unwrap() && ask.price < "1.42199".parse().unwrap());
        assert!(bid.quantity < ask.quantity);
    }

    #[test]
    fn at_the_corridors_edge_the_skew_is_at_its_most() {
        let edge = quoted(Inventory { xrp: Drops::from_xrp(75), rlusd: "35.5".parse().unwrap() })[1].unwrap();
        let beyond = quotes(&Settings::default(), around("1.4195", "1.4205"), holding(149, 31))[1].unwrap();
        assert_eq!(edge.price, beyond.price);
        assert_eq!(edge.price.to_string(), "1.42057");
    }

    #[test]
    fn the_default_start_can_sell_exactly_the_smallest_order_up_to_the_cap() {
        let ask = quoted(holding(100, 140))[1].unwrap();
        assert_eq!(ask.quantity, Rlusd::from_whole(10).buys_at(ask.price));
        assert!(ask.quantity.at(ask.price) <= Rlusd::from_whole(10).value());
    }

    #[test]
    fn what_does_not_fit_is_withheld_with_the_limit_that_is_tightest() {
        assert_eq!(quoted(holding(100, 141))[1], Err(Withheld::RlusdCap));
        assert_eq!(quoted(holding(149, 100))[0], Err(Withheld::XrpCap));
        assert_eq!(quoted(holding(100, 35))[0], Err(Withheld::RlusdFloor));
        assert_eq!(quoted(holding(2, 100))[1], Err(Withheld::NoXrp));
    }

    #[test]
    fn in_a_market_of_a_few_ticks_a_quote_stays_behind_the_other_side() {
        let settings = Settings {
            bid_offset_bps: Bps::from_whole(-50),
            ask_offset_bps: Bps::from_whole(-50),
            ..Settings::default()
        };
        let [bid, ask] = quotes(&settings, around("1.42000", "1.42003"), holding(70, 99)).map(Result::unwrap);
        assert_eq!((bid.price.to_string(), ask.price.to_string()), ("1.42002".into(), "1.42001".into()));
    }

    proptest! {
        #[test]
        fn no_quote_ever_leads_beyond_a_limit(
            drops in 0_i64..200_000_000, cents in 0_i64..20_000, tick in 10_000_i64..500_000, wide in 1_i64..2_000,
        ) {
            let (bid, ask) = (Price::new(tick, 5).unwrap(), Price::new(tick + wide, 5).unwrap());
            let reference = Reference { mid: Price::midway(bid, ask), bid, ask };
            let rlusd: Rlusd = Decimal::new(cents, 2).to_string().parse().unwrap();
            let (held, settings) = (Inventory { xrp: Drops::new(drops), rlusd }, Settings::default());
            let [buy, sell] = quotes(&settings, reference, held);
            if let Ok(quote) = buy {
                prop_assert!(held.xrp + quote.quantity <= settings.limits.max_xrp);
                prop_assert!(held.rlusd - Rlusd::of(quote.quantity, quote.price) >= settings.limits.min_rlusd);
                prop_assert!(quote.price < ask);
                prop_assert!(quote.quantity <= settings.max_order_rlusd.buys_at(quote.price) && quote.quantity <= quote.most);
            }
            if let Ok(quote) = sell {
                prop_assert!(held.rlusd + Rlusd::of(quote.quantity, quote.price) <= settings.limits.max_rlusd);
                prop_assert!(quote.quantity <= held.xrp);
                prop_assert!(quote.price > bid);
            }
        }
    }
}
