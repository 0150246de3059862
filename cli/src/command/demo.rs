//! `backstep demo`: the order saga, whole, in this process.

use std::io::IsTerminal;
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use embedded::{OpenError, Options, RegisterError, StoreChoice, System};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use order::ItemError;
use order::definition::{SubstitutionError, Substitutions, definitions};

use crate::demo::{self, OrdersError, PlayError, Played};
use crate::exit::Outcome;
use crate::terminal::Terminal;

/// Run the order saga on sample orders and check the books
///
/// Starts the whole system in this process (coordinator, workers, queues, an embedded store), submits the orders, answers reviews, cancels, mends and
/// redrives as `events/orders/scenarios.json` says, prints every execution as a tree and then what all of them left behind: stock, reservations, charges,
/// shipments, notifications. Exit code 1 if that does not balance.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct DemoArguments {
    /// Order files; those in `scenarios.json` beside them are played as it says [default: the sample orders]
    files: Vec<PathBuf>,

    /// Keep the data here; a run that was interrupted goes on from it, and nothing is submitted twice [default: a temporary directory]
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,

    /// Print one JSON object, and nothing else, on standard output
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "\
Examples:
  backstep demo
  backstep demo events/orders/carrier-refuses.json
  backstep demo --data-dir /tmp/orders     (press Ctrl-C, then run it again: it goes on)
  backstep demo --json | jq .balanced";

/// Why the demo could not be run.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DemoError {
    #[error(transparent)]
    Orders(#[from] OrdersError),
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error(transparent)]
    Definitions(#[from] SubstitutionError),
    #[error(transparent)]
    Register(#[from] RegisterError),
    #[error("an item of the order saga")]
    Item(#[from] ItemError),
    #[error(transparent)]
    Play(#[from] PlayError),
    #[error("a temporary directory could not be removed")]
    Directory(#[source] std::io::Error),
    #[error("interrupted; `backstep demo --data-dir {}` goes on from there", .0.display())]
    Interrupted(PathBuf),
    #[error("interrupted")]
    Abandoned,
    #[error(transparent)]
    Output(#[from] std::io::Error),
}

/// Runs the demo.
pub(crate) async fn run(arguments: DemoArguments, terminal: &Terminal) -> Result<Outcome, DemoError> {
    let temporary = std::env::temp_dir().join(format!("backstep-demo-{}", std::process::id()));
    let directory = arguments.data_dir.clone().unwrap_or_else(|| temporary.clone());
    let outcome = tokio::select! {
        outcome = play(&arguments, directory.clone(), terminal) => outcome,
        _ = tokio::signal::ctrl_c() => Err(match arguments.data_dir.is_some() {
            true => DemoError::Interrupted(directory),
            false => DemoError::Abandoned,
        }),
    };
    if arguments.data_dir.is_none() && temporary.exists() {
        std::fs::remove_dir_all(&temporary).map_err(DemoError::Directory)?;
    }
    outcome
}

async fn play(arguments: &DemoArguments, directory: PathBuf, terminal: &Terminal) -> Result<Outcome, DemoError> {
    let orders = if arguments.files.is_empty() { demo::defaults()? } else { demo::from_files(&arguments.files)? };
    let system = Arc::new(System::open(Options::new(StoreChoice::Directory(directory)).serving_orders())?);
    for (name, text) in definitions(&Substitutions::demo()?)? {
        system.register_machine(name, &text).await?;
    }
    order::stock_catalogue(&*system.ports().ledger, system.ports().now()).await?;
    system.begin();
    let progress = progress(orders.len(), arguments.json);
    let played = demo::play_all(&system, &orders, |played| {
        progress.inc(1);
        progress.set_message(name(played));
    });
    let played = played.await?;
    progress.finish_and_clear();
    system.stop().await;
    let books = demo::check(&system, &played).await?;
    let report = match arguments.json {
        true => format!("{:#}\n", demo::json(&played, &books)),
        false => demo::text(&played, &books, terminal),
    };
    terminal.print(&report)?;
    Ok(if books.findings.is_empty() { Outcome::Good } else { Outcome::Bad })
}

fn name(played: &Played) -> String {
    match played {
        Played::Refused { scenario, .. } => scenario.file.clone(),
        Played::Ended { description, .. } => description.identity.name.clone(),
    }
}

/// A bar on a terminal, nothing elsewhere.
fn progress(orders: usize, quiet: bool) -> ProgressBar {
    let target = match std::io::stderr().is_terminal() && !quiet {
        true => ProgressDrawTarget::stderr(),
        false => ProgressDrawTarget::hidden(),
    };
    let bar = ProgressBar::with_draw_target(u64::try_from(orders).ok(), target);
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} orders  {elapsed}  {msg}") {
        bar.set_style(style);
    }
    bar
}
