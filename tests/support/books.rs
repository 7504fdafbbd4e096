//! A session's books kept from its facts with whole numbers alone, so that the program's own arithmetic is not asked
//! whether it is right.
//!
//! XRP is counted in 10⁻⁶, RLUSD and prices in 10⁻¹⁸, and what something is worth in 10⁻²⁴ RLUSD: a product of the first
//! two needs no rounding.

use serde_json::Value;

use super::Link;

const XRP: u32 = 6;
const RLUSD: u32 = 18;
const WORTH: u32 = 24;

/// What the facts of one session come to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Books {
    pub xrp: i128,
    pub rlusd: i128,
    pub mid: i128,
    pub starting_worth: i128,
    pub spread: i128,
    pub inventory: i128,
    pub fees: i128,
    pub capital: i128,
    pub notional: i128,
    pub bought: u64,
    pub sold: u64,
    opened: bool,
}

impl Books {
    /// Takes in all facts of one session, in order.
    #[track_caller]
    pub fn of<'a>(links: impl IntoIterator<Item = &'a Link>) -> Self {
        let mut books = Self::default();
        for link in links {
            books.take(&link.kind, &link.json());
        }
        books
    }

    #[track_caller]
    fn take(&mut self, kind: &str, body: &Value) {
        match kind {
            "truth" if !self.opened => {
                (self.xrp, self.rlusd) = (number(body, "/venue/xrp", XRP), number(body, "/venue/rlusd", RLUSD));
                self.mid = number(body, "/mid", RLUSD);
                self.starting_worth = self.worth();
                self.opened = true;
            }
            "fill" => self.fill(body),
            "order" if body.get("fee").is_some() => {
                let fee = number(body, "/fee", XRP);
                self.mark(number(body, "/mid", RLUSD));
                self.fees += fee * self.mid;
                self.xrp -= fee;
            }
            "capital" => {
                let (xrp, rlusd) = (number(body, "/xrp", XRP), number(body, "/rlusd", RLUSD));
                self.mark(number(body, "/mid", RLUSD));
                self.capital += xrp * self.mid + worth_of(rlusd);
                (self.xrp, self.rlusd) = (self.xrp + xrp, self.rlusd + rlusd);
            }
            "end_begun" if body["holding"].is_object() => self.mark(number(body, "/holding/mid", RLUSD)),
            "session_closed" | "session_recovered" if body["totals"]["ending"].is_object() => {
                self.mark(number(body, "/totals/ending/mid", RLUSD));
            }
            _ => {}
        }
    }

    fn fill(&mut self, body: &Value) {
        let (quantity, rlusd) = (number(body, "/quantity", XRP), number(body, "/rlusd", RLUSD));
        self.mark(number(body, "/mid", RLUSD));
        let (notional, sign) = (quantity * self.mid, if body["side"] == "BUY" { 1 } else { -1 });
        self.notional += notional;
        self.spread += sign * (notional - worth_of(rlusd));
        (self.xrp, self.rlusd) = (self.xrp + sign * quantity, self.rlusd - sign * rlusd);
        (self.bought, self.sold) = (self.bought + u64::from(sign > 0), self.sold + u64::from(sign < 0));
    }

    /// The mid moved while we held what we hold.
    fn mark(&mut self, mid: i128) {
        self.inventory += self.xrp * (mid - self.mid);
        self.mid = mid;
    }

    fn worth(&self) -> i128 {
        self.xrp * self.mid + worth_of(self.rlusd)
    }

    /// Asserts that the totals which a session states are these books, to the last digit, and that they add up.
    #[track_caller]
    pub fn expect_totals(&self, totals: &Value) {
        for (path, scale, ours) in [
            ("/starting/value", WORTH, self.starting_worth),
            ("/ending/xrp", XRP, self.xrp),
            ("/ending/rlusd", RLUSD, self.rlusd),
            ("/ending/mid", RLUSD, self.mid),
            ("/ending/value", WORTH, self.worth()),
            ("/split/spread", WORTH, self.spread),
            ("/split/inventory", WORTH, self.inventory),
            ("/split/fees", WORTH, self.fees),
            ("/capital", WORTH, self.capital),
            ("/notional", WORTH, self.notional),
        ] {
            assert_eq!(number(totals, path, scale), ours, "{path} in 10^-{scale}, stated and by its facts: {totals}");
        }
        assert_eq!((totals["bought"].as_u64(), totals["sold"].as_u64()), (Some(self.bought), Some(self.sold)));
        let profit = self.worth() - self.starting_worth - self.capital;
        assert_eq!(profit, self.spread + self.inventory - self.fees, "the split adds up to the last digit");
    }
}

fn worth_of(rlusd: i128) -> i128 {
    rlusd * 10_i128.pow(WORTH - RLUSD)
}

/// The number at a path, in 10^−`scale`. Panics if it is not exact in that.
#[track_caller]
pub(super) fn number(body: &Value, path: &str, scale: u32) -> i128 {
    let text = body.pointer(path).and_then(Value::as_str).unwrap_or_else(|| panic!("no number at {path} in {body}"));
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let room = usize::try_from(scale).expect("small");
    assert!(part.len() <= room, "{text} at {path} is finer than 10^-{scale}");
    let digits = format!("{whole}{part:0<room$}");
    digits.parse().unwrap_or_else(|why| panic!("{text} at {path}: {why}"))
}
