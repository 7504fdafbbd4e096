//! What was put right, in sentences for the operator.

use super::{Mended, Sorted, Was, lines};
use crate::domain::custody::Healing;
use crate::domain::words::counted;

impl Mended {
    /// What it is to the chain; `None` if nothing was to be done.
    pub fn healing(&self) -> Option<Healing> {
        match (self.segments.is_empty(), self.strays.is_empty()) {
            (false, _) => Some(Healing::JournalMended),
            (true, false) => Some(Healing::SegmentsSorted),
            (true, true) => None,
        }
    }

    /// One sentence for each thing that was done; none if nothing was to be done.
    pub fn in_words(&self) -> Vec<String> {
        let mut done: Vec<String> = self.strays.iter().map(|stray| self.of_stray(stray)).collect();
        if !self.segments.is_empty() {
            let segments = self.segments.join(", ");
            let what = match self.lines.as_slice() {
                [] => "what stood between the journal's lines was taken out".to_owned(),
                few @ [_] => format!(
                    "{} of the journal was broken or gone and was put right from a copy whose hash holds",
                    lines(few)
                ),
                many => format!(
                    "{} of the journal ({}) were broken or gone and were put right from copies whose hash holds",
                    counted(many.len(), "line"),
                    lines(many)
                ),
            };
            done.push(format!("{what}, in {segments}{}", self.kept("what was there before")));
        }
        if !self.taken_out.is_empty() {
            let kept = self.kept("it");
            done.push(format!(
                "{} of the journal told another story and was taken out{kept}",
                self.taken_out.join(", ")
            ));
        }
        done
    }

    fn of_stray(&self, stray: &Sorted) -> String {
        let kept = if let Was::Renamed(_) = stray.was { String::new() } else { self.kept("it") };
        format!("{stray}{kept}")
    }

    fn kept(&self, what: &str) -> String {
        let folder = self.quarantine.as_deref();
        folder.map_or_else(String::new, |folder| format!("; {what} is in the quarantine, in {folder}"))
    }
}
