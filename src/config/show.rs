//! What is in effect, printed.

use super::Loaded;

impl Loaded {
    /// What is in effect as TOML, each value with a note where it came from: the file, or nothing but the default.
    ///
    /// # Panics
    /// Never: a config is plain data.
    pub fn to_toml(&self) -> String {
        let plain = toml::to_string(&self.config).expect("a config is plain data: nothing in it can fail to print");
        let origin = self.file.as_ref().map_or_else(
            || "no config file: these are the defaults".to_owned(),
            |file| format!("from {}, and defaults for the rest", file.display()),
        );
        let mut section = String::new();
        let lines = plain.lines().map(|line| {
            if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
                section = format!("{name}.");
            }
            let Some((key, value)) = line.split_once(" = ") else { return format!("{line}\n") };
            let setting = format!("{key} = {}", unquoted(value));
            if self.set.contains(&format!("{section}{key}")) {
                format!("{setting:<32}# from the file\n")
            } else {
                format!("{setting}\n")
            }
        });
        let body: String = lines.collect();
        format!("# {origin}; config {}\n\n{body}", self.config.config_hash())
    }

    /// The same as one JSON document: `file`, `config_hash`, `config`, and in `from_file` the names that the file sets.
    pub fn to_json(&self) -> serde_json::Value {
        serde_json::json!({
            "file": self.file,
            "config_hash": self.config.config_hash(),
            "config": self.config.effective_json(),
            "from_file": self.set,
        })
    }
}

/// Money is kept as text; people read and write it as a number.
fn unquoted(value: &str) -> &str {
    let inner = value.trim_matches('"');
    if inner.parse::<rust_decimal::Decimal>().is_ok() { inner } else { value }
}
