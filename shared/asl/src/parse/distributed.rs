//! What only a distributed Map has: `ItemReader`, `ItemBatcher`, `ResultWriter`, `Label`.
//!
//! Step Functions Developer Guide, "Using Map state in Distributed mode" and the pages of its fields.

use super::fields::Fields;
use super::{Reader, scalar, template};
use crate::code;
use crate::limits::{MAX_BATCH_BYTES, MAX_ITEMS, MAX_LABEL_CHARACTERS};
use crate::raw::Member;
use crate::state::{Distributed, ExecutionType, InputType, ItemBatcher, ItemReader, ItemSource, ResultWriter, Transformation};

/// Reads the fields that only a distributed Map has; `execution_type` is none of an inline one, which may have none of them.
pub(super) fn read(fields: &mut Fields<'_>, execution_type: Option<ExecutionType>, reader: &mut Reader) -> Option<Distributed> {
    let [item_reader, batcher, writer, label] =
        ["ItemReader", "ItemBatcher", "ResultWriter", "Label"].map(|name| fields.take(name));
    let Some(execution_type) = execution_type else {
        for member in [item_reader, batcher, writer, label].into_iter().flatten() {
            let message = format!("an inline Map has no `{}`", member.name);
            let hint = "write `\"ProcessorConfig\": { \"Mode\": \"DISTRIBUTED\" }` into its `ItemProcessor`";
            reader.report.error(code::EXCLUSIVE_FIELDS, &member.place, message, hint);
        }
        return None;
    };
    Some(Distributed {
        execution_type,
        reader: item_reader.and_then(|member| read_reader(member, reader)),
        batcher: batcher.and_then(|member| read_batcher(member, reader)),
        writer: writer.and_then(|member| read_writer(member, reader)),
        label: label.and_then(|member| read_label(member, reader)),
    })
}

fn read_reader(member: &Member, reader: &mut Reader) -> Option<ItemReader> {
    let mut fields = Fields::of(&member.value, "an `ItemReader`", &mut reader.report)?;
    let hint = "write `arn:aws:states:::s3:getObject` or `arn:aws:states:::s3:listObjectsV2`";
    let source = fields.require("Resource", hint, &mut reader.report).and_then(|member| {
        let resource = scalar::text(member, &mut reader.report)?;
        let source = [("s3:getObject", ItemSource::Object), ("s3:listObjectsV2", ItemSource::List)];
        let found = source.iter().find(|(name, _)| is_resource(resource, name)).map(|(_, source)| *source);
        if found.is_none() {
            let message = format!("nothing here reads items from `{resource}`");
            reader.report.error(code::UNSUPPORTED_RESOURCE, &member.value.place, message, hint);
        }
        found
    });
    let parameters = fields.take(parameters_field(reader)).and_then(|member| template::read(member, &mut reader.report));
    let config = fields.take("ReaderConfig");
    if let Some(comment) = fields.take("Comment") {
        scalar::text(comment, &mut reader.report);
    }
    fields.finish(&mut reader.report);
    let mut read = ItemReader {
        source: source?,
        parameters,
        input_type: InputType::Json,
        csv_headers: None,
        csv_delimiter: ',',
        items_pointer: None,
        max_items: None,
    };
    if let Some(config) = config {
        read_config(config, &mut read, reader);
    }
    Some(read)
}

fn read_config(member: &Member, read: &mut ItemReader, reader: &mut Reader) {
    let Some(mut fields) = Fields::of(&member.value, "a `ReaderConfig`", &mut reader.report) else { return };
    let report = &mut reader.report;
    let types =
        [("CSV", InputType::Csv), ("JSON", InputType::Json), ("JSONL", InputType::Jsonl), ("MANIFEST", InputType::Manifest)];
    let input_type = fields.take("InputType").and_then(|member| scalar::one_of(member, &types, report));
    read.input_type = input_type.unwrap_or_default();
    let location = fields.take("CSVHeaderLocation");
    let given = location.and_then(|member| scalar::one_of(member, &[("FIRST_ROW", false), ("GIVEN", true)], report));
    let headers = fields.take("CSVHeaders").map(|member| {
        let headers: Vec<String> = member.value.elements().iter().filter_map(|name| name.text().map(str::to_owned)).collect();
        if headers.is_empty() || headers.len() != member.value.elements().len() {
            scalar::wrong_type::<()>(member, "an array of names", report);
        }
        headers
    });
    match (location, given, headers) {
        (Some(member), Some(true), None) => {
            let hint = "write the names of the columns: `\"CSVHeaders\": [\"id\", \"name\"]`";
            report.error(code::MISSING_FIELD, &member.place, "`GIVEN` needs the field `CSVHeaders`", hint);
        }
        (_, Some(true), headers) => read.csv_headers = headers,
        _ => {}
    }
    let delimiters = [("COMMA", ','), ("PIPE", '|'), ("SEMICOLON", ';'), ("SPACE", ' '), ("TAB", '\t')];
    let delimiter = fields.take("CSVDelimiter").and_then(|member| scalar::one_of(member, &delimiters, report));
    read.csv_delimiter = delimiter.unwrap_or(',');
    read.items_pointer = fields.take("ItemsPointer").and_then(|member| scalar::text(member, report)).map(str::to_owned);
    // What listed objects hold is read by nobody here, nor are the files of Athena.
    for (name, value) in [("Transformation", "NONE"), ("ManifestType", "S3_INVENTORY")] {
        if let Some(member) = fields.take(name) {
            scalar::one_of(member, &[(value, ())], report);
        }
    }
    read.max_items = scalar::amount(&mut fields, ("MaxItems", "MaxItemsPath"), 0..=MAX_ITEMS, report);
    fields.finish(report);
}

fn read_batcher(member: &Member, reader: &mut Reader) -> Option<ItemBatcher> {
    let mut fields = Fields::of(&member.value, "an `ItemBatcher`", &mut reader.report)?;
    let report = &mut reader.report;
    let max_items = scalar::amount(&mut fields, ("MaxItemsPerBatch", "MaxItemsPerBatchPath"), 1..=MAX_ITEMS, report);
    let bytes = ("MaxInputBytesPerBatch", "MaxInputBytesPerBatchPath");
    let max_bytes = scalar::amount(&mut fields, bytes, 1..=MAX_BATCH_BYTES, report);
    let input = fields.take("BatchInput").and_then(|member| template::read(member, report));
    fields.finish(report);
    if max_items.is_none() && max_bytes.is_none() && !report.has_errors() {
        let hint = "write `MaxItemsPerBatch`, or `MaxInputBytesPerBatch`";
        report.error(code::MISSING_FIELD, &member.place, "an `ItemBatcher` needs a bound of its batches", hint);
    }
    Some(ItemBatcher { max_items, max_bytes, input })
}

fn read_writer(member: &Member, reader: &mut Reader) -> Option<ResultWriter> {
    let mut fields = Fields::of(&member.value, "a `ResultWriter`", &mut reader.report)?;
    let name = parameters_field(reader);
    let report = &mut reader.report;
    let resource = fields.take("Resource");
    if let Some(member) = resource
        && let Some(resource) = scalar::text(member, report)
        && !is_resource(resource, "s3:putObject")
    {
        let message = format!("nothing here writes results to `{resource}`");
        report.error(code::UNSUPPORTED_RESOURCE, &member.value.place, message, "write `arn:aws:states:::s3:putObject`");
    }
    let parameters = fields.take(name);
    let config = fields.take("WriterConfig");
    fields.finish(report);
    if (resource.is_some() != parameters.is_some() || resource.is_none() && config.is_none()) && !report.has_errors() {
        let message = format!("a `ResultWriter` needs `Resource` and `{name}`, or `WriterConfig`");
        let hint = "write where results are put to: `{ \"Bucket\": ..., \"Prefix\": ... }`";
        report.error(code::MISSING_FIELD, &member.place, message, hint);
    }
    let parameters = parameters.and_then(|member| template::read(member, report));
    let mut writer = ResultWriter { parameters, transformation: Transformation::None, lines: false };
    if let Some(mut fields) = config.and_then(|config| Fields::of(&config.value, "a `WriterConfig`", report)) {
        let all = [("NONE", Transformation::None), ("COMPACT", Transformation::Compact), ("FLATTEN", Transformation::Flatten)];
        let transformation = fields.take("Transformation").and_then(|member| scalar::one_of(member, &all, report));
        writer.transformation = transformation.unwrap_or_default();
        let lines = [("JSON", false), ("JSONL", true)];
        writer.lines = fields.take("OutputType").and_then(|member| scalar::one_of(member, &lines, report)).unwrap_or_default();
        fields.finish(report);
    }
    Some(writer)
}

/// "A label can't exceed 40 characters ... and can't contain" spaces, wildcards, brackets, special and control characters.
fn read_label(member: &Member, reader: &mut Reader) -> Option<String> {
    let label = scalar::text(member, &mut reader.report)?;
    let is_refused = |c: char| c.is_whitespace() || c.is_control() || "?*<>{}[]:;,\\|^~$#%&`\"/".contains(c);
    if label.is_empty() || label.chars().count() > MAX_LABEL_CHARACTERS || label.contains(is_refused) {
        let message = format!("`{label}` is no label");
        let hint = "write 1 to 40 characters that may stand in a name: letters, digits, `-` and `_`";
        reader.report.error(code::BAD_VALUE, &member.value.place, message, hint);
    }
    Some(label.to_owned())
}

fn parameters_field(reader: &Reader) -> &'static str {
    if reader.report.is_jsonata() { "Arguments" } else { "Parameters" }
}

/// Whether a resource is the integration `name`, in whatever partition.
fn is_resource(resource: &str, name: &str) -> bool {
    resource
        .strip_prefix("arn:")
        .and_then(|rest| rest.split_once(':'))
        .is_some_and(|(_, rest)| rest.strip_prefix("states:::") == Some(name))
}
