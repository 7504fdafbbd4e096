//! The engine against a small scripted venue: stories, and properties over random ones.

mod ending;
mod mini;
mod properties;
mod quoting;
mod trouble;
