//! The partition of AWS that a region belongs to: the second part of every ARN there.

/// By what the names of their regions begin with. Regions of `aws` itself begin with none of these.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html>, and the partitions that AWS's SDKs know.
const PARTITIONS: [(&str, &str); 7] = [
    ("cn-", "aws-cn"),
    ("us-gov-", "aws-us-gov"),
    ("us-isob-", "aws-iso-b"),
    ("us-isof-", "aws-iso-f"),
    ("us-iso-", "aws-iso"),
    ("eu-isoe-", "aws-iso-e"),
    ("eusc-", "aws-eusc"),
];

/// The partition of a region, as in `aws`, `aws-cn`, `aws-us-gov`.
pub fn partition_of(region: &str) -> &'static str {
    let found = PARTITIONS.iter().find(|(beginning, _)| region.starts_with(beginning));
    found.map_or("aws", |(_, partition)| partition)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_partition_of_a_region_is_told_by_its_name() {
        let check = |region: &str, partition: &str| assert_eq!(partition_of(region), partition, "{region}");
        check("eu-central-1", "aws");
        check("us-east-1", "aws");
        check("cn-north-1", "aws-cn");
        check("us-gov-east-1", "aws-us-gov");
        check("us-iso-west-1", "aws-iso");
        check("us-isob-east-1", "aws-iso-b");
        check("us-isof-south-1", "aws-iso-f");
        check("eu-isoe-west-1", "aws-iso-e");
        check("eusc-de-east-1", "aws-eusc");
    }
}
