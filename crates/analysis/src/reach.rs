//! Which decoders the events can have that get to a place in the rule tree.
//!
//! ```text
//! top:    decoders of the category                       {sshd, su, no decoder, …}
//!   └─ decoded_as sshd                                   {sshd}
//!        └─ url "…", which sshd never sets               {}: nothing ever gets through here
//! ```
//!
//! Only what is certain counts: a set is never too small.

use bartizan_base::{Category, DecoderIndex, DecoderInfo, FieldName, StaticField};
use bartizan_decode::plugins::Plugin;
use bartizan_decode::set::{Action, List};
use bartizan_rules::{CompiledRule, Condition, ListField, NodeIndex, Test, TextField};

use crate::ruleset::Ruleset;

/// A set of decoders, by their index.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Decoders(Vec<u64>);

impl Decoders {
    pub(crate) fn insert(&mut self, decoder: DecoderIndex) {
        let word = decoder.0 as usize / 64;
        if self.0.len() <= word {
            self.0.resize(word + 1, 0);
        }
        if let Some(word) = self.0.get_mut(word) {
            *word |= 1 << (decoder.0 % 64);
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.iter().all(|&word| word == 0)
    }

    pub(crate) fn has_any_of(&self, other: &Self) -> bool {
        self.0.iter().zip(&other.0).any(|(a, b)| a & b != 0)
    }

    pub(crate) fn is_within(&self, other: &Self) -> bool {
        let others = other.0.iter().copied().chain(std::iter::repeat(0));
        self.0.iter().zip(others).all(|(a, b)| a & !b == 0)
    }

    fn iter(&self) -> impl Iterator<Item = DecoderIndex> + '_ {
        let has = |at: &u16| {
            let word = self.0.get(*at as usize / 64).copied().unwrap_or(0);
            word & (1 << (at % 64)) != 0
        };
        (0..u16::try_from(self.0.len() * 64).unwrap_or(u16::MAX)).filter(has).map(DecoderIndex)
    }

    fn retain(&mut self, keep: impl Fn(DecoderIndex) -> bool) {
        let gone: Vec<DecoderIndex> = self.iter().filter(|&decoder| !keep(decoder)).collect();
        for decoder in gone {
            if let Some(word) = self.0.get_mut(decoder.0 as usize / 64) {
                *word &= !(1 << (decoder.0 % 64));
            }
        }
    }
}

impl FromIterator<DecoderIndex> for Decoders {
    fn from_iter<T: IntoIterator<Item = DecoderIndex>>(decoders: T) -> Self {
        let mut all = Self::default();
        decoders.into_iter().for_each(|decoder| all.insert(decoder));
        all
    }
}

/// What gets through each node.
#[derive(Debug)]
pub(crate) struct Reach {
    through: Vec<Decoders>,
    /// Number of the condition at which the last decoders went.
    stopped: Vec<Option<usize>>,
}

impl Reach {
    pub(crate) fn of(ruleset: &Ruleset) -> Self {
        let count = ruleset.rules.nodes.len();
        let mut reach =
            Self { through: vec![Decoders::default(); count], stopped: vec![None; count] };
        let flexible = of_any_category(ruleset);
        let mut open: Vec<(NodeIndex, Decoders)> = Vec::new();
        for &root in &ruleset.rules.roots {
            let rule = ruleset.rules.rule(ruleset.rules.node(root).rule);
            open.push((root, of_category(ruleset, rule.category, &flexible)));
        }
        while let Some((node, mut decoders)) = open.pop() {
            let at = node.0 as usize;
            let rule = ruleset.rules.rule(ruleset.rules.node(node).rule);
            for (number, condition) in rule.conditions.iter().enumerate() {
                if decoders.is_empty() {
                    break;
                }
                narrow(ruleset, &mut decoders, condition);
                if decoders.is_empty()
                    && let Some(stopped) = reach.stopped.get_mut(at)
                {
                    *stopped = Some(number);
                }
            }
            let children = ruleset.rules.node(node).children.iter();
            open.extend(children.map(|&child| (child, decoders.clone())));
            if let Some(through) = reach.through.get_mut(at) {
                *through = decoders;
            }
        }
        reach
    }

    /// The decoders of events for which the node's conditions can hold.
    pub(crate) fn through(&self, node: NodeIndex) -> &Decoders {
        static NONE: Decoders = Decoders(Vec::new());
        self.through.get(node.0 as usize).unwrap_or(&NONE)
    }

    /// The condition of the node that nothing gets through, if something gets to it.
    pub(crate) fn stopped(&self, node: NodeIndex) -> Option<usize> {
        self.stopped.get(node.0 as usize).copied().flatten()
    }
}

/// Decoders whose events a plugin may give another category (decoding 9.5).
fn of_any_category(ruleset: &Ruleset) -> Decoders {
    let set = &ruleset.decoders;
    let lists = [List::Program, List::Plain].map(|list| set.top_level(list));
    let mut flexible = Decoders::default();
    for top in lists.into_iter().flatten() {
        let children = set.entries(top).iter().filter_map(|&entry| set.child(entry));
        let actions = children.clone().map(|child| &child.action).chain([&top.action]);
        let changes = |action: &Action| {
            matches!(action, Action::Plugin(Plugin::SonicWall(_) | Plugin::OssecAlert))
        };
        if actions.into_iter().any(changes) {
            flexible.insert(top.decoder);
            children.for_each(|child| flexible.insert(child.decoder));
        }
    }
    flexible
}

fn of_category(ruleset: &Ruleset, category: Category, flexible: &Decoders) -> Decoders {
    let infos = (0..).zip(&ruleset.decoders.table().infos);
    let fitting = infos.filter(|(_, info)| info.category == category);
    let fitting = fitting.map(|(at, _)| DecoderIndex(at));
    fitting.chain(flexible.iter()).collect()
}

/// Leaves the decoders of events for which the condition can hold.
fn narrow(ruleset: &Ruleset, decoders: &mut Decoders, condition: &Condition) {
    let table = ruleset.decoders.table();
    decoders.retain(|decoder| can_hold(&condition.test, table.info(decoder)));
}

fn can_hold(test: &Test, info: &DecoderInfo) -> bool {
    let sets = |field: StaticField| info.sets.contains(&FieldName::Static(field));
    let any = |fields: &[StaticField]| fields.iter().any(|&field| sets(field));
    match test {
        Test::Decoder(id) => info.id == *id,
        Test::Text { field, .. } => {
            let fields = fields_of(*field);
            fields.is_empty() || any(fields)
        }
        Test::Action(_) => sets(StaticField::Action),
        Test::Dynamic { names, .. } => {
            let declares = |name| info.sets.contains(&FieldName::Dynamic(name));
            !names.is_empty() && (info.sets_any || names.iter().copied().any(declares))
        }
        Test::SrcIp(_) => sets(StaticField::SrcIp),
        Test::DstIp(_) => sets(StaticField::DstIp),
        Test::Compiled(CompiledRule::CheckIdSize) => sets(StaticField::Id),
        Test::Compiled(CompiledRule::IsSimpleHttpRequest) => sets(StaticField::Url),
        Test::FirstTimeSeen => !info.fts.is_empty(),
        Test::List(lookup) => {
            let fields = listed_fields(lookup.field);
            fields.is_empty() || any(fields)
        }
        Test::Never => false,
        Test::Compiled(_)
        | Test::MinSize(_)
        | Test::Time(_)
        | Test::Weekday(_)
        | Test::CheckDiff
        | Test::Correlation(_) => true,
    }
}

/// The fields one of which a text needs; none for what every event has.
pub(crate) fn fields_of(field: TextField) -> &'static [StaticField] {
    match field {
        TextField::ProgramName | TextField::Match | TextField::Regex | TextField::Hostname => &[],
        TextField::Id => &[StaticField::Id],
        TextField::Url => &[StaticField::Url],
        TextField::SrcPort => &[StaticField::SrcPort],
        TextField::DstPort => &[StaticField::DstPort],
        TextField::User => &[StaticField::DstUser, StaticField::SrcUser],
        TextField::SrcGeoIp => &[StaticField::SrcGeoIp],
        TextField::DstGeoIp => &[StaticField::DstGeoIp],
        TextField::ExtraData => &[StaticField::Data],
        TextField::Status => &[StaticField::Status],
    }
}

/// The same for a lookup.
pub(crate) fn listed_fields(field: ListField) -> &'static [StaticField] {
    match field {
        ListField::Hostname | ListField::ProgramName => &[],
        ListField::SrcIp => &[StaticField::SrcIp],
        ListField::SrcPort => &[StaticField::SrcPort],
        ListField::DstIp => &[StaticField::DstIp],
        ListField::DstPort => &[StaticField::DstPort],
        ListField::User => &[StaticField::SrcUser, StaticField::DstUser],
        ListField::Url => &[StaticField::Url],
        ListField::Id => &[StaticField::Id],
        ListField::Status => &[StaticField::Status],
        ListField::Action => &[StaticField::Action],
    }
}
