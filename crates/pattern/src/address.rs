//! Lists of addresses and networks (rules 2.5).

/// An ordered list of networks, some negated.
#[derive(Clone, Debug, Default)]
pub struct AddressList {}
