//! Readings of the earlier engine: the best evidence of when its sessions really ended. They have a session by their time.

use rusqlite::{ToSql, params, params_from_iter};

use super::draft::{Draft, Money, Unit};
use super::{Stop, Taking};
use crate::domain::time::Timestamp;

impl Taking<'_> {
    pub(super) fn market(&mut self, draft: &mut Draft) -> Result<(), Stop> {
        let at = draft.moment("created_at")?;
        self.spans.sign_of_life(at);
        let prices = ["best_bid", "best_ask", "mid_price"].map(|column| draft.money_if_any(column, Unit::Price));
        let ledger = draft.integer("ledger_index");
        let more: [&dyn ToSql; 1] = [&ledger];
        self.reading(
            "INSERT INTO adopted_market_snapshots (n, source_key, session_id, created_at, best_bid, best_ask, mid_price,
               best_bid_approx, best_ask_approx, mid_price_approx, earlier, ledger_index)
             VALUES (0, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
            draft,
            at,
            &prices,
            &more,
        )
    }

    pub(super) fn valuation(&mut self, draft: &mut Draft) -> Result<(), Stop> {
        let at = draft.moment("created_at")?;
        self.spans.sign_of_life(at);
        let columns = [("xrp_balance", Unit::Xrp), ("rlusd_balance", Unit::Rlusd), ("total_value_rlusd", Unit::Rlusd)];
        let amounts = columns.map(|(column, unit)| draft.money_if_any(column, unit));
        self.reading(
            "INSERT INTO adopted_valuation_snapshots (n, source_key, session_id, created_at, xrp_balance, rlusd_balance,
               total_value_rlusd, xrp_balance_approx, rlusd_balance_approx, total_value_rlusd_approx, earlier)
             VALUES (0, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
            draft,
            at,
            &amounts,
            &[],
        )
    }

    pub(super) fn metrics(&mut self, draft: &mut Draft) -> Result<(), Stop> {
        let at = draft.moment("created_at")?;
        self.spans.sign_of_life(at);
        self.reading(
            "INSERT INTO adopted_system_metrics (n, source_key, session_id, created_at, earlier) VALUES (0, ?1, ?2, ?3, ?4)",
            draft,
            at,
            &[],
            &[],
        )
    }

    pub(super) fn balance(&mut self, draft: &mut Draft) -> Result<(), Stop> {
        let at = draft.moment("created_at")?;
        let asset = draft.text("asset").unwrap_or_default();
        let unit = Unit::of_asset(&asset).ok_or_else(|| Stop::Refused(format!("its asset `{asset}` is not known")))?;
        let change = draft.money("change", unit)?;
        let balance = draft.money_if_any("new_balance", unit);
        let more: [&dyn ToSql; 1] = [&unit.as_str()];
        self.reading(
            "INSERT INTO adopted_inventory_ledger (n, source_key, session_id, created_at, change, new_balance, change_approx,
               new_balance_approx, earlier, asset)
             VALUES (0, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            draft,
            at,
            &[Some(change), balance],
            &more,
        )
    }

    pub(super) fn state(&mut self, draft: &mut Draft) -> Result<(), Stop> {
        let key = draft.key.clone();
        let (value, updated) = (draft.text("value"), draft.moment_if_any("updated_at"));
        self.baseline
            .prepare_cached(
                "INSERT INTO adopted_engine_state (n, source_key, value, updated_at, earlier) VALUES (0, ?1, ?2, ?3, ?4)",
            )?
            .execute(params![key, value, updated.map(|at| at.to_string()), draft.left_over()])?;
        Ok(())
    }

    /// Key, session, time; the texts; their shadows; what is left over; and `more`.
    fn reading(
        &self,
        sql: &str,
        draft: &Draft,
        at: Timestamp,
        money: &[Option<Money>],
        more: &[&dyn ToSql],
    ) -> Result<(), Stop> {
        let session = self.spans.newest_at(at).map(|session| session.0);
        let (at, left_over) = (at.to_string(), draft.left_over());
        let texts: Vec<Option<&str>> =
            money.iter().map(|money| money.as_ref().map(|money| money.text.as_str())).collect();
        let shadows: Vec<Option<f64>> = money.iter().map(|money| money.as_ref().map(Money::approx)).collect();
        let head: [&dyn ToSql; 3] = [&draft.key, &session, &at];
        let all = head.into_iter().chain(texts.iter().map(|text| text as &dyn ToSql));
        let all = all.chain(shadows.iter().map(|shadow| shadow as &dyn ToSql)).chain([&left_over as &dyn ToSql]);
        self.baseline.prepare_cached(sql)?.execute(params_from_iter(all.chain(more.iter().copied())))?;
        Ok(())
    }
}
