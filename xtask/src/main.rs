//! Building, testing and measuring Bartizan.
fn main() {}
