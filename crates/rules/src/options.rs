//! What the rest of the configuration says about rules.

use bartizan_base::limits::MemoryLimits;

/// Values of `<global>`, `<alerts>` and `analysisd.*` that rules need.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RuleOptions {
    /// `analysisd.default_timeframe`, seconds.
    pub default_timeframe: u32,
    /// `analysisd.sid_prev_matched_max`: events a sid list holds (rules 5.2).
    pub sid_list_events: usize,
    /// `<memory_size>`: events remembered, at least 2048. More are where [`RuleOptions::memory`] allows it.
    pub memory_events: usize,
    /// `analysisd.fts_list_size`: IDS lines compared (rules 6.3).
    pub fts_list_size: usize,
    /// `analysisd.fts_min_size_for_str`, bytes.
    pub fts_prefix_bytes: usize,
    /// `<log_alert_level>`.
    pub log_alert_level: u16,
    /// `<email_alert_level>`.
    pub email_alert_level: u16,
    /// `analysisd.decoder_order_size`: `<field>` elements a rule may have.
    pub fields_per_rule: usize,
    /// `bartizan.…`: how much is remembered.
    pub memory: MemoryLimits,
}

impl Default for RuleOptions {
    fn default() -> Self {
        Self {
            default_timeframe: 360,
            sid_list_events: 128,
            memory_events: 8192,
            fts_list_size: 32,
            fts_prefix_bytes: 14,
            log_alert_level: 1,
            email_alert_level: 7,
            fields_per_rule: 256,
            memory: MemoryLimits::default(),
        }
    }
}
