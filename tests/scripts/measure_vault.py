#!/usr/bin/env python3
"""Measures what keeping costs on houses that grow: the gate, the backup before a session, rebuild, restore, verify.

    cargo build --release && python3 tests/scripts/measure_vault.py [target/release/neo] [MEGABYTES...]

Real sessions at `--speed max` fill the houses (10, 100 and 1000 MB when nobody says; the last one takes ten minutes and
5 GB of disk). Prints the rows of README's table. Needs nothing but Python and Linux.
"""
import datetime, glob, json, os, pty, re, select, signal, statistics, subprocess, sys, tempfile, time

NEO = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else "target/release/neo")
SIZES = [int(size) for size in sys.argv[2:]] or [10, 100, 1000]
MEGABYTE = 1_000_000
STARTS = 10


class House:
    """A database with all that lies beside it, and the program that looks after it."""

    def __init__(self, folder):
        self.folder = folder
        self.store = f"{folder}/s.db"
        self.settings = {"HOME": folder, "XDG_CONFIG_HOME": folder, "XDG_DATA_HOME": folder, "TERM": "xterm-256color", "LANG": "C.UTF-8"}

    def neo(self, *arguments, code=0):
        """Runs it to its end; returns the seconds it took and what it said."""
        began = time.monotonic()
        run = subprocess.run([NEO, "--db", self.store, "--log-dir", f"{self.folder}/log", *arguments],
                             env=self.settings, capture_output=True, text=True)
        took = time.monotonic() - began
        if run.returncode != code:
            sys.exit(f"neo {' '.join(arguments)}: {run.returncode} instead of {code}\n{run.stdout}\n{run.stderr}")
        return took, run.stdout

    def session(self, duration):
        return self.neo("run", "--headless", "--seed", "7", "--speed", "max", "--duration", duration)

    def grow(self, size):
        while os.path.getsize(self.store) < size * MEGABYTE if os.path.exists(self.store) else True:
            self.session("2h" if size <= 10 else "24h")
            for copy in glob.glob(f"{self.folder}/s.backups/*"):
                os.remove(copy)

    def journal(self):
        """Bytes of the journal that are lines: room is not counted."""
        return sum(len(line) for segment in glob.glob(f"{self.folder}/s.journal/*.jsonl") for line in open(segment, "rb") if line != b"\n")

    def facts(self):
        return json.loads(self.neo("query", "--json", "SELECT count(*) AS n FROM facts")[1])

    def steps(self):
        """When each step of the newest start began, by the log: [(name, seconds since the first)]."""
        told = [json.loads(line) for log in sorted(glob.glob(f"{self.folder}/log/*.log")) for line in open(log)]
        first = max(place for place, entry in enumerate(told) if entry["message"] == "looking at the place")
        moment = lambda entry: datetime.datetime.fromisoformat(entry["timestamp"].replace("Z", "+00:00")).timestamp()
        return [(entry["message"], moment(entry) - moment(told[first])) for entry in told[first:]]

    def first_frame(self):
        """Seconds from exec to the first picture on a terminal."""
        started, starting = os.pipe()
        pid, terminal = pty.fork()
        if pid == 0:
            os.execve(NEO, [NEO, "--db", self.store, "--log-dir", f"{self.folder}/log"], self.settings)
        os.close(starting)
        os.read(started, 1)
        born, seen = time.monotonic(), b""
        # The end of a synchronized update: the picture is whole.
        while b"\x1b[?2026l" not in seen:
            select.select([terminal], [], [], 60)
            seen += os.read(terminal, 1 << 16)
        first = time.monotonic() - born
        os.write(terminal, b"q")
        try:
            while os.read(terminal, 1 << 16):
                pass
        except OSError:  # Linux says EIO when the last process has left a terminal
            pass
        os.waitpid(pid, 0)
        return first


def row(what, measured):
    print(f"| {what} | {measured} |", flush=True)


def ms(seconds):
    return f"{seconds * 1000:.0f} ms" if seconds < 10 else f"{seconds:.1f} s"


def measure(size, folder):
    house = House(folder)
    house.grow(size)
    store, journal = os.path.getsize(house.store) / MEGABYTE, house.journal() / MEGABYTE
    name = f"{store:.0f} MB store, {journal:.0f} MB of lines"
    house.session("10s")
    steps = house.steps()
    ends = [at for message, at in steps if message.startswith("backing up") or message.startswith("making a backup")]
    row(f"gate: {name}", ms(ends[0]) if ends else steps)
    if size <= 10:
        frames = [house.first_frame() for _ in range(STARTS)]
        row(f"from exec to the first frame, {name}, median of {STARTS}", ms(statistics.median(frames)))
    took, _ = house.neo("verify", "--all")
    row(f"verify --all: {name}", f"{ms(took)}: {journal / took:.0f} MB of lines a second")
    if size > 100:
        return
    facts = re.search(r"\d+", json.dumps(house.facts()))
    facts = int(facts.group()) if facts else 0
    took, _ = house.neo("rebuild")
    row(f"rebuild: {name}", f"{ms(took)}: {facts / took:.0f} facts a second")
    house.neo("backup", "create")
    took, _ = house.neo("restore")
    row(f"restore: {name}", ms(took))


def main():
    for size in SIZES:
        with tempfile.TemporaryDirectory(prefix="neo-vault-") as folder:
            measure(size, folder)


if __name__ == "__main__":
    main()
