//! Two threads behind one door: one appends to the journal, syncs and acknowledges; one projects into the store.

pub mod health;
pub mod settings;
