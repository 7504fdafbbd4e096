//! What the keys do right now, as the action table tells it.

/// One key and what it does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hint {
    /// As it is shown: `p`, `Ctrl+C`, `1-6`.
    pub keys: String,
    /// A word or two for the keys line: `pause`.
    pub name: String,
    /// A sentence without its full stop, for the help.
    pub help: String,
    /// Under which heading the help lists it.
    pub group: String,
    /// Its place on the keys line, from 0 on, and its one key there; `None` if only the help shows it.
    pub bar: Option<(usize, String)>,
    /// Why it does nothing now; `None` if it does something.
    pub disabled: Option<String>,
}
