//! Which crates may see an AWS SDK: those that implement a port on AWS, what runs there, and nothing that only uses a port.

use crate::workspace::Graph;

/// The crates that may depend on a crate whose name begins with `aws-`.
const MAY_SEE: [&str; 5] = ["functions", "integrations", "queue-sqs", "stack", "store-dynamodb"];

fn sees_aws(member: &str, dependencies: &[&str]) -> Vec<String> {
    dependencies
        .iter()
        .filter(|name| name.starts_with("aws-") && !MAY_SEE.contains(&member))
        .map(|name| format!("`{member}` depends on `{name}`"))
        .collect()
}

#[test]
fn only_the_implementations_on_aws_see_its_sdk() {
    let graph = Graph::read();
    let findings: Vec<String> = graph
        .members()
        .flat_map(|member| {
            let names: Vec<&str> = graph.direct(member).map(|(dependency, _)| dependency.name.as_str()).collect();
            sees_aws(&member.name, &names)
        })
        .collect();
    assert_eq!(findings, Vec::<String>::new());
}

#[test]
fn an_sdk_behind_a_port_is_found() {
    assert_eq!(sees_aws("coordinator", &["serde", "aws-sdk-sqs"]), ["`coordinator` depends on `aws-sdk-sqs`"]);
    assert_eq!(sees_aws("store-dynamodb", &["aws-sdk-dynamodb"]), Vec::<String>::new());
}
