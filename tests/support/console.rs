//! A terminal with `neo` in it: a real pty, a real shell around it, and every frame that came out of it.
//!
//! The shell is what an operator has too. It matters: a terminal forgets its settings when the leader of its session
//! ends, so that without a shell nobody could see whether `neo` gave them back.

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use rustix::process::{Pid, Signal, kill_process};
use rustix::termios::{OptionalActions, SpecialCodeIndex};

use super::house::{House, NEO, spawning};
use super::until;
use super::until::PATIENCE;

/// Ends a frame: synchronized output is over.
const FRAME_ENDS: &[u8] = b"\x1b[?2026l";

/// A text that no terminal shows. What was written before it has been read when it has been read.
const MARK: &[u8] = b"\x1b_a byte to read\x1b\\";
const LAST: &[u8] = b"\x1b_that was all\x1b\\";

/// Runs a program, so that its pid is known, and stays when it has gone, so that its terminal stays too.
const SHELL: &str = r#"
sh -c 'echo $$ > "$0.new"; mv "$0.new" "$0"; exec "$@"' "$0" "$@"
echo $? > "$0.code.new"; mv "$0.code.new" "$0.code"
read -r _
"#;

/// Who leads the terminal's session, and so hears of a hang-up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leader {
    /// A shell that outlives a hang-up and tells nobody: `neo` gets no signal and must see it by itself.
    DeafShell,
    /// `neo` itself: it gets SIGHUP.
    Neo,
}

/// How a console is set up before `neo` starts in it.
pub struct Stage {
    columns: u16,
    rows: u16,
    leader: Leader,
    faults: String,
    /// What runs `neo`, with its arguments in `$@`, if it is not run directly.
    script: Option<String>,
    environment: Vec<(String, String)>,
}

/// `neo` in a terminal.
pub struct Console {
    master: Option<Box<dyn MasterPty + Send>>,
    keyboard: Option<Box<dyn Write + Send>>,
    /// The terminal as the shell sees it: its settings can be read, and it stays until the test is over.
    terminal: File,
    leader: Box<dyn Child + Send + Sync>,
    leads: Leader,
    pid: Pid,
    pid_file: PathBuf,
    eyes: Arc<Eyes>,
    reader: Option<JoinHandle<()>>,
    settings: String,
}

struct Eyes {
    sight: Mutex<Sight>,
    news: Condvar,
}

struct Sight {
    screen: vt100::Parser,
    /// Every frame that differs from the one before it.
    frames: Vec<String>,
    bytes: Vec<u8>,
    reading: Reading,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Reading {
    Goes,
    Rests,
    Over,
}

impl Stage {
    pub fn new() -> Self {
        Self {
            columns: 120,
            rows: 34,
            leader: Leader::DeafShell,
            faults: String::new(),
            script: None,
            environment: Vec::new(),
        }
    }

    #[must_use]
    pub fn size(self, columns: u16, rows: u16) -> Self {
        Self { columns, rows, ..self }
    }

    #[must_use]
    pub fn led_by(self, leader: Leader) -> Self {
        Self { leader, ..self }
    }

    #[must_use]
    pub fn faults(self, faults: &str) -> Self {
        Self { faults: faults.to_owned(), ..self }
    }

    #[must_use]
    pub fn environment(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Lets a shell run this, in which `$@` are the arguments of `neo`.
    #[must_use]
    pub fn through(self, script: &str) -> Self {
        Self { script: Some(script.to_owned()), ..self }
    }

    /// Starts `neo` with these arguments.
    #[track_caller]
    pub fn start(self, house: &House, arguments: &[&str]) -> Console {
        let pid_file = tempfile::Builder::new().prefix("pid").make_in(house.folder(), |path| Ok(path.to_owned()));
        let pid_file = pid_file.expect("a name for the pid").path().to_owned();
        let mut command = match self.leader {
            Leader::DeafShell => {
                let mut shell = CommandBuilder::new("/bin/sh");
                // A trap that does something, unlike '' , is not inherited: neo itself does not ignore SIGHUP.
                shell.args(["-c", &format!("trap : HUP INT QUIT{SHELL}")]);
                shell.arg(&pid_file);
                match &self.script {
                    None => shell.arg(NEO),
                    Some(script) => shell.args(["sh", "-c", script, "sh"]),
                }
                shell
            }
            Leader::Neo => CommandBuilder::new(NEO),
        };
        command.env_clear();
        for (name, value) in house.environment() {
            command.env(name, value);
        }
        for (name, value) in &self.environment {
            command.env(name, value);
        }
        command.env("NEO_FAULTS", &self.faults);
        command.arg("--log-dir");
        command.arg(house.logs());
        command.args(arguments);
        command.cwd(house.folder());
        self.open(command, pid_file)
    }

    fn open(self, command: CommandBuilder, pid_file: PathBuf) -> Console {
        let size = PtySize { rows: self.rows, cols: self.columns, pixel_width: 0, pixel_height: 0 };
        let alone = spawning();
        let pair = native_pty_system().openpty(size).expect("a pty");
        let terminal = open_terminal(&*pair.master);
        let settings = settings(&terminal);
        let eyes = Arc::new(Eyes::new(self.columns, self.rows));
        let reader = spawn_reader(pair.master.try_clone_reader().expect("a reader"), Arc::clone(&eyes));
        let leader = pair.slave.spawn_command(command).expect("the leader can be started");
        drop(alone);
        let pid = match self.leader {
            Leader::Neo => leader.process_id().expect("it was started").to_string(),
            Leader::DeafShell => until("the pid of neo", || fs::read_to_string(&pid_file).ok()),
        };
        let pid = Pid::from_raw(pid.trim().parse().expect("a pid")).expect("a pid");
        let keyboard = Some(pair.master.take_writer().expect("a writer"));
        let (master, reader) = (Some(pair.master), Some(reader));
        Console { master, keyboard, terminal, leader, leads: self.leader, pid, pid_file, eyes, reader, settings }
    }
}

impl Console {
    /// Waits until the screen is as wanted; panics with what the screen shows if it never is. Frames that came and
    /// went in the meantime count.
    #[track_caller]
    pub fn wait_for(&self, what: &str, is_so: impl Fn(&str) -> bool) {
        let started = Instant::now();
        let mut sight = self.eyes.look();
        let mut looked_at = sight.frames.len().saturating_sub(1);
        loop {
            if sight.frames[looked_at..].iter().any(|frame| is_so(frame)) {
                return;
            }
            looked_at = sight.frames.len().saturating_sub(1);
            let left = PATIENCE.saturating_sub(started.elapsed());
            let shown = sight.screen.screen();
            assert!(!left.is_zero(), "waited {PATIENCE:?} in vain for {what}; the screen shows:\n{}", shown.contents());
            sight = self.eyes.news.wait_timeout(sight, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Waits until a text is on the screen.
    #[track_caller]
    pub fn wait_for_text(&self, text: &str) {
        self.wait_for(&format!("`{text}`"), |screen| screen.contains(text));
    }

    /// Waits until the operator sees a session that quotes.
    #[track_caller]
    pub fn wait_for_quotes(&self, house: &House) {
        self.wait_for_text("QUOTING");
        house.until_quoting();
    }

    /// What the screen shows now.
    pub fn screen(&self) -> String {
        self.eyes.look().screen.screen().contents()
    }

    /// Every frame so far.
    pub fn frames(&self) -> Vec<String> {
        self.eyes.look().frames.clone()
    }

    /// Every byte so far.
    pub fn bytes(&self) -> Vec<u8> {
        self.eyes.look().bytes.clone()
    }

    /// Whether the alternate screen is shown, or the operator's own.
    pub fn is_on_alternate_screen(&self) -> bool {
        self.eyes.look().screen.screen().alternate_screen()
    }

    /// Whether the cursor is hidden.
    pub fn is_cursor_hidden(&self) -> bool {
        self.eyes.look().screen.screen().hide_cursor()
    }

    pub fn keys(&mut self, keys: &str) {
        let keyboard = self.keyboard.as_mut().expect("the terminal is still there");
        keyboard.write_all(keys.as_bytes()).expect("a terminal takes keys");
        keyboard.flush().expect("a terminal takes keys");
    }

    pub fn resize(&self, columns: u16, rows: u16) {
        let size = PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 };
        self.eyes.look().screen.screen_mut().set_size(cells(rows), cells(columns));
        self.master.as_ref().expect("the terminal is still there").resize(size).expect("a pty can be resized");
    }

    /// The process that is `neo`.
    pub fn pid(&self) -> i32 {
        self.pid.as_raw_pid()
    }

    pub fn signal(&self, signal: Signal) {
        kill_process(self.pid, signal).expect("neo is still there");
    }

    /// The window is closed.
    pub fn hang_up(&mut self) {
        self.rest(Reading::Over);
        self.reader.take().map(JoinHandle::join).transpose().expect("the reader ended well");
        // Its last act would be to type Enter and Ctrl+D, unless the terminal has no key for the end of a file.
        let mut settings = rustix::termios::tcgetattr(&self.terminal).expect("a terminal has settings");
        settings.special_codes[SpecialCodeIndex::VEOF] = 0;
        let unchanged = "the settings of our own terminal can be changed";
        rustix::termios::tcsetattr(&self.terminal, OptionalActions::Now, &settings).expect(unchanged);
        self.keyboard = None;
        self.master = None;
    }

    /// Nobody reads what is written, as when an ssh connection stalls.
    pub fn stop_reading(&mut self) {
        self.rest(Reading::Rests);
    }

    /// Reads again.
    pub fn read_on(&mut self) {
        self.eyes.look().reading = Reading::Goes;
        self.eyes.news.notify_all();
    }

    fn rest(&mut self, how: Reading) {
        let before = std::mem::replace(&mut self.eyes.look().reading, how);
        self.eyes.news.notify_all();
        // The reader may be waiting for a byte: here is one. If it rests already it looks at `reading` only.
        if before == Reading::Goes {
            self.terminal.write_all(MARK).expect("our own terminal");
        }
    }

    /// CPU time that `neo` has used; `None` when it has gone.
    pub fn cpu(&self) -> Option<Duration> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.pid.as_raw_pid())).ok()?;
        let (_, fields) = stat.rsplit_once(')')?;
        let fields: Vec<&str> = fields.split_whitespace().collect();
        if fields[0] == "Z" && self.leads == Leader::DeafShell {
            return None;
        }
        // utime and stime, in the hundredths of a second that Linux shows to everybody.
        let hundredths: u64 = fields[11].parse::<u64>().ok()? + fields[12].parse::<u64>().ok()?;
        Some(Duration::from_millis(hundredths * 10))
    }

    /// Whether it still runs, with its exit code if not; 128 + n if signal n ended it.
    pub fn exit_code(&mut self) -> Option<u32> {
        match self.leads {
            Leader::Neo => self.leader.try_wait().expect("our own child").map(|status| status.exit_code()),
            Leader::DeafShell => {
                let code = fs::read_to_string(self.pid_file.with_added_extension("code")).ok()?;
                Some(code.trim().parse().expect("a code"))
            }
        }
    }

    /// Waits for its end, and until all that it wrote was read.
    #[track_caller]
    pub fn ended(&mut self) -> u32 {
        let code = until(&format!("the end of neo, which shows:\n{}\n", self.screen()), || self.exit_code());
        if self.reader.is_some() && self.leads == Leader::DeafShell && self.eyes.look().reading == Reading::Goes {
            self.terminal.write_all(LAST).expect("our own terminal");
            // The echo of a key that came too late for `neo` may follow.
            until::until_so("the last bytes", || {
                self.eyes.look().bytes.windows(LAST.len()).any(|window| window == LAST)
            });
        }
        code
    }

    /// The terminal's settings before `neo`, and now.
    pub fn settings_before_and_now(&self) -> (&str, String) {
        (&self.settings, settings(&self.terminal))
    }
}

impl Drop for Console {
    /// A test that failed leaves no process behind.
    fn drop(&mut self) {
        if self.exit_code().is_none() {
            // It may have ended by itself since.
            let _ = kill_process(self.pid, Signal::KILL);
        }
        if self.reader.is_some() {
            self.hang_up();
        }
        // The shell ends with its terminal, or with this.
        let _ = self.leader.kill();
        let _ = self.leader.wait();
    }
}

impl Eyes {
    fn new(columns: u16, rows: u16) -> Self {
        let screen = vt100::Parser::new(cells(rows), cells(columns), 0);
        let sight = Sight { screen, frames: vec![String::new()], bytes: Vec::new(), reading: Reading::Goes };
        Self { sight: Mutex::new(sight), news: Condvar::new() }
    }

    fn look(&self) -> MutexGuard<'_, Sight> {
        self.sight.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits while nobody wants to read; returns whether to go on.
    fn may_read(&self) -> bool {
        let mut sight = self.look();
        while sight.reading == Reading::Rests {
            sight = self.news.wait(sight).unwrap_or_else(PoisonError::into_inner);
        }
        sight.reading == Reading::Goes
    }
}

impl Sight {
    /// Takes bytes in, one frame after the other, so that none is overlooked.
    fn take(&mut self, mut bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
        while !bytes.is_empty() {
            let end = bytes.windows(FRAME_ENDS.len()).position(|window| window == FRAME_ENDS);
            let (frame, rest) = bytes.split_at(end.map_or(bytes.len(), |at| at + FRAME_ENDS.len()));
            self.screen.process(frame);
            let shown = self.screen.screen().contents();
            if self.frames.last() != Some(&shown) {
                self.frames.push(shown);
            }
            bytes = rest;
        }
    }
}

fn spawn_reader(mut output: Box<dyn Read + Send>, eyes: Arc<Eyes>) -> JoinHandle<()> {
    std::thread::spawn(move || {
        let mut buffer = [0; 16 << 10];
        while eyes.may_read() {
            match output.read(&mut buffer) {
                Ok(0) | Err(_) => break,
                Ok(length) => eyes.look().take(&buffer[..length]),
            }
            eyes.news.notify_all();
        }
    })
}

fn cells(count: u16) -> NonZeroU16 {
    NonZeroU16::new(count).expect("a screen has cells")
}

fn open_terminal(master: &dyn MasterPty) -> File {
    let path = master.tty_name().expect("a pty has a name");
    // Without this flag it would become the terminal of the test itself.
    let not_ours = i32::try_from(rustix::fs::OFlags::NOCTTY.bits()).expect("a small flag");
    OpenOptions::new().read(true).write(true).custom_flags(not_ours).open(path).expect("our own terminal")
}

fn settings(terminal: &File) -> String {
    format!("{:#?}", rustix::termios::tcgetattr(terminal).expect("a terminal has settings"))
}
