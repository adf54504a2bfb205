//! `<alerts>`: from which level on something is written or mailed (config 6).

use super::table::{Opt, Origin};

/// The `<alerts>` sections.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alerts {
    /// Alerts of this level and above are written. `<log_alert_level>`.
    pub log_alert_level: u8,
    /// Alerts of this level and above are mailed. `<email_alert_level>`.
    pub email_alert_level: u8,
    /// Look countries up. `<use_geoip>`.
    pub use_geoip: bool,
}

impl Default for Alerts {
    fn default() -> Self {
        Self { log_alert_level: 1, email_alert_level: 7, use_geoip: false }
    }
}

/// A row of the table.
type Row = Opt<Alerts>;

/// Every option of `<alerts>`.
pub const ALERTS: &[Opt<Alerts>] = &[
    Row::new("log_alert_level", "0 to 16", "Lowest level that is written", |c, v, context| {
        c.log_alert_level = v.level(16, context)?;
        Ok(())
    }),
    Row::new("email_alert_level", "0 to 16", "Lowest level that is mailed", |c, v, context| {
        c.email_alert_level = v.level(16, context)?;
        Ok(())
    }),
    Row::new("use_geoip", "yes or no", "Look countries of addresses up", |c, v, _| {
        v.yes_no().map(|yes| c.use_geoip = yes)
    })
    .origin(Origin::SomeBuilds)
    .not_yet(),
];
