//! The services with a JSON protocol, as `aws-sdk:SERVICE:ACTION` names them, and how each is asked.
//!
//! From the service models that AWS publishes with its SDKs: name, SDK id, host prefix, signing name, target prefix, version of the protocol, whether members
//! begin with a small letter on the wire, and which shared error codes the service has in its model.

use crate::endpoint::Service;

/// A service with a JSON protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct JsonService {
    /// As resources name it.
    pub(crate) name: &'static str,
    /// As its errors name it.
    pub(crate) error_prefix: &'static str,
    /// Where it is.
    pub(crate) service: Service,
    /// What its actions are called after.
    pub(crate) target: &'static str,
    /// `1.0` or `1.1`.
    pub(crate) version: &'static str,
    /// Whether members begin with a small letter on the wire.
    pub(crate) small: bool,
    /// The shared codes that have an error of their own here.
    pub(crate) named: &'static [&'static str],
}

/// The service that resources name so.
pub(crate) fn json_service(name: &str) -> Option<&'static JsonService> {
    SERVICES.binary_search_by(|known| known.name.cmp(name)).ok().and_then(|place| SERVICES.get(place))
}

const NONE: &[&str] = &[];
const V: &[&str] = &["ValidationException"];
const A: &[&str] = &["AccessDeniedException"];
const T: &[&str] = &["ThrottlingException"];
const VA: &[&str] = &["ValidationException", "AccessDeniedException"];
const VT: &[&str] = &["ValidationException", "ThrottlingException"];
const AT: &[&str] = &["AccessDeniedException", "ThrottlingException"];
const VAT: &[&str] = &["ValidationException", "AccessDeniedException", "ThrottlingException"];

type Row = (
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    bool,
    &'static [&'static str],
);

const fn service((name, error_prefix, id, prefix, signing, target, version, small, named): Row) -> JsonService {
    JsonService { name, error_prefix, service: Service { id, prefix, signing }, target, version, small, named }
}

#[rustfmt::skip]
const SERVICES: &[JsonService] = &[
    service(("acm", "Acm", "ACM", "acm", "acm", "CertificateManager", "1.1", false, VAT)),
    service(("acmpca", "AcmPca", "ACM PCA", "acm-pca", "acm-pca", "ACMPrivateCA", "1.1", false, NONE)),
    service(("applicationautoscaling", "ApplicationAutoScaling", "Application Auto Scaling", "application-autoscaling", "application-autoscaling", "AnyScaleFrontendService", "1.1", false, V)),
    service(("applicationdiscoveryservice", "ApplicationDiscoveryService", "Application Discovery Service", "discovery", "discovery", "AWSPoseidonService_V2015_11_01", "1.1", true, NONE)),
    service(("applicationinsights", "ApplicationInsights", "Application Insights", "applicationinsights", "applicationinsights", "EC2WindowsBarleyService", "1.1", false, VA)),
    service(("apprunner", "AppRunner", "AppRunner", "apprunner", "apprunner", "AppRunner", "1.0", false, NONE)),
    service(("appstream", "AppStream", "AppStream", "appstream2", "appstream", "PhotonAdminProxyService", "1.1", false, NONE)),
    service(("arcregionswitch", "ArcRegionSwitch", "ARC Region switch", "arc-region-switch", "arc-region-switch", "ArcRegionSwitch", "1.0", true, A)),
    service(("athena", "Athena", "Athena", "athena", "athena", "AmazonAthena", "1.1", false, NONE)),
    service(("autoscalingplans", "AutoScalingPlans", "Auto Scaling Plans", "autoscaling-plans", "autoscaling-plans", "AnyScaleScalingPlannerFrontendService", "1.1", false, V)),
    service(("b2bi", "B2bi", "b2bi", "b2bi", "b2bi", "B2BI", "1.0", true, VAT)),
    service(("backupgateway", "BackupGateway", "Backup Gateway", "backup-gateway", "backup-gateway", "BackupOnPremises_v20210101", "1.0", false, VAT)),
    service(("bcmdashboards", "BcmDashboards", "BCM Dashboards", "bcm-dashboards", "bcm-dashboards", "AWSBCMDashboardsService", "1.0", true, VAT)),
    service(("bcmdataexports", "BcmDataExports", "BCM Data Exports", "bcm-data-exports", "bcm-data-exports", "AWSBillingAndCostManagementDataExports", "1.1", false, VAT)),
    service(("bcmpricingcalculator", "BcmPricingCalculator", "BCM Pricing Calculator", "bcm-pricing-calculator", "bcm-pricing-calculator", "AWSBCMPricingCalculator", "1.0", true, VAT)),
    service(("bcmrecommendedactions", "BcmRecommendedActions", "BCM Recommended Actions", "bcm-recommended-actions", "bcm-recommended-actions", "AWSBillingAndCostManagementRecommendedActions", "1.0", true, VAT)),
    service(("bedrockdataautomationruntime", "BedrockDataAutomationRuntime", "Bedrock Data Automation Runtime", "bedrock-data-automation-runtime", "bedrock", "AmazonBedrockKeystoneRuntimeService", "1.1", true, VAT)),
    service(("billing", "Billing", "Billing", "billing", "billing", "AWSBilling", "1.0", true, VAT)),
    service(("budgets", "Budgets", "Budgets", "budgets", "budgets", "AWSBudgetServiceGateway", "1.1", false, AT)),
    service(("cloud9", "Cloud9", "Cloud9", "cloud9", "cloud9", "AWSCloud9WorkspaceManagementService", "1.1", true, NONE)),
    service(("cloudcontrol", "CloudControl", "CloudControl", "cloudcontrolapi", "cloudcontrolapi", "CloudApiService", "1.0", false, T)),
    service(("cloudhsm", "CloudHsm", "CloudHSM", "cloudhsm", "cloudhsm", "CloudHsmFrontendService", "1.1", false, NONE)),
    service(("cloudhsmv2", "CloudHSMV2", "CloudHSM V2", "cloudhsmv2", "cloudhsm", "BaldrApiService", "1.1", false, NONE)),
    service(("cloudtrail", "CloudTrail", "CloudTrail", "cloudtrail", "cloudtrail", "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101", "1.1", false, AT)),
    service(("cloudwatch", "CloudWatch", "CloudWatch", "monitoring", "monitoring", "GraniteServiceVersion20100801", "1.0", false, NONE)),
    service(("cloudwatchlogs", "CloudWatchLogs", "CloudWatch Logs", "logs", "logs", "Logs_20140328", "1.1", true, VAT)),
    service(("codebuild", "CodeBuild", "CodeBuild", "codebuild", "codebuild", "CodeBuild_20161006", "1.1", true, NONE)),
    service(("codecommit", "CodeCommit", "CodeCommit", "codecommit", "codecommit", "CodeCommit_20150413", "1.1", true, NONE)),
    service(("codeconnections", "CodeConnections", "CodeConnections", "codeconnections", "codeconnections", "com.amazonaws.codeconnections.CodeConnections_20231201", "1.0", false, AT)),
    service(("codedeploy", "CodeDeploy", "CodeDeploy", "codedeploy", "codedeploy", "CodeDeploy_20141006", "1.1", true, T)),
    service(("codepipeline", "CodePipeline", "CodePipeline", "codepipeline", "codepipeline", "CodePipeline_20150709", "1.1", true, V)),
    service(("codestarconnections", "CodeStarConnections", "CodeStar connections", "codestar-connections", "codestar-connections", "com.amazonaws.codestar.connections.CodeStar_connections_20191201", "1.0", false, AT)),
    service(("cognitoidentity", "CognitoIdentity", "Cognito Identity", "cognito-identity", "cognito-identity", "AWSCognitoIdentityService", "1.1", false, NONE)),
    service(("cognitoidentityprovider", "CognitoIdentityProvider", "Cognito Identity Provider", "cognito-idp", "cognito-idp", "AWSCognitoIdentityProviderService", "1.1", false, A)),
    service(("comprehend", "Comprehend", "Comprehend", "comprehend", "comprehend", "Comprehend_20171127", "1.1", false, NONE)),
    service(("comprehendmedical", "ComprehendMedical", "ComprehendMedical", "comprehendmedical", "comprehendmedical", "ComprehendMedical_20181030", "1.1", false, V)),
    service(("computeoptimizer", "ComputeOptimizer", "Compute Optimizer", "compute-optimizer", "compute-optimizer", "ComputeOptimizerService", "1.0", true, AT)),
    service(("computeoptimizerautomation", "ComputeOptimizerAutomation", "Compute Optimizer Automation", "aco-automation", "aco-automation", "ComputeOptimizerAutomationService", "1.0", true, AT)),
    service(("configservice", "ConfigService", "Config Service", "config", "config", "StarlingDoveService", "1.1", false, V)),
    service(("costandusagereportservice", "CostAndUsageReportService", "Cost and Usage Report Service", "cur", "cur", "AWSOrigamiServiceGatewayService", "1.1", false, V)),
    service(("costexplorer", "CostExplorer", "Cost Explorer", "ce", "ce", "AWSInsightsIndexService", "1.1", false, NONE)),
    service(("costoptimizationhub", "CostOptimizationHub", "Cost Optimization Hub", "cost-optimization-hub", "cost-optimization-hub", "CostOptimizationHubService", "1.0", true, VAT)),
    service(("databasemigrationservice", "DatabaseMigrationService", "Database Migration Service", "dms", "dms", "AmazonDMSv20160101", "1.1", false, NONE)),
    service(("datapipeline", "DataPipeline", "Data Pipeline", "datapipeline", "datapipeline", "DataPipeline", "1.1", true, NONE)),
    service(("datasync", "DataSync", "DataSync", "datasync", "datasync", "FmrsService", "1.1", false, NONE)),
    service(("dax", "Dax", "DAX", "dax", "dax", "AmazonDAXV3", "1.1", false, NONE)),
    service(("devicefarm", "DeviceFarm", "Device Farm", "devicefarm", "devicefarm", "DeviceFarm_20150623", "1.1", true, NONE)),
    service(("directconnect", "DirectConnect", "Direct Connect", "directconnect", "directconnect", "OvertureService", "1.1", true, NONE)),
    service(("directoryservice", "DirectoryService", "Directory Service", "ds", "ds", "DirectoryService_20150416", "1.1", false, A)),
    service(("dynamodb", "DynamoDb", "DynamoDB", "dynamodb", "dynamodb", "DynamoDB_20120810", "1.0", false, T)),
    service(("dynamodbstreams", "DynamoDbStreams", "DynamoDB Streams", "streams.dynamodb", "dynamodb", "DynamoDBStreams_20120810", "1.0", false, NONE)),
    service(("ec2instanceconnect", "Ec2InstanceConnect", "EC2 Instance Connect", "ec2-instance-connect", "ec2-instance-connect", "AWSEC2InstanceConnectService", "1.1", false, T)),
    service(("ecr", "Ecr", "ECR", "api.ecr", "ecr", "AmazonEC2ContainerRegistry_V20150921", "1.1", true, V)),
    service(("ecrpublic", "EcrPublic", "ECR PUBLIC", "api.ecr-public", "ecr-public", "SpencerFrontendService", "1.1", true, NONE)),
    service(("ecs", "Ecs", "ECS", "ecs", "ecs", "AmazonEC2ContainerServiceV20141113", "1.1", true, A)),
    service(("emr", "Emr", "EMR", "elasticmapreduce", "elasticmapreduce", "ElasticMapReduce", "1.1", false, NONE)),
    service(("eventbridge", "EventBridge", "EventBridge", "events", "events", "AWSEvents", "1.1", false, AT)),
    service(("evs", "Evs", "evs", "evs", "evs", "AmazonElasticVMwareService", "1.0", true, VT)),
    service(("firehose", "Firehose", "Firehose", "firehose", "firehose", "Firehose_20150804", "1.1", false, NONE)),
    service(("fms", "Fms", "FMS", "fms", "fms", "AWSFMS_20180101", "1.1", false, NONE)),
    service(("forecast", "Forecast", "forecast", "forecast", "forecast", "AmazonForecast", "1.1", false, NONE)),
    service(("forecastquery", "Forecastquery", "forecastquery", "forecastquery", "forecast", "AmazonForecastRuntime", "1.1", false, NONE)),
    service(("frauddetector", "FraudDetector", "FraudDetector", "frauddetector", "frauddetector", "AWSHawksNestServiceFacade", "1.1", true, VAT)),
    service(("freetier", "FreeTier", "FreeTier", "freetier", "freetier", "AWSFreeTierService", "1.0", true, VAT)),
    service(("fsx", "FSx", "FSx", "fsx", "fsx", "AWSSimbaAPIService_v20180301", "1.1", false, NONE)),
    service(("gamelift", "GameLift", "GameLift", "gamelift", "gamelift", "GameLift", "1.1", false, NONE)),
    service(("globalaccelerator", "GlobalAccelerator", "Global Accelerator", "globalaccelerator", "globalaccelerator", "GlobalAccelerator_V20180706", "1.1", false, A)),
    service(("glue", "Glue", "Glue", "glue", "glue", "AWSGlue", "1.1", false, VAT)),
    service(("health", "Health", "Health", "health", "health", "AWSHealth_20160804", "1.1", true, NONE)),
    service(("healthlake", "HealthLake", "HealthLake", "healthlake", "healthlake", "HealthLake", "1.0", false, VAT)),
    service(("identitystore", "Identitystore", "identitystore", "identitystore", "identitystore", "AWSIdentityStore", "1.1", false, VAT)),
    service(("inspector", "Inspector", "Inspector", "inspector", "inspector", "InspectorService", "1.1", true, A)),
    service(("interconnect", "Interconnect", "Interconnect", "interconnect", "interconnect", "Interconnect", "1.0", true, AT)),
    service(("invoicing", "Invoicing", "Invoicing", "invoicing", "invoicing", "Invoicing", "1.0", false, VAT)),
    service(("iotfleetwise", "IoTFleetWise", "IoTFleetWise", "iotfleetwise", "iotfleetwise", "IoTAutobahnControlPlane", "1.0", true, VAT)),
    service(("iotsecuretunneling", "IoTSecureTunneling", "IoTSecureTunneling", "api.tunneling.iot", "IoTSecuredTunneling", "IoTSecuredTunneling", "1.1", true, NONE)),
    service(("iotthingsgraph", "IoTThingsGraph", "IoTThingsGraph", "iotthingsgraph", "iotthingsgraph", "IotThingsGraphFrontEndService", "1.1", true, T)),
    service(("kendra", "Kendra", "kendra", "kendra", "kendra", "AWSKendraFrontendService", "1.1", false, VAT)),
    service(("kendraranking", "KendraRanking", "Kendra Ranking", "kendra-ranking", "kendra-ranking", "AWSKendraRerankingFrontendService", "1.0", false, VAT)),
    service(("keyspaces", "Keyspaces", "Keyspaces", "cassandra", "cassandra", "KeyspacesService", "1.0", true, VA)),
    service(("keyspacesstreams", "KeyspacesStreams", "KeyspacesStreams", "cassandra-streams", "cassandra", "KeyspacesStreams", "1.0", true, VAT)),
    service(("kinesis", "Kinesis", "Kinesis", "kinesis", "kinesis", "Kinesis_20131202", "1.1", false, VA)),
    service(("kinesisanalytics", "KinesisAnalytics", "Kinesis Analytics", "kinesisanalytics", "kinesisanalytics", "KinesisAnalytics_20150814", "1.1", false, NONE)),
    service(("kinesisanalyticsv2", "KinesisAnalyticsV2", "Kinesis Analytics V2", "kinesisanalytics", "kinesisanalytics", "KinesisAnalytics_20180523", "1.1", false, NONE)),
    service(("kms", "Kms", "KMS", "kms", "kms", "TrentService", "1.1", false, NONE)),
    service(("licensemanager", "LicenseManager", "License Manager", "license-manager", "license-manager", "AWSLicenseManager", "1.1", false, VA)),
    service(("lightsail", "Lightsail", "Lightsail", "lightsail", "lightsail", "Lightsail_20161128", "1.1", true, A)),
    service(("lookoutequipment", "LookoutEquipment", "LookoutEquipment", "lookoutequipment", "lookoutequipment", "AWSLookoutEquipmentFrontendService", "1.0", false, VAT)),
    service(("machinelearning", "MachineLearning", "Machine Learning", "machinelearning", "machinelearning", "AmazonML_20141212", "1.1", false, NONE)),
    service(("mailmanager", "MailManager", "MailManager", "mail-manager", "ses", "MailManagerSvc", "1.0", false, VAT)),
    service(("marketplaceagreement", "MarketplaceAgreement", "Marketplace Agreement", "agreement-marketplace", "aws-marketplace", "AWSMPCommerceService_v20200301", "1.0", true, VAT)),
    service(("marketplacecommerceanalytics", "MarketplaceCommerceAnalytics", "Marketplace Commerce Analytics", "marketplacecommerceanalytics", "marketplacecommerceanalytics", "MarketplaceCommerceAnalytics20150701", "1.1", true, NONE)),
    service(("marketplaceentitlementservice", "MarketplaceEntitlementService", "Marketplace Entitlement Service", "entitlement.marketplace", "aws-marketplace", "AWSMPEntitlementService", "1.1", false, T)),
    service(("marketplacemetering", "MarketplaceMetering", "Marketplace Metering", "metering.marketplace", "aws-marketplace", "AWSMPMeteringService", "1.1", false, T)),
    service(("mediastore", "MediaStore", "MediaStore", "mediastore", "mediastore", "MediaStore_20170901", "1.1", false, NONE)),
    service(("memorydb", "MemoryDb", "MemoryDB", "memory-db", "memorydb", "AmazonMemoryDB", "1.1", false, NONE)),
    service(("migrationhub", "MigrationHub", "Migration Hub", "mgh", "mgh", "AWSMigrationHub", "1.1", false, AT)),
    service(("migrationhubconfig", "MigrationHubConfig", "MigrationHub Config", "migrationhub-config", "mgh", "AWSMigrationHubMultiAccountService", "1.1", false, AT)),
    service(("mturk", "MTurk", "MTurk", "mturk-requester", "mturk-requester", "MTurkRequesterServiceV20170117", "1.1", false, NONE)),
    service(("mwaaserverless", "MwaaServerless", "MWAA Serverless", "airflow-serverless", "airflow-serverless", "AmazonMWAAServerless", "1.0", false, VAT)),
    service(("networkfirewall", "NetworkFirewall", "Network Firewall", "network-firewall", "network-firewall", "NetworkFirewall_20201112", "1.0", false, T)),
    service(("odb", "Odb", "odb", "odb", "odb", "Odb", "1.0", true, VAT)),
    service(("opensearchserverless", "OpenSearchServerless", "OpenSearchServerless", "aoss", "aoss", "OpenSearchServerless", "1.0", true, V)),
    service(("organizations", "Organizations", "Organizations", "organizations", "organizations", "AWSOrganizationsV20161128", "1.1", false, A)),
    service(("partnercentralaccount", "PartnerCentralAccount", "PartnerCentral Account", "partnercentral-account", "partnercentral-account", "PartnerCentralAccount", "1.0", false, VAT)),
    service(("partnercentralbenefits", "PartnerCentralBenefits", "PartnerCentral Benefits", "partnercentral-benefits", "partnercentral-benefits", "PartnerCentralBenefitsService", "1.0", false, VAT)),
    service(("partnercentralchannel", "PartnerCentralChannel", "PartnerCentral Channel", "partnercentral-channel", "partnercentral-channel", "PartnerCentralChannel", "1.0", true, VAT)),
    service(("partnercentralselling", "PartnerCentralSelling", "PartnerCentral Selling", "partnercentral-selling", "partnercentral-selling", "AWSPartnerCentralSelling", "1.0", false, VAT)),
    service(("paymentcryptography", "PaymentCryptography", "Payment Cryptography", "controlplane.payment-cryptography", "payment-cryptography", "PaymentCryptographyControlPlane", "1.0", false, VAT)),
    service(("pcs", "Pcs", "PCS", "pcs", "pcs", "AWSParallelComputingService", "1.0", true, VAT)),
    service(("personalize", "Personalize", "Personalize", "personalize", "personalize", "AmazonPersonalize", "1.1", true, NONE)),
    service(("pi", "Pi", "PI", "pi", "pi", "PerformanceInsightsv20180227", "1.1", false, NONE)),
    service(("pinpointsmsvoicev2", "PinpointSmsVoiceV2", "Pinpoint SMS Voice V2", "sms-voice", "sms-voice", "PinpointSMSVoiceV2", "1.0", false, VAT)),
    service(("pricing", "Pricing", "Pricing", "api.pricing", "pricing", "AWSPriceListService", "1.1", false, AT)),
    service(("proton", "Proton", "Proton", "proton", "proton", "AwsProton20200720", "1.0", true, VAT)),
    service(("redshiftdata", "RedshiftData", "Redshift Data", "redshift-data", "redshift-data", "RedshiftData", "1.1", false, V)),
    service(("redshiftserverless", "RedshiftServerless", "Redshift Serverless", "redshift-serverless", "redshift-serverless", "RedshiftServerless", "1.1", true, VAT)),
    service(("rekognition", "Rekognition", "Rekognition", "rekognition", "rekognition", "RekognitionService", "1.1", false, AT)),
    service(("resourcegroupstaggingapi", "ResourceGroupsTaggingApi", "Resource Groups Tagging API", "tagging", "tagging", "ResourceGroupsTaggingAPI_20170126", "1.1", false, NONE)),
    service(("route53domains", "Route53Domains", "Route 53 Domains", "route53domains", "route53domains", "Route53Domains_v20140515", "1.1", false, NONE)),
    service(("route53recoverycluster", "Route53RecoveryCluster", "Route53 Recovery Cluster", "route53-recovery-cluster", "route53-recovery-cluster", "ToggleCustomerAPI", "1.0", false, VAT)),
    service(("route53resolver", "Route53Resolver", "Route53Resolver", "route53resolver", "route53resolver", "Route53Resolver", "1.1", false, VAT)),
    service(("sagemaker", "SageMaker", "SageMaker", "api.sagemaker", "sagemaker", "SageMaker", "1.1", false, NONE)),
    service(("secretsmanager", "SecretsManager", "Secrets Manager", "secretsmanager", "secretsmanager", "secretsmanager", "1.1", false, NONE)),
    service(("servicecatalog", "ServiceCatalog", "Service Catalog", "servicecatalog", "servicecatalog", "AWS242ServiceCatalogService", "1.1", false, NONE)),
    service(("servicediscovery", "ServiceDiscovery", "ServiceDiscovery", "servicediscovery", "servicediscovery", "Route53AutoNaming_v20170314", "1.1", false, NONE)),
    service(("servicequotas", "ServiceQuotas", "Service Quotas", "servicequotas", "servicequotas", "ServiceQuotasV20190624", "1.1", false, A)),
    service(("sfn", "Sfn", "SFN", "states", "states", "AWSStepFunctions", "1.0", true, V)),
    service(("shield", "Shield", "Shield", "shield", "shield", "AWSShield_20160616", "1.1", false, A)),
    service(("snowball", "Snowball", "Snowball", "snowball", "snowball", "AWSIESnowballJobManagementService", "1.1", false, NONE)),
    service(("sqs", "Sqs", "SQS", "sqs", "sqs", "AmazonSQS", "1.0", false, NONE)),
    service(("ssm", "Ssm", "SSM", "ssm", "ssm", "AmazonSSM", "1.1", false, VAT)),
    service(("ssmcontacts", "SsmContacts", "SSM Contacts", "ssm-contacts", "ssm-contacts", "SSMContacts", "1.1", false, VAT)),
    service(("ssoadmin", "SsoAdmin", "SSO Admin", "sso", "sso", "SWBExternalService", "1.1", false, VAT)),
    service(("storagegateway", "StorageGateway", "Storage Gateway", "storagegateway", "storagegateway", "StorageGateway_20130630", "1.1", false, NONE)),
    service(("support", "Support", "Support", "support", "support", "AWSSupport_20130415", "1.1", true, T)),
    service(("swf", "Swf", "SWF", "swf", "swf", "SimpleWorkflowService", "1.0", true, NONE)),
    service(("textract", "Textract", "Textract", "textract", "textract", "Textract", "1.1", false, VAT)),
    service(("timestreaminfluxdb", "TimestreamInfluxDb", "Timestream InfluxDB", "timestream-influxdb", "timestream-influxdb", "AmazonTimestreamInfluxDB", "1.0", true, VAT)),
    service(("timestreamquery", "TimestreamQuery", "Timestream Query", "query.timestream", "timestream", "Timestream_20181101", "1.0", false, VAT)),
    service(("timestreamwrite", "TimestreamWrite", "Timestream Write", "ingest.timestream", "timestream", "Timestream_20181101", "1.0", false, VAT)),
    service(("transcribe", "Transcribe", "Transcribe", "transcribe", "transcribe", "Transcribe", "1.1", false, NONE)),
    service(("transfer", "Transfer", "Transfer", "transfer", "transfer", "TransferService", "1.1", false, AT)),
    service(("translate", "Translate", "Translate", "translate", "translate", "AWSShineFrontendService_20170701", "1.1", false, NONE)),
    service(("verifiedpermissions", "VerifiedPermissions", "VerifiedPermissions", "verifiedpermissions", "verifiedpermissions", "VerifiedPermissions", "1.0", true, VAT)),
    service(("voiceid", "VoiceId", "Voice ID", "voiceid", "voiceid", "VoiceID", "1.0", false, VAT)),
    service(("waf", "Waf", "WAF", "waf", "waf", "AWSWAF_20150824", "1.1", false, NONE)),
    service(("wafregional", "WafRegional", "WAF Regional", "waf-regional", "waf-regional", "AWSWAF_Regional_20161128", "1.1", false, NONE)),
    service(("wafv2", "Wafv2", "WAFV2", "wafv2", "wafv2", "AWSWAF_20190729", "1.1", false, NONE)),
    service(("workmail", "WorkMail", "WorkMail", "workmail", "workmail", "WorkMailService", "1.1", false, NONE)),
    service(("workspaces", "WorkSpaces", "WorkSpaces", "workspaces", "workspaces", "WorkspacesService", "1.1", false, VA)),
    service(("workspacesinstances", "WorkspacesInstances", "Workspaces Instances", "workspaces-instances", "workspaces-instances", "EUCMIFrontendAPIService", "1.0", false, VAT)),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_are_found_by_the_names_that_resources_use() {
        for known in SERVICES {
            assert_eq!(json_service(known.name), Some(known));
        }
        let of = |name: &str| json_service(name).map(|known| (known.error_prefix, known.target, known.small));
        assert_eq!(of("dynamodb"), Some(("DynamoDb", "DynamoDB_20120810", false)));
        assert_eq!(of("sfn"), Some(("Sfn", "AWSStepFunctions", true)));
        assert_eq!(of("secretsmanager"), Some(("SecretsManager", "secretsmanager", false)));
        assert_eq!(of("nosuch"), None);
    }
}
