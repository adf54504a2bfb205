//! From what a rule says to what it tests: patterns compiled, the search checked.

use std::sync::Arc;

use bartizan_base::{Deviation, Place};
use bartizan_pattern::{Language, Pattern};

use super::codes;
use super::draft::{AlertOption, Draft, Parents, Parts, Pieces, Plain, Rank, Ranked, Sought};
use super::read::Reader;
use super::report::shown;
use crate::condition::{SameTests, Test};

/// What makes a PCRE2 pattern case-sensitive, as Wazuh's `type="pcre2"` is (rules 14.2).
const CASE_SENSITIVE: &[u8] = b"(?-i)";

impl Reader<'_, '_> {
    /// Compiles a draft; what is wrong is reported and left out.
    pub(super) fn resolve(&mut self, mut draft: Draft) -> (Parts, Parents) {
        self.compile_texts(&mut draft);
        let sought = self.resolve_search(&mut draft);
        let options = &self.context.options;
        let attributes = draft.attributes;
        let level = attributes.level.unwrap_or(0);
        let mut parts = Parts {
            level,
            accuracy_zero: attributes.accuracy_zero,
            frequency: attributes.frequency,
            timeframe: attributes.timeframe.unwrap_or(options.default_timeframe),
            has_timeframe: attributes.timeframe.is_some(),
            ignore_seconds: attributes.ignore_seconds,
            noalert: attributes.noalert,
            group: draft.group,
            description: draft.description,
            info: draft.info,
            info_text: draft.info_text,
            cve: draft.cve,
            logs: level >= u32::from(options.log_alert_level),
            mails: level >= u32::from(options.email_alert_level),
            no_active_response: false,
            ignore: draft.ignore,
            check_if_ignored: draft.check_if_ignored,
            conditions: draft.conditions,
            sought,
            place: draft.place,
        };
        for option in draft.options {
            parts.apply(option);
        }
        (parts, draft.parents)
    }

    fn compile_texts(&mut self, draft: &mut Draft) {
        for (field, Plain { language, negated, pieces }) in std::mem::take(&mut draft.plain) {
            self.warn_of_both_forms(&pieces, draft.pcre2.get(&field));
            let is_exact = language == Language::Pcre2;
            if let Some(pattern) = self.compile(language, is_exact, &pieces) {
                let place = self.place(&pieces.span());
                let test = Test::Text { field, pattern, negated };
                draft.conditions.push(Ranked::new(field.into(), test, place));
            }
        }
        for (field, pieces) in std::mem::take(&mut draft.pcre2) {
            if let Some(pattern) = self.compile(Language::Pcre2, false, &pieces) {
                let place = self.place(&pieces.span());
                let test = Test::Text { field, pattern, negated: false };
                let ranked = Ranked::new(field.into(), test, place);
                draft.conditions.push(Ranked { is_pcre2: true, ..ranked });
            }
        }
        if let Some(pieces) = draft.action.take() {
            let place = self.place(&pieces.span());
            let ranked = Ranked::new(Rank::Action, Test::Action(pieces.text), place);
            draft.conditions.push(ranked);
        }
        if let Some((list, span)) = draft.srcip.take() {
            let place = self.place(&span);
            draft.conditions.push(Ranked::new(Rank::SrcIp, Test::SrcIp(list), place));
        }
        if let Some((list, span)) = draft.dstip.take() {
            let place = self.place(&span);
            draft.conditions.push(Ranked::new(Rank::DstIp, Test::DstIp(list), place));
        }
        if draft.attributes.min_size > 0 {
            let test = Test::MinSize(draft.attributes.min_size);
            draft.conditions.push(Ranked::new(Rank::MinSize, test, draft.place.clone()));
        }
    }

    fn warn_of_both_forms(&mut self, plain: &Pieces, pcre2: Option<&Pieces>) {
        if let Some(pcre2) = pcre2 {
            let plain = shown(&plain.text);
            let message = format!("not tested, because the plain form `{plain}` is there too");
            self.report.warning(codes::PCRE2_UNUSED, &pcre2.span(), message);
        }
    }

    /// Compiles joined texts, or points at what is wrong with them.
    pub(super) fn compile(
        &mut self,
        language: Language,
        is_case_sensitive: bool,
        pieces: &Pieces,
    ) -> Option<Arc<Pattern>> {
        let compiled = if is_case_sensitive && !pieces.text.is_empty() {
            let text = [CASE_SENSITIVE, pieces.text.as_slice()].concat();
            self.patterns.compile(language, &text)
        } else {
            self.patterns.compile(language, &pieces.text)
        };
        match compiled {
            Ok(pattern) => Some(pattern),
            Err(error) => {
                let shift = if is_case_sensitive { CASE_SENSITIVE.len() } else { 0 };
                let start = error.span.start.saturating_sub(shift);
                let end = error.span.end.saturating_sub(shift).max(start);
                let span = pieces.span_of(start..end);
                let message = format!("`{}` is no pattern: {error}", shown(&pieces.text));
                self.report.error(codes::PATTERN, &span, message);
                None
            }
        }
    }

    /// Compiles the search of a composite and checks that there is one where it is needed (rules 2.11).
    fn resolve_search(&mut self, draft: &mut Draft) -> Sought {
        let search = std::mem::take(&mut draft.search);
        let is_composite = search.sid.is_some() || search.group.is_some() || search.regex.is_some();
        self.warn_of_unused_searches(draft, &search, is_composite);
        let has_same = search.same != SameTests::default();
        if !is_composite
            && !draft.has(Rank::CheckDiff)
            && (draft.attributes.frequency != 0 || has_same)
        {
            let message = "frequency, same_… and different_… need something to count: \
                           if_matched_sid, if_matched_group or if_matched_regex";
            let span = search.first_same.filter(|_| has_same);
            let span = span.unwrap_or_else(|| draft.place.span.clone());
            self.report.error(codes::NO_SEARCH, &span, message);
        }
        let group = search.group.as_ref();
        let regex = search.regex.as_ref();
        // An id of 0 counts nothing in particular (rules 3.4).
        let counted = search.sid.as_ref().filter(|(id, _)| *id != 0);
        self.warn_of_unevaluated(search.same, counted.is_none() && group.is_none(), draft);
        let span = counted.map(|(_, span)| span.clone());
        let span = span.or_else(|| group.or(regex).map(Pieces::span));
        let span = span.or_else(|| search.sid.as_ref().map(|(_, span)| span.clone()));
        Sought {
            is_composite,
            has_search: is_composite,
            sid: counted.map(|&(id, _)| id),
            group_text: group.map(|pieces| pieces.text.clone()),
            group: group.and_then(|pieces| self.compile(Language::OsMatch, false, pieces)),
            regex: regex.and_then(|pieces| self.compile(Language::OsRegex, false, pieces)),
            same: search.same,
            place: span.map(|span| self.place(&span)),
        }
    }

    fn warn_of_unused_searches(
        &mut self,
        draft: &Draft,
        search: &super::draft::SearchDraft,
        is_composite: bool,
    ) {
        if is_composite && draft.has(Rank::CheckDiff) {
            let message = "a rule with check_diff counts nothing: its if_matched_… has no effect";
            self.report.warning(codes::UNUSED_SEARCH, &draft.place.span, message);
        }
        let has_sid = search.sid.as_ref().is_some_and(|(id, _)| *id != 0);
        let winner = if has_sid { "if_matched_sid" } else { "if_matched_group" };
        if let Some(regex) = search.regex.as_ref().filter(|_| has_sid || search.group.is_some()) {
            let message = format!("not used, because {winner} says what is counted");
            self.report.warning(codes::UNUSED_SEARCH, &regex.span(), message);
        }
        if is_composite && draft.attributes.level == Some(0) {
            let message = "a composite of level 0 never fires";
            self.report.warning(codes::NEVER_FIRES, &draft.place.span, message);
        }
        let most = u32::try_from(self.context.options.sid_list_events).unwrap_or(u32::MAX);
        if has_sid && !self.context.dialect.is_2_8() && draft.attributes.frequency >= most {
            let message =
                format!("it never fires: of a rule only the last {most} events are remembered");
            self.report.warning(codes::NEVER_FIRES, &draft.place.span, message);
        }
    }

    fn warn_of_unevaluated(&mut self, same: SameTests, is_memory: bool, draft: &Draft) {
        let is_corrected = !self.context.dialect.has(Deviation::UnevaluatedTests);
        if !is_corrected && without_unevaluated(same, is_memory) != same {
            let message = "OSSEC never evaluates different_srcip, and with if_matched_regex \
                           neither ports nor location";
            self.report.warning(codes::UNEVALUATED, &draft.place.span, message);
        }
    }
}

/// What is left of `same` where OSSEC leaves tests out (rules 5.4); `is_memory` for a search of the whole
/// event memory.
pub(super) fn without_unevaluated(same: SameTests, is_memory: bool) -> SameTests {
    SameTests {
        different_srcip: false,
        same_src_port: same.same_src_port && !is_memory,
        same_dst_port: same.same_dst_port && !is_memory,
        same_location: same.same_location && !is_memory,
        ..same
    }
}

impl Parts {
    /// Options work on the values that the thresholds gave, in document order (rules 2.7).
    fn apply(&mut self, option: AlertOption) {
        match option {
            AlertOption::AlertByEmail => self.mails = true,
            AlertOption::NoEmailAlert => self.mails = false,
            AlertOption::LogAlert => self.logs = true,
            AlertOption::NoLog => self.logs = false,
            AlertOption::NoAr => self.no_active_response = true,
        }
    }

    /// Where the search is written, or the rule.
    pub(super) fn search_place(&self) -> Place {
        self.sought.place.clone().unwrap_or_else(|| self.place.clone())
    }
}
