"""What the Windows program must do, tried under Wine. `checks.py [CHECK...]`; without names, all of them.

Prints one line a check as it is done, and ends with 1 if any failed. Files are left in target/windows/checks.
"""
import contextlib
import fcntl
import json
import os
import pathlib
import pty
import re
import shutil
import sqlite3
import struct
import subprocess
import sys
import termios
import threading
import time
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parents[2]
EXE = ROOT / "target/windows/x86_64-pc-windows-gnu/release/neo.exe"
EVENT = ROOT / "target/windows/tools/console_event.exe"
HOLD = ROOT / "target/windows/tools/hold.exe"
FOLDER = ROOT / "target/windows/checks"
SHORT = ["run", "--headless", "--speed", "max", "--duration", "20s"]
SIMULATED = ["run", "--headless", "--speed", "max", "--duration", "10m", "--seed", "7"]

# What is delivered: its number, the reason that must be in the row, and how many milliseconds the end may take.
CTRL_C = (0, "interrupted_sigint", 20_000)
CTRL_BREAK = (1, "interrupted_sigbreak", 20_000)
THE_X = (2, "terminal_closed", 4_000)
LOG_OFF = (5, "system_logoff", 4_000)
SHUTDOWN = (6, "system_shutdown", 4_000)
EVENTS = {"ctrl_c": CTRL_C, "ctrl_break": CTRL_BREAK, "x": THE_X, "log_off": LOG_OFF, "shutdown": SHUTDOWN}
HURRIED = 2  # From this number on the system ends the process itself, five seconds after the event.

# Where the program runs: without a terminal, in a window of Wine's, or on a terminal of ours, whose every byte we see.
HEADLESS = {"pipe": True, "window": True, "console": False, "terminal": True, "screen": False}


class House:
    """A database of its own, and all that lies beside it."""

    def __init__(self, name, database="s.db"):
        self.folder = FOLDER / name
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        self.db = self.folder / database
        self.journal = self.db.with_suffix(".journal")

    def words(self, *args):
        return ["--db", str(self.db), "--log-dir", str(self.folder / "log"), *args]

    def neo(self, *args):
        done = subprocess.run(["wine", str(EXE), *self.words(*args)], capture_output=True, timeout=120)
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    def start(self, kind, *args):
        """Starts `neo run` as `kind` says and waits until an order of it rests."""
        words = [str(EXE), *self.words("run", *args), *(["--headless"] if HEADLESS[kind] else [])]
        if kind in ("terminal", "screen"):
            process = self.terminal = OnTerminal(words)
        else:
            wine = ["wine"] if kind == "pipe" else ["wine", "wineconsole"]
            log = open(self.folder / "said", "wb")
            process = subprocess.Popen([*wine, *words], stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)
        wait_for("an order that rests", lambda: '"step":"rests"' in self.journal_text(), process)
        return process

    def journal_text(self):
        return "".join(path.read_text("utf-8", "replace") for path in sorted(self.journal.glob("*.jsonl")))

    def facts(self):
        lines = [json.loads(line) for line in self.journal_text().split("\n") if line]
        for fact in lines:
            for own in ("host", "pid", "build"):
                fact["body"].pop(own, None)
        return [(fact["n"], fact["at"], fact["kind"], json.dumps(fact["body"])) for fact in lines]

    def rows(self, sql="SELECT session_id, status, halt_reason, ended_at_source FROM sessions ORDER BY session_id"):
        # Only reading: a writer that leaves as the last one would empty the log that is looked at.
        name = f"file:{urllib.parse.quote(str(self.db))}?mode=ro"
        with contextlib.closing(sqlite3.connect(name, uri=True)) as store:
            return store.execute(sql).fetchall()

    def wal_bytes(self):
        wal = pathlib.Path(f"{self.db}-wal")
        return wal.stat().st_size if wal.exists() else 0

    def beside(self, end):
        return self.db.with_suffix(end)

    def files(self, end):
        """The names of the files in one of the folders beside the database, below it too."""
        return sorted(path.name for path in self.beside(end).rglob("*") if path.is_file())

    def expect(self, code, *args, words=()):
        found, out, err = self.neo(*args)
        expect(found == code, f"{args}: exit code {found}, not {code}: {out[-600:]} {err[-600:]}")
        for word in words:
            expect(word in out + err, f"{args}: no {word!r} in {out} {err}")
        return out

    def expect_tidy(self):
        """Nothing half-made is left, and what was written before a harm is still there."""
        left = [path.name for path in self.folder.rglob("*")
                if path.suffix in (".rebuilding", ".salvage", ".swap", ".mended", ".unverified", ".probe")
                or "neo-scratch" in path.name]
        expect(not left, f"left behind: {left}")

    def expect_sound_chain(self):
        subprocess.run([sys.executable, ROOT / "tests/chain_check.py", self.journal], check=True, stdout=subprocess.DEVNULL)

    def expect_verified(self):
        code, out, err = self.neo("verify", "--all")
        expect(code == 0, f"verify: {code} {out} {err}")


class OnTerminal:
    """The program on a terminal of 120 x 40, and what it wrote there, each piece with its moment."""

    def __init__(self, words):
        self.ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
        streams = {"stdin": theirs, "stdout": theirs, "stderr": theirs}
        self.process = subprocess.Popen(["wine", *words], start_new_session=True, **streams)
        os.close(theirs)
        self.written = []
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        with contextlib.suppress(OSError):  # The end of a terminal is an error.
            while piece := os.read(self.ours, 65_536):
                self.written.append((time.monotonic(), piece))

    def after(self, moment):
        # Wine's console writes on for a moment when the program has ended, and then closes the terminal.
        self.reader.join(3)
        return b"".join(piece for when, piece in self.written if when > moment)

    def type(self, keys):
        os.write(self.ours, keys)

    def poll(self):
        return self.process.poll()

    def wait(self, limit):
        return self.process.wait(limit)


def expect(condition, why):
    if not condition:
        raise AssertionError(why)


def wait_for(what, condition, process, limit=60):
    until = time.monotonic() + limit
    while not condition():
        expect(time.monotonic() < until, f"no {what} within {limit} s")
        # The launcher of a console window may leave before the program does.
        expect(process.poll() in (None, 0), f"ended before {what}: {process.poll()}")
        time.sleep(0.05)


def deliver(event, budget):
    done = subprocess.run(["wine", str(EVENT), "neo.exe", str(event), str(budget)], capture_output=True, text=True, timeout=60)
    expect(done.returncode == 0, f"the event could not be delivered: {done.stderr}")
    how, took, code = done.stdout.split()
    return how, int(took), int(code)


def no_neo_is_left():
    subprocess.run(["wine", "taskkill", "/F", "/IM", "neo.exe"], capture_output=True)


def one_headless_session():
    house = House("headless")
    code, receipt, err = house.neo(*SIMULATED)
    expect(code == 0, f"exit code {code}: {err[-400:]}")
    expect(house.rows() == [(1, "CLOSED", "duration_elapsed", "closed")], house.rows())
    ending = house.rows("SELECT ended_at, ending_xrp, ending_rlusd, ending_value FROM sessions")[0]
    expect(None not in ending, ending)
    expect(house.wal_bytes() == 0, f"{house.wal_bytes()} bytes in the write-ahead log")
    kept = (house.folder / "s.receipts/1.txt").read_text("utf-8")
    expect(kept.strip() == receipt.strip(), "the receipt kept is not the one printed")
    expect(json.loads((house.folder / "s.receipts/1.json").read_text("utf-8"))["status"] == "CLOSED", "the receipt's JSON")
    house.expect_sound_chain()
    house.expect_verified()
    return f"{len(house.facts())} facts"


def the_same_facts_as_on_this_machine():
    here = next((ROOT / f"target/{kind}/neo" for kind in ("release", "debug") if (ROOT / f"target/{kind}/neo").exists()), None)
    if here := os.environ.get("NEO_HERE") or here:
        house, other = House("facts-windows"), House("facts-here")
        house.neo(*SIMULATED)
        subprocess.run([here, *other.words(*SIMULATED)], check=True, capture_output=True)
        ours, theirs = house.facts(), other.facts()
        expect(len(ours) > 100 and len(ours) == len(theirs), f"{len(ours)} facts and {len(theirs)}")
        differ = [pair for pair in zip(ours, theirs) if pair[0] != pair[1]]
        expect(not differ, f"{len(differ)} facts differ, the first: {differ[:1]}")
        return f"{len(ours)} facts"
    return "not tried: neither target/release/neo nor target/debug/neo is there"


def odd_paths():
    house = House("Büro mit Lücken 価格 100% #1", "mein Geschäft & Söhne.db")
    for _ in range(2):
        code, _, err = house.neo(*SIMULATED)
        expect(code == 0, f"exit code {code}: {err[-400:]}")
    expect([row[1] for row in house.rows()] == ["CLOSED", "CLOSED"], house.rows())
    found = sorted(path.name for path in house.folder.iterdir())
    stem = "mein Geschäft & Söhne."
    wanted = ["log", *sorted(stem + end for end in ("backups", "ballast", "db", "db-shm", "db-wal", "journal", "lock", "receipts"))]
    expect([name for name in found if not name.endswith(("-shm", "-wal"))] ==
           [name for name in wanted if not name.endswith(("-shm", "-wal"))], found)
    house.expect_sound_chain()
    house.expect_verified()
    return "two sessions"


def a_second_neo():
    house = House("second")
    first = house.start("pipe")
    code, _, err = house.neo(*SIMULATED)
    holder = json.loads(house.db.with_suffix(".lock").read_text("utf-8"))
    expect(code == 4, f"exit code {code}: {err[-400:]}")
    expect(f"pid {holder['pid']} on {holder['host']}" in err, err)
    code, out, err = house.neo("sessions", "list")
    expect(code == 0 and "OPEN" in out, f"reading beside it: {code} {out} {err}")
    deliver(*CTRL_BREAK[::2])
    first.wait(30)
    return "refused with 4, by pid"


def commands_into_a_pipe():
    house = House("commands")
    house.neo(*SIMULATED)
    for words in (["sessions", "list"], ["sessions", "show", "1"], ["verify", "--all"], ["config", "show"],
                  ["query", "SELECT session_id, status FROM sessions"]):
        for form in ([], ["--json"]):
            code, out, err = house.neo(*words, *form)
            expect(code == 0 and err == "", f"{words + form}: {code} {err}")
            expect("\x1b" not in out and "\r" not in out, f"{words + form} prints more than text: {out[:200]!r}")
            expect(not form or json.loads(out) is not None, f"{words}: no JSON")
    code, _, err = house.neo("query", "DELETE FROM sessions")
    expect(code != 0 and err, "a question must not write")
    return "5 commands, plain and as JSON"


def an_end(kind, name):
    event, reason, limit = EVENTS[name]
    house = House(f"{kind}-{name}")
    process = house.start(kind)
    how, took, code = deliver(event, 5_000 if event >= HURRIED else limit)
    # From a tenth of a second after the event on nothing may be written.
    told = time.monotonic() - took / 1_000 + 0.1
    process.wait(30)
    expect(how == "ended", f"{how} after {took} ms")
    expect(took <= limit, f"{took} ms")
    expect(house.rows() == [(1, "CLOSED", reason, "closed")], house.rows())
    if event < HURRIED:
        expect(code == 0, f"exit code {code}")
        expect(house.wal_bytes() == 0, f"{house.wal_bytes()} bytes in the write-ahead log")
    else:
        # A ledger closes every four seconds: the venue's proof may come too late, and 6 is what says so.
        receipt = json.loads((house.folder / "s.receipts/1.json").read_text("utf-8"))
        late = {failure["phase"] for failure in receipt["failures"]}
        expect((code == 6) == bool(late) and late <= {"cancel", "settle"}, f"exit code {code}, failed: {late}")
        expect(receipt["unproven"] == [], f"unproven: {receipt['unproven']}")
        if isinstance(process, OnTerminal):
            said = process.after(told)
            expect(said == b"", f"{len(said)} bytes written to a terminal that goes: {said[-200:]}")
    house.expect_sound_chain()
    house.expect_verified()
    return f"{took} ms"


def q_on_a_screen():
    house = House("screen-q")
    process = house.start("screen")
    began = time.monotonic()
    process.type(b"q")
    code = process.wait(30)
    took = time.monotonic() - began
    expect(code == 0, f"exit code {code}")
    expect(house.rows() == [(1, "CLOSED", "operator_quit", "closed")], house.rows())
    expect(house.wal_bytes() == 0, f"{house.wal_bytes()} bytes in the write-ahead log")
    # Wine's console takes the sequences for text: it breaks lines in their midst, and hides its cursor when it likes.
    said = re.sub(rb"\x1b\[\?25[hl]|[\r\n]", b"", process.after(began))
    _, _, after = said.rpartition(b"\x1b[?1049l")
    expect(b"Session 1 closed, verified." in after, f"no receipt behind the screen: {said[-300:]}")
    house.expect_sound_chain()
    return f"{took * 1_000:.0f} ms"


def killed_after_the_seal(budget=300):
    house = House("sealed")
    process = house.start("pipe")
    how, took, _ = deliver(THE_X[0], budget)
    process.wait(30)
    expect(how == "killed", f"{how} after {took} ms: it should have been waiting for the venue")
    return recovered(house, "terminal_closed")


def killed_outright(kind):
    house = House(f"{kind}-kill")
    process = house.start(kind)
    no_neo_is_left()
    process.wait(30)
    return recovered(house, "recovered_crash")


def recovered(house, reason):
    code, _, err = house.neo(*SIMULATED)
    expect(code == 0, f"the next start: {code} {err[-400:]}")
    first, second = house.rows()
    expect(first == (1, "RECOVERED", reason, "journal"), first)
    expect(second == (2, "CLOSED", "duration_elapsed", "closed"), second)
    house.expect_sound_chain()
    house.expect_verified()
    return f"recovered as {reason}"


def odd(name):
    """Two short sessions in a place with spaces and letters of its own."""
    house = House(f"{name} im Büro 価格 100% #1", "mein Geschäft & Söhne.db")
    for _ in range(2):
        house.expect(0, *SHORT)
    return house


def healed(house, before):
    """The next session runs on what was put right, and nothing that was written before is lost."""
    house.expect(0, *SHORT)
    expect(house.facts()[:len(before)] == before, "facts of before are not where they were")
    expect({row[1] for row in house.rows()} == {"CLOSED"}, house.rows())
    house.expect_sound_chain()
    house.expect_verified()
    house.expect_tidy()


def scribble(path, at, length=4_096):
    with open(path, "r+b") as file:
        file.seek(at)
        file.write(b"\xa5" * length)


def copies_before_and_after():
    house = odd("backups")
    kinds = [backup["kind"] for backup in json.loads(house.expect(0, "backup", "list", "--json"))]
    expect(kinds.count("post") == 2 and kinds.count("pre") >= 1, kinds)
    house.expect(0, "backup", "create", words=["verified"])
    house.expect(0, "backup", "verify", "--drill", words=["drill"])
    house.expect_tidy()
    house.expect_verified()
    return f"{len(kinds) + 1} copies, and a drill"


def a_database_that_is_gone():
    house = odd("gone")
    before = house.facts()
    for end in ("", "-wal", "-shm"):
        pathlib.Path(f"{house.db}{end}").unlink(missing_ok=True)
    healed(house, before)
    return f"{len(before)} facts kept"


def a_database_that_is_scribbled_on():
    house = odd("scribbled")
    before = house.facts()
    scribble(house.db, 4_096)
    healed(house, before)
    expect(house.db.name in house.files(".quarantine"), f"no evidence: {house.files('.quarantine')}")
    return f"evidence: {', '.join(house.files('.quarantine'))}"


def a_rebuild_by_command():
    house = odd("rebuild")
    before = house.facts()
    house.expect(0, "rebuild", "--dry-run", words=["Nothing was done"])
    house.expect(0, "rebuild", words=["Rebuilt from"])
    expect(house.db.name in house.files(".quarantine"), house.files(".quarantine"))
    healed(house, before)


def a_restore():
    house = odd("restore")
    before = house.facts()
    scribble(house.db, 0, 64)
    house.expect(0, "restore", "--dry-run", words=["Nothing was done"])
    house.expect(0, "restore", words=["Restored:"])
    named = [name for name in house.files(".backups") if "-pre" in name][0]
    house.expect(0, "restore", "--from", named, words=["Restored:", named])
    # A copy elsewhere, as an operator would have it.
    away = house.folder / "weit weg é.db"
    shutil.copy(house.beside(".backups") / named, away)
    house.expect(0, "restore", "--from", str(away), words=["Restored:"])
    healed(house, before)
    return f"{len(house.files('.quarantine'))} files of evidence"


def a_journal_that_is_mended():
    house = odd("mend")
    before = house.facts()
    for by in ("verify", "gate"):
        segment = sorted(house.journal.glob("*.jsonl"))[0]
        lines = segment.read_bytes().rstrip()
        # Into a line: between and behind them lies what means nothing.
        scribble(segment, lines.index(b'"kind"', len(lines) // 2), 40)
        house.expect(7, "verify")
        if by == "verify":
            house.expect(0, "verify", "--mend", words=["mended"])
        healed(house, before)
    expect(house.files(".quarantine").count(segment.name) == 2, house.files(".quarantine"))
    return "by a command and by a start"


def an_audit():
    house = odd("audit")
    house.expect(0, "audit", words=["all is well"])
    folder = House("audit im Ordner ä")
    expect(folder.neo("audit", str(house.db))[0] == 0, "by its path")
    scribble(house.db, 4_096)
    out = house.expect(7, "audit", words=["Next: `neo "])
    expect(not house.beside(".quarantine").exists(), "an audit changes nothing")
    return out.strip().splitlines()[-1]


def an_audit_beside_a_session():
    house = House("audit während der Sitzung")
    session = house.start("pipe")
    code, out, err = house.neo("audit", "--json")
    how, _, ended = deliver(*CTRL_BREAK[::2])
    session.wait(30)
    # Wine lets everybody read a byte that is locked, so here it cannot be known that the session runs.
    found = [finding["finding"] for finding in json.loads(out)["findings"]]
    expect((code, found) in [(0, []), (7, ["left_open"])], f"{code} {found} {err}")
    expect((how, ended) == ("ended", 0), f"the session was disturbed: {how} {ended}")
    house.expect_verified()
    return "known to run" if code == 0 else "not known to run, which Wine does not tell"


def a_past_that_is_adopted():
    house = House("adopt im Büro 価格", "mein Geschäft.db")
    (old := house.folder / "altes Geschäft").mkdir()
    source, log = old / "neo live.db", old / "session_20260413T063618.log"
    with contextlib.closing(sqlite3.connect(source)) as db:
        db.executescript(EARLIER)
        db.execute("PRAGMA journal_mode = WAL")
    log.write_text("2026-04-13 06:36:18,000 INFO     main session 1 started\n"
                   "2026-04-13 06:37:40,000 WARNING  main SIGINT received - shutting down cleanly...\n")
    bytes_before = source.read_bytes()
    house.expect(0, "adopt", str(source), words=["Nothing was written"])
    house.expect(0, "adopt", str(source), "--apply")
    house.expect(0, "backfill", "--log", str(old), "--apply")
    expect(house.rows() == [(1, "RECOVERED", "interrupted_sigint", "log")], house.rows())
    expect(source.read_bytes() == bytes_before, "the original was written to")
    expect([path.name for path in old.iterdir() if path.suffix not in (".db", ".log")] == [], "files beside the original")
    house.expect_verified()
    orders = house.rows("SELECT * FROM orders ORDER BY id")
    house.expect(0, *SHORT)
    house.db.unlink()
    house.expect(0, *SHORT)
    expect(house.rows("SELECT * FROM orders WHERE session_id = 1 ORDER BY id") == orders, "the adopted orders")
    house.expect_verified()
    house.expect_tidy()
    return f"{len(orders)} orders, and made anew"


def a_database_that_somebody_has_open():
    house = odd("held")
    before = house.facts()
    with holding(house.db):
        code, out, err = house.neo("rebuild")
        expect(code != 0 and "Nothing was deleted" in err, f"{code} {out} {err}")
        expect(house.beside(".swap").exists(), "it is not remembered that an exchange was begun")
        expect(house.db.exists(), "the old one is still there")
    healed(house, before)
    # And an old copy on the shelf that nobody can remove stops no backup.
    for _ in range(11):
        house.expect(0, "backup", "create")
    with holding(oldest := house.beside(".backups") / [name for name in house.files(".backups") if "-manual" in name][0]):
        house.expect(0, "backup", "create")
        expect(oldest.exists(), "it was held")
    house.expect(0, "backup", "create")
    expect(not oldest.exists(), "nobody holds it any more")
    house.expect_verified()
    return "finished by the next start"


def a_lock_that_stays():
    house = House("lock mit Lücken")
    first = house.start("pipe")
    lock = house.beside(".lock")
    path = subprocess.run(["winepath", "-w", str(lock)], capture_output=True, text=True).stdout.strip()
    remove = lambda: subprocess.run(["wine", "cmd", "/c", "del", path], capture_output=True, timeout=60)
    remove()
    expect(lock.exists(), "the lock file of a running session could be removed")
    json.loads(lock.read_text("utf-8"))
    code, _, err = house.neo(*SHORT)
    deliver(*CTRL_BREAK[::2])
    first.wait(30)
    expect(code == 4, f"{code} {err}")
    house.expect_sound_chain()
    remove()
    expect(not lock.exists(), "nobody holds it, and it cannot be removed: this check shows nothing")


@contextlib.contextmanager
def holding(path):
    holder = subprocess.Popen(["wine", str(HOLD), str(path)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        expect(holder.stdout.readline().strip() == b"held", f"{path} could not be held")
        yield
    finally:
        subprocess.run(["wine", "taskkill", "/F", "/IM", HOLD.name], capture_output=True)
        holder.wait(30)


# What the earlier engine left behind: one session without an end, an order that was filled and one that rests.
EARLIER = """
CREATE TABLE sessions (session_id INTEGER PRIMARY KEY AUTOINCREMENT, started_at TEXT NOT NULL, ended_at TEXT,
  starting_xrp REAL, starting_rlusd REAL, starting_value REAL, ending_xrp REAL, ending_rlusd REAL, ending_value REAL,
  halt_reason TEXT, parent_session_id INTEGER);
CREATE TABLE orders (id TEXT PRIMARY KEY, session_id INTEGER, side TEXT NOT NULL, price REAL NOT NULL, quantity REAL NOT NULL,
  status TEXT NOT NULL, offer_sequence INTEGER, created_at TEXT NOT NULL, updated_at TEXT);
CREATE TABLE fills (id TEXT PRIMARY KEY, order_id TEXT NOT NULL, created_at TEXT NOT NULL, price REAL NOT NULL,
  quantity REAL NOT NULL, session_id INTEGER, mid_price_at_fill REAL);
CREATE TABLE inventory_ledger (id INTEGER PRIMARY KEY AUTOINCREMENT, asset TEXT NOT NULL, change REAL NOT NULL,
  new_balance REAL NOT NULL, created_at TEXT NOT NULL);
CREATE TABLE engine_state (key TEXT PRIMARY KEY, value TEXT, updated_at TEXT);
CREATE TABLE market_snapshots (id INTEGER PRIMARY KEY AUTOINCREMENT, created_at TEXT NOT NULL, best_bid REAL, best_ask REAL,
  mid_price REAL, ledger_index INTEGER);
CREATE TABLE valuation_snapshots (id INTEGER PRIMARY KEY AUTOINCREMENT, created_at TEXT NOT NULL, xrp_balance REAL,
  rlusd_balance REAL, total_value_rlusd REAL);
INSERT INTO sessions (started_at, starting_xrp, starting_rlusd) VALUES ('2026-04-13T06:36:18.000000', 45.0, 68.644078);
INSERT INTO orders VALUES ('a1', 1, 'BUY', 1.4, 7.5, 'FILLED', 1, '2026-04-13T06:36:30.000000', '2026-04-13T06:36:40.000000');
INSERT INTO orders VALUES ('a2', 1, 'SELL', 1.5, 7.5, 'ACTIVE', 2, '2026-04-13T06:36:30.000000', '2026-04-13T06:36:30.000000');
INSERT INTO fills VALUES ('fa1', 'a1', '2026-04-13T06:36:40.000000', 1.4, 7.5, 1, 1.42);
INSERT INTO inventory_ledger (asset, change, new_balance, created_at) VALUES ('XRP', 7.5, 52.5, '2026-04-13T06:36:40.000000');
INSERT INTO inventory_ledger (asset, change, new_balance, created_at) VALUES ('RLUSD', -10.5, 58.144078, '2026-04-13T06:36:40.000000');
"""

CHECKS = {
    "headless": one_headless_session,
    "facts": the_same_facts_as_on_this_machine,
    "paths": odd_paths,
    "second": a_second_neo,
    "commands": commands_into_a_pipe,
    **{
        f"{kind}.{name}": lambda kind=kind, name=name: an_end(kind, name)
        for kind in ("pipe", "window", "console")
        for name in EVENTS
    },
    **{
        f"{kind}.{name}": lambda kind=kind, name=name: an_end(kind, name)
        for kind in ("terminal", "screen")
        for name, (event, _, _) in EVENTS.items()
        if event >= HURRIED
    },
    "screen.q": q_on_a_screen,
    "vault.backups": copies_before_and_after,
    "vault.gone": a_database_that_is_gone,
    "vault.scribbled": a_database_that_is_scribbled_on,
    "vault.rebuild": a_rebuild_by_command,
    "vault.restore": a_restore,
    "vault.mend": a_journal_that_is_mended,
    "vault.audit": an_audit,
    "vault.audit_beside": an_audit_beside_a_session,
    "vault.adopt": a_past_that_is_adopted,
    "vault.held": a_database_that_somebody_has_open,
    "vault.lock": a_lock_that_stays,
    "pipe.kill": lambda: killed_outright("pipe"),
    "console.kill": lambda: killed_outright("console"),
    "sealed.kill": killed_after_the_seal,
}


def main():
    wanted = sys.argv[1:] or list(CHECKS)
    unknown = [name for name in wanted if name not in CHECKS]
    if unknown:
        sys.exit(f"no such check: {' '.join(unknown)}\nThere are: {' '.join(CHECKS)}")
    # Wine sets itself up here, or wakes up, and not in the first check.
    subprocess.run(["wine", "wineboot", "-i"], capture_output=True)
    failed = []
    for name in wanted:
        began = time.monotonic()
        try:
            verdict, note = "ok", CHECKS[name]()
        except Exception as why:  # Whatever went wrong, the other checks are still worth having.
            verdict, note = "FAILED", f"{type(why).__name__}: {why}"
            failed.append(name)
        finally:
            no_neo_is_left()
        print(f"{name:20} {verdict:6} {time.monotonic() - began:5.1f} s   {note}", flush=True)
    print(f"{len(wanted) - len(failed)} of {len(wanted)} checks passed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
