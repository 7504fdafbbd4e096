//! From a text to a config. Every key is known, every value is possible, or the text is refused with all its problems.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use serde::Deserialize as _;
use serde_json::Value as Json;
use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use super::problem::{Place, Problem};
use super::{Config, rules};
use crate::domain::secret;

/// How alike two names must be for one to be suggested for the other; 1 is the same name.
const ALIKE: f64 = 0.7;

/// A table of the text, or a value in it.
type Table<'i> = DeTable<'i>;

/// Reads `text`; `file` is how the operator calls it. Answers the config and the whole names of the keys that the text
/// sets, or all that is wrong with it.
pub(super) fn parse(text: &str, file: &str) -> Result<(Config, BTreeSet<String>), Vec<Problem>> {
    let mut reading = Reading { text, file, values: BTreeMap::new(), problems: vec![] };
    let mut table = match DeTable::parse(text) {
        Ok(table) => table,
        Err(error) => {
            let what = format!("this is not TOML: {}", error.message());
            let known = error.span().is_some_and(|span| is_of_a_setting(&text[..span.start]));
            reading.refuse(error.span().as_ref(), what, String::new());
            if !known && let Some(place) = reading.problems.iter_mut().find_map(|problem| problem.place.as_mut()) {
                place.leave_out_the_text();
            }
            return Err(reading.problems);
        }
    };
    reading.table(table.get_mut(), "", &Config::default().effective_json());
    if reading.problems.is_empty() { reading.config(table) } else { Err(reading.in_order()) }
}

struct Reading<'t> {
    text: &'t str,
    file: &'t str,
    /// Each key that is set, by its whole name, and where its value stands.
    values: BTreeMap<String, Range<usize>>,
    problems: Vec<Problem>,
}

impl Reading<'_> {
    /// Compares a table with the one of the defaults: the same names, and values of the same kinds. Numbers that stand
    /// for money are turned into their own text, so that none of them is ever a float.
    fn table(&mut self, table: &mut Table<'_>, path: &str, expected: &Json) {
        for (key, value) in table {
            let name = joined(path, key.get_ref());
            match expected.get(key.get_ref().as_ref()) {
                None => self.unknown(key, path, expected),
                Some(inner) => {
                    let span = value.span();
                    if !inner.is_object() {
                        self.values.insert(name.clone(), span.clone());
                    }
                    self.value(value.get_mut(), &span, &name, inner);
                }
            }
        }
    }

    fn value(&mut self, value: &mut DeValue<'_>, span: &Range<usize>, name: &str, expected: &Json) {
        let wanted = match (expected, &mut *value) {
            (Json::Object(_), DeValue::Table(inner)) => return self.table(inner, name, expected),
            (Json::Number(_), DeValue::Integer(count))
                if u32::from_str_radix(count.as_str(), count.radix()).is_ok() =>
            {
                return;
            }
            (Json::Bool(_), DeValue::Boolean(_)) | (Json::String(_), DeValue::String(_)) => return,
            (Json::String(default), number) if is_number(default) => match plain_digits(number) {
                Some(digits) => {
                    *number = DeValue::String(Cow::Owned(digits));
                    return;
                }
                None => "a decimal number",
            },
            (Json::Object(_), _) => "a table of settings",
            (Json::Bool(_), _) => "true or false",
            (Json::Number(_), DeValue::Integer(_)) => {
                return self.refuse(Some(span), format!("`{name}` must be from 0 to {}", u32::MAX), String::new());
            }
            (Json::Number(_), _) => "a whole number",
            _ => "a text in quotes",
        };
        let (kind, article) = (value.type_str(), article(value.type_str()));
        self.refuse(Some(span), format!("`{name}` must be {wanted}, and this is {article} {kind}"), String::new());
    }

    fn unknown(&mut self, key: &Spanned<DeString<'_>>, path: &str, expected: &Json) {
        let name = key.get_ref();
        let home = if path.is_empty() { "this file".to_owned() } else { format!("[{path}]") };
        let here = expected.as_object().into_iter().flat_map(|table| table.keys());
        let section = elsewhere(name, "", &Config::default().effective_json());
        let advice = match (section, nearest(name, here)) {
            _ if secret::is_name_of_one(name) => no_place_for(name),
            (Some(section), _) => format!("`{name}` belongs under [{section}]."),
            (None, Some(near)) => format!("Did you mean `{near}`?"),
            (None, None) => "`neo config init` writes a file with all settings.".to_owned(),
        };
        self.refuse(Some(&key.span()), format!("`{name}` is not a setting of {home}"), advice);
    }

    /// Builds the config from a table whose names and kinds are right, and looks at its values.
    fn config(mut self, table: Spanned<Table<'_>>) -> Result<(Config, BTreeSet<String>), Vec<Problem>> {
        match Config::deserialize(toml::Deserializer::from(table)) {
            Err(error) => {
                let span = error.span();
                let set = self.values.iter().find(|(_, value)| span.as_ref().is_some_and(|span| *value == span));
                let what = set.map_or_else(
                    || error.message().to_owned(),
                    |(name, _)| format!("`{name}` cannot be this: {}", plainly(error.message())),
                );
                self.refuse(span.as_ref(), what, String::new());
            }
            Ok(config) => {
                for violation in rules::violations(&config) {
                    let what = format!("`{}` cannot be {}: {}", violation.key, violation.value, violation.allowed);
                    let span = self.values.get(violation.key).or_else(|| self.values.get(violation.beside)).cloned();
                    self.refuse(span.as_ref(), what, String::new());
                }
                if self.problems.is_empty() {
                    let set = self.values.into_keys().collect();
                    return Ok((config, set));
                }
            }
        }
        Err(self.in_order())
    }

    /// What is wrong, from the top of the file to its end; what has no place in it comes first.
    fn in_order(mut self) -> Vec<Problem> {
        self.problems.sort_by_key(|problem| problem.place.as_ref().map(|place| place.line));
        self.problems
    }

    fn refuse(&mut self, span: Option<&Range<usize>>, what: String, advice: String) {
        let place = span.map(|span| Place::of(self.text, span));
        let [what, advice] = [what, advice].map(|words| secret::hidden(&words).into_owned());
        self.problems.push(Problem { file: self.file.to_owned(), place, what, advice });
    }
}

fn joined(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

fn article(kind: &str) -> &'static str {
    if kind.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" }
}

/// Whether a default that is a text stands for a number: money, a price, bps.
fn is_number(default: &str) -> bool {
    default.parse::<rust_decimal::Decimal>().is_ok()
}

/// The words of serde for a choice that does not exist, in plainer ones.
fn plainly(message: &str) -> Cow<'_, str> {
    let choice = message.strip_prefix("unknown variant ");
    choice.map_or(Cow::Borrowed(message), |choice| choice.replacen(", expected one of ", " is none of ", 1).into())
}

/// A decimal number as it is written, digits grouped by `_` or not.
fn plain_digits(number: &DeValue<'_>) -> Option<String> {
    match number {
        DeValue::Integer(number) if number.radix() == 10 => Some(number.as_str().replace(['_', '+'], "")),
        DeValue::Float(number) => Some(number.as_str().trim_start_matches('+').replace('_', "")),
        _ => None,
    }
}

fn nearest<'k>(name: &str, known: impl Iterator<Item = &'k String>) -> Option<&'k String> {
    let alike = known.map(|key| (strsim::jaro_winkler(name, key), key)).filter(|(alike, _)| *alike >= ALIKE);
    alike.max_by(|(one, _), (other, _)| one.total_cmp(other)).map(|(_, key)| key)
}

/// Whether what stands right before is the name of a setting, so that what follows is no secret.
fn is_of_a_setting(before: &str) -> bool {
    let line = before.rsplit('\n').next().unwrap_or_default();
    let name = line.split('=').next().unwrap_or_default().trim();
    line.contains('=') && elsewhere(name, "", &Config::default().effective_json()).is_some()
}

fn no_place_for(name: &str) -> String {
    let variable = name.to_ascii_uppercase().replace(|c: char| !c.is_ascii_alphanumeric(), "_");
    let variable = variable.strip_prefix("NEO_").unwrap_or(&variable);
    format!(
        "A secret does not belong in this file, which is copied into the journal: take it out, and keep it in the \
         environment, as NEO_{variable}."
    )
}

/// The section that has a setting of exactly this name.
fn elsewhere(name: &str, path: &str, table: &Json) -> Option<String> {
    let table = table.as_object()?;
    if !path.is_empty() && table.contains_key(name) {
        return Some(path.to_owned());
    }
    table.iter().find_map(|(key, inner)| elsewhere(name, &joined(path, key), inner))
}
