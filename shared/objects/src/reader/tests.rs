//! Pages of items, however small the parts are that they are read in.

use interpreter::{ReaderInput, ReaderSource, ReaderSpec};
use serde_json::{Value, json};

use super::{ReadError, read_items};
use crate::{MemoryObjects, ObjectStore};

fn spec(input_type: ReaderInput) -> ReaderSpec {
    ReaderSpec {
        source: ReaderSource::Object,
        parameters: json!({"Bucket": "b", "Key": "k"}),
        input_type,
        csv_headers: None,
        csv_delimiter: ',',
        items_pointer: None,
        max_items: None,
    }
}

/// All items of all pages, and how many pages there were.
async fn all(objects: &MemoryObjects, spec: &ReaderSpec) -> Result<(Vec<Value>, usize), ReadError> {
    let (mut items, mut cursor, mut pages) = (Vec::new(), None, 0);
    loop {
        let page = read_items(objects, spec, cursor.as_deref()).await?;
        items.extend(page.items);
        pages += 1;
        match page.next {
            Some(next) => cursor = Some(next),
            None => return Ok((items, pages)),
        }
    }
}

async fn read(text: &str, spec: &ReaderSpec) -> Result<Vec<Value>, ReadError> {
    let objects = MemoryObjects::new();
    objects.create_bucket("b");
    objects.put("b", "k", text.into()).await.unwrap();
    Ok(all(&objects, spec).await?.0)
}

async fn check(text: &str, spec: &ReaderSpec, expected: Value) {
    assert_eq!(Value::Array(read(text, spec).await.unwrap()), expected, "{text}");
}

async fn refused(text: &str, spec: &ReaderSpec, cause: &str) {
    let Err(ReadError::Failed(failure)) = read(text, spec).await else { panic!("{text} was read") };
    assert_eq!(failure.error, "States.ItemReaderFailed");
    assert!(failure.cause.as_deref().unwrap_or_default().contains(cause), "{failure:?}");
}

#[tokio::test]
async fn the_elements_of_an_array_are_the_items() {
    let json = spec(ReaderInput::Json);
    check(" [1, \"a,]\" , {\"b\": [2]}, null]\n", &json, json!([1, "a,]", {"b": [2]}, null])).await;
    check("[]", &json, json!([])).await;
    refused("{\"Hello\": \"world\"}", &json, "Attempting to map over non-iterable node.").await;
    refused("[1, 2", &json, "no end").await;
    refused("[1 x]", &json, "no JSON").await;
}

#[tokio::test]
async fn an_array_may_stand_at_a_pointer() {
    let at = |pointer: &str| ReaderSpec { items_pointer: Some(pointer.to_owned()), ..spec(ReaderInput::Json) };
    let text = r#"{"a": "x{[", "b/c": {"items": [1, 2]}, "d": [[0], [3, 4]]}"#;
    check(text, &at("/b~1c/items"), json!([1, 2])).await;
    check(text, &at("/d/1"), json!([3, 4])).await;
    for nowhere in ["/a", "/d/2", "/e", "/b~1c"] {
        refused(text, &at(nowhere), "non-iterable").await;
    }
}

#[tokio::test]
async fn each_line_is_an_item() {
    let jsonl = spec(ReaderInput::Jsonl);
    check("{\"a\": 1}\n\n2\r\n\"x\"", &jsonl, json!([{"a": 1}, 2, "x"])).await;
    check("", &jsonl, json!([])).await;
    refused("1\n{", &jsonl, "no JSON").await;
}

// Fails if cells that are missing or too many make a row another one, or if what stands in quotes ends a cell.
#[tokio::test]
async fn each_row_is_an_item_by_the_names_of_its_columns() {
    let csv = spec(ReaderInput::Csv);
    check(
        "A,B\n1,2\n,,,\n\n x ,\"a,\"\"b\"\"\nc\"\r\n   \n",
        &csv,
        json!([{"A": "1", "B": "2"}, {"A": "", "B": ""}, {"A": " x ", "B": "a,\"b\"\nc"}, {"A": "   ", "B": ""}]),
    )
    .await;
    let given = ReaderSpec { csv_headers: Some(vec!["A".into(), "B".into()]), csv_delimiter: ';', ..csv.clone() };
    check("1;2\n3;4", &given, json!([{"A": "1", "B": "2"}, {"A": "3", "B": "4"}])).await;
    check("A,B\n", &csv, json!([])).await;
    let twice = ReaderSpec { csv_headers: Some(vec!["A".into(), "A".into()]), ..csv.clone() };
    refused("1,2", &twice, "CSV headers cannot contain duplicates.").await;
    refused("A,A\n1,2", &csv, "CSV headers cannot contain duplicates.").await;
}

// Fails if a page begins elsewhere than where the one before ended, or if an item that lies across two parts is lost.
#[tokio::test]
async fn what_is_longer_than_a_part_is_read_in_pages() {
    let rows: Vec<Value> = (0..20_000).map(|index| json!({"index": index.to_string(), "text": "x".repeat(index % 90)})).collect();
    let text = |row: &Value| row.to_string();
    let array = Value::Array(rows.clone()).to_string();
    let lines = rows.iter().map(text).collect::<Vec<_>>().join("\n");
    let cells = |row: &Value| format!("{},{}", row["index"].as_str().unwrap(), row["text"].as_str().unwrap());
    let table = format!("index,text\n{}", rows.iter().map(cells).collect::<Vec<_>>().join("\n"));
    for (input_type, text) in [(ReaderInput::Json, array), (ReaderInput::Jsonl, lines), (ReaderInput::Csv, table)] {
        let objects = MemoryObjects::new();
        objects.create_bucket("b");
        objects.put("b", "k", text.into()).await.unwrap();
        let (items, pages) = all(&objects, &spec(input_type)).await.unwrap();
        assert_eq!(items, rows, "{input_type:?}");
        assert!(pages > 5, "{pages} pages");
    }
}

#[tokio::test]
async fn one_item_may_be_longer_than_a_part_and_not_longer_than_an_item() {
    let long = |bytes: usize| format!("[\"{}\", 2]", "x".repeat(bytes));
    assert_eq!(read(&long(500_000), &spec(ReaderInput::Json)).await.unwrap().len(), 2);
    refused(&long(4_000_000), &spec(ReaderInput::Json), "bytes").await;
}

#[tokio::test]
async fn the_objects_of_a_bucket_are_items() {
    let objects = MemoryObjects::new();
    objects.create_bucket("b");
    for index in 0..1_200 {
        objects.put("b", &format!("in/{index:04}"), "abc".into()).await.unwrap();
    }
    objects.put("b", "out", "x".into()).await.unwrap();
    let parameters = json!({"Bucket": "b", "Prefix": "in/"});
    let list = ReaderSpec { source: ReaderSource::List, parameters, ..spec(ReaderInput::Json) };
    let (items, pages) = all(&objects, &list).await.unwrap();
    assert_eq!((items.len(), pages), (1_200, 3));
    assert_eq!(
        (&items[7]["Key"], &items[7]["Size"], &items[7]["StorageClass"]),
        (&json!("in/0007"), &json!(3), &json!("STANDARD"))
    );
}

#[tokio::test]
async fn the_rows_of_the_files_of_a_manifest_are_items() {
    let objects = MemoryObjects::new();
    objects.create_bucket("b");
    let manifest = json!({"fileFormat": "CSV", "fileSchema": "Bucket, Key", "files": [{"key": "one"}, {"key": "two"}]});
    objects.put("b", "k", manifest.to_string().into()).await.unwrap();
    objects.put("b", "one", "\"b\",\"x\"\n\"b\",\"y\"\n".into()).await.unwrap();
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut packed, b"\"b\",\"z\"\n").unwrap();
    objects.put("b", "two", packed.finish().unwrap()).await.unwrap();
    let (items, _) = all(&objects, &spec(ReaderInput::Manifest)).await.unwrap();
    assert_eq!(
        items,
        [json!({"Bucket": "b", "Key": "x"}), json!({"Bucket": "b", "Key": "y"}), json!({"Bucket": "b", "Key": "z"})]
    );
}

#[tokio::test]
async fn what_is_not_there_is_told_as_s3_tells_it() {
    let objects = MemoryObjects::new();
    let check = async |objects: &MemoryObjects, parameters: Value, cause: &str| {
        let spec = ReaderSpec { parameters, ..spec(ReaderInput::Json) };
        let Err(ReadError::Failed(failure)) = read_items(objects, &spec, None).await else { panic!("it was read") };
        assert!(failure.cause.unwrap().contains(cause));
    };
    check(&objects, json!({"Bucket": "b", "Key": "k"}), "The specified bucket does not exist").await;
    objects.create_bucket("b");
    check(&objects, json!({"Bucket": "b", "Key": "k"}), "The specified key does not exist").await;
    check(&objects, json!({"Bucket": "b"}), "'Key'").await;
    check(&objects, json!({}), "'Bucket'").await;
}
