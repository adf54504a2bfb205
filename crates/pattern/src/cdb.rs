//! CDB lists (rules 8).

/// A constant database in memory.
#[derive(Clone, Debug, Default)]
pub struct List {}
