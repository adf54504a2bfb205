//! From rule files to a [`RuleSet`].
//!
//! ```text
//! Document ─▶ groups ─▶ <rule> ─▶ read (attributes, elements) ─▶ Draft
//!                                  compile ─▶ Parts ─▶ tree (parents, siblings, overwrite)
//! all rules there ─▶ search (correlation lists) ─▶ conditions in the order of tests ─▶ RuleSet
//! ```
//!
//! Files are read in load order, because a rule is placed among those that are there when it is read.
//! Every mistake becomes a message that points at the text; a rule with a mistake still takes its place, so
//! that its children are not reported, too.
//!
//! Not here: which files are read and in which order, and CDB lists, which are handed in.

mod attributes;
mod clock;
pub mod codes;
mod compile;
mod draft;
mod elements;
mod group;
mod list;
mod parents;
mod patterns;
mod read;
mod report;
mod rules;
mod search;
mod tree;
mod values;

use std::collections::HashMap;
use std::sync::Arc;

use bartizan_base::{DecoderTable, Diagnostic, Dialect, FieldNames};
use bartizan_config::xml::{Document, Element};
use bartizan_pattern::cdb::List;

pub use attributes::{ATTRIBUTES, AttributeKind};
pub use elements::{ELEMENTS, ElementKind, Known, Repeat};

use crate::options::RuleOptions;
use crate::rule::RuleSet;
use report::{Report, shown};
use rules::Loader;

/// What rules may refer to, and what decides how they are read.
#[derive(Clone, Copy, Debug)]
pub struct LoadContext<'a> {
    /// The decoders that `decoded_as` may name.
    pub decoders: &'a DecoderTable,
    /// The dynamic fields that `field` may name.
    pub field_names: &'a FieldNames,
    /// The declared CDB lists by every name a rule may use: the text name and the name with `.cdb`.
    pub lists: &'a HashMap<Vec<u8>, Arc<List>>,
    /// What the configuration says.
    pub options: RuleOptions,
    /// Whose behaviour.
    pub dialect: Dialect,
}

/// Loads rule files, in this order.
///
/// All mistakes of all files are added to `diagnostics`. `None` if one of them is an error. If
/// `diagnostics` already has errors about unreadable XML, some file may be missing from `documents`, and
/// parents that are not found are then notes only.
pub fn load(
    documents: &[Document],
    context: &LoadContext<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<RuleSet> {
    let is_incomplete = diagnostics.iter().any(|d| d.is_error() && d.code.starts_with('X'));
    let mut report = Report::new(diagnostics);
    let mut loader = Loader::new(context, documents, &mut report, is_incomplete);
    for document in documents {
        loader.report.begin_file(&document.source);
        read_file(document, &mut loader);
    }
    loader.report.end_file();
    let rules = loader.finish();
    (!report.has_errors && !is_incomplete).then_some(rules)
}

/// The names of dynamic fields that the rules of these files test, in the order of the files, repeated as they are.
pub fn mentioned_fields(documents: &[Document]) -> impl Iterator<Item = &[u8]> {
    let groups = documents.iter().flat_map(|document| &document.roots);
    let rules = groups.flat_map(|group| &group.children);
    let fields = rules.flat_map(|rule| &rule.children).filter(|element| element.is("field"));
    fields.filter_map(values::field_name).map(|name| name.value.as_slice())
}

/// Reads the groups of a file (rules 1.2).
fn read_file<'a>(document: &'a Document, loader: &mut Loader<'a, '_>) {
    if document.roots.is_empty() && !has_variables(document) {
        let message = "the file has no element";
        return loader.report.error(codes::EMPTY_FILE, &(0..0), message);
    }
    for root in &document.roots {
        if !root.is("group") {
            let name = shown(&root.name);
            let message = format!("a rule file has <group> elements, not <{name}>");
            let error = loader.report.new_error(codes::ROOT_ELEMENT, &root.name_span, message);
            loader.report.push(error.suggest(&name, ["group", "var"]));
            continue;
        }
        read_group(document, root, loader);
    }
}

/// Whether the file had elements that are gone now: `<var>`.
fn has_variables(document: &Document) -> bool {
    document.source.text.windows(4).any(|bytes| bytes.eq_ignore_ascii_case(b"<var"))
}

fn read_group<'a>(document: &'a Document, group: &'a Element, loader: &mut Loader<'a, '_>) {
    let report = &mut *loader.report;
    let name = match group.attributes.as_slice() {
        [name] if name.name.eq_ignore_ascii_case(b"name") => name.value.as_slice(),
        [] => {
            let message = "a group needs the attribute name=\"…\"";
            report.error(codes::GROUP_ATTRIBUTES, &group.name_span, message);
            b""
        }
        attributes => {
            let is_name =
                |a: &&bartizan_config::xml::Attribute| a.name.eq_ignore_ascii_case(b"name");
            if let Some(other) = attributes.iter().find(|attribute| !is_name(attribute)) {
                let message = "a group has one attribute, name=\"…\"";
                let error = report.new_error(codes::GROUP_ATTRIBUTES, &other.name_span, message);
                report.push(error.suggest(&shown(&other.name), ["name"]));
            }
            attributes.iter().find(is_name).map_or(&b""[..], |name| &name.value)
        }
    };
    if group.children.is_empty() {
        let message = "a group needs at least one rule";
        report.error(codes::EMPTY_GROUP, &group.name_span, message);
    }
    for child in &group.children {
        if child.is("rule") {
            loader.read_rule(document, child, name);
        } else {
            let name = shown(&child.name);
            let message = format!("a group has <rule> elements, not <{name}>");
            let code = codes::GROUP_ELEMENT;
            let error = loader.report.new_error(code, &child.name_span, message);
            loader.report.push(error.suggest(&name, ["rule"]));
        }
    }
}
