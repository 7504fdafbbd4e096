-- What the earlier engine left behind, taken over. Its sessions, orders, fills and movements stand among our own; what it
-- did not know is NULL. Its readings have another shape than ours and stand in tables of their own, `adopted_…`.
--
-- `n` is the number of the `adopted` line that a row came with. `earlier` is a JSON object with every column of the
-- source's row that has no column here, so that nothing of it is lost.

ALTER TABLE sessions ADD COLUMN origin TEXT NOT NULL DEFAULT 'own';   -- own, adopted
ALTER TABLE sessions ADD COLUMN ended_at_uncertainty_s INTEGER;       -- NULL: exact, or nobody can say
ALTER TABLE sessions ADD COLUMN ended_at_evidence TEXT;               -- what tells when it ended, in words
ALTER TABLE sessions ADD COLUMN earlier TEXT;

DROP VIEW v_sessions;
DROP VIEW v_fills;
DROP VIEW v_mid;
DROP VIEW v_value;

CREATE TABLE orders_2 (
  id              TEXT PRIMARY KEY,  -- session-number, such as 39-12; an adopted one has the earlier engine's own
  session_id      INTEGER,           -- NULL: between two sessions
  side            TEXT NOT NULL CHECK (side IN ('BUY', 'SELL')),
  price           TEXT NOT NULL,
  quantity        TEXT NOT NULL,
  status          TEXT NOT NULL,     -- INTENDED SENT RESTING PARTIALLY_FILLED FILLED CANCELLED REFUSED NEVER_SENT VENUE_ENDED;
                                     -- adopted: FILLED CANCELLED FAILED, or UNPROVEN: it may rest at the venue
  filled_quantity TEXT NOT NULL,
  exchanged_rlusd TEXT NOT NULL,
  fees_xrp        TEXT,              -- all network fees that this order has cost; NULL if nobody kept them
  resting_ledger  INTEGER,           -- since when it rested
  refusal_code    TEXT,              -- the venue's own
  cancel_asked_at TEXT,              -- asked is not gone
  created_at      TEXT NOT NULL,
  updated_at      TEXT NOT NULL,
  price_approx           REAL NOT NULL,
  quantity_approx        REAL NOT NULL,
  filled_quantity_approx REAL NOT NULL,
  earlier         TEXT
);
INSERT INTO orders_2 SELECT id, session_id, side, price, quantity, status, filled_quantity, exchanged_rlusd, fees_xrp,
  resting_ledger, refusal_code, cancel_asked_at, created_at, updated_at, price_approx, quantity_approx,
  filled_quantity_approx, NULL FROM orders;
DROP TABLE orders;
ALTER TABLE orders_2 RENAME TO orders;
CREATE INDEX orders_by_session ON orders (session_id);
CREATE INDEX orders_unproven ON orders (session_id) WHERE status = 'UNPROVEN';

CREATE TABLE fills_2 (
  id                TEXT PRIMARY KEY, -- the venue's own; an adopted one has the earlier engine's
  n                 INTEGER NOT NULL,
  order_id          TEXT NOT NULL,
  session_id        INTEGER,          -- NULL: between two sessions
  side              TEXT NOT NULL CHECK (side IN ('BUY', 'SELL')),
  price             TEXT NOT NULL,    -- RLUSD per XRP, derived from the two amounts; adopted: as the earlier engine had it
  quantity          TEXT NOT NULL,    -- XRP
  rlusd             TEXT NOT NULL,    -- adopted: quantity × price
  mid_price_at_fill TEXT,
  ledger_index      INTEGER,
  created_at        TEXT NOT NULL,
  price_approx             REAL NOT NULL,
  quantity_approx          REAL NOT NULL,
  rlusd_approx             REAL NOT NULL,
  mid_price_at_fill_approx REAL,
  earlier           TEXT
);
INSERT INTO fills_2 SELECT id, n, order_id, session_id, side, price, quantity, rlusd, mid_price_at_fill, ledger_index,
  created_at, price_approx, quantity_approx, rlusd_approx, mid_price_at_fill_approx, NULL FROM fills;
DROP TABLE fills;
ALTER TABLE fills_2 RENAME TO fills;
CREATE INDEX fills_by_session ON fills (session_id);

CREATE TABLE capital_events_2 (
  id         TEXT PRIMARY KEY,       -- the venue's own; an adopted one has the earlier engine's
  n          INTEGER NOT NULL,
  session_id INTEGER,                -- NULL: between two sessions
  event_type TEXT NOT NULL,          -- deposit, withdrawal, basis_commit, realignment
  xrp        TEXT NOT NULL,          -- signed: a withdrawal is negative; zero for a basis_commit
  rlusd      TEXT NOT NULL,
  mid_price  TEXT,
  created_at TEXT NOT NULL,
  xrp_approx   REAL NOT NULL,
  rlusd_approx REAL NOT NULL,
  earlier    TEXT
);
INSERT INTO capital_events_2 SELECT id, n, session_id, event_type, xrp, rlusd, mid_price, created_at, xrp_approx,
  rlusd_approx, NULL FROM capital_events;
DROP TABLE capital_events;
ALTER TABLE capital_events_2 RENAME TO capital_events;
CREATE INDEX capital_events_by_session ON capital_events (session_id);

-- One row an `adopted` line.
CREATE TABLE adoptions (
  n               INTEGER PRIMARY KEY,
  created_at      TEXT NOT NULL,
  source_name     TEXT NOT NULL,
  source_sha256   TEXT NOT NULL,
  baseline_name   TEXT NOT NULL,     -- in the backups' folder
  baseline_sha256 TEXT NOT NULL,
  first_session   INTEGER,
  last_session    INTEGER
);

CREATE TABLE adopted_market_snapshots (
  n          INTEGER NOT NULL,
  source_key TEXT NOT NULL,          -- the row's id in the source
  session_id INTEGER,                -- by its time; NULL before the first session
  created_at TEXT NOT NULL,
  best_bid   TEXT,
  best_ask   TEXT,
  mid_price  TEXT,
  ledger_index INTEGER,
  best_bid_approx  REAL,
  best_ask_approx  REAL,
  mid_price_approx REAL,
  earlier    TEXT,
  PRIMARY KEY (n, source_key)
);
CREATE INDEX adopted_market_snapshots_by_time ON adopted_market_snapshots (created_at);

CREATE TABLE adopted_valuation_snapshots (
  n          INTEGER NOT NULL,
  source_key TEXT NOT NULL,
  session_id INTEGER,
  created_at TEXT NOT NULL,
  xrp_balance       TEXT,
  rlusd_balance     TEXT,
  total_value_rlusd TEXT,
  xrp_balance_approx       REAL,
  rlusd_balance_approx     REAL,
  total_value_rlusd_approx REAL,
  earlier    TEXT,
  PRIMARY KEY (n, source_key)
);
CREATE INDEX adopted_valuation_snapshots_by_time ON adopted_valuation_snapshots (created_at);

CREATE TABLE adopted_inventory_ledger (
  n          INTEGER NOT NULL,
  source_key TEXT NOT NULL,
  session_id INTEGER,
  created_at TEXT NOT NULL,
  asset      TEXT NOT NULL,          -- XRP, RLUSD
  change     TEXT NOT NULL,
  new_balance TEXT,
  change_approx      REAL NOT NULL,
  new_balance_approx REAL,
  earlier    TEXT,
  PRIMARY KEY (n, source_key)
);
CREATE INDEX adopted_inventory_ledger_by_time ON adopted_inventory_ledger (created_at);

CREATE TABLE adopted_system_metrics (
  n          INTEGER NOT NULL,
  source_key TEXT NOT NULL,
  session_id INTEGER,
  created_at TEXT NOT NULL,
  earlier    TEXT,
  PRIMARY KEY (n, source_key)
);
CREATE INDEX adopted_system_metrics_by_time ON adopted_system_metrics (created_at);

-- The earlier engine's keys and values, which outlived their sessions: kept, and believed in nowhere.
CREATE TABLE adopted_engine_state (
  n          INTEGER NOT NULL,
  source_key TEXT NOT NULL,
  value      TEXT,
  updated_at TEXT,
  earlier    TEXT,
  PRIMARY KEY (n, source_key)
);

-- What the source said where something else was taken: money that was rounded, a status in another spelling, a number
-- that is none.
CREATE TABLE adopted_texts (
  n           INTEGER NOT NULL,
  table_name  TEXT NOT NULL,         -- the source's
  row_key     TEXT NOT NULL,
  column_name TEXT NOT NULL,
  text        TEXT NOT NULL,
  taken       TEXT,                  -- NULL: left blank
  PRIMARY KEY (n, table_name, row_key, column_name)
) WITHOUT ROWID;

-- Rows that could not be taken.
CREATE TABLE adopted_refusals (
  n          INTEGER NOT NULL,
  table_name TEXT NOT NULL,
  row_key    TEXT NOT NULL,
  why        TEXT NOT NULL,
  earlier    TEXT NOT NULL           -- the whole row
);

CREATE VIEW v_sessions AS
  SELECT session_id, mode, venue, status, started_at, ended_at, halt_reason,
         starting_value_approx AS starting_value, ending_value_approx AS ending_value, profit_approx AS profit,
         (SELECT count(*) FROM fills WHERE fills.session_id = sessions.session_id) AS fills,
         (SELECT count(*) FROM incidents WHERE incidents.session_id = sessions.session_id) AS incidents,
         origin
  FROM sessions;

CREATE VIEW v_fills AS
  SELECT id, session_id, order_id, created_at, side, price_approx AS price, quantity_approx AS quantity,
         rlusd_approx AS rlusd, mid_price_at_fill_approx AS mid,
         (CASE side WHEN 'BUY' THEN 1.0 ELSE -1.0 END) * (mid_price_at_fill_approx - price_approx)
           / mid_price_at_fill_approx * 10000.0 AS realized_spread_bps
  FROM fills;

CREATE VIEW v_mid AS
  SELECT session_id, ledger_index, created_at, best_bid_approx AS best_bid, best_ask_approx AS best_ask,
         mid_price_approx AS mid, (best_ask_approx - best_bid_approx) / mid_price_approx * 10000.0 AS spread_bps
  FROM market_snapshots
  UNION ALL
  SELECT session_id, ledger_index, created_at, best_bid_approx, best_ask_approx,
         mid_price_approx, (best_ask_approx - best_bid_approx) / mid_price_approx * 10000.0
  FROM adopted_market_snapshots;

CREATE VIEW v_value AS
  SELECT session_id, created_at, xrp_balance_approx AS xrp, rlusd_balance_approx AS rlusd,
         total_value_rlusd_approx AS value
  FROM valuation_snapshots
  UNION ALL
  SELECT session_id, created_at, xrp_balance_approx, rlusd_balance_approx, total_value_rlusd_approx
  FROM adopted_valuation_snapshots;
