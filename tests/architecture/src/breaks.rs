//! The deliberate breaks: nobody but the simulator can switch them on, and each has a place.

use ::breaks::Break;
use serde_json::Value;

use crate::workspace::{metadata, source_files};

/// The package whose feature makes breaks active.
const PACKAGE: &str = "breaks";
/// That feature.
const FEATURE: &str = "switches";
/// The one package that may turn it on, behind a feature of its own.
const SIMULATOR: &str = "simulator";

/// Who turns the feature on otherwise: by a dependency, by a feature of a package that is not the simulator, or by the simulator's default.
fn findings(metadata: &Value) -> Vec<String> {
    let entries = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let mut findings = Vec::new();
    for package in entries(&metadata["packages"]) {
        let name = package["name"].as_str().unwrap_or_default().to_owned();
        for dependency in entries(&package["dependencies"]) {
            let turned_on = entries(&dependency["features"]).contains(&FEATURE.into());
            if dependency["name"] == PACKAGE && turned_on {
                findings.push(format!("`{name}` depends on `{PACKAGE}` with `{FEATURE}`"));
            }
            if dependency["name"] == SIMULATOR && name != SIMULATOR {
                findings.push(format!("`{name}` depends on `{SIMULATOR}`, whose features may turn `{FEATURE}` on"));
            }
        }
        let features = package["features"].as_object().cloned().unwrap_or_default();
        let turns_on = |needs: &Value| entries(needs).iter().any(|need| is_it(need.as_str().unwrap_or_default()));
        for (feature, _) in features.iter().filter(|(_, needs)| turns_on(needs)) {
            let is_default = features.get("default").is_some_and(|default| entries(default).contains(&feature.as_str().into()));
            if name != SIMULATOR || feature == "default" || is_default {
                findings.push(format!("feature `{feature}` of `{name}` turns `{FEATURE}` on"));
            }
        }
    }
    findings
}

fn is_it(need: &str) -> bool {
    need == format!("{PACKAGE}/{FEATURE}") || need == format!("{PACKAGE}?/{FEATURE}")
}

#[test]
fn nobody_but_the_simulator_can_switch_a_break_on() {
    let metadata = metadata();
    let packages = metadata["packages"].as_array().unwrap();
    let breaks = packages.iter().find(|package| package["name"] == PACKAGE).unwrap();
    assert!(breaks["features"].get(FEATURE).is_some(), "the feature has another name: {}", breaks["features"]);
    assert_eq!(findings(&metadata), Vec::<String>::new());
}

#[test]
fn the_feature_is_off_by_default() {
    let metadata = metadata();
    let nodes = metadata["resolve"]["nodes"].as_array().unwrap();
    let node = nodes.iter().find(|node| node["id"].as_str().unwrap().contains("shared/breaks")).unwrap();
    assert_eq!(node["features"], serde_json::json!([]));
}

#[test]
fn whoever_else_turns_it_on_is_found() {
    let check = |package: Value, count: usize| {
        let findings = findings(&serde_json::json!({ "packages": [package] }));
        assert_eq!(findings.len(), count, "{findings:?}");
    };
    let package = |name: &str, on: &[&str], features: Value| serde_json::json!({ "name": name, "dependencies": [{ "name": "breaks", "features": on }], "features": features });
    check(package("worker", &[], serde_json::json!({})), 0);
    check(package("worker", &["switches"], serde_json::json!({})), 1);
    check(package("worker", &[], serde_json::json!({ "breaks": ["breaks/switches"] })), 1);
    check(package("simulator", &[], serde_json::json!({ "breaks": ["breaks/switches"] })), 0);
    check(package("simulator", &[], serde_json::json!({ "default": ["breaks"], "breaks": ["breaks/switches"] })), 1);
    check(package("simulator", &["switches"], serde_json::json!({})), 1);
    let user = serde_json::json!({ "name": "cli", "dependencies": [{ "name": "simulator", "features": [] }], "features": {} });
    check(user, 1);
}

#[test]
fn every_break_has_a_place_in_the_code_that_it_breaks() {
    let files = source_files();
    let broken = |path: &str| path.starts_with("shared/") && path.ends_with(".rs") && !path.starts_with("shared/breaks/");
    let sources: Vec<&str> = files.iter().filter(|file| broken(&file.path)).map(|file| file.text.as_str()).collect();
    assert!(!sources.is_empty(), "the sources were not read");
    let without = Break::ALL.iter().filter(|which| {
        let call = format!("breaks::active(Break::{which:?})");
        !sources.iter().any(|source| source.contains(&call))
    });
    assert_eq!(without.collect::<Vec<_>>(), Vec::<&Break>::new());
}
