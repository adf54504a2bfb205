//! Every internal option (config 20): where it is looked for, its range, its default.

use super::InternalOption;

/// The options by name.
#[expect(missing_docs, reason = "each says in `help` what it is for")]
pub mod key {
    use super::InternalOption;

    pub use crate::internal_options::keeping::{KEEP_DAYS, KEEP_MIB};
    pub use crate::internal_options::memory::{
        ACCUMULATED_IDS, DATABASES_MIB, FIRST_SEEN_KEYS, HISTORY_EVENTS, HISTORY_MIB,
        IGNORED_LINES, KEPT_OUTPUTS, KEPT_OUTPUTS_MIB, PLAN_MIB, PROGRAM_NAMES,
    };
    pub use crate::internal_options::silence::{
        SILENCE, SILENCE_FACTOR, SILENCE_GAPS, SILENCE_LEARNING, SILENCE_LEAST,
    };

    pub static DEFAULT_TIMEFRAME: InternalOption = InternalOption {
        key: "analysisd.default_timeframe",
        also: None,
        range: 60..=604_800,
        default: 360,
        default_2_8: None,
        help: "Seconds that frequency rules look back if they do not say",
    };
    pub static STATS_MAXDIFF: InternalOption = InternalOption {
        key: "analysisd.stats_maxdiff",
        also: None,
        range: 10..=999_999,
        default: 999_000,
        default_2_8: Some(25_000),
        help: "Events an hour above the average that always alert",
    };
    pub static STATS_MINDIFF: InternalOption = InternalOption {
        key: "analysisd.stats_mindiff",
        also: None,
        range: 10..=999_999,
        default: 1250,
        default_2_8: Some(250),
        help: "Events an hour above the average that never alert",
    };
    pub static STATS_PERCENT_DIFF: InternalOption = InternalOption {
        key: "analysisd.stats_percent_diff",
        also: None,
        range: 5..=9999,
        default: 150,
        default_2_8: Some(30),
        help: "Percent above the average that alert",
    };
    pub static FTS_LIST_SIZE: InternalOption = InternalOption {
        key: "analysisd.fts_list_size",
        also: None,
        range: 12..=512,
        default: 32,
        default_2_8: None,
        help: "Texts that are remembered for the first-time-seen comparison",
    };
    pub static FTS_MIN_SIZE_FOR_STR: InternalOption = InternalOption {
        key: "analysisd.fts_min_size_for_str",
        also: None,
        range: 6..=128,
        default: 14,
        default_2_8: None,
        help: "Shortest text that is compared for the first time seen, in bytes",
    };
    pub static LOG_FW: InternalOption = InternalOption {
        key: "analysisd.log_fw",
        also: None,
        range: 0..=1,
        default: 1,
        default_2_8: None,
        help: "Write logs/firewall/firewall.log",
    };
    pub static DECODER_ORDER_SIZE: InternalOption = InternalOption {
        key: "analysisd.decoder_order_size",
        also: None,
        range: 8..=1024,
        default: 256,
        default_2_8: Some(10),
        help: "Most fields of a decoder",
    };
    pub static SID_PREV_MATCHED_MAX: InternalOption = InternalOption {
        key: "analysisd.sid_prev_matched_max",
        also: None,
        range: 16..=65_536,
        default: 128,
        default_2_8: None,
        help: "Matched events that each rule remembers",
    };
    pub static EVENT_THREADS: InternalOption = InternalOption {
        key: "analysisd.event_threads",
        also: None,
        range: 0..=32,
        default: 0,
        default_2_8: None,
        help: "Threads for events; 0 is one for each processor",
    };
    pub static RULE_MATCHING_THREADS: InternalOption = InternalOption {
        key: "analysisd.rule_matching_threads",
        also: None,
        range: 0..=32,
        default: 0,
        default_2_8: None,
        help: "Threads for rules; 0 is one for each processor",
    };
    pub static SYSCHECK_THREADS: InternalOption = InternalOption {
        key: "analysisd.syscheck_threads",
        also: None,
        range: 0..=32,
        default: 0,
        default_2_8: None,
        help: "Threads for integrity messages; 0 is one for each processor",
    };
    pub static ROOTCHECK_THREADS: InternalOption = InternalOption {
        key: "analysisd.rootcheck_threads",
        also: None,
        range: 0..=32,
        default: 0,
        default_2_8: None,
        help: "Threads for rootcheck messages; 0 is one for each processor",
    };
    pub static HOSTINFO_THREADS: InternalOption = InternalOption {
        key: "analysisd.hostinfo_threads",
        also: None,
        range: 0..=32,
        default: 0,
        default_2_8: None,
        help: "Threads for host information; 0 is one for each processor",
    };
    pub static INPUT_DEMUX_THREADS: InternalOption = InternalOption {
        key: "analysisd.input_demux_threads",
        also: None,
        range: 1..=8,
        default: 2,
        default_2_8: None,
        help: "Threads that sort what comes in",
    };
    pub static RAW_INPUT_QUEUE_SIZE: InternalOption = InternalOption {
        key: "analysisd.raw_input_queue_size",
        also: None,
        range: 128..=2_000_000,
        default: 16_384,
        default_2_8: None,
        help: "Length of the queue raw_input",
    };
    pub static DECODE_EVENT_QUEUE_SIZE: InternalOption = InternalOption {
        key: "analysisd.decode_event_queue_size",
        also: None,
        range: 128..=2_000_000,
        default: 16_384,
        default_2_8: None,
        help: "Length of the queue decode_event",
    };
    pub static DECODE_SYSCHECK_QUEUE_SIZE: InternalOption = InternalOption {
        key: "analysisd.decode_syscheck_queue_size",
        also: None,
        range: 128..=2_000_000,
        default: 16_384,
        default_2_8: None,
        help: "Length of the queue decode_syscheck",
    };
    pub static DECODE_ROOTCHECK_QUEUE_SIZE: InternalOption = InternalOption {
        key: "analysisd.decode_rootcheck_queue_size",
        also: None,
        range: 128..=2_000_000,
        default: 16_384,
        default_2_8: None,
        help: "Length of the queue decode_rootcheck",
    };
    pub static DECODE_HOSTINFO_QUEUE_SIZE: InternalOption = InternalOption {
        key: "analysisd.decode_hostinfo_queue_size",
        also: None,
        range: 128..=2_000_000,
        default: 16_384,
        default_2_8: None,
        help: "Length of the queue decode_hostinfo",
    };
    pub static DECODE_OUTPUT_QUEUE_SIZE: InternalOption = InternalOption {
        key: "analysisd.decode_output_queue_size",
        also: None,
        range: 128..=2_000_000,
        default: 16_384,
        default_2_8: None,
        help: "Length of the queue decode_output",
    };
    pub static ALERTS_QUEUE_SIZE: InternalOption = InternalOption {
        key: "analysisd.alerts_queue_size",
        also: None,
        range: 128..=2_000_000,
        default: 16_384,
        default_2_8: None,
        help: "Length of the queue alerts",
    };
    pub static STATISTICAL_QUEUE_SIZE: InternalOption = InternalOption {
        key: "analysisd.statistical_queue_size",
        also: None,
        range: 128..=2_000_000,
        default: 16_384,
        default_2_8: None,
        help: "Length of the queue statistical",
    };
    pub static ARCHIVES_QUEUE_SIZE: InternalOption = InternalOption {
        key: "analysisd.archives_queue_size",
        also: None,
        range: 128..=2_000_000,
        default: 16_384,
        default_2_8: None,
        help: "Length of the queue archives",
    };
    pub static FIREWALL_QUEUE_SIZE: InternalOption = InternalOption {
        key: "analysisd.firewall_queue_size",
        also: None,
        range: 128..=2_000_000,
        default: 16_384,
        default_2_8: None,
        help: "Length of the queue firewall",
    };
    pub static FTS_QUEUE_SIZE: InternalOption = InternalOption {
        key: "analysisd.fts_queue_size",
        also: None,
        range: 128..=2_000_000,
        default: 16_384,
        default_2_8: None,
        help: "Length of the queue fts",
    };
    pub static RAW_INPUT_PUSH_WAIT_MS: InternalOption = InternalOption {
        key: "analysisd.raw_input_push_wait_ms",
        also: None,
        range: 0..=5000,
        default: 25,
        default_2_8: None,
        help: "Milliseconds to wait at the full queue raw_input",
    };
    pub static DEMUX_PUSH_WAIT_MS: InternalOption = InternalOption {
        key: "analysisd.demux_push_wait_ms",
        also: None,
        range: 0..=5000,
        default: 50,
        default_2_8: None,
        help: "Milliseconds to wait at the full queue demux",
    };
    pub static SHARD_PUSH_WAIT_MS: InternalOption = InternalOption {
        key: "analysisd.shard_push_wait_ms",
        also: None,
        range: 0..=5000,
        default: 75,
        default_2_8: None,
        help: "Milliseconds to wait at the full queue shard",
    };
    pub static ALERTS_PUSH_WAIT_MS: InternalOption = InternalOption {
        key: "analysisd.alerts_push_wait_ms",
        also: None,
        range: 0..=5000,
        default: 100,
        default_2_8: None,
        help: "Milliseconds to wait at the full queue alerts",
    };
    pub static STATE_INTERVAL: InternalOption = InternalOption {
        key: "analysisd.state_interval",
        also: None,
        range: 0..=86_400,
        default: 5,
        default_2_8: None,
        help: "Seconds between writes of the state file; 0 writes none",
    };
    pub static GEOIP_JSONOUT: InternalOption = InternalOption {
        key: "analysisd.geoip_jsonout",
        also: None,
        range: 0..=1,
        default: 0,
        default_2_8: None,
        help: "Countries in JSON",
    };
    pub static LOOP_TIMEOUT: InternalOption = InternalOption {
        key: "logcollector.loop_timeout",
        also: None,
        range: 1..=120,
        default: 2,
        default_2_8: None,
        help: "Seconds between looks at the files",
    };
    pub static OPEN_ATTEMPTS: InternalOption = InternalOption {
        key: "logcollector.open_attempts",
        also: None,
        range: 2..=998,
        default: 8,
        default_2_8: None,
        help: "Tries to open a file that went missing",
    };
    pub static REMOTE_COMMANDS: InternalOption = InternalOption {
        key: "logcollector.remote_commands",
        also: None,
        range: 0..=1,
        default: 0,
        default_2_8: None,
        help: "Run commands that agent.conf names",
    };
    pub static THREAD_STACK_SIZE: InternalOption = InternalOption {
        key: "ossec.thread_stack_size",
        also: None,
        range: 2048..=65_536,
        default: 2048,
        default_2_8: None,
        help: "Stack of a thread, in KiB",
    };
    pub static RECV_COUNTER_FLUSH: InternalOption = InternalOption {
        key: "remoted.recv_counter_flush",
        also: None,
        range: 10..=999_999,
        default: 128,
        default_2_8: None,
        help: "Messages between writes of a counter",
    };
    pub static COMP_AVERAGE_PRINTOUT: InternalOption = InternalOption {
        key: "remoted.comp_average_printout",
        also: None,
        range: 10..=999_999,
        default: 19_999,
        default_2_8: None,
        help: "Messages between notes about compression",
    };
    pub static VERIFY_MSG_ID: InternalOption = InternalOption {
        key: "remoted.verify_msg_id",
        also: None,
        range: 0..=1,
        default: 1,
        default_2_8: None,
        help: "Refuse messages that come again",
    };
    pub static PASS_EMPTY_KEYFILE: InternalOption = InternalOption {
        key: "remoted.pass_empty_keyfile",
        also: None,
        range: 0..=1,
        default: 0,
        default_2_8: None,
        help: "Start without keys of agents",
    };
    pub static SYSLOG_TCP_WORKER_POOL: InternalOption = InternalOption {
        key: "remoted.syslog_tcp_worker_pool",
        also: None,
        range: 1..=64,
        default: 16,
        default_2_8: None,
        help: "Threads for syslog over TCP",
    };
    pub static SYSLOG_TCP_MAX_TASKS: InternalOption = InternalOption {
        key: "remoted.syslog_tcp_max_tasks",
        also: None,
        range: 1..=1024,
        default: 64,
        default_2_8: None,
        help: "Connections of syslog over TCP that wait",
    };
    pub static SYSLOG_TCP_READ_TIMEOUT: InternalOption = InternalOption {
        key: "remoted.syslog_tcp_read_timeout",
        also: None,
        range: 1..=3600,
        default: 30,
        default_2_8: None,
        help: "Seconds after which a silent TCP sender is closed",
    };
    pub static MAILD_STRICT_CHECKING: InternalOption = InternalOption {
        key: "maild.strict_checking",
        also: None,
        range: 0..=1,
        default: 1,
        default_2_8: None,
        help: "Check the reply to the end of a mail",
    };
    pub static MAILD_GROUPPING: InternalOption = InternalOption {
        key: "maild.groupping",
        also: Some("maild.grouping"),
        range: 0..=1,
        default: 1,
        default_2_8: None,
        help: "Several alerts in one mail",
    };
    pub static MAILD_FULL_SUBJECT: InternalOption = InternalOption {
        key: "maild.full_subject",
        also: None,
        range: 0..=1,
        default: 0,
        default_2_8: None,
        help: "Form of the subject",
    };
    pub static MAILD_GEOIP: InternalOption = InternalOption {
        key: "maild.geoip",
        also: None,
        range: 0..=1,
        default: 1,
        default_2_8: None,
        help: "Countries in mails",
    };
    pub static MAILD_MAX_WORKERS: InternalOption = InternalOption {
        key: "maild.max_workers",
        also: None,
        range: 1..=32,
        default: 6,
        default_2_8: None,
        help: "Mails sent at the same time",
    };
    pub static AUTHD_WORKER_POOL: InternalOption = InternalOption {
        key: "authd.worker_pool",
        also: None,
        range: 1..=128,
        default: 8,
        default_2_8: None,
        help: "Threads for enrolment",
    };
    pub static AUTHD_MAX_CONNECTIONS: InternalOption = InternalOption {
        key: "authd.max_connections",
        also: None,
        range: 1..=512,
        default: 64,
        default_2_8: None,
        help: "Connections for enrolment at the same time",
    };
    pub static DAY_WAIT: InternalOption = InternalOption {
        key: "monitord.day_wait",
        also: None,
        range: 5..=240,
        default: 10,
        default_2_8: None,
        help: "Seconds after midnight before logs are rotated",
    };
    pub static MAX_REPORT_WORKERS: InternalOption = InternalOption {
        key: "monitord.max_report_workers",
        also: None,
        range: 1..=16,
        default: 4,
        default_2_8: None,
        help: "Reports made at the same time",
    };
    pub static MONITORD_COMPRESS: InternalOption = InternalOption {
        key: "monitord.compress",
        also: None,
        range: 0..=1,
        default: 1,
        default_2_8: None,
        help: "Compress rotated logs",
    };
    pub static MONITORD_SIGN: InternalOption = InternalOption {
        key: "monitord.sign",
        also: None,
        range: 0..=1,
        default: 1,
        default_2_8: None,
        help: "Nothing; checksums are always written",
    };
    pub static MONITOR_AGENTS: InternalOption = InternalOption {
        key: "monitord.monitor_agents",
        also: None,
        range: 0..=1,
        default: 1,
        default_2_8: None,
        help: "Tell about agents that are gone",
    };
    pub static MONITORD_NOTIFY_TIME: InternalOption = InternalOption {
        key: "monitord.notify_time",
        also: None,
        range: 60..=3600,
        default: 600,
        default_2_8: None,
        help: "Seconds between signs of life of agents",
    };
    pub static SYSCHECK_SLEEP: InternalOption = InternalOption {
        key: "syscheck.sleep",
        also: None,
        range: 0..=64,
        default: 2,
        default_2_8: None,
        help: "Seconds of sleep between batches of files",
    };
    pub static SYSCHECK_SLEEP_AFTER: InternalOption = InternalOption {
        key: "syscheck.sleep_after",
        also: None,
        range: 1..=9999,
        default: 15,
        default_2_8: None,
        help: "Files in a batch",
    };
    pub static ROOTCHECK_SLEEP: InternalOption = InternalOption {
        key: "rootcheck.sleep",
        also: None,
        range: 0..=64,
        default: 2,
        default_2_8: None,
        help: "Seconds of sleep between batches",
    };
    pub static DBD_RECONNECT_ATTEMPTS: InternalOption = InternalOption {
        key: "dbd.reconnect_attempts",
        also: None,
        range: 1..=9999,
        default: 10,
        default_2_8: None,
        help: "Tries to reach the database",
    };
    pub static WINDOWS_DEBUG: InternalOption = InternalOption {
        key: "windows.debug",
        also: None,
        range: 0..=2,
        default: 0,
        default_2_8: None,
        help: "How much windows tells",
    };
    pub static AGENT_DEBUG: InternalOption = InternalOption {
        key: "agent.debug",
        also: None,
        range: 0..=2,
        default: 0,
        default_2_8: None,
        help: "How much agent tells",
    };
    pub static SYSCHECK_DEBUG: InternalOption = InternalOption {
        key: "syscheck.debug",
        also: None,
        range: 0..=2,
        default: 0,
        default_2_8: None,
        help: "How much syscheck tells",
    };
    pub static REMOTED_DEBUG: InternalOption = InternalOption {
        key: "remoted.debug",
        also: None,
        range: 0..=2,
        default: 0,
        default_2_8: None,
        help: "How much remoted tells",
    };
    pub static ANALYSISD_DEBUG: InternalOption = InternalOption {
        key: "analysisd.debug",
        also: None,
        range: 0..=2,
        default: 0,
        default_2_8: None,
        help: "How much analysisd tells",
    };
    pub static LOGCOLLECTOR_DEBUG: InternalOption = InternalOption {
        key: "logcollector.debug",
        also: None,
        range: 0..=2,
        default: 0,
        default_2_8: None,
        help: "How much logcollector tells",
    };
    pub static AUTHD_DEBUG: InternalOption = InternalOption {
        key: "authd.debug",
        also: None,
        range: 0..=2,
        default: 0,
        default_2_8: None,
        help: "How much authd tells",
    };
}

/// Every option, in the order of the manual.
pub static KEYS: &[&InternalOption] = &[
    &key::DEFAULT_TIMEFRAME,
    &key::STATS_MAXDIFF,
    &key::STATS_MINDIFF,
    &key::STATS_PERCENT_DIFF,
    &key::FTS_LIST_SIZE,
    &key::FTS_MIN_SIZE_FOR_STR,
    &key::LOG_FW,
    &key::DECODER_ORDER_SIZE,
    &key::SID_PREV_MATCHED_MAX,
    &key::EVENT_THREADS,
    &key::RULE_MATCHING_THREADS,
    &key::SYSCHECK_THREADS,
    &key::ROOTCHECK_THREADS,
    &key::HOSTINFO_THREADS,
    &key::INPUT_DEMUX_THREADS,
    &key::RAW_INPUT_QUEUE_SIZE,
    &key::DECODE_EVENT_QUEUE_SIZE,
    &key::DECODE_SYSCHECK_QUEUE_SIZE,
    &key::DECODE_ROOTCHECK_QUEUE_SIZE,
    &key::DECODE_HOSTINFO_QUEUE_SIZE,
    &key::DECODE_OUTPUT_QUEUE_SIZE,
    &key::ALERTS_QUEUE_SIZE,
    &key::STATISTICAL_QUEUE_SIZE,
    &key::ARCHIVES_QUEUE_SIZE,
    &key::FIREWALL_QUEUE_SIZE,
    &key::FTS_QUEUE_SIZE,
    &key::RAW_INPUT_PUSH_WAIT_MS,
    &key::DEMUX_PUSH_WAIT_MS,
    &key::SHARD_PUSH_WAIT_MS,
    &key::ALERTS_PUSH_WAIT_MS,
    &key::STATE_INTERVAL,
    &key::GEOIP_JSONOUT,
    &key::LOOP_TIMEOUT,
    &key::OPEN_ATTEMPTS,
    &key::REMOTE_COMMANDS,
    &key::THREAD_STACK_SIZE,
    &key::RECV_COUNTER_FLUSH,
    &key::COMP_AVERAGE_PRINTOUT,
    &key::VERIFY_MSG_ID,
    &key::PASS_EMPTY_KEYFILE,
    &key::SYSLOG_TCP_WORKER_POOL,
    &key::SYSLOG_TCP_MAX_TASKS,
    &key::SYSLOG_TCP_READ_TIMEOUT,
    &key::MAILD_STRICT_CHECKING,
    &key::MAILD_GROUPPING,
    &key::MAILD_FULL_SUBJECT,
    &key::MAILD_GEOIP,
    &key::MAILD_MAX_WORKERS,
    &key::AUTHD_WORKER_POOL,
    &key::AUTHD_MAX_CONNECTIONS,
    &key::DAY_WAIT,
    &key::MAX_REPORT_WORKERS,
    &key::MONITORD_COMPRESS,
    &key::MONITORD_SIGN,
    &key::MONITOR_AGENTS,
    &key::MONITORD_NOTIFY_TIME,
    &key::SYSCHECK_SLEEP,
    &key::SYSCHECK_SLEEP_AFTER,
    &key::ROOTCHECK_SLEEP,
    &key::DBD_RECONNECT_ATTEMPTS,
    &key::WINDOWS_DEBUG,
    &key::AGENT_DEBUG,
    &key::SYSCHECK_DEBUG,
    &key::REMOTED_DEBUG,
    &key::ANALYSISD_DEBUG,
    &key::LOGCOLLECTOR_DEBUG,
    &key::AUTHD_DEBUG,
    &key::HISTORY_EVENTS,
    &key::HISTORY_MIB,
    &key::FIRST_SEEN_KEYS,
    &key::IGNORED_LINES,
    &key::ACCUMULATED_IDS,
    &key::PLAN_MIB,
    &key::PROGRAM_NAMES,
    &key::KEPT_OUTPUTS,
    &key::KEPT_OUTPUTS_MIB,
    &key::DATABASES_MIB,
    &key::SILENCE,
    &key::SILENCE_LEAST,
    &key::SILENCE_LEARNING,
    &key::SILENCE_GAPS,
    &key::SILENCE_FACTOR,
    &key::KEEP_DAYS,
    &key::KEEP_MIB,
];
