//! `neo`
fn main() {}
