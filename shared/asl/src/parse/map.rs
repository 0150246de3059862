//! Map: States Language specification, "Map State".

use super::data_flow::Has;
use super::fields::Fields;
use super::report::Report;
use super::{Reader, catch, data_flow, distributed, expression, flow, retry, scalar, state, template};
use crate::code;
use crate::definition::Flow;
use crate::raw::{Content, Member};
use crate::state::{ExecutionType, Map, Tolerance};
use crate::template::Template;

/// Reads a Map state.
pub(super) fn read(fields: &mut Fields<'_>, reader: &mut Reader) -> Option<Map> {
    let data = data_flow::read(fields, Has::EverythingButParameters, reader);
    let (processor, distributed) = processor(fields, reader);
    let distributed = distributed::read(fields, distributed, reader);
    let (items_path, items, selector) = if reader.report.is_jsonata() {
        let items = fields.take("Items").and_then(|member| items(member, &mut reader.report));
        (None, items, fields.take("ItemSelector"))
    } else {
        let items_path = fields.take("ItemsPath").and_then(|member| scalar::single_path(member, &mut reader.report));
        (items_path, None, fields.take_one("ItemSelector", "Parameters", &mut reader.report))
    };
    let item_selector = selector.and_then(|member| template::read(member, &mut reader.report));
    let mut amount = |name, path_name, most| scalar::amount(fields, (name, path_name), 0..=most, &mut reader.report);
    let max_concurrency = amount("MaxConcurrency", "MaxConcurrencyPath", u64::MAX);
    let tolerance = Tolerance {
        count: amount("ToleratedFailureCount", "ToleratedFailureCountPath", u64::MAX),
        percentage: amount("ToleratedFailurePercentage", "ToleratedFailurePercentagePath", 100),
    };
    let retry = retry::read(fields, &mut reader.report).unwrap_or_default();
    let catch = catch::read(fields, reader);
    let next = state::read_next(fields, reader);
    Some(Map {
        data,
        processor: processor?,
        items_path,
        items,
        item_selector,
        max_concurrency,
        tolerance,
        distributed: distributed.map(Box::new),
        retry,
        catch,
        next: next?,
    })
}

/// `Items`: an array, or an expression for one.
fn items(member: &Member, report: &mut Report) -> Option<Template> {
    match &member.value.content {
        Content::Array(_) => Some(template::of_jsonata(&member.value, report)),
        Content::String(text) if expression::is_delimited(text) => Some(template::of_jsonata(&member.value, report)),
        _ => scalar::wrong_type(member, "an array or an expression in `{%` and `%}`", report),
    }
}

/// The processor, and the type of its executions where it is distributed.
fn processor(fields: &mut Fields<'_>, reader: &mut Reader) -> (Option<Flow>, Option<ExecutionType>) {
    let Some(member) = fields.take_one("ItemProcessor", "Iterator", &mut reader.report) else {
        let hint = "write the flow that each item runs through: `{ \"StartAt\": ..., \"States\": ... }`";
        reader.report.error(code::MISSING_FIELD, &fields.place, "a Map state needs the field `ItemProcessor`", hint);
        return (None, None);
    };
    let Some(mut fields) = Fields::of(&member.value, "a processor", &mut reader.report) else { return (None, None) };
    let distributed = fields.take("ProcessorConfig").and_then(|config| processor_config(config, reader));
    let around = reader.distributed;
    reader.distributed |= distributed.is_some();
    let flow = flow::read_inside(&mut fields, "Map", reader);
    reader.distributed = around;
    fields.finish(&mut reader.report);
    (flow, distributed)
}

/// The type of the processor's executions; none of an inline Map.
fn processor_config(member: &Member, reader: &mut Reader) -> Option<ExecutionType> {
    let mut fields = Fields::of(&member.value, "a `ProcessorConfig`", &mut reader.report)?;
    let mode = fields.take("Mode");
    let distributed = mode.and_then(|mode| scalar::one_of(mode, &[("INLINE", false), ("DISTRIBUTED", true)], &mut reader.report));
    let mut kind = None;
    if let Some(execution_type) = fields.take("ExecutionType") {
        let types = [("STANDARD", ExecutionType::Standard), ("EXPRESS", ExecutionType::Express)];
        kind = scalar::one_of(execution_type, &types, &mut reader.report);
        if distributed == Some(false) {
            let message = "`ExecutionType` and `\"Mode\": \"INLINE\"` exclude each other";
            let hint = "remove it: the iterations of an inline Map have no executions of their own";
            reader.report.error(code::EXCLUSIVE_FIELDS, &execution_type.place, message, hint);
        }
    }
    fields.finish(&mut reader.report);
    (distributed == Some(true)).then(|| kind.unwrap_or_default())
}
