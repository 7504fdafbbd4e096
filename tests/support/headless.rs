//! `neo` without a terminal.

use std::io::Read;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::JoinHandle;

use super::until;

/// A run that is over.
#[derive(Debug)]
pub struct Ended {
    /// Its exit code; `None` if a signal ended it.
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

/// A run that goes on.
pub struct Headless {
    child: Child,
    stdout: Option<JoinHandle<String>>,
    stderr: Option<JoinHandle<String>>,
}

impl Ended {
    /// Everything it said.
    pub fn said(&self) -> String {
        format!("{}{}", self.stdout, self.stderr)
    }

    /// Asserts its exit code, showing what it said if it is another, and that nothing panicked.
    #[track_caller]
    pub fn expect_code(&self, code: i32) -> &Self {
        assert_eq!(self.code, Some(code), "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        assert!(!self.said().contains("panicked"), "{}", self.said());
        self
    }

    /// Asserts that a refusal names all of `words` on stderr, and prints nothing on stdout.
    #[track_caller]
    pub fn expect_refusal(&self, code: i32, words: &[&str]) -> &Self {
        self.expect_code(code);
        for word in words {
            assert!(self.stderr.contains(word), "`{word}` is not in the message:\n{}", self.stderr);
        }
        assert_eq!(self.stdout, "", "a refusal belongs on stderr");
        self
    }
}

impl Headless {
    /// Starts it, with nothing on stdin. Its output is read as it comes, so that it never waits for us.
    #[track_caller]
    pub fn spawn(mut command: Command) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        Self::spawn_as_it_is(command)
    }

    /// Starts it with the streams that `command` has.
    #[track_caller]
    pub fn spawn_as_it_is(mut command: Command) -> Self {
        let mut child = {
            let _alone = super::house::spawning();
            command.spawn().expect("the binary can be started")
        };
        let stdout = child.stdout.take().map(read_all);
        let stderr = child.stderr.take().map(read_all);
        Self { child, stdout, stderr }
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    pub fn has_ended(&mut self) -> bool {
        self.child.try_wait().expect("our own child").is_some()
    }

    /// Sends a signal; none if it has ended.
    #[cfg(unix)]
    pub fn signal(&mut self, signal: rustix::process::Signal) {
        if !self.has_ended() {
            let pid = rustix::process::Pid::from_child(&self.child);
            rustix::process::kill_process(pid, signal).expect("our own child");
        }
    }

    /// Waits for its end.
    #[track_caller]
    pub fn ended(mut self) -> Ended {
        let status: ExitStatus = until("the end of neo", || self.child.try_wait().expect("our own child"));
        let said =
            |reader: Option<JoinHandle<String>>| reader.map_or_else(String::new, |it| it.join().expect("a reader"));
        Ended { code: status.code(), stdout: said(self.stdout.take()), stderr: said(self.stderr.take()) }
    }
}

impl Drop for Headless {
    /// A test that failed leaves no process behind.
    fn drop(&mut self) {
        if let Ok(None) = self.child.try_wait() {
            // It may end between the look and the kill: then there is nothing to kill.
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

fn read_all(mut stream: impl Read + Send + 'static) -> JoinHandle<String> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        // An error while reading is the end of the stream, as far as a test can tell.
        let _ = stream.read_to_end(&mut bytes);
        String::from_utf8_lossy(&bytes).into_owned()
    })
}
