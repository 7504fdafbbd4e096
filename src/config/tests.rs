//! The texts that an operator meets when a config is wrong, and what is accepted.

use super::*;

/// What is said about `text`.
fn refusal(text: &str) -> String {
    Config::parse(text, "neo.toml").unwrap_err().to_string()
}

fn accepted(text: &str) -> Config {
    Config::parse(text, "neo.toml").unwrap()
}

/// The template with every setting's `#` taken away.
fn uncommented() -> String {
    let lines = TEMPLATE.lines().map(|line| match line.strip_prefix('#') {
        Some(setting) if setting.starts_with(|c: char| c.is_ascii_lowercase()) => setting,
        _ => line,
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn leaves(table: &serde_json::Value, path: &str, into: &mut BTreeSet<String>) {
    for (key, value) in table.as_object().unwrap() {
        let name = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        if value.is_object() {
            leaves(value, &name, into);
        } else {
            into.insert(name);
        }
    }
}

#[test]
fn the_template_changes_nothing() {
    assert_eq!(read::parse(TEMPLATE, "neo.toml"), Ok((Config::default(), BTreeSet::new())));
}

#[test]
fn the_template_names_every_setting_with_its_default() {
    let (config, set) = read::parse(&uncommented(), "neo.toml").unwrap();
    let mut every = BTreeSet::new();
    leaves(&Config::default().effective_json(), "", &mut every);
    assert_eq!(config, Config::default());
    assert_eq!(set, every);
}

#[test]
fn money_is_read_exactly_however_it_is_written() {
    for written in ["1.5", "\"1.5\"", "1.50", "+1.5"] {
        let config = accepted(&format!("[engine]\nrequote_bps = {written}\n"));
        assert_eq!(config.engine.requote_bps.to_string(), "1.5", "{written}");
    }
    // 0.1 is not a float: this one has more digits than a float keeps.
    let config = accepted("[engine]\nmin_order_rlusd = 0.1000000000000001\n[paper]\nstart_xrp = 1_000\n");
    assert_eq!(config.engine.min_order_rlusd.to_string(), "0.1000000000000001");
    assert_eq!(config.paper.start_xrp.to_string(), "1000.000000");
}

#[test]
fn an_unknown_key_is_refused_with_its_line_and_a_suggestion() {
    insta::assert_snapshot!(refusal(include_str!("../../tests/fixtures/config/unknown_key.toml")), @r"
    neo.toml:3:1: `bid_ofset_bps` is not a setting of [engine]
      3 | bid_ofset_bps
        | ^^^^^^^^^^^^^
    Did you mean `bid_offset_bps`?

    neo.toml:5:2: `paperr` is not a setting of this file
      5 | [paperr
        |  ^^^^^^
    Did you mean `paper`?
    ");
}

#[test]
fn a_setting_in_the_wrong_section_is_told_where_it_belongs() {
    insta::assert_snapshot!(refusal(include_str!("../../tests/fixtures/config/wrong_section.toml")), @r"
    neo.toml:2:1: `max_drawdown_bps` is not a setting of [engine]
      2 | max_drawdown_bps
        | ^^^^^^^^^^^^^^^^
    `max_drawdown_bps` belongs under [engine.limits].
    ");
}

#[test]
fn wrong_kinds_are_refused_all_at_once() {
    insta::assert_snapshot!(refusal(include_str!("../../tests/fixtures/config/wrong_kinds.toml")), @r#"
    neo.toml:1:7: `log` must be a table of settings, and this is a string
      1 | log = "loud"
        |       ^^^^^^

    neo.toml:4:10: `engine.tick_s` must be a whole number, and this is a string
      4 | tick_s = "4"
        |          ^^^

    neo.toml:5:19: `engine.min_order_rlusd` must be a decimal number, and this is a boolean
      5 | min_order_rlusd = true
        |                   ^^^^

    neo.toml:8:13: `paper.ledger_ms` must be a whole number, and this is a float
      8 | ledger_ms = 4.5
        |             ^^^

    neo.toml:11:9: `console.ascii` must be true or false, and this is an integer
      11 | ascii = 1
         |         ^

    neo.toml:12:9: `console.theme` must be a text in quotes, and this is an integer
      12 | theme = 3
         |         ^

    neo.toml:15:15: `engine.limits.burst_fills` must be from 0 to 4294967295
      15 | burst_fills = -3
         |               ^^
    "#);
}

#[test]
fn impossible_values_are_refused_with_what_is_allowed() {
    insta::assert_snapshot!(refusal(include_str!("../../tests/fixtures/config/impossible.toml")), @r"
    neo.toml:2:18: `engine.ask_offset_bps` cannot be 14: with `engine.bid_offset_bps`, which is -20, it must come to more than 0, or our quotes would meet
      2 | bid_offset_bps = -20
        |                  ^^^

    neo.toml:3:19: `engine.min_order_rlusd` cannot be 16: it must not be above `engine.max_order_rlusd`, which is 15
      3 | min_order_rlusd = 16
        |                   ^^

    neo.toml:4:20: `engine.target_share_pct` cannot be 101: it must be between 0 and 100
      4 | target_share_pct = 101
        |                    ^^^

    neo.toml:7:13: `engine.limits.min_rlusd` cannot be 200: it must not be above `engine.limits.max_rlusd`, which is 150
      7 | min_rlusd = 200
        |             ^^^

    neo.toml:10:16: `keeper.checkpoint_s` cannot be 0: it must be between 1 and 86400
      10 | checkpoint_s = 0
         |                ^
    ");
}

#[test]
fn what_is_no_money_is_refused_where_it_stands() {
    insta::assert_snapshot!(refusal(include_str!("../../tests/fixtures/config/no_money.toml")), @r"
    neo.toml:2:13: `paper.start_xrp` cannot be this: `1.0000001` has more than the six decimals of XRP
      2 | start_xrp = 1.0000001
        |             ^^^^^^^^^
    ");
}

#[test]
fn a_word_that_is_none_of_the_choices_is_refused_with_the_choices() {
    insta::assert_snapshot!(refusal(include_str!("../../tests/fixtures/config/no_choice.toml")), @r#"
    neo.toml:2:9: `log.level` cannot be this: `loud` is none of `error`, `warn`, `info`, `debug`, `trace`
      2 | level = "loud"
        |         ^^^^^^
    "#);
}

#[test]
fn what_is_not_toml_is_refused_where_it_stops_being_it() {
    insta::assert_snapshot!(refusal(include_str!("../../tests/fixtures/config/no_toml.toml")), @r"
    neo.toml:2:18: this is not TOML: string values must be quoted, expected literal string
      2 | bid_offset_bps = 12 bps
        |                  ^^^^^^
    ");
}

#[test]
fn the_hash_changes_with_any_value_and_with_nothing_else() {
    let hash = Config::default().config_hash();
    assert_eq!(hash.len(), 12);
    assert_eq!(accepted("[paper]\nstart_xrp = 100\n").config_hash(), hash);
    assert_ne!(accepted("[paper]\nstart_xrp = 100.000001\n").config_hash(), hash);
}

#[test]
fn what_is_in_effect_is_shown_with_where_it_came_from() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mine.toml");
    fs::write(&file, "\u{feff}[engine.limits]\r\nmax_xrp = 120\r\n").unwrap();
    let loaded = Loaded::find(Some(&file)).unwrap();
    let shown = loaded.to_toml();
    assert_eq!(shown.matches("# from the file").count(), 1);
    assert!(shown.contains("max_xrp = 120.000000            # from the file\n"), "{shown}");
    assert_eq!(accepted(&shown), loaded.config);
    assert_eq!(loaded.to_json()["from_file"], serde_json::json!(["engine.limits.max_xrp"]));
}

#[test]
fn a_named_file_that_is_missing_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("neo.toml");
    let said = Loaded::find(Some(&missing)).unwrap_err().to_string();
    assert!(said.starts_with(&format!("cannot read the config {}: ", missing.display())), "{said}");
    assert!(said.ends_with("Check the path, or write the file with `neo config init`."), "{said}");
}

#[test]
fn init_writes_the_template_once_and_never_overwrites() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("new/neo.toml");
    assert_eq!(init(Some(&file)).unwrap(), file);
    assert_eq!(fs::read_to_string(&file).unwrap(), TEMPLATE);
    assert!(matches!(init(Some(&file)), Err(ConfigError::Exists(_))));
}

#[test]
fn no_setting_is_free_text_so_that_none_can_hold_a_secret() {
    let mut every = BTreeSet::new();
    leaves(&Config::default().effective_json(), "", &mut every);
    for name in every {
        let (section, key) = name.rsplit_once('.').unwrap();
        let said = Config::parse(&format!("[{section}]\n{key} = \"any words at all\"\n"), "neo.toml");
        assert!(said.is_err(), "{name} takes any text, and is written into the journal");
    }
}

#[test]
fn a_secret_in_the_file_is_refused_with_where_it_belongs_and_never_said_again() {
    const SECRET: &str = "sEdTM1uX8pu2do5XvTnutH6HsouMaM2";
    for (text, advice) in [
        (format!("[xrpl]\nseed = \"{SECRET}\"\n"), ""),
        (format!("wallet_seed = \"{SECRET}\"\n"), "NEO_WALLET_SEED"),
        (format!("[engine]\napi-key = \"{SECRET}\" # {SECRET}\n"), "NEO_API_KEY"),
        (format!("engine = {{ note = \"{SECRET}\", tick_s = 0 }}\n"), ""),
        (format!("[engine]\ntick_s = 0 # not {SECRET}\n"), ""),
        (format!("wallet_seed = {SECRET}\n"), ""),
        (format!("wallet_seed = \"{SECRET}\n"), ""),
        (format!("note = \"\"\"\n{SECRET}\n"), ""),
        (format!("{SECRET}\n"), ""),
        (format!("engine = \"{SECRET}\"\n"), ""),
        (format!("[console]\ntheme = \"{SECRET}\"\n"), ""),
        (format!("[paper]\nstart_xrp = \"{SECRET}\"\n"), ""),
        (format!("[\"{SECRET}\"]\n"), ""),
    ] {
        let said = refusal(&text);
        assert!(!said.contains(SECRET), "{text}\n{said}");
        assert!(said.contains(advice), "{said}");
    }
}

proptest::proptest! {
    #[test]
    fn no_text_makes_reading_panic(text in "(\\[?[a-z_.]{1,12}\\]?( = )?[0-9a-z\"'\\[{.\\-]{0,8}\n){0,6}") {
        let _ = Config::parse(&text, "neo.toml");
    }
}
