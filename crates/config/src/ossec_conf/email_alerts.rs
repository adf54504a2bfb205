//! `<email_alerts>`: mails to certain people about certain alerts (config 7).

use bartizan_base::Place;
use bartizan_pattern::Language;

use super::codes;
use super::context::Context;
use super::table::{Opt, Origin};
use super::value::rule_ids;
use crate::xml::Element;

/// One `<email_alerts>` block.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EmailAlert {
    /// Who gets them. `<email_to>`.
    pub to: Option<String>,
    /// From this level on. `<level>`; 0 counts as unset.
    pub level: Option<u8>,
    /// These rules only. `<rule_id>`.
    pub rule_ids: Vec<u32>,
    /// OS_Match pattern for the groups. `<group>`.
    pub group: Option<Vec<u8>>,
    /// OS_Match pattern for the location. `<event_location>`.
    pub location: Option<Vec<u8>>,
    /// Form of the mail. `<format>`.
    pub format: MailFormat,
    /// Sent at once. `<do_not_delay>`.
    pub do_not_delay: bool,
    /// Each alert its own mail. `<do_not_group>`.
    pub do_not_group: bool,
    /// The block.
    pub place: Option<Place>,
}

/// Form of a mail.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MailFormat {
    /// The usual one.
    #[default]
    Default,
    /// Everything.
    Full,
    /// Short, for telephones.
    Sms,
}

/// A row of the table.
type Row = Opt<EmailAlert>;

/// Every option of `<email_alerts>`.
pub const EMAIL_ALERTS: &[Opt<EmailAlert>] = &[
    Row::new("email_to", "mail address", "Who gets these mails", |c, v, context| {
        v.refuse_empty(context)?;
        c.to = Some(v.string());
        Ok(())
    }),
    Row::new("level", "0 to 16", "From this level on", |c, v, context| {
        c.level = Some(v.level(16, context)?).filter(|&level| level > 0);
        Ok(())
    }),
    Row::new("rule_id", "numbers of rules", "Only these rules", |c, v, context| {
        c.rule_ids.extend(rule_ids(v, b", ", context)?);
        Ok(())
    }),
    Row::new("group", "OS_Match pattern", "Only rules of these groups", |c, v, context| {
        v.check_pattern(Language::OsMatch, context);
        c.group = Some(v.bytes().to_vec());
        Ok(())
    }),
    Row::new("event_location", "OS_Match pattern", "Only from these places", |c, v, context| {
        v.check_pattern(Language::OsMatch, context);
        c.location = Some(v.bytes().to_vec());
        Ok(())
    }),
    Row::new("location", "OS_Match pattern", "Another name of event_location", |c, v, context| {
        v.check_pattern(Language::OsMatch, context);
        c.location = Some(v.bytes().to_vec());
        Ok(())
    })
    .origin(Origin::Documented),
    Row::new("format", "default, full or sms", "Form of the mails", |c, v, context| {
        let all = [
            ("default", MailFormat::Default),
            ("sms", MailFormat::Sms),
            ("full", MailFormat::Full),
        ];
        // `sms` went with 3.2, `full` is Wazuh's (config 7).
        let known = match (context.is_strict(), context.dialect.is_2_8()) {
            (false, _) => all.as_slice(),
            (true, true) => all.get(..2).unwrap_or(&all),
            (true, false) => all.get(..1).unwrap_or(&all),
        };
        c.format = v.one_of(known)?;
        Ok(())
    }),
    Row::new("do_not_delay", "nothing", "Send at once", |c, _, _| {
        c.do_not_delay = true;
        Ok(())
    }),
    Row::new("do_not_group", "nothing", "One mail for each alert", |c, _, _| {
        c.do_not_group = true;
        Ok(())
    }),
];

/// A block needs a recipient and a choice (config 7).
pub(super) fn finish(block: &EmailAlert, section: &Element, context: &mut Context<'_>) {
    if block.to.is_none() {
        context.needs(section, "email_to", "");
        return;
    }
    let chooses = block.level.is_some()
        || !block.rule_ids.is_empty()
        || block.group.is_some()
        || block.location.is_some()
        || block.do_not_delay
        || block.do_not_group
        || block.format == MailFormat::Sms;
    if !chooses {
        let message = "`<email_alerts>` does not say which alerts are meant";
        let help = "add `level`, `rule_id`, `group` or `event_location`";
        context.fail(codes::MISSING, section.name_span.clone(), message, help);
    }
}
