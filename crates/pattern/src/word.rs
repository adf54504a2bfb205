//! Word match (decoding 4.4, rules 2.4).
