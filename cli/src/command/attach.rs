//! `backstep attach`: the Step Functions API over a deployed stack.

use std::fmt::Write as _;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use clap::Args;
use stack::{Cloud, ConfigurationError, Environment, FindError};
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
    #[error("what was said of the stack cannot be used")]
    Configuration(#[from] ConfigurationError),
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
        let (name, environment) = match (&self.stack, &self.table) {
            (Some(name), _) => (name.clone(), stack::find(name, &config).await?),
            (None, table) => {
                let table = table.clone().unwrap_or_default();
                (table.clone(), self.written(&table)?)
            }
        };
        Ok(FoundStack { name, cloud: Cloud::of(environment, config)? })
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

/// A stack that was found.
pub(crate) struct FoundStack {
    /// What it is called.
    pub(crate) name: String,
    /// Its ports.
    pub(crate) cloud: Cloud,
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
    let place = found.cloud.environment.place()?;
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
