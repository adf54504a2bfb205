//! What the key of an event already decides.

use std::hash::{Hash, Hasher};

use bartizan_base::{Category, DecoderIndex, DecoderTable, Event, StaticField};
use bartizan_rules::{CompiledRule, ListField, Surroundings, Test, TextField};

use super::program::{Answers, ProgramClass};

/// Where an event stands for plans: events of one key share a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Key {
    pub(super) decoder: DecoderIndex,
    pub(super) category: Category,
    pub(super) program: ProgramClass,
    /// Static fields that are present or may be, a bit each; bit 31 for dynamic fields.
    pub(super) present: u32,
}

const DYNAMIC: u32 = 1 << 31;

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        // Two words instead of four values: the map is asked for every event.
        let small = u64::from(self.decoder.0) << 8 | self.category as u64;
        state.write_u64(small << 32 | u64::from(self.program.0));
        state.write_u32(self.present);
    }
}

impl Key {
    pub(super) fn of(event: &Event, decoders: &DecoderTable, program: ProgramClass) -> Self {
        let decoder = event.decoded.decoder;
        let dynamic = if event.decoded.dynamic.is_empty() { 0 } else { DYNAMIC };
        // Where whoever wrote the log chose the fields, each combination would be a plan of its own: there any may be
        // present, and its conditions look.
        let present = match decoders.info(decoder).sets_any {
            true => u32::MAX,
            false => present(event) | dynamic,
        };
        Self { decoder, category: event.decoded.category, program, present }
    }

    fn has(&self, field: StaticField) -> bool {
        self.present & (1 << field as u32) != 0
    }

    /// The answer to `test` for every event of this key; `None` while it depends on the event.
    pub(super) fn answer(
        &self,
        test: &Test,
        around: Surroundings<'_>,
        programs: Option<Answers<'_>>,
    ) -> Option<bool> {
        let false_without = |is_there: bool| (!is_there).then_some(false);
        match test {
            Test::Decoder(id) => Some(around.decoders.info(self.decoder).id == *id),
            Test::Text { field: TextField::ProgramName, .. }
                if self.program == ProgramClass::ABSENT =>
            {
                Some(false)
            }
            Test::Text { field: TextField::ProgramName, pattern, negated } => {
                programs?.of(pattern).map(|matches| matches != *negated)
            }
            Test::Text { field, .. } => false_without(self.has_text(*field)),
            Test::Action(_) => false_without(self.has(StaticField::Action)),
            Test::Dynamic { names, .. } => {
                false_without(!names.is_empty() && self.present & DYNAMIC != 0)
            }
            Test::SrcIp(_) => false_without(self.has(StaticField::SrcIp)),
            Test::DstIp(_) => false_without(self.has(StaticField::DstIp)),
            Test::Compiled(CompiledRule::CheckIdSize) => false_without(self.has(StaticField::Id)),
            Test::Compiled(CompiledRule::IsSimpleHttpRequest) => {
                false_without(self.has(StaticField::Url))
            }
            Test::FirstTimeSeen => {
                false_without(!around.decoders.info(self.decoder).fts.is_empty())
            }
            Test::List(lookup) => false_without(self.has_listed(lookup.field)),
            Test::Never => Some(false),
            Test::Compiled(_)
            | Test::MinSize(_)
            | Test::Time(_)
            | Test::Weekday(_)
            | Test::CheckDiff
            | Test::Correlation(_) => None,
        }
    }

    fn has_text(&self, field: TextField) -> bool {
        match field {
            TextField::Match | TextField::Regex | TextField::Hostname | TextField::ProgramName => {
                true
            }
            TextField::Id => self.has(StaticField::Id),
            TextField::Url => self.has(StaticField::Url),
            TextField::SrcPort => self.has(StaticField::SrcPort),
            TextField::DstPort => self.has(StaticField::DstPort),
            TextField::User => self.has(StaticField::DstUser) || self.has(StaticField::SrcUser),
            TextField::SrcGeoIp => self.has(StaticField::SrcGeoIp),
            TextField::DstGeoIp => self.has(StaticField::DstGeoIp),
            TextField::ExtraData => self.has(StaticField::Data),
            TextField::Status => self.has(StaticField::Status),
        }
    }

    fn has_listed(&self, field: ListField) -> bool {
        match field {
            ListField::Hostname | ListField::ProgramName => true,
            ListField::SrcIp => self.has(StaticField::SrcIp),
            ListField::SrcPort => self.has(StaticField::SrcPort),
            ListField::DstIp => self.has(StaticField::DstIp),
            ListField::DstPort => self.has(StaticField::DstPort),
            ListField::User => self.has(StaticField::DstUser) || self.has(StaticField::SrcUser),
            ListField::Url => self.has(StaticField::Url),
            ListField::Id => self.has(StaticField::Id),
            ListField::Status => self.has(StaticField::Status),
            ListField::Action => self.has(StaticField::Action),
        }
    }
}

/// Fields that a key tells apart: one bit each.
fn present(event: &Event) -> u32 {
    let fields = (0..).zip(StaticField::ALL);
    fields.fold(0, |bits, (at, field)| bits | u32::from(event.decoded.field(field).is_some()) << at)
}
