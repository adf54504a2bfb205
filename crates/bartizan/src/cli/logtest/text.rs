//! The text of ossec-logtest: phases, alerts with `-a`, the unit test of `-U` (decoding 11).

use std::io::Write;

use bartizan_alert::{Calendar, LocalDate, tester, text};
use bartizan_analysis::{Engine, Report};
use bartizan_base::Event;
use bartizan_decode::Silent;
use bartizan_rules::{NoObserver, Rule, WalkObserver};
use jiff::tz::TimeZone;

use super::{Expected, LogtestArgs};
use crate::cli::{clock, complain, facts};

/// Exit status when the decoder is right and no rule matched (decoding 11.3).
const NO_RULE: u8 = 255;

/// Answers every line of standard input.
pub(super) fn answer(
    engine: Engine,
    args: &LogtestArgs,
    expected: Option<&Expected>,
) -> anyhow::Result<u8> {
    // The original's -q is about decoder files only, which we do not announce.
    if !args.quiet || args.as_original {
        complain("ossec-testrule: Type one log per line.\n");
    }
    let dialect = engine.ruleset().settings.dialect;
    let mut session = Session {
        engine,
        args,
        calendar: Calendar::new(TimeZone::system()),
        phases: Vec::new(),
        alerts: Vec::new(),
    };
    let mut status = 0;
    let ended = super::read_lines(|line| {
        for event in super::events(line, dialect) {
            let report = session.analyse(event);
            session.print()?;
            let Some(expected) = expected else { continue };
            status = session.judge(&report, expected)?;
            if status == NO_RULE {
                return Ok(Some(NO_RULE));
            }
        }
        Ok(None)
    })?;
    Ok(ended.unwrap_or(status))
}

struct Session<'a> {
    engine: Engine,
    args: &'a LogtestArgs,
    calendar: Calendar,
    /// What is shown of an event.
    phases: Vec<u8>,
    /// What `-a` shows.
    alerts: Vec<u8>,
}

impl Session<'_> {
    fn analyse(&mut self, line: &[u8]) -> Report {
        let time = clock::now();
        let date = *self.calendar.date(time);
        let dialect = self.engine.ruleset().settings.dialect;
        self.phases.clear();
        self.alerts.clear();
        let mut tried = Tried::default();
        let phases = &mut self.phases;
        let header = |event: &Event| tester::phase1(event, dialect, phases);
        let input = super::input(line, time);
        let report = if self.args.verbose {
            self.engine.analyse_observed(input, &mut Silent, &mut tried, header)
        } else {
            self.engine.analyse_observed(input, &mut Silent, &mut NoObserver, header)
        };
        tester::phase2(&facts::event(&self.engine, &date), &mut self.phases);
        if self.args.verbose {
            self.phases.extend_from_slice(tester::DEBUGGING);
            self.phases.extend_from_slice(&tried.text);
        }
        if self.args.alerts {
            self.phases.clear();
        }
        if report.accumulated {
            self.phases.extend_from_slice(tester::ACCUMULATED);
        }
        self.write_rule(&report, &date);
        report
    }

    fn write_rule(&mut self, report: &Report, date: &LocalDate) {
        let ruleset = std::sync::Arc::clone(self.engine.ruleset());
        let Some(rule) = report.rule.map(|index| ruleset.rules.rule(index)) else { return };
        if !self.args.alerts {
            let rule_facts = facts::rule(rule, report.fired_times);
            let details = rule.info.iter().map(|info| (info.kind.label(), info.text.as_slice()));
            tester::phase3(&rule_facts, details, report.alerts(), &mut self.phases);
        } else {
            let alerts = &mut self.alerts;
            facts::alerts(&self.engine, report, date, 0, |alert| text::write(alert, alerts));
        }
    }

    /// Phases go to standard error under the old name, as they always did, else to standard output.
    fn print(&self) -> anyhow::Result<()> {
        let mut out = super::stdout();
        if self.args.as_original {
            // When standard error is closed there is nobody to tell.
            let _ = std::io::stderr().write_all(&self.phases);
        } else {
            out.write_all(&self.phases)?;
        }
        out.write_all(&self.alerts)?;
        super::flush(&mut out)
    }

    /// The exit status that an event stands for (decoding 11.3).
    fn judge(&self, report: &Report, expected: &Expected) -> anyhow::Result<u8> {
        let ruleset = self.engine.ruleset();
        let info = ruleset.decoders.table().info(self.engine.event().decoded.decoder);
        let name = String::from_utf8_lossy(&info.name).into_owned();
        if name.is_empty() {
            complain(&format!(
                "decoder matched : 'NULL'\ndecoder expected: '{}'",
                expected.decoder
            ));
            return Ok(3);
        }
        complain(&format!(
            "lf->decoder_info->name: '{name}'\nut_decoder_name       : '{}'",
            expected.decoder
        ));
        if !name.eq_ignore_ascii_case(&expected.decoder) {
            complain(&format!(
                "decoder matched : '{name}'\ndecoder expected: '{}'",
                expected.decoder
            ));
            return Ok(3);
        }
        let Some(rule) = report.rule.map(|index| ruleset.rules.rule(index)) else {
            complain(&format!(
                "No rule matched for decoder '{name}'. Verify that the rules of this decoder are loaded."
            ));
            return Ok(NO_RULE);
        };
        if rule.id.to_string() != expected.rule {
            return Ok(2);
        }
        if rule.level.to_string() != expected.level {
            return Ok(1);
        }
        let mut out = super::stdout();
        writeln!(out, "0")?;
        super::flush(&mut out)?;
        Ok(0)
    }
}

/// What `-v` shows of the walk.
#[derive(Default)]
struct Tried {
    text: Vec<u8>,
}

impl WalkObserver for Tried {
    fn trying(&mut self, rule: &Rule) {
        tester::trying(&facts::rule(rule, 0), &mut self.text);
    }

    fn matched(&mut self, rule: &Rule, has_children: bool) {
        tester::matched(&facts::rule(rule, 0), &mut self.text);
        if has_children {
            self.text.extend_from_slice(tester::CHILDREN);
        }
    }
}
