//! The engine against a small scripted venue: stories, and properties over random ones.

mod mini;
mod properties;
mod stories;
