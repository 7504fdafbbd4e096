//! `neo config`: write the template, look for mistakes, show what is in effect.

use std::io::Write;

use color_eyre::Result;
use serde_json::json;

use super::args::{ConfigArgs, ConfigVerb, Global};
use super::exit::Exit;
use super::print::{Form, json};
use crate::config::{self, Loaded};

/// Carries it out and prints what came of it.
pub fn carry_out<W: Write>(out: &mut W, args: &ConfigArgs, global: &Global, form: Form) -> Result<Exit> {
    let named = global.config.as_deref();
    match args.verb.unwrap_or(ConfigVerb::Show) {
        ConfigVerb::Init => {
            let file = config::init(named)?;
            match form {
                Form::Json => json(out, &json!({ "written": file }))?,
                Form::Text(_) => writeln!(out, "Wrote {}, with every setting and its default.", file.display())?,
            }
        }
        ConfigVerb::Check => {
            let loaded = Loaded::find(named)?;
            let hash = loaded.config.config_hash();
            match (form, &loaded.file) {
                (Form::Json, file) => {
                    json(out, &json!({ "file": file, "config_hash": hash, "from_file": loaded.set, "sound": true }))?;
                }
                (Form::Text(_), Some(file)) => {
                    writeln!(out, "{} is sound, settings in it: {}, config {hash}.", file.display(), loaded.set.len())?;
                }
                (Form::Text(_), None) => {
                    writeln!(out, "There is no config file: the defaults are in effect, config {hash}.")?;
                }
            }
        }
        ConfigVerb::Show => {
            let loaded = Loaded::find(named)?;
            match form {
                Form::Json => json(out, &loaded.to_json())?,
                Form::Text(_) => write!(out, "{}", loaded.to_toml())?,
            }
        }
    }
    Ok(Exit::Done)
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::super::args::{CommandLine, Verb};
    use super::super::print::Colour;
    use super::*;

    /// What `neo config …` prints for the file `text`.
    fn printed(verb: &str, text: &str, form: Form) -> Result<String> {
        let folder = tempfile::tempdir()?;
        let file = folder.path().join("neo.toml");
        if !text.is_empty() {
            std::fs::write(&file, text)?;
        }
        let mut line = vec!["neo".into(), "--config".into(), file.clone().into_os_string()];
        line.extend(verb.split(' ').map(Into::into));
        let line = CommandLine::try_parse_from(line)?;
        let Some(Verb::Config(args)) = &line.verb else { panic!("it is config") };
        let mut out = vec![];
        assert_eq!(carry_out(&mut out, args, &line.global, form)?, Exit::Done);
        Ok(String::from_utf8(out)?.replace(&file.display().to_string(), "neo.toml"))
    }

    const TEXT: Form = Form::Text(Colour::Off);

    #[test]
    fn a_sound_file_is_said_to_be() {
        let said = printed("config check", "[log]\nkeep_days = 7\n", TEXT).unwrap();
        assert!(said.starts_with("neo.toml is sound, settings in it: 1, config "), "{said}");
    }

    #[test]
    fn init_says_where_and_refuses_what_is_there() {
        assert_eq!(printed("config init", "", TEXT).unwrap(), "Wrote neo.toml, with every setting and its default.\n");
        let refused = printed("config init", "# mine\n", TEXT).unwrap_err();
        assert_eq!(Exit::of_error(&refused), Exit::Usage);
    }

    #[test]
    fn json_is_one_document() {
        for verb in ["config", "config show", "config check"] {
            let document: serde_json::Value =
                serde_json::from_str(&printed(verb, "[log]\nkeep_days = 7\n", Form::Json).unwrap()).unwrap();
            assert_eq!(document["from_file"], json!(["log.keep_days"]), "{verb}");
        }
    }

    #[test]
    fn a_wrong_file_is_refused_with_2() {
        let refused = printed("config check", "keep_days = 7\n", TEXT).unwrap_err();
        assert_eq!(Exit::of_error(&refused), Exit::Usage);
    }
}
