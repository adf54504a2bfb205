//! Random rules and lines for tests that compare two ways to one answer.

use std::sync::Arc;

use bartizan_base::{Dialect, Source};
use proptest::prelude::*;

use crate::{Ruleset, RulesetFiles, Settings};

/// A rule without its id: level, attributes, conditions, and which earlier rule it stands below.
pub(crate) type RandomRule = (u32, String, Vec<String>, Option<prop::sample::Index>);

const DECODERS: &str = r#"
<decoder name="plain"><prematch>^zz </prematch></decoder>
<decoder name="tst"><program_name>^tst|^prog</program_name></decoder>
<decoder name="kv"><parent>tst</parent><regex> src=(\S+)</regex><order>srcip</order>
  <fts>name, srcip</fts></decoder>
<decoder name="kv"><parent>tst</parent><regex> user=(\S+)</regex><order>user</order></decoder>
<decoder name="kv"><parent>tst</parent><regex> id=(\S+)</regex><order>id</order></decoder>
<decoder name="kv"><parent>tst</parent><regex> kind=(\S+) act=(\S+)</regex><order>kind, action</order></decoder>
JSON<decoder name="web"><type>web-log</type><program_name>^web</program_name><regex>(\S+) (\d+)</regex>
  <order>url, id</order></decoder>
"#;

/// What reads JSON after a header; lines that are JSON have the decoder that is built in.
const JSON_DECODER: &str = r#"
<decoder name="doc"><program_name>^doc</program_name></decoder>
<decoder name="doc-json"><parent>doc</parent><prematch>^\S+ </prematch>
  <plugin_decoder offset="after_prematch">JSON_Decoder</plugin_decoder></decoder>
"#;

const TEMPLATES: &str = r#"
<group name="syslog"><rule id="1" level="0" noalert="1"><category>syslog</category></rule></group>
<group name="web-log"><rule id="4" level="0" noalert="1"><category>web-log</category></rule></group>
"#;

const WORDS: [&str; 8] =
    ["failed", "accepted", "password", "root", "session", "invalid user", "x", "opened"];

/// One condition as XML.
fn condition() -> impl Strategy<Value = String> {
    let word = prop::sample::select(WORDS.to_vec());
    prop_oneof![
        (word.clone(), prop::sample::select(vec!["", "^"]), prop::sample::select(vec!["", "$"]))
            .prop_map(|(w, a, z)| format!("<match>{a}{w}{z}</match>")),
        (word.clone(), word.clone()).prop_map(|(a, b)| format!("<match>{a}|{b}</match>")),
        word.clone().prop_map(|w| format!("<regex>{w}\\s\\S+</regex>")),
        (word.clone(), word).prop_map(|(a, b)| format!("<pcre2>(?:{a}|{b}) \\w+</pcre2>")),
        prop::sample::select(vec!["^1$|^2$", "^3$", "1"]).prop_map(|p| format!("<id>{p}</id>")),
        prop::sample::select(vec!["^root$", "bob|eve"]).prop_map(|p| format!("<user>{p}</user>")),
        prop::sample::select(vec!["10.0.0.1", "!10.0.0.0/8"])
            .prop_map(|p| format!("<srcip>{p}</srcip>")),
        prop::sample::select(vec!["tst", "web", "plain", "kv"])
            .prop_map(|d| format!("<decoded_as>{d}</decoded_as>")),
        prop::sample::select(vec!["^tst$", "prog", "web"])
            .prop_map(|p| format!("<program_name>{p}</program_name>")),
        Just("<if_fts />".to_owned()),
        Just("<check_diff />".to_owned()),
        prop::sample::select(vec!["host", "^vm$", "h|x"])
            .prop_map(|p| format!("<hostname>{p}</hostname>")),
        prop::sample::select(vec!["12 am - 6 am", "!12 am - 6 am", "6 pm - 8:30 am"])
            .prop_map(|p| format!("<time>{p}</time>")),
        prop::sample::select(vec!["thursday", "weekends"])
            .prop_map(|p| format!("<weekday>{p}</weekday>")),
        prop::sample::select(vec!["GET", "drop"]).prop_map(|a| format!("<action>{a}</action>")),
        prop::sample::select(vec!["comp_srcuser_dstuser", "check_id_size"])
            .prop_map(|f| format!("<compiled_rule>{f}</compiled_rule>")),
        prop::sample::select(vec!["bob", "^1"])
            .prop_map(|p| format!("<field name=\"kind\">{p}</field>")),
        (
            prop::sample::select(vec!["kind", "user.name", "User.ID", "list", "none"]),
            prop::sample::select(vec!["bob", "^1", "^root$|failed", "\\.", "accepted"]),
        )
            .prop_map(|(name, p)| format!("<field name=\"{name}\">{p}</field>")),
    ]
}

/// A rule.
pub(crate) fn rule() -> impl Strategy<Value = RandomRule> {
    let attributes = prop::sample::select(vec!["", "", "", " noalert=\"1\"", " ignore=\"3\""]);
    (
        0_u32..12,
        attributes.prop_map(str::to_owned),
        prop::collection::vec(condition(), 0..3),
        prop::option::of(any::<prop::sample::Index>()),
    )
}

/// Rules as XML, with composites of some of them.
pub(crate) fn ruleset(rules: &[RandomRule], composites: &[u32]) -> String {
    let mut text = String::from("<group name=\"t,\">\n");
    for (at, (level, attributes, conditions, parent)) in rules.iter().enumerate() {
        let parent = match parent {
            Some(index) if at > 0 => format!("<if_sid>{}</if_sid>", 100 + index.index(at)),
            _ => String::new(),
        };
        let category =
            if at % 5 == 4 && parent.is_empty() { "<category>web-log</category>" } else { "" };
        text += &format!(
            "<rule id=\"{}\" level=\"{level}\"{attributes}>{parent}{category}{}<description>d</description></rule>\n",
            100 + at,
            conditions.concat()
        );
    }
    for (at, of) in composites.iter().enumerate() {
        let of = 100 + *of as usize % rules.len();
        let same = ["<same_source_ip />", "", "<same_user />", "<different_url />"][at % 4];
        let search = match of % 4 {
            0 => "<if_matched_group>t</if_matched_group>".to_owned(),
            1 => "<if_matched_regex>failed|root</if_matched_regex>".to_owned(),
            _ => format!("<if_matched_sid>{of}</if_matched_sid>"),
        };
        text += &format!(
            "<rule id=\"{}\" level=\"{}\" frequency=\"{}\" timeframe=\"20\">{search}{same}\
             <description>c</description></rule>\n",
            500 + at,
            10 + at,
            at % 3
        );
    }
    text + "</group>\n"
}

/// A line.
pub(crate) fn line() -> impl Strategy<Value = String> {
    prop_oneof![3 => plain_line(), 1 => json_line()]
}

/// A line that is an object of JSON, or has one behind its header; some are broken.
fn json_line() -> impl Strategy<Value = String> {
    let text = prop::sample::select(WORDS.to_vec());
    let member = prop_oneof![
        text.prop_map(|w| format!("\"message\":\"{w} for \\u0052oot\"")),
        prop::sample::select(vec![
            "\"srcip\":\"10.0.0.1\"",
            "\"srcip\":\"1.2.3.4\"",
            "\"user\":\"root\"",
            "\"dstuser\":\"bob\"",
            "\"id\":1",
            "\"id\":\"3\"",
            "\"action\":\"drop\"",
            "\"url\":null",
            "\"kind\":\"bob\"",
            "\"Kind\":1.5",
            "\"user\":{\"name\":\"root\",\"id\":[1,{\"a\":\"é\"}]}",
            "\"user.name\":\"failed\"",
            "\"list\":[\"accepted\",\"x\"]",
            "\"list\":{}",
            "\"broken\":",
        ])
        .prop_map(str::to_owned),
    ];
    let header = prop::sample::select(vec![
        "",
        "",
        "Dec  1 08:00:00 host doc: x ",
        "Dec  1 08:00:00 host app: ",
    ]);
    (header, prop::collection::vec(member, 0..5))
        .prop_map(|(header, members)| format!("{header}{{{}}}", members.join(",")))
}

fn plain_line() -> impl Strategy<Value = String> {
    let word = prop::sample::select(WORDS.to_vec());
    let program = prop::sample::select(vec!["tst: ", "prog[12]: ", "web: ", "other: ", ""]);
    let pair = prop::sample::select(vec![
        " src=10.0.0.1",
        " src=1.2.3.4",
        " user=root",
        " user=bob",
        " id=1",
        " id=3",
        " kind=bob act=GET",
        " kind=1 act=drop",
        " é",
        "",
    ]);
    (program, prop::collection::vec(word, 0..4), prop::collection::vec(pair, 0..4)).prop_map(
        |(program, words, pairs)| {
            let header = if program.is_empty() { "" } else { "Dec  1 08:00:00 host " };
            format!("{header}{program}{}{}", words.join(" "), pairs.concat())
        },
    )
}

/// Rules with the decoders that the lines are for; `None` for random rules that are refused.
pub(crate) fn compile(rules: &str, dialect: Dialect) -> Option<Arc<Ruleset>> {
    // OSSEC reads no JSON.
    let is_strict = dialect.has(bartizan_base::Deviation::StrictLoading);
    let decoders = DECODERS.replacen("JSON", if is_strict { "" } else { JSON_DECODER }, 1);
    let files = RulesetFiles {
        decoders: vec![Source::new("d", decoders)],
        rules: vec![Source::new("t", TEMPLATES), Source::new("r", rules)],
        ..RulesetFiles::default()
    };
    let mut diagnostics = Vec::new();
    let settings = Settings { dialect, ..Settings::default() };
    let ruleset = Ruleset::compile(&files, settings, &mut diagnostics).map(Arc::new);
    if ruleset.is_none() {
        // Random rules may be refused; what a failing test prints shows why.
        diagnostics.iter().for_each(|d| eprintln!("{d}"));
    }
    ruleset
}
