//! Controls: the eyes with which the other tests look must see what is wrong, or those prove nothing.

mod support;

use std::fs;
use std::process::Command;

use tempfile::TempDir;

use support::Chain;
use support::chain::sha256;

/// A journal written by hand, by CONTRACT's words.
struct Hand {
    folder: TempDir,
    text: String,
    hashes: Vec<String>,
}

impl Hand {
    fn new() -> Self {
        Self { folder: TempDir::new().expect("a folder"), text: String::new(), hashes: Vec::new() }
    }

    /// Writes one line as number `n` behind the line before that number.
    fn line(&mut self, n: usize, ack: i64) -> &mut Self {
        let prev = n.checked_sub(1).map_or_else(|| "0".repeat(64), |before| self.hashes[before].clone());
        let at = format!("2026-11-22T18:40:{:02}.000Z", n % 60);
        let body = r#"{"text":"a trap: \",\"hash\":\"","beside":",\"prev\":"}"#;
        let before = format!(
            r#"{{"v":1,"n":{n},"ack":{ack},"at":"{at}","session":1,"kind":"mode","body":{body},"prev":"{prev}""#
        );
        let hash = sha256(&before);
        self.text.extend([before.as_str(), ",\"hash\":\"", hash.as_str(), "\"}\n"]);
        self.hashes.truncate(n);
        self.hashes.push(hash);
        self
    }

    /// Ends a segment that begins with line `first`; what was written goes into it.
    fn segment(&mut self, first: usize) -> &mut Self {
        let text = std::mem::take(&mut self.text);
        fs::write(self.folder.path().join(format!("{first:010}.jsonl")), text).expect("a file");
        self
    }

    fn read(&self) -> Result<Chain, String> {
        let chain = Chain::read(self.folder.path());
        assert_eq!(self.python_agrees(), chain.is_ok(), "ten lines of Python see the same: {chain:?}");
        chain
    }

    fn python_agrees(&self) -> bool {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/chain_check.py");
        let check = Command::new("python3").arg(script).arg(self.folder.path()).output().expect("python3");
        check.status.success()
    }
}

/// Five lines in two segments.
fn sound() -> Hand {
    let mut hand = Hand::new();
    hand.line(0, -1).line(1, 0).line(2, 1).segment(0);
    hand.line(3, 2).line(4, 3).segment(3);
    hand
}

#[test]
fn a_sound_chain_is_sound() {
    let chain = sound().read().expect("sound");
    assert_eq!((chain.links.len(), chain.void, chain.known), (5, 0, 3));
}

#[test]
fn empty_lines_mean_nothing() {
    let mut hand = sound();
    hand.line(5, 4).segment(5);
    let path = hand.folder.path().join("0000000005.jsonl");
    let text = fs::read_to_string(&path).expect("a segment");
    fs::write(&path, format!("\n\n{text}\n\n\n")).expect("a file");
    assert_eq!(hand.read().expect("sound").links.len(), 6);
}

#[test]
fn a_torn_tail_that_nobody_acknowledged_is_void() {
    let mut hand = sound();
    hand.line(3, 2).line(4, 3);
    hand.text += r#"{"v":1,"n":5,"ack""#;
    hand.segment(3);
    let chain = hand.read().expect("nothing is lost");
    assert_eq!((chain.links.len(), chain.void), (5, 1));
}

#[test]
fn a_later_segment_voids_what_it_does_not_follow() {
    let mut hand = sound();
    hand.line(4, 3).line(5, 4).segment(4);
    let chain = hand.read().expect("line 4 was never acknowledged");
    assert_eq!((chain.links.len(), chain.void), (6, 1));
}

#[test]
fn a_later_segment_cannot_void_what_was_acknowledged() {
    let mut hand = sound();
    hand.line(3, 2).line(4, 3).line(5, 4).segment(3);
    hand.line(4, 3).segment(4);
    assert!(hand.read().is_err(), "line 5 knew that line 4 was on disk");
}

#[test]
fn every_changed_line_is_seen() {
    for n in 0..4 {
        let hand = sound();
        let name = if n < 3 { "0000000000.jsonl" } else { "0000000003.jsonl" };
        let path = hand.folder.path().join(name);
        let text = fs::read_to_string(&path).expect("a segment");
        fs::write(&path, text.replace(&format!("40:0{n}.000Z"), &format!("40:0{n}.001Z"))).expect("a file");
        assert!(hand.read().is_err(), "line {n}");
    }
}

#[test]
fn every_missing_line_and_segment_is_seen() {
    for (name, n) in
        [("0000000000.jsonl", 0), ("0000000000.jsonl", 1), ("0000000000.jsonl", 2), ("0000000003.jsonl", 3)]
    {
        let hand = sound();
        let path = hand.folder.path().join(name);
        let text = fs::read_to_string(&path).expect("a segment");
        let kept: String = text.split_inclusive('\n').filter(|line| !line.contains(&format!("\"n\":{n},"))).collect();
        assert_ne!(kept, text);
        fs::write(&path, kept).expect("a file");
        assert!(hand.read().is_err(), "line {n}");
    }
    let hand = sound();
    fs::remove_file(hand.folder.path().join("0000000000.jsonl")).expect("a file");
    assert!(hand.read().is_err(), "the first segment");
}
