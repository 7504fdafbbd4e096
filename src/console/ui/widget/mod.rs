//! Parts that several panes are made of.

pub mod bar;
pub mod plot;
pub mod table;
pub mod wrap;
