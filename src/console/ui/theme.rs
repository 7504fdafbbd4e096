//! Colours by meaning. A colour never says anything that a word, a sign or a place does not say as well.

use ratatui::style::{Color, Modifier, Style};

use super::glyphs::Glyphs;

/// How everything looks: colours and characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// Styles by meaning.
    pub theme: Theme,
    /// Which characters the terminal can show.
    pub glyphs: Glyphs,
}

/// A style for each meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Theme {
    /// What has no other meaning.
    pub text: Style,
    /// What is there to be found, not to be read: names, units, times.
    pub dim: Style,
    /// Borders and rulers.
    pub frame: Style,
    /// Titles of panes.
    pub title: Style,
    /// As it should be; a gain.
    pub good: Style,
    /// Not as it should be; a loss.
    pub bad: Style,
    /// Worth a look; asked for and not yet there.
    pub warn: Style,
    /// Our own orders among others'.
    pub ours: Style,
    /// Keys, and what is selected among few.
    pub accent: Style,
    /// Buying.
    pub bid: Style,
    /// Selling.
    pub ask: Style,
    /// The row or tab in focus.
    pub selected: Style,
    /// The one thing that must not be overlooked.
    pub shout: Style,
    /// Curves.
    pub curve: Style,
}

impl Look {
    /// Dark, with all characters.
    pub const DARK: Self = Self { theme: Theme::DARK, glyphs: Glyphs::Unicode };
    /// Light, with all characters.
    pub const LIGHT: Self = Self { theme: Theme::LIGHT, glyphs: Glyphs::Unicode };
    /// Without a colour (`NO_COLOR`), with all characters.
    pub const MONO: Self = Self { theme: Theme::MONO, glyphs: Glyphs::Unicode };
}

const fn indexed(color: u8) -> Style {
    Style::new().fg(Color::Indexed(color))
}

const fn plain(modifier: Modifier) -> Style {
    Style::new().add_modifier(modifier)
}

impl Theme {
    /// For a dark background. Bid and ask are blue and orange, which most eyes tell apart.
    pub const DARK: Self = Self {
        text: Style::new(),
        dim: indexed(246),
        frame: indexed(239),
        title: indexed(253).add_modifier(Modifier::BOLD),
        good: indexed(114),
        bad: indexed(203).add_modifier(Modifier::BOLD),
        warn: indexed(221),
        ours: indexed(230).add_modifier(Modifier::BOLD),
        accent: indexed(80),
        bid: indexed(75),
        ask: indexed(215),
        selected: Style::new().bg(Color::Indexed(237)).add_modifier(Modifier::BOLD),
        shout: Style::new().fg(Color::Indexed(231)).bg(Color::Indexed(160)).add_modifier(Modifier::BOLD),
        curve: indexed(152),
    };

    /// For a light background.
    pub const LIGHT: Self = Self {
        text: Style::new(),
        dim: indexed(242),
        frame: indexed(249),
        title: indexed(235).add_modifier(Modifier::BOLD),
        good: indexed(28),
        bad: indexed(160).add_modifier(Modifier::BOLD),
        warn: indexed(94),
        ours: indexed(54).add_modifier(Modifier::BOLD),
        accent: indexed(30),
        bid: indexed(26),
        ask: indexed(166),
        selected: Style::new().bg(Color::Indexed(254)).add_modifier(Modifier::BOLD),
        shout: Style::new().fg(Color::Indexed(231)).bg(Color::Indexed(160)).add_modifier(Modifier::BOLD),
        curve: indexed(24),
    };

    /// For `NO_COLOR`: weight and reversal only.
    pub const MONO: Self = Self {
        text: Style::new(),
        dim: plain(Modifier::DIM),
        frame: plain(Modifier::DIM),
        title: plain(Modifier::BOLD),
        good: Style::new(),
        bad: plain(Modifier::BOLD),
        warn: plain(Modifier::BOLD),
        ours: plain(Modifier::BOLD),
        accent: plain(Modifier::BOLD),
        bid: Style::new(),
        ask: Style::new(),
        selected: plain(Modifier::REVERSED),
        shout: plain(Modifier::BOLD.union(Modifier::REVERSED)),
        curve: Style::new(),
    };
}
