#!/usr/bin/env python3
"""Measures the real program in a real terminal, as an operator would feel it.

    cargo build --release && python3 tests/scripts/measure.py [target/release/neo]

Takes about three minutes, needs nothing but Python and Linux, and prints the rows of README's table.
"""
import fcntl, glob, json, os, pty, select, signal, statistics, struct, subprocess, sys, tempfile, termios, time

NEO = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else "target/release/neo")
COLUMNS, ROWS = 80, 24
STARTS, QUIET_SECONDS, PAUSED_QUITS, QUOTING_QUITS = 20, 20, 5, 5
LEDGER_SECONDS = 4
SEALS = 200
PATIENCE = 60


class Console:
    """One run of neo in a terminal of its own."""

    def __init__(self, *arguments):
        self.folder = tempfile.TemporaryDirectory(prefix="neo-measure-")
        home = self.folder.name
        settings = {"HOME": home, "XDG_CONFIG_HOME": home, "XDG_DATA_HOME": home, "TERM": "xterm-256color", "LANG": "C.UTF-8"}
        self.journal = f"{home}/s.journal"
        argv = [NEO, "--db", f"{home}/s.db", "--log-dir", f"{home}/log", *arguments]
        # The system closes this pipe in the moment of exec: that is when the clock starts.
        started, starting = os.pipe()
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
            os.execve(NEO, argv, settings)
        os.close(starting)
        os.read(started, 1)
        self.born = time.monotonic()
        os.close(started)
        self.seen = b""

    def take(self, seconds):
        """Reads what comes within this time; returns whether anything came."""
        if not select.select([self.terminal], [], [], seconds)[0]:
            return False
        try:
            self.seen += os.read(self.terminal, 1 << 16)
            return True
        except OSError:  # Linux says EIO when the last process has left a terminal
            return False

    def until(self, what, is_so):
        deadline = time.monotonic() + PATIENCE
        while not is_so():
            if time.monotonic() > deadline:
                sys.exit(f"waited {PATIENCE} s in vain for {what}; the last bytes are {self.seen[-2000:]!r}")
            self.take(0.0005)

    def type(self, keys):
        os.write(self.terminal, keys.encode())

    def steps(self):
        """How many orders of ours came to rest, and how many are gone."""
        rests, gone = set(), set()
        for segment in glob.glob(f"{self.journal}/*.jsonl"):
            for line in open(segment, encoding="utf-8", errors="replace"):
                if '"kind":"order"' in line and line.endswith('"}\n'):
                    body = json.loads(line)["body"]
                    (rests if body["step"] == "rests" else gone if body["step"] == "cancelled" else set()).add(body["order"])
        return rests, gone

    def quote(self):
        self.until("an order that rests", lambda: bool(self.steps()[0]))

    def pause(self):
        self.quote()
        self.type("p")
        # A fill may take an order instead of our cancel, so the word on screen is awaited, not a sum.
        self.until("a pause that is confirmed", lambda: b"PAUSED" in self.seen)
        settled = time.monotonic() + 2 * LEDGER_SECONDS + 1
        self.until("ledgers that close", lambda: time.monotonic() > settled)

    def cpu_seconds(self):
        """Of all threads, to the nanosecond."""
        return sum(int(open(path).read().split()[0]) for path in glob.glob(f"/proc/{self.pid}/task/*/schedstat")) / 1e9

    def resident_mb(self):
        lines = open(f"/proc/{self.pid}/status").read().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024

    def quit(self):
        """Types q; returns the seconds until the process was gone, and its exit code."""
        began = time.monotonic()
        self.type("q")
        while True:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                return time.monotonic() - began, os.waitstatus_to_exitcode(status)
            self.take(0.0005)

    def close(self):
        try:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        except (ProcessLookupError, ChildProcessError):
            pass
        os.close(self.terminal)
        self.folder.cleanup()


def first_screen():
    """Milliseconds from exec to the first bytes of a screen that says NEO."""
    console = Console()
    console.until("the first screen", lambda: b"NEO" in console.seen)
    took = time.monotonic() - console.born
    console.close()
    return took * 1000


def quiet():
    """What a paused console costs: percent of a core, bytes a second, resident megabytes."""
    console = Console("run", "--seed", "7")
    console.pause()
    console.seen, before, began = b"", console.cpu_seconds(), time.monotonic()
    while (left := began + QUIET_SECONDS - time.monotonic()) > 0:
        console.take(left)
    lasted = time.monotonic() - began
    figures = 100 * (console.cpu_seconds() - before) / lasted, len(console.seen) / lasted, console.resident_mb()
    console.close()
    return figures


def quits(prepare, times):
    took = []
    for seed in range(times):
        console = Console("run", "--seed", str(seed + 1))
        prepare(console)
        seconds, code = console.quit()
        if code != 0:
            sys.exit(f"q ended with {code}: {console.seen[-2000:]!r}")
        took.append(seconds)
        console.close()
    return took


def seals():
    """Milliseconds from SIGTERM to the seal on disk, by the receipt, and from SIGTERM to the process gone, sorted, of
    sessions in which nothing rests yet: the first ledger has not closed."""
    sealed, gone = [], []
    for seed in range(SEALS):
        with tempfile.TemporaryDirectory(prefix="neo-measure-") as home:
            words = ["--db", f"{home}/s.db", "--log-dir", f"{home}/log", "run", "--headless", "--json", "--seed", str(seed)]
            settings = {"HOME": home, "XDG_CONFIG_HOME": home, "XDG_DATA_HOME": home, "LANG": "C.UTF-8"}
            session = subprocess.Popen([NEO, *words], env=settings, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
            opened = lambda: any(b"session_opened" in open(path, "rb").read() for path in glob.glob(f"{home}/s.journal/*"))
            while not opened():
                time.sleep(0.001)
            began = time.monotonic()
            session.send_signal(signal.SIGTERM)
            said, _ = session.communicate(timeout=PATIENCE)
            gone.append(1000 * (time.monotonic() - began))
            receipt = json.loads(said)
            if session.returncode != 0:
                sys.exit(f"SIGTERM ended with {session.returncode}: {said!r}")
            sealed.append(next(took["took_ms"] for took in receipt["phases"] if took["phase"] == "seal"))
    return sorted(sealed), sorted(gone)


def machine():
    model = [line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")]
    memory = int(open("/proc/meminfo").readline().split()[1]) // (1 << 20)
    system = os.uname()
    return f"{model[0] if model else system.machine}, {os.cpu_count()} cores, {memory} GB, {system.sysname} {system.release}"


def main():
    starts = [first_screen() for _ in range(STARTS)]
    cpu, rate, resident = quiet()
    paused = [seconds * 1000 for seconds in quits(Console.pause, PAUSED_QUITS)]
    sealed, gone = seals()
    p99 = lambda figures: figures[len(figures) * 99 // 100]
    quoting = [seconds / LEDGER_SECONDS for seconds in quits(Console.quote, QUOTING_QUITS)]
    rows = [
        ("exec to first screen, p50 of 20", "10 ms", f"{statistics.median(starts):.1f} ms (worst {max(starts):.1f})"),
        (f"paused for {QUIET_SECONDS} s: CPU", "0.15 % of a core", f"{cpu:.3f} %"),
        (f"paused for {QUIET_SECONDS} s: to the terminal", "100 bytes/s", f"{rate:.0f} bytes/s"),
        ("paused: resident", "15 MB", f"{resident:.1f} MB"),
        ("`q` to exit, paused, nothing resting", "150 ms", f"{statistics.median(paused):.0f} ms (worst {max(paused):.0f})"),
        (f"SIGTERM to the seal on disk, p99 of {SEALS}", "50 ms", f"{p99(sealed)} ms (median {statistics.median(sealed):.0f}, worst {sealed[-1]})"),
        ("SIGTERM to exit, nothing resting, p99 of the same", "500 ms", f"{p99(gone):.0f} ms (worst {gone[-1]:.0f})"),
        ("`q` to exit, quoting", "2 ledger closes", f"{statistics.median(quoting):.2f} closes of 4 s (worst {max(quoting):.2f})"),
    ]
    print(f"Measured on {machine()}, with load {os.getloadavg()[0]:.1f}.\n")
    print("| what | aim | measured |\n|---|---|---|")
    for row in rows:
        print("| " + " | ".join(row) + " |")


if __name__ == "__main__":
    main()
