//! A question that a machine cannot answer: a page of its own before a session can begin.
//!
//! Nobody is ever pushed: whatever is not a clear choice, and a console that dies, is [`Answer::Left`].

/// What is asked, in plain words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// What this is about, in a few words without a full stop.
    pub title: String,
    /// What was found and what it means, a paragraph each.
    pub explains: Vec<String>,
    /// What changes something. Each of them is asked about once more.
    pub options: Vec<QuestionOption>,
    /// What leaves everything as it is. It is in focus at first.
    pub leave: QuestionOption,
}

/// One way out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuestionOption {
    /// Its own key. Those of [`super::action::Action::LeaveAsItIs`] mean leaving on every page.
    pub key: char,
    /// A word or two: `restore`.
    pub label: String,
    /// What it does and what becomes of what is there, in a sentence.
    pub consequence: String,
    /// The command that does the same later; may be empty.
    pub command: String,
}

/// What the operator chose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// One of [`Question::options`], by its place.
    Took(usize),
    /// Everything stays as it is.
    Left,
}

/// A question on the screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asking {
    /// What is asked.
    pub question: Question,
    /// What Enter would take.
    pub focus: Answer,
    /// By how many lines the explanation is scrolled; the drawing stops at its end.
    pub scroll: usize,
}

impl Question {
    /// Every answer in the order of the page, leaving last.
    pub fn answers(&self) -> impl DoubleEndedIterator<Item = (Answer, &QuestionOption)> {
        let options = self.options.iter().enumerate().map(|(place, option)| (Answer::Took(place), option));
        options.chain(std::iter::once((Answer::Left, &self.leave)))
    }

    /// What stands behind an answer; leaving, if there is no such option.
    pub fn option(&self, answer: Answer) -> &QuestionOption {
        match answer {
            Answer::Took(place) => self.options.get(place).unwrap_or(&self.leave),
            Answer::Left => &self.leave,
        }
    }
}

impl Asking {
    /// A question that was just asked: the harmless answer is in focus.
    pub const fn new(question: Question) -> Self {
        Self { question, focus: Answer::Left, scroll: 0 }
    }

    /// The answer below the one in focus, or the first.
    pub fn next(&self) -> Answer {
        after(self.question.answers().map(|(answer, _)| answer), self.focus)
    }

    /// The answer above the one in focus, or the last.
    pub fn previous(&self) -> Answer {
        after(self.question.answers().rev().map(|(answer, _)| answer), self.focus)
    }
}

/// The one that follows `focus`, or the first if none does.
fn after(mut answers: impl Iterator<Item = Answer>, focus: Answer) -> Answer {
    let first = answers.next().unwrap_or(Answer::Left);
    if first == focus {
        return answers.next().unwrap_or(first);
    }
    answers.find(|&answer| answer == focus);
    answers.next().unwrap_or(first)
}
