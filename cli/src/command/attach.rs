//! `backstep attach`: the Step Functions API over a deployed stack.

use std::fmt::Write as _;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use clap::Args;
use stack::{Cloud, ConfigurationError, Environment, FindError, MachinesPlace, SdkConfig};
use step_functions_api::Place;

use crate::exit::Outcome;
use crate::server::{Audience, ListenError, Served, Service, listen, serve_until_stopped};
use crate::stop_signal::StopSignal;
use crate::terminal::{Style, Terminal};

/// Serve the Step Functions API over a deployed stack
///
/// What `backstep local` serves of a directory, this serves of a stack's table and queues: AWS SDKs, the AWS CLI and scripts start, stop, describe and redrive the
/// executions that the stack's functions carry out.
///
/// Everything is done with your own credentials, found as the AWS CLI finds them, and permitted or refused by your own policies. Nothing of the stack is
/// run here: its functions do the work.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct AttachArguments {
    #[command(flatten)]
    stack: StackArguments,

    /// The port; 0 takes a free one, and says which
    #[arg(long, default_value_t = 8083)]
    port: u16,

    /// The address to listen on; anything but a loopback address lets other machines act with your credentials
    #[arg(long, default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST), value_name = "ADDRESS")]
    host: IpAddr,

    /// A name, besides localhost, by which clients may call this server (as in a network of containers); may be repeated
    #[arg(long, value_name = "NAME")]
    allow_host: Vec<String>,
}

/// Which stack.
#[derive(Debug, Args)]
pub(crate) struct StackArguments {
    /// The name of the stack, as it was given to `sam deploy`
    #[arg(long, value_name = "NAME", required_unless_present = "table")]
    stack: Option<String>,

    /// Without a stack's name: the name of the table
    #[arg(long, value_name = "TABLE", conflicts_with = "stack", requires_all = ["queues", "routes", "machines"])]
    table: Option<String>,

    /// With --table: JSON, the URL of each queue by its name, as in a function's BACKSTEP_QUEUES
    #[arg(long, value_name = "JSON", requires = "table")]
    queues: Option<String>,

    /// With --table: JSON, the queue and timeout of each function, as in BACKSTEP_ROUTES
    #[arg(long, value_name = "JSON", requires = "table")]
    routes: Option<String>,

    /// With --table: what the ARNs of state machines begin with, as in BACKSTEP_MACHINES
    #[arg(long, value_name = "PREFIX", requires = "table")]
    machines: Option<String>,

    /// With --table: how long executions are kept, in days, as in BACKSTEP_RETENTION_DAYS
    #[arg(long, value_name = "DAYS", default_value_t = 30, requires = "table")]
    retention_days: u64,

    /// The region [default: that of your AWS configuration]
    #[arg(long)]
    region: Option<String>,
}

const EXAMPLES: &str = "\
Examples:
  backstep attach --stack shop
  AWS_PROFILE=production backstep attach --stack shop --region eu-central-1 --port 0

  aws stepfunctions list-executions --endpoint-url http://127.0.0.1:8083 \\
      --state-machine-arn arn:aws:states:eu-central-1:123456789012:stateMachine:order-fulfillment

Credentials need what a function of the stack may do: read and write its table, send to its queues, and
lambda:GetFunctionConfiguration on NAME-coordinator.";

/// Why a stack cannot be attached to.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AttachError {
    #[error(transparent)]
    Listen(#[from] ListenError),
    #[error(transparent)]
    Find(#[from] FindError),
    #[error("what is said of the stack cannot be used")]
    Configuration(#[from] ConfigurationError),
    #[error("`{option}` is not what it should be: {reason}")]
    Option { option: &'static str, reason: String },
    #[error("AWS is reached in no region: say which with --region, or set AWS_REGION")]
    NoRegion,
    #[error("the table `{table}` cannot be read: {reason}")]
    Table { table: String, reason: store::StoreError },
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl StackArguments {
    /// What these name, and what it is called.
    pub(crate) async fn find(&self) -> Result<FoundStack, AttachError> {
        let config = stack::people_config(self.region.as_deref()).await;
        if config.region().is_none() {
            return Err(AttachError::NoRegion);
        }
        match (&self.stack, &self.table) {
            (Some(name), _) => FoundStack::new(Some(name.clone()), stack::find(name, &config).await?, config).map_err(Into::into),
            (None, table) => self.said(table.as_deref().unwrap_or_default(), config),
        }
    }

    /// The stack that the options say; what is wrong with one of them names it.
    fn said(&self, table: &str, config: SdkConfig) -> Result<FoundStack, AttachError> {
        let environment = self.written(table).map_err(of_option)?;
        let stack = environment.stack_name().map(str::to_owned);
        FoundStack::new(stack, environment, config).map_err(of_option)
    }

    fn written(&self, table: &str) -> Result<Environment, ConfigurationError> {
        let days = self.retention_days.to_string();
        Environment::read(|name| match name {
            "BACKSTEP_TABLE" => Some(table.to_owned()),
            "BACKSTEP_RETENTION_DAYS" => Some(days.clone()),
            "BACKSTEP_QUEUES" => self.queues.clone(),
            "BACKSTEP_ROUTES" => self.routes.clone(),
            "BACKSTEP_MACHINES" => self.machines.clone(),
            _ => None,
        })
    }
}

/// Functions are told by variables what this command is told by options.
fn of_option(error: ConfigurationError) -> AttachError {
    let (name, reason) = match error {
        ConfigurationError::Missing(name) => (name, "it is empty".to_owned()),
        ConfigurationError::Invalid { name, reason } => (name, reason),
        error @ (ConfigurationError::Retention(_) | ConfigurationError::Settings(_)) => {
            ("BACKSTEP_RETENTION_DAYS", error.to_string())
        }
        error @ ConfigurationError::NoQueue(_) => ("BACKSTEP_QUEUES", error.to_string()),
    };
    let option = match name {
        "BACKSTEP_TABLE" => "--table",
        "BACKSTEP_RETENTION_DAYS" => "--retention-days",
        "BACKSTEP_QUEUES" => "--queues",
        "BACKSTEP_ROUTES" => "--routes",
        "BACKSTEP_MACHINES" => "--machines",
        other => other,
    };
    AttachError::Option { option, reason }
}

/// A stack that was found.
pub(crate) struct FoundStack {
    /// What the stack is called, if that is known.
    pub(crate) stack: Option<String>,
    /// What it is called here: as the stack, or else as its table.
    pub(crate) name: String,
    /// Its ports.
    pub(crate) cloud: Cloud,
    /// Where its state machines are.
    pub(crate) place: MachinesPlace,
}

impl FoundStack {
    fn new(stack: Option<String>, environment: Environment, config: SdkConfig) -> Result<Self, ConfigurationError> {
        let place = environment.place()?;
        let name = stack.clone().unwrap_or_else(|| environment.table.clone());
        Ok(Self { stack, name, cloud: Cloud::of(environment, config)?, place })
    }
}

/// Serves until a signal comes.
pub(crate) async fn run(arguments: AttachArguments, terminal: &Terminal) -> Result<Outcome, AttachError> {
    let signal = StopSignal::listen()?;
    let listener = listen(SocketAddr::new(arguments.host, arguments.port)).await?;
    let address = listener.local_addr()?;
    let found = arguments.stack.find().await?;
    let coordinator = found.cloud.coordinator()?;
    let machines = coordinator.ports().executions.list_machines(None, MACHINES_TOLD).await;
    let table = &found.cloud.environment.table;
    let machines = machines.map_err(|reason| AttachError::Table { table: table.clone(), reason })?;
    let place = found.place.clone();
    let audience = Audience { beyond_loopback: !address.ip().is_loopback(), names: arguments.allow_host.clone() };
    if audience.beyond_loopback {
        terminal.warn(&format!("{address} lets {audience} start, read and stop executions with your credentials"));
    }
    let machines: Vec<String> = machines.into_iter().map(|machine| machine.name).collect();
    terminal.print(&banner(&found, address, &place.region, &machines, terminal))?;
    let service = Service {
        served: Served::Attached(Box::new(coordinator)),
        place: Place { region: place.region, account: place.account },
        audience,
        stopping: AtomicBool::new(false),
    };
    Ok(serve_until_stopped(listener, Arc::new(service), signal, terminal).await?)
}

/// State machines that the banner names.
const MACHINES_TOLD: usize = 20;

fn banner(found: &FoundStack, address: SocketAddr, region: &str, machines: &[String], terminal: &Terminal) -> String {
    let reached =
        if address.ip().is_unspecified() { SocketAddr::new(Ipv4Addr::LOCALHOST.into(), address.port()) } else { address };
    let environment = &found.cloud.environment;
    let mut text = format!(
        "{} http://{reached}\n\n",
        terminal.paint(Style::Bold, &format!("Backstep serves the Step Functions API of `{}` on", found.name))
    );
    for (what, value) in [
        ("table", environment.table.clone()),
        ("ARNs", format!("{}...", environment.machines)),
        ("machines", if machines.is_empty() { "none yet".to_owned() } else { machines.join(", ") }),
    ] {
        let _ = writeln!(text, "  {}  {value}", terminal.paint(Style::Dim, &format!("{what:8}")));
    }
    let _ = writeln!(text, "\nClients need no credentials of their own; yours are used:\n");
    let _ = writeln!(text, "  aws stepfunctions list-state-machines --endpoint-url http://{reached} --region {region}");
    text.push_str("\nCtrl-C stops it; the stack goes on.\n");
    text
}

#[cfg(test)]
pub(crate) mod tests {
    use std::collections::BTreeMap;

    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Command {
        #[command(flatten)]
        stack: StackArguments,
    }

    const QUEUES: &str = r#"{"answers":"http://queues/1/shop-answers.fifo","orders":"http://queues/1/shop-orders"}"#;
    const ROUTES: &str = r#"{"charge":{"queue":"tasks-payment","timeoutSeconds":10}}"#;
    const MACHINES: &str = "arn:aws:states:eu-central-1:1:stateMachine:";

    pub(crate) fn said(changed: &[(&str, &str)]) -> Result<FoundStack, AttachError> {
        let mut options =
            BTreeMap::from([("--table", "orders-table"), ("--queues", QUEUES), ("--routes", ROUTES), ("--machines", MACHINES)]);
        options.extend(changed.iter().copied());
        let written = options.iter().flat_map(|(option, value)| [*option, *value]);
        let Command { stack } = Command::try_parse_from(std::iter::once("attach").chain(written)).unwrap();
        let config = SdkConfig::builder().behavior_version(stack::BehaviorVersion::latest()).build();
        stack.said(stack.table.as_deref().unwrap(), config)
    }

    // Fails if an option is called by the variable of a function, which nobody has set.
    #[test]
    fn what_is_wrong_with_an_option_names_it() {
        let check = |option: &'static str, value: &str, reason: &str| match said(&[(option, value)]).map(|found| found.name) {
            Err(error @ AttachError::Option { .. }) => {
                assert!(error.to_string().starts_with(&format!("`{option}` is not what it should be: {reason}")), "{error}");
            }
            other => panic!("{option}: {other:?}"),
        };
        check("--routes", "{", "EOF while parsing");
        check("--routes", r#"{"charge":{"queue":"q"}}"#, "missing field `timeoutSeconds`");
        check("--queues", "[]", "invalid type: sequence");
        check("--queues", "", "it is empty");
        check("--machines", "arn:aws:states:", "`arn:aws:states:` is not what the ARN of a state machine begins with");
        check("--retention-days", "3", "a retention of `3` days is shorter than 15");
        check("--table", "", "it is empty");
    }

    #[test]
    fn a_stack_that_is_said_by_its_table_is_called_as_its_queues_say() {
        let named = said(&[]).unwrap();
        assert_eq!((named.stack.as_deref(), named.name.as_str()), (Some("shop"), "shop"));
        let unnamed = said(&[("--queues", r#"{"answers":"http://queues/1/replies.fifo"}"#)]).unwrap();
        assert_eq!((unnamed.stack.as_deref(), unnamed.name.as_str()), (None, "orders-table"));
        assert_eq!(unnamed.place, MachinesPlace { region: "eu-central-1".to_owned(), account: "1".to_owned() });
    }
}
