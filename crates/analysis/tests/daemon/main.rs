//! What the engine makes of queue messages, beside what the daemons of 4.3 and 2.8.3 made of them: every file
//! they wrote.

mod case;
mod differences;
mod home;
mod listed;
mod outputs;
mod site;

use case::Case;
use differences::Verdict;

/// Runs the cases of a topic in the dialect of either daemon. Every case must agree, apart from what is
/// listed in `differences`, and what is listed there must differ.
#[track_caller]
#[expect(clippy::print_stdout, reason = "tests speak to the person who runs them")]
fn check(topic: &str, at_least: usize) {
    let Some(cases) = Case::of_topic(topic) else { return };
    let mut agreeing = 0;
    let mut wrong = Vec::new();
    for case in &cases {
        for answer in &case.answers {
            match differences::compare(case, answer) {
                Verdict::Agrees => agreeing += 1,
                Verdict::DiffersAsListed => {}
                Verdict::Wrong(what) => wrong.push(what),
            }
        }
    }
    println!("{topic}: {agreeing} answers agree");
    assert!(
        wrong.is_empty(),
        "{} answers of topic {topic} are wrong:\n\n{}",
        wrong.len(),
        wrong.join("\n\n")
    );
    assert!(agreeing >= at_least, "only {agreeing} answers of topic {topic} were compared");
}

macro_rules! topics {
    ($($name:ident $topic:literal $at_least:literal),* $(,)?) => {
        $( #[test] fn $name() { check($topic, $at_least); } )*
    };
}

topics! {
    locations_are_as_recorded "location" 13,
    duplicates_are_as_recorded "duplicates" 18,
    ignoring_is_as_recorded "ignore" 26,
    internal_messages_are_as_recorded "internal" 18,
    correlation_is_as_recorded "correlation" 44,
    first_time_seen_is_as_recorded "fts" 16,
    custom_alerts_are_as_recorded "custom" 5,
    json_is_as_recorded "json" 24,
    firewall_events_are_as_recorded "firewall" 6,
    statistics_are_as_recorded "statistics" 26,
    rotation_is_as_recorded "rotation" 7,
    syscheck_messages_are_as_recorded "syscheck" 60,
    rootcheck_messages_are_as_recorded "rootcheck" 10,
    host_information_is_as_recorded "hostinfo" 8,
}
