//! The outermost object: States Language specification, "Top-level fields".

use super::fields::Fields;
use super::{Reader, flow, scalar, transitions};
use crate::definition::Definition;
use crate::limits::MAX_SECONDS;
use crate::raw::Value;
use crate::state::QueryLanguage;

/// Reads the machine.
pub(super) fn read(root: &Value, reader: &mut Reader) -> Option<Definition> {
    let mut fields = Fields::of(root, "the state machine", &mut reader.report)?;
    let comment = fields.take("Comment").and_then(|member| scalar::text(member, &mut reader.report)).map(str::to_owned);
    if let Some(version) = fields.take("Version") {
        scalar::one_of(version, &[("1.0", ())], &mut reader.report);
    }
    let timeout = fields.take("TimeoutSeconds");
    // AWS takes 0 here, though not on a Task.
    let timeout_seconds = timeout.and_then(|member| scalar::whole_number(member, 0..=MAX_SECONDS, &mut reader.report));
    if let Some(language) = language(&mut fields, reader) {
        (reader.language, reader.report.language) = (language, language);
    }
    let flow = flow::read(&mut fields, reader);
    fields.finish(&mut reader.report);
    transitions::check(root, &mut reader.report);
    let mut states = std::mem::take(&mut reader.states);
    states.sort_by_key(|(offset, _)| *offset);
    let states = states.into_iter().map(|(_, state)| (state.name.clone(), state)).collect();
    Some(Definition { comment, flow: flow?, timeout_seconds, states })
}

/// Reads `QueryLanguage`; none when it is absent.
pub(super) fn language(fields: &mut Fields<'_>, reader: &mut Reader) -> Option<QueryLanguage> {
    let values = [("JSONPath", QueryLanguage::JsonPath), ("JSONata", QueryLanguage::Jsonata)];
    fields.take("QueryLanguage").and_then(|member| scalar::one_of(member, &values, &mut reader.report))
}
