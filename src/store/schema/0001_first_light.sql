-- The store: every journal line as it was written (`facts`), and beside it the tables that people ask.
--
-- Money is exact decimal text: XRP with six decimals, RLUSD as it is. A REAL shadow named …_approx serves sorting and
-- plotting; nothing is ever computed from it. Times are RFC 3339 in UTC with milliseconds, so they sort as text.
-- `n` is always the number of the journal line that a row comes from. Nothing here needs more than plain SQLite.

PRAGMA application_id = 1852141361; -- 'neo1'

CREATE TABLE facts (
  n          INTEGER PRIMARY KEY,
  session_id INTEGER,
  at         TEXT NOT NULL,
  kind       TEXT NOT NULL,
  line       TEXT NOT NULL           -- byte for byte, without the newline
);
CREATE INDEX facts_by_session ON facts (session_id);

-- One row: the newest line that is in `facts`, and its hash.
CREATE TABLE journal_cursor (
  id   INTEGER PRIMARY KEY CHECK (id = 1),
  n    INTEGER NOT NULL,
  hash TEXT NOT NULL
);

CREATE TABLE sessions (
  session_id        INTEGER PRIMARY KEY,
  label             TEXT NOT NULL,
  mode              TEXT NOT NULL,   -- paper, replay, live
  venue             TEXT NOT NULL,
  status            TEXT NOT NULL CHECK (status IN ('OPEN', 'CLOSING', 'CLOSED', 'RECOVERED')),
  started_at        TEXT NOT NULL,
  ended_at          TEXT,
  ended_at_source   TEXT,            -- closed, journal, heartbeat, log, evidence, operator
  halt_reason       TEXT,
  halt_detail       TEXT,            -- JSON: causes in order, and what was left to look at
  starting_xrp      TEXT,
  starting_rlusd    TEXT,
  starting_value    TEXT,
  ending_xrp        TEXT,
  ending_rlusd      TEXT,
  ending_value      TEXT,
  last_heartbeat_at TEXT,
  parent_session_id INTEGER,
  config_hash       TEXT,
  build             TEXT,
  host              TEXT,
  pid               INTEGER,
  -- What it earned and from what, in RLUSD: written when it ends.
  profit            TEXT,
  spread_profit     TEXT,
  inventory_profit  TEXT,
  network_fees      TEXT,
  capital_moved     TEXT,
  starting_value_approx REAL,
  ending_value_approx   REAL,
  profit_approx         REAL
);
CREATE INDEX sessions_by_status ON sessions (status);

CREATE TABLE orders (
  id              TEXT PRIMARY KEY,  -- session-number, such as 39-12
  session_id      INTEGER NOT NULL,
  side            TEXT NOT NULL CHECK (side IN ('BUY', 'SELL')),
  price           TEXT NOT NULL,
  quantity        TEXT NOT NULL,
  status          TEXT NOT NULL,     -- INTENDED SENT RESTING PARTIALLY_FILLED FILLED CANCELLED REFUSED NEVER_SENT VENUE_ENDED
  filled_quantity TEXT NOT NULL,
  exchanged_rlusd TEXT NOT NULL,
  fees_xrp        TEXT NOT NULL,     -- all network fees that this order has cost
  resting_ledger  INTEGER,           -- since when it rested
  refusal_code    TEXT,              -- the venue's own
  cancel_asked_at TEXT,              -- asked is not gone
  created_at      TEXT NOT NULL,
  updated_at      TEXT NOT NULL,
  price_approx           REAL NOT NULL,
  quantity_approx        REAL NOT NULL,
  filled_quantity_approx REAL NOT NULL
);
CREATE INDEX orders_by_session ON orders (session_id);

CREATE TABLE fills (
  id                TEXT PRIMARY KEY, -- the venue's own
  n                 INTEGER NOT NULL,
  order_id          TEXT NOT NULL,
  session_id        INTEGER NOT NULL,
  side              TEXT NOT NULL CHECK (side IN ('BUY', 'SELL')),
  price             TEXT NOT NULL,    -- RLUSD per XRP, derived from the two amounts
  quantity          TEXT NOT NULL,    -- XRP
  rlusd             TEXT NOT NULL,
  mid_price_at_fill TEXT NOT NULL,
  ledger_index      INTEGER NOT NULL,
  created_at        TEXT NOT NULL,
  price_approx             REAL NOT NULL,
  quantity_approx          REAL NOT NULL,
  rlusd_approx             REAL NOT NULL,
  mid_price_at_fill_approx REAL NOT NULL
);
CREATE INDEX fills_by_session ON fills (session_id);

CREATE TABLE capital_events (
  id         TEXT PRIMARY KEY,       -- the venue's own
  n          INTEGER NOT NULL,
  session_id INTEGER NOT NULL,
  event_type TEXT NOT NULL,          -- deposit, withdrawal, basis_commit, realignment
  xrp        TEXT NOT NULL,          -- signed: a withdrawal is negative
  rlusd      TEXT NOT NULL,
  mid_price  TEXT NOT NULL,
  created_at TEXT NOT NULL,
  xrp_approx   REAL NOT NULL,
  rlusd_approx REAL NOT NULL
);
CREATE INDEX capital_events_by_session ON capital_events (session_id);

-- Every change of what we hold, one row an asset. The changes of a session add up to its newest balance, exactly.
CREATE TABLE inventory_ledger (
  session_id  INTEGER NOT NULL,
  asset       TEXT NOT NULL,         -- XRP, RLUSD
  n           INTEGER NOT NULL,
  change      TEXT NOT NULL,
  new_balance TEXT,                  -- NULL if the session's opening balance is not known
  cause       TEXT NOT NULL,         -- opening, fill, fee, capital
  reference   TEXT,                  -- the fill's, the order's, the movement's id
  created_at  TEXT NOT NULL,
  change_approx      REAL NOT NULL,
  new_balance_approx REAL,
  PRIMARY KEY (session_id, asset, n)
) WITHOUT ROWID;

CREATE TABLE inventory_truth_snapshots (
  n            INTEGER PRIMARY KEY,
  session_id   INTEGER NOT NULL,
  created_at   TEXT NOT NULL,
  ledger_index INTEGER NOT NULL,
  verdict      TEXT NOT NULL,        -- opening, ok, warn, halt, unverified
  venue_xrp    TEXT NOT NULL,
  venue_rlusd  TEXT NOT NULL,
  books_xrp    TEXT NOT NULL,
  books_rlusd  TEXT NOT NULL,
  residual_xrp   TEXT NOT NULL,      -- the venue's less ours
  residual_rlusd TEXT NOT NULL,
  mid_price    TEXT NOT NULL
);
CREATE INDEX inventory_truth_snapshots_by_session ON inventory_truth_snapshots (session_id);

-- Every guard that fired.
CREATE TABLE circuit_breaker_events (
  n          INTEGER PRIMARY KEY,
  session_id INTEGER NOT NULL,
  created_at TEXT NOT NULL,
  guard      TEXT NOT NULL,
  measured   TEXT NOT NULL,
  threshold  TEXT NOT NULL,
  action     TEXT NOT NULL
);
CREATE INDEX circuit_breaker_events_by_session ON circuit_breaker_events (session_id);

-- Every change of the engine's mode; a session's newest row is what the engine does.
CREATE TABLE engine_state (
  n          INTEGER PRIMARY KEY,
  session_id INTEGER NOT NULL,
  created_at TEXT NOT NULL,
  from_mode  TEXT NOT NULL,
  to_mode    TEXT NOT NULL,          -- starting, quoting, paused, idle, degraded, halted
  asked_by   TEXT NOT NULL,
  why        TEXT NOT NULL,
  leads_back TEXT NOT NULL
);
CREATE INDEX engine_state_by_session ON engine_state (session_id);

-- What went wrong. Its key is the journal line, which tells of one incident only: either the line is an incident, or
-- the store could not digest it (made_by = 'store') and the line alone is kept.
CREATE TABLE incidents (
  n               INTEGER PRIMARY KEY,
  session_id      INTEGER,
  number          INTEGER,           -- in the session; NULL if made by the store
  made_by         TEXT NOT NULL CHECK (made_by IN ('session', 'store')),
  created_at      TEXT NOT NULL,
  severity        TEXT NOT NULL,
  source          TEXT NOT NULL,
  title           TEXT NOT NULL,
  tried           TEXT NOT NULL,
  happened        TEXT NOT NULL,
  means           TEXT NOT NULL,
  done            TEXT NOT NULL,
  you_can         TEXT NOT NULL,
  acknowledged_at TEXT
);
CREATE INDEX incidents_by_session ON incidents (session_id);

CREATE TABLE operator_commands (
  n          INTEGER PRIMARY KEY,
  session_id INTEGER,
  created_at TEXT NOT NULL,
  command    TEXT NOT NULL,
  detail     TEXT NOT NULL           -- JSON
);
CREATE INDEX operator_commands_by_session ON operator_commands (session_id);

-- Readings: they may have gaps.
CREATE TABLE market_snapshots (
  session_id   INTEGER NOT NULL,
  ledger_index INTEGER NOT NULL,
  created_at   TEXT NOT NULL,
  mid_price    TEXT,                 -- NULL for a book that is one-sided, empty or crossed
  bid1_price TEXT, bid1_quantity TEXT, bid1_ours TEXT,
  bid2_price TEXT, bid2_quantity TEXT, bid2_ours TEXT,
  bid3_price TEXT, bid3_quantity TEXT, bid3_ours TEXT,
  bid4_price TEXT, bid4_quantity TEXT, bid4_ours TEXT,
  bid5_price TEXT, bid5_quantity TEXT, bid5_ours TEXT,
  ask1_price TEXT, ask1_quantity TEXT, ask1_ours TEXT,
  ask2_price TEXT, ask2_quantity TEXT, ask2_ours TEXT,
  ask3_price TEXT, ask3_quantity TEXT, ask3_ours TEXT,
  ask4_price TEXT, ask4_quantity TEXT, ask4_ours TEXT,
  ask5_price TEXT, ask5_quantity TEXT, ask5_ours TEXT,
  mid_price_approx REAL,
  best_bid_approx  REAL,
  best_ask_approx  REAL,
  PRIMARY KEY (session_id, ledger_index)
) WITHOUT ROWID;

CREATE TABLE valuation_snapshots (
  session_id        INTEGER NOT NULL,
  created_at        TEXT NOT NULL,
  xrp_balance       TEXT NOT NULL,
  rlusd_balance     TEXT NOT NULL,
  mid_price         TEXT NOT NULL,
  total_value_rlusd TEXT NOT NULL,
  spread_profit     TEXT NOT NULL,
  inventory_profit  TEXT NOT NULL,
  network_fees      TEXT NOT NULL,
  xrp_balance_approx       REAL NOT NULL,
  rlusd_balance_approx     REAL NOT NULL,
  total_value_rlusd_approx REAL NOT NULL,
  PRIMARY KEY (session_id, created_at)
) WITHOUT ROWID;

-- Copies that were verified. `name` is relative to the backups' folder.
CREATE TABLE backups (
  name       TEXT PRIMARY KEY,
  kind       TEXT NOT NULL,          -- pre, post, timer, manual
  created_at TEXT NOT NULL,
  bytes      INTEGER NOT NULL,
  cursor_n   INTEGER,                -- the newest journal line in it
  cursor_hash TEXT,
  removed_at TEXT                    -- when it was pruned
);

-- For people who plot: numbers instead of exact text.
CREATE VIEW v_sessions AS
  SELECT session_id, mode, venue, status, started_at, ended_at, halt_reason,
         starting_value_approx AS starting_value, ending_value_approx AS ending_value, profit_approx AS profit,
         (SELECT count(*) FROM fills WHERE fills.session_id = sessions.session_id) AS fills,
         (SELECT count(*) FROM incidents WHERE incidents.session_id = sessions.session_id) AS incidents
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
  FROM market_snapshots;

CREATE VIEW v_value AS
  SELECT session_id, created_at, xrp_balance_approx AS xrp, rlusd_balance_approx AS rlusd,
         total_value_rlusd_approx AS value
  FROM valuation_snapshots;
