//! Our own decoders and rules, part of the program, for machines without a configuration.

use bartizan_analysis::RulesetFiles;
use bartizan_base::Source;

macro_rules! file {
    ($name:literal) => {
        (concat!("ruleset/", $name), include_str!(concat!("../../../../ruleset/", $name)))
    };
}

const DECODERS: [(&str, &str); 1] = [file!("decoders.xml")];

/// In the order in which they are loaded.
const RULES: [(&str, &str); 12] = [
    file!("rules/00_templates.xml"),
    file!("rules/10_system.xml"),
    file!("rules/20_pam.xml"),
    file!("rules/21_sshd.xml"),
    file!("rules/22_su_sudo.xml"),
    file!("rules/23_accounts.xml"),
    file!("rules/30_kernel.xml"),
    file!("rules/31_services.xml"),
    file!("rules/40_packages.xml"),
    file!("rules/50_web.xml"),
    file!("rules/80_own.xml"),
    file!("rules/90_attacks.xml"),
];

/// The bundled attack of `bartizan run --demo`.
pub(crate) const ATTACK: &str = file!("demo/attack.tsv").1;

/// The built-in rule set, not yet compiled.
pub(crate) fn files() -> RulesetFiles {
    let sources = |files: &[(&'static str, &'static str)]| {
        files.iter().map(|&(name, text)| Source::new(name, text)).collect()
    };
    RulesetFiles { decoders: sources(&DECODERS), rules: sources(&RULES), ..RulesetFiles::default() }
}
