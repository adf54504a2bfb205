//! Hash maps that are asked for every event.
//!
//! The standard library's hash is built to withstand senders who choose keys so that they collide, and costs as
//! much as a small regular expression. This one is seeded anew in each process too, and many times cheaper on
//! short keys.

use std::collections::HashMap;

/// How keys are hashed that events are looked up by.
pub type EventHash = foldhash::fast::RandomState;

/// A map that is asked for every event.
pub type EventMap<K, V> = HashMap<K, V, EventHash>;
