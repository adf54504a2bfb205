//! The configuration files on any bytes: `ossec.conf`, `agent.conf` and internal options. Sections of a seed are the
//! three files.

#![no_main]

use bartizan_base::Source;
use bartizan_config::internal_options::InternalOptions;
use bartizan_config::ossec_conf::{agent_conf::AgentConf, read};
use bartizan_fuzz::{check_diagnostics, dialects, sections};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let files: Vec<&[u8]> = sections(data).take(3).collect();
    let file = |number: usize, name| Source::new(name, files.get(number).copied().unwrap_or(data));
    for dialect in dialects() {
        let (_, diagnostics) = read(&file(0, "ossec.conf"), dialect);
        check_diagnostics(&diagnostics);
        let (_, diagnostics) = AgentConf::read(&file(1, "agent.conf"), dialect);
        check_diagnostics(&diagnostics);
        let (_, diagnostics) = InternalOptions::read(&[file(2, "internal_options.conf")], dialect);
        check_diagnostics(&diagnostics);
    }
});
