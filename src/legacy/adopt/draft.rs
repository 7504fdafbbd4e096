//! One row of the source on its way to be taken: what was read of it, what was rounded, what is left over.

use rusqlite::types::Value;
use serde_json::{Map, Value as Json};

use super::super::exact::Exact;
use super::super::moment::moment_or_epoch;
use super::super::source::Row;
use crate::domain::time::Timestamp;

/// What a number of money counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Unit {
    Xrp,
    Rlusd,
    Price,
}

/// A number of money as it is taken: exact text, and its shadow.
#[derive(Clone, Debug)]
pub(super) struct Money {
    pub(super) exact: Exact,
    pub(super) text: String,
}

/// What the source said where something else was taken; `taken` is `None` where it was left blank.
#[derive(Debug)]
pub(super) struct Said {
    pub(super) column: String,
    pub(super) text: String,
    pub(super) taken: Option<String>,
}

/// A row that is being read.
#[derive(Debug)]
pub(super) struct Draft {
    pub(super) row: Row,
    pub(super) key: String,
    pub(super) said: Vec<Said>,
    pub(super) roundings: Vec<(Unit, Exact)>,
    used: Vec<&'static str>,
}

impl Unit {
    pub(super) const ALL: [Self; 3] = [Self::Xrp, Self::Rlusd, Self::Price];

    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Xrp => "XRP",
            Self::Rlusd => "RLUSD",
            Self::Price => "RLUSD per XRP",
        }
    }

    pub(super) fn of_asset(asset: &str) -> Option<Self> {
        match asset.to_uppercase().as_str() {
            "XRP" => Some(Self::Xrp),
            "RLUSD" => Some(Self::Rlusd),
            _ => None,
        }
    }

    pub(super) fn money(self, source: Exact) -> Option<Money> {
        let (text, exact) = match self {
            Self::Xrp => source.to_drops().map(|(amount, exact)| (amount.to_string(), exact))?,
            Self::Rlusd => source.to_rlusd().map(|(amount, exact)| (amount.to_string(), exact))?,
            Self::Price => source.to_price().map(|(price, exact)| (price.to_string(), exact))?,
        };
        Some(Money { exact, text })
    }
}

impl Money {
    /// For plotting only.
    pub(super) fn approx(&self) -> f64 {
        self.text.parse().unwrap_or(f64::NAN)
    }
}

impl Draft {
    /// A draft of the table's `place`th row, whose key stands in `key_column`.
    pub(super) fn new(row: Row, key_column: &'static str, place: u64) -> Self {
        let key = row.value(key_column).map_or_else(|| format!("row {place}"), plain);
        Self { row, key, said: Vec::new(), roundings: Vec::new(), used: vec![key_column] }
    }

    /// A text; numbers are read as theirs.
    pub(super) fn text(&mut self, column: &'static str) -> Option<String> {
        self.used.push(column);
        self.row.value(column).map(plain).filter(|text| !text.is_empty())
    }

    /// A whole number.
    pub(super) fn integer(&mut self, column: &'static str) -> Option<i64> {
        self.text(column).and_then(|text| text.parse().ok())
    }

    /// A time that must be there.
    pub(super) fn moment(&mut self, column: &'static str) -> Result<Timestamp, String> {
        match self.text(column) {
            None => Err(format!("it has no {column}")),
            Some(text) => moment_or_epoch(&text).ok_or_else(|| format!("its {column} `{text}` is no time")),
        }
    }

    /// A time that may be missing; one that is none is left blank, and its text kept.
    pub(super) fn moment_if_any(&mut self, column: &'static str) -> Option<Timestamp> {
        let text = self.text(column)?;
        let at = moment_or_epoch(&text);
        if at.is_none() {
            self.said.push(Said { column: column.to_owned(), text, taken: None });
        }
        at
    }

    /// Money that must be there and be money.
    pub(super) fn money(&mut self, column: &'static str, unit: Unit) -> Result<Money, String> {
        self.used.push(column);
        let Some(value) = self.row.value(column) else {
            return Err(format!("it has no {column}, or one that is no number"));
        };
        let text = plain(value);
        let source = exact(value).ok_or_else(|| format!("its {column} `{text}` is no sane number"))?;
        let money = unit.money(source).ok_or_else(|| format!("its {column} `{text}` cannot be {}", unit.as_str()))?;
        let difference =
            money.exact.less(source).ok_or_else(|| format!("its {column} `{text}` has too many digits"))?;
        if money.exact != source {
            self.roundings.push((unit, difference));
            self.said.push(Said { column: column.to_owned(), text, taken: Some(money.text.clone()) });
        }
        Ok(money)
    }

    /// Money that may be missing; what is none is left blank, and its text kept.
    pub(super) fn money_if_any(&mut self, column: &'static str, unit: Unit) -> Option<Money> {
        let text = plain(self.row.value(column)?);
        let money = self.money(column, unit).ok();
        if money.is_none() {
            self.said.push(Said { column: column.to_owned(), text, taken: None });
        }
        money
    }

    /// Keeps the source's text beside another one that was taken for it.
    pub(super) fn taken_as(&mut self, column: &'static str, text: &str, taken: &str) {
        if text != taken {
            self.said.push(Said { column: column.to_owned(), text: text.to_owned(), taken: Some(taken.to_owned()) });
        }
    }

    /// Every column that nobody asked for, as a JSON object; `None` if there is none.
    pub(super) fn left_over(&self) -> Option<String> {
        let left = self.row.columns.iter().filter(|(name, _)| !self.used.contains(&name.as_str()));
        object(left)
    }

    /// The whole row as a JSON object.
    pub(super) fn whole(&self) -> String {
        object(self.row.columns.iter()).unwrap_or_else(|| "{}".to_owned())
    }
}

fn object<'a>(columns: impl Iterator<Item = &'a (String, Value)>) -> Option<String> {
    let members = columns.filter(|(_, value)| *value != Value::Null).map(|(name, value)| (name.clone(), json(value)));
    let object: Map<String, Json> = members.collect();
    (!object.is_empty()).then(|| Json::Object(object).to_string())
}

fn json(value: &Value) -> Json {
    match value {
        Value::Integer(number) => Json::from(*number),
        // Text, because what reads JSON may take its numbers for floats again; and infinity has no number there.
        Value::Null | Value::Real(_) | Value::Text(_) | Value::Blob(_) => Json::from(plain(value)),
    }
}

fn exact(value: &Value) -> Option<Exact> {
    match value {
        Value::Real(number) => Exact::of_float(*number),
        Value::Integer(_) | Value::Text(_) => Exact::of_text(&plain(value)),
        Value::Null | Value::Blob(_) => None,
    }
}

/// What the source says, as text: of a float the shortest decimal that it stands for.
fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Integer(number) => number.to_string(),
        Value::Real(number) if *number == 0.0 || (1.0e-12..1.0e18).contains(&number.abs()) => number.to_string(),
        Value::Real(number) => format!("{number:e}"),
        Value::Text(text) => text.clone(),
        Value::Blob(bytes) => bytes.iter().fold(String::from("0x"), |hex, byte| format!("{hex}{byte:02x}")),
    }
}
