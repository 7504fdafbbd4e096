//! Past sessions on a thread of their own: nobody who draws ever waits for a disk.
//!
//! A new question cancels the one before it, also in the middle of a read. The connection is opened for a question and
//! closed when nothing more is asked for a while, so that it never lies in a checkpoint's way.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use super::ask::{Ask, Reader};
use super::error::{OpenError, StoreError};
use super::rows::{HistoryAnswer, HistoryQuery};

/// How long a connection stays open with nothing to do.
const IDLE: Duration = Duration::from_secs(3);

/// How long leaving waits for the thread; a disk that hangs longer keeps it to itself.
const LEAVING: Duration = Duration::from_millis(500);

/// How many steps of SQLite's machine lie between two looks at whether the question still stands.
const STEPS_BETWEEN_LOOKS: i32 = 1_000;

/// Where answers go. It is called on the history's thread and must not block for long.
pub type Listener = Box<dyn Fn(HistoryAnswer) + Send>;

/// The door to the thread. Dropping it ends the thread.
#[derive(Debug)]
pub struct History {
    desk: Arc<Desk>,
    thread: Option<JoinHandle<()>>,
}

/// Where a question waits.
#[derive(Debug, Default)]
struct Desk {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    waiting: Option<HistoryQuery>,
    leaving: bool,
    left: bool,
}

impl History {
    /// Starts the thread. Nothing is opened before the first question.
    pub fn start(path: &Path, listener: Listener) -> std::io::Result<Self> {
        let desk = Arc::new(Desk::default());
        let clerk = Clerk { path: path.to_owned(), desk: Arc::clone(&desk), listener };
        let thread = std::thread::Builder::new().name("history".to_owned()).spawn(move || clerk.work())?;
        Ok(Self { desk, thread: Some(thread) })
    }

    /// Puts a question. A question that waits or is being answered is given up for it, without an answer.
    pub fn ask(&self, question: HistoryQuery) {
        self.desk.lock().waiting = Some(question);
        self.desk.changed.notify_all();
    }

    /// Whether the thread lives.
    pub fn is_alive(&self) -> bool {
        self.thread.as_ref().is_some_and(|thread| !thread.is_finished())
    }
}

impl Drop for History {
    fn drop(&mut self) {
        let mut state = self.desk.lock();
        state.leaving = true;
        self.desk.changed.notify_all();
        let waited = self.desk.changed.wait_timeout_while(state, LEAVING, |state| !state.left);
        let left = waited.unwrap_or_else(PoisonError::into_inner).0.left;
        if let Some(thread) = self.thread.take().filter(|_| left) {
            // A panic there was already told by the panic hook, and nothing depends on the thread any more.
            let _ = thread.join();
        }
    }
}

impl Desk {
    /// The state is plain values, so it is whole even if somebody panicked beside it.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether what is being answered is still wanted.
    fn is_given_up(&self) -> bool {
        let state = self.lock();
        state.leaving || state.waiting.is_some()
    }
}

/// Whoever answers.
struct Clerk {
    path: PathBuf,
    desk: Arc<Desk>,
    listener: Listener,
}

/// What the clerk does next.
enum Turn {
    Answer(HistoryQuery),
    CloseUp,
    Leave,
}

/// Says that the clerk has left, however it left.
struct Leaving(Arc<Desk>);

impl Drop for Leaving {
    fn drop(&mut self) {
        self.0.lock().left = true;
        self.0.changed.notify_all();
    }
}

impl Clerk {
    fn work(self) {
        let _leaving = Leaving(Arc::clone(&self.desk));
        let mut open = None;
        loop {
            match self.next_turn(open.is_some()) {
                Turn::Leave => return,
                Turn::CloseUp => open = None,
                Turn::Answer(question) => {
                    let answer = self.answer(&mut open, &question);
                    if !self.desk.is_given_up() {
                        (self.listener)(answer);
                    }
                }
            }
        }
    }

    fn next_turn(&self, is_open: bool) -> Turn {
        let nothing_to_do = |state: &mut State| state.waiting.is_none() && !state.leaving;
        let state = self.desk.lock();
        let mut state = if is_open {
            self.desk.changed.wait_timeout_while(state, IDLE, nothing_to_do).unwrap_or_else(PoisonError::into_inner).0
        } else {
            self.desk.changed.wait_while(state, nothing_to_do).unwrap_or_else(PoisonError::into_inner)
        };
        if state.leaving {
            return Turn::Leave;
        }
        state.waiting.take().map_or(Turn::CloseUp, Turn::Answer)
    }

    fn answer(&self, open: &mut Option<Reader>, question: &HistoryQuery) -> HistoryAnswer {
        let reader = match open.take().map_or_else(|| self.open(), Ok) {
            Ok(reader) => open.insert(reader),
            Err(why) => return HistoryAnswer::Failed(why.to_string()),
        };
        let answer = ask(reader.ask(), question);
        answer.unwrap_or_else(|why| {
            // A connection that failed is not trusted with the next question.
            *open = None;
            HistoryAnswer::Failed(why.to_string())
        })
    }

    fn open(&self) -> Result<Reader, StoreError> {
        let mut reader = Reader::open(&self.path).map_err(|why: OpenError| StoreError::from(why))?;
        let desk = Arc::clone(&self.desk);
        reader
            .connection
            .progress_handler(STEPS_BETWEEN_LOOKS, Some(move || desk.is_given_up()))
            .map_err(StoreError::doing("prepare for questions"))?;
        Ok(reader)
    }
}

fn ask(ask: Ask<'_>, question: &HistoryQuery) -> Result<HistoryAnswer, StoreError> {
    Ok(match question {
        HistoryQuery::List { before, limit } => {
            HistoryAnswer::List { before: *before, rows: ask.sessions(*before, *limit)? }
        }
        HistoryQuery::Detail(session) => HistoryAnswer::Detail(*session, ask.session_detail(*session)?.map(Box::new)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::session::SessionId;
    use crate::store::Store;
    use crate::store::story::Story;
    use std::sync::mpsc;

    const SOON: Duration = Duration::from_secs(20);

    fn listening(path: &Path) -> (History, mpsc::Receiver<HistoryAnswer>) {
        let (tell, told) = mpsc::channel();
        let history = History::start(path, Box::new(move |answer| tell.send(answer).unwrap_or_default())).unwrap();
        (history, told)
    }

    #[test]
    fn a_list_and_a_page_are_answered_beside_the_writer() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s.db");
        let mut store = Store::open(&path).unwrap();
        store.project(&Story::of_days(3).lines()).unwrap();
        let (history, told) = listening(&path);
        history.ask(HistoryQuery::List { before: Some(SessionId(3)), limit: 1 });
        let HistoryAnswer::List { rows, .. } = told.recv_timeout(SOON).unwrap() else { panic!("not a list") };
        assert_eq!(rows.iter().map(|row| row.session_id).collect::<Vec<_>>(), [2]);
        history.ask(HistoryQuery::Detail(SessionId(2)));
        let HistoryAnswer::Detail(_, Some(detail)) = told.recv_timeout(SOON).unwrap() else { panic!("no detail") };
        assert_eq!(detail.row, rows[0]);
        history.ask(HistoryQuery::Detail(SessionId(77)));
        assert_eq!(told.recv_timeout(SOON).unwrap(), HistoryAnswer::Detail(SessionId(77), None));
    }

    #[test]
    fn a_database_that_is_not_there_is_an_answer_and_the_next_question_still_works() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s.db");
        let (history, told) = listening(&path);
        history.ask(HistoryQuery::Detail(SessionId(1)));
        assert!(matches!(told.recv_timeout(SOON).unwrap(), HistoryAnswer::Failed(_)));
        let _store = Store::open(&path).unwrap();
        history.ask(HistoryQuery::Detail(SessionId(1)));
        assert_eq!(told.recv_timeout(SOON).unwrap(), HistoryAnswer::Detail(SessionId(1), None));
        assert!(history.is_alive());
    }

    #[test]
    fn the_last_of_many_questions_is_always_answered() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s.db");
        Store::open(&path).unwrap().project(&Story::of_days(5).lines()).unwrap();
        let (history, told) = listening(&path);
        for session in (1..=200).map(|n| SessionId(n % 5 + 1)).chain([SessionId(99)]) {
            history.ask(HistoryQuery::Detail(session));
        }
        let last = std::iter::from_fn(|| told.recv_timeout(SOON).ok())
            .inspect(|answer| assert!(!matches!(answer, HistoryAnswer::Failed(_)), "{answer:?}"))
            .find(|answer| matches!(answer, HistoryAnswer::Detail(SessionId(99), None)));
        assert!(last.is_some());
        drop(history);
        assert!(told.recv().is_err(), "the thread has ended and let go of its listener");
    }
}
