//! Links decoders to their parents and to each other (decoding 7.2, 7.4), and numbers them (6.8).

use std::collections::{BTreeSet, HashMap, HashSet};

use bartizan_base::decoder::BUILT_IN_NAMES;
use bartizan_base::{
    Category, DecoderInfo, DecoderTable, Deviation, Diagnostic, Dialect, FieldName, FtsKeys,
    StaticField,
};

use super::assemble::{Linked, assemble};
use super::compile::{Compiled, kind};
use super::draft::show;
use super::{Found, code};
use crate::plugins::Plugin;
use crate::set::{Action, Offset};

/// Number of decoders that fit in a [`bartizan_base::DecoderIndex`], the null decoder left out.
pub(super) const MOST_DECODERS: usize = u16::MAX as usize - 1 - BUILT_IN_NAMES.len();

/// Parents that an unknown one is compared with, at most.
const SUGGESTED: usize = 1_000;

/// The decoders and who belongs to whom, by places in `decoders`.
struct Family<'a> {
    decoders: &'a [Compiled],
    /// Top-level decoders in load order, each with its children in load order.
    parents: Vec<(usize, Vec<usize>)>,
}

/// Links `decoders`, which stand in load order.
pub(super) fn link(decoders: Vec<Compiled>, dialect: Dialect, found: &mut Found) -> Linked {
    let family = Family::new(&decoders, dialect, found);
    let mut warnings = Vec::new();
    for (parent, children) in &family.parents {
        family.warn(*parent, children, dialect, &mut warnings);
    }
    // Parents of one name share their children: each warning once.
    let mut known = HashSet::new();
    warnings.retain(|warning| {
        let place = warning.place.as_ref();
        let file = place.map(|place| place.source.path.clone());
        known.insert((file, place.map(|place| place.span.clone()), warning.message.clone()))
    });
    found.add(warnings);
    let table = family.table(dialect);
    let Family { parents, .. } = family;
    assemble(decoders, &parents, table, dialect)
}

impl<'a> Family<'a> {
    fn new(decoders: &'a [Compiled], dialect: Dialect, found: &mut Found) -> Self {
        let mut family = Self { decoders, parents: Vec::new() };
        let mut by_name: HashMap<&[u8], Vec<usize>> = HashMap::new();
        for (at, decoder) in decoders.iter().enumerate() {
            let Some((parent, _)) = &decoder.parent else {
                by_name.entry(&decoder.name).or_default().push(family.parents.len());
                family.parents.push((at, Vec::new()));
                continue;
            };
            let Some(places) = by_name.get(parent.as_slice()) else {
                found.is_wrong = true;
                // What may have been meant is looked for as long as it is shown.
                if found.is_wanted(Some(&decoder.place)) {
                    found.list.push(family.unknown_parent(at));
                }
                continue;
            };
            let mut is_repeated = true;
            for &place in places {
                let Some((_, children)) = family.parents.get_mut(place) else { continue };
                let is_twin = |&earlier: &usize| decoders[earlier].name == decoder.name;
                let twin = children.iter().copied().find(is_twin);
                is_repeated &= twin.is_some();
                children.push(at);
                if let Some(problem) = twin.and_then(|twin| family.repetition(twin, at, dialect)) {
                    found.add(vec![problem]);
                    break;
                }
            }
            if !is_repeated {
                found.add(family.first_after_regex(at).into_iter().collect());
            }
        }
        family
    }

    /// `after_regex` continues where an earlier member of the chain matched: a first member has none.
    fn first_after_regex(&self, at: usize) -> Option<Diagnostic> {
        let decoder = self.decoders.get(at)?;
        let Action::Extract(extract) = &decoder.action else { return None };
        (extract.offset == Offset::AfterRegex).then(|| {
            let message = format!(
                "`after_regex` needs an earlier decoder `{}` of the same parent",
                show(&decoder.name)
            );
            Diagnostic::error(code::IMPOSSIBLE_OFFSET, decoder.place.clone(), message)
        })
    }

    fn unknown_parent(&self, at: usize) -> Diagnostic {
        let Some((parent, place)) = self.decoders.get(at).and_then(|d| d.parent.as_ref()) else {
            return Diagnostic::new(
                bartizan_base::Severity::Error,
                code::WRONG_PARENT,
                None,
                "no parent",
            );
        };
        let shown = show(parent);
        let all = || self.decoders.iter().filter(|d| d.name == *parent);
        let (message, help) = if all().any(|d| d.parent.is_none()) {
            (
                format!("parent decoder `{shown}` comes later"),
                "a parent must stand before its children",
            )
        } else if all().next().is_some() {
            (format!("parent decoder `{shown}` is a child itself"), "there are two levels only")
        } else {
            let known = self.parents.iter().take(SUGGESTED);
            let known: BTreeSet<String> =
                known.map(|&(at, _)| show(&self.decoders[at].name)).collect();
            let message = format!("unknown parent decoder `{shown}`");
            return Diagnostic::error(code::WRONG_PARENT, place.clone(), message)
                .suggest(&shown, known.iter().map(String::as_str));
        };
        Diagnostic::error(code::WRONG_PARENT, place.clone(), message).help(help)
    }

    /// Why `at` cannot be chained to its earlier sibling of the same name.
    fn repetition(&self, twin: usize, at: usize, dialect: Dialect) -> Option<Diagnostic> {
        let (earlier, later) = (self.decoders.get(twin)?, self.decoders.get(at)?);
        let kinds = (kind(&earlier.action), kind(&later.action));
        let is_strict = dialect.has(Deviation::StrictLoading);
        let is_mixed = kinds.0 != kinds.1 && is_strict;
        // A plugin is a member of a chain outside OSSEC (decoding 13.5).
        let is_member = |action: &Action| matches!(action, Action::Plugin(_)) && !is_strict;
        let does_nothing =
            |decoder: &Compiled| kind(&decoder.action).is_none() && !is_member(&decoder.action);
        let problem = if later.prematch.is_some() {
            "it has a prematch"
        } else if !later.fts.is_empty() {
            "it has <fts>"
        } else if does_nothing(earlier) || does_nothing(later) {
            "both need a pattern"
        } else if is_mixed {
            "their patterns are of different kinds"
        } else {
            return None;
        };
        let name = show(&later.name);
        let message =
            format!("decoder `{name}` cannot be chained to its earlier sibling: {problem}");
        let line = earlier.place.position().line;
        let file = earlier.place.source.path.display();
        let help = format!(
            "the earlier `{name}` is at {file}:{line}; another name makes them independent"
        );
        Some(Diagnostic::error(code::WRONG_REPETITION, later.place.clone(), message).help(help))
    }

    /// Warnings about what can never happen.
    fn warn(
        &self,
        parent: usize,
        children: &[usize],
        dialect: Dialect,
        diagnostics: &mut Vec<Diagnostic>,
    ) {
        let decoder = |at: usize| &self.decoders[at];
        let name = |at: usize| show(&decoder(at).name);
        let warning = |code, at: usize, message: String| {
            Diagnostic::warning(code, decoder(at).place.clone(), message)
        };
        if !children.is_empty() && !matches!(decoder(parent).action, Action::Nothing) {
            let message = format!(
                "the pattern of decoder `{}` is never used, since it has children",
                name(parent)
            );
            diagnostics.push(warning(code::UNUSED_PATTERN, parent, message));
        }
        let mut hider: Option<usize> = None;
        for (place, &child) in children.iter().enumerate() {
            let earlier = children.get(..place).unwrap_or_default();
            let twin = earlier.iter().rposition(|&e| decoder(e).name == decoder(child).name);
            match (twin, hider) {
                (Some(twin), _) if twin + 1 != place => {
                    let mut message = format!(
                        "another decoder stands between the members of the chain `{}`",
                        name(child)
                    );
                    if dialect.has(Deviation::InterleavedChain) {
                        message.push_str(": its pattern runs as part of the chain");
                    }
                    diagnostics.push(warning(code::INTERLEAVED_CHAIN, child, message));
                }
                (Some(_), _) => {}
                (None, Some(hider)) => {
                    let message = format!("decoder `{}` can never be reached", name(child));
                    let help = format!(
                        "`{}` stands before it, has no prematch and so is always chosen",
                        name(hider)
                    );
                    diagnostics.push(warning(code::UNREACHABLE, child, message).help(help));
                }
                (None, None) if decoder(child).prematch.is_none() => hider = Some(child),
                (None, None) => {}
            }
        }
    }

    fn table(&self, dialect: Dialect) -> DecoderTable {
        let own = self.decoders.iter().map(|d| d.name.clone());
        let others = BUILT_IN_NAMES.iter().map(|n| n.as_bytes().to_vec());
        let names: BTreeSet<Vec<u8>> = own.chain(others).collect();
        let mut table = DecoderTable { names: names.into_iter().collect(), ..Default::default() };
        let settable = self.settable(dialect);
        for (decoder, (sets, sets_any)) in self.decoders.iter().zip(settable) {
            let parent = decoder.parent.as_ref().map_or(&decoder.name, |(parent, _)| parent);
            let name = if decoder.use_own_name { &decoder.name } else { parent };
            table.infos.push(DecoderInfo {
                id: table.id_of(name).unwrap_or_default(),
                name: name.clone(),
                own_name: decoder.name.clone(),
                parent: decoder.parent.as_ref().map(|(parent, _)| parent.clone()),
                category: decoder.category,
                fts: decoder.fts,
                fts_comment: decoder.fts_comment.clone(),
                accumulate: decoder.accumulate,
                sets,
                sets_any,
            });
        }
        let others: Vec<_> = BUILT_IN_NAMES.iter().map(|name| built_in(name, &table)).collect();
        table.infos.extend(others);
        table
    }

    /// For each decoder the fields that an event may have whose decoder it is in the end. That is more than
    /// its own `order`: other members of a chain, a plugin and the accumulator set fields as well. And whether it may
    /// have fields of any name.
    fn settable(&self, dialect: Dialect) -> Vec<(Vec<FieldName>, bool)> {
        let own: Vec<(Vec<FieldName>, bool)> = self.decoders.iter().map(own_fields).collect();
        let mut all = own.clone();
        for (parent, children) in &self.parents {
            for &child in children {
                let is_plugin = matches!(self.decoders[child].action, Action::Plugin(_));
                // A child without prematch leaves the parent as the event's decoder until it matches: always
                // for a plugin, and in 2.8 for a pattern too.
                if is_plugin || dialect.is_2_8() {
                    add_all(&mut all[*parent], &own[child]);
                }
                for &sibling in children {
                    let is_chained = self.decoders[sibling].name == self.decoders[child].name
                        || dialect.has(Deviation::InterleavedChain);
                    if sibling != child && is_chained {
                        add_all(&mut all[child], &own[sibling]);
                    }
                }
            }
        }
        all
    }
}

/// A decoder of integrity messages. Of syscheck and hostinfo one name is shown for all (decoding 9.1, 9.3).
fn built_in(name: &str, table: &DecoderTable) -> DecoderInfo {
    let shown = match name {
        "rootcheck" => "rootcheck",
        _ if name.starts_with("hostinfo") => "hostinfo_modified",
        _ => "syscheck_integrity_changed",
    };
    // The flag of the original for texts whose first sight rootcheck's database decides (integrity B7).
    let fts = if name == "rootcheck" { FtsKeys(4096) } else { FtsKeys::default() };
    DecoderInfo {
        id: table.id_of(name.as_bytes()).unwrap_or_default(),
        name: shown.into(),
        own_name: name.into(),
        category: Category::Ossec,
        fts,
        sets: vec![FieldName::Static(StaticField::Filename)],
        ..DecoderInfo::default()
    }
}

fn add_all(to: &mut (Vec<FieldName>, bool), from: &(Vec<FieldName>, bool)) {
    add(&mut to.0, &from.0);
    to.1 |= from.1;
}

fn add(to: &mut Vec<FieldName>, fields: &[FieldName]) {
    for field in fields {
        if !to.contains(field) {
            to.push(*field);
        }
    }
}

/// What the decoder itself can set, and whether that may be fields of any name.
fn own_fields(decoder: &Compiled) -> (Vec<FieldName>, bool) {
    let of_static = |fields: &[StaticField]| -> Vec<FieldName> {
        fields.iter().copied().map(FieldName::Static).collect()
    };
    let mut fields = Vec::new();
    match &decoder.action {
        Action::Extract(extract) => add(&mut fields, &extract.fields),
        Action::Plugin(plugin) => add(&mut fields, &of_static(plugin.fields())),
        Action::Nothing => {}
    }
    if decoder.accumulate {
        add(&mut fields, &of_static(&crate::accumulate::FIELDS));
    }
    // Looked up in the database of places, where there is one.
    for (address, place) in
        [(StaticField::SrcIp, StaticField::SrcGeoIp), (StaticField::DstIp, StaticField::DstGeoIp)]
    {
        if fields.contains(&FieldName::Static(address)) {
            add(&mut fields, &[FieldName::Static(place)]);
        }
    }
    (fields, matches!(decoder.action, Action::Plugin(Plugin::Json(_))))
}
