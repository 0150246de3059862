//! The thread that writes: takes what waits, commits it as one transaction, then answers all of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;

use rusqlite::Connection;
use store::StoreError;
use tokio::sync::{mpsc, oneshot};

use crate::failure::Failure;

/// Requests that one transaction takes at most: it bounds how long the first one waits for the last.
const REQUESTS_PER_COMMIT_MAX: usize = 512;

/// Requests that wait at most; further ones wait before they are sent.
const REQUESTS_WAITING_MAX: usize = 4096;

/// The thread that writes. Dropped, it commits and answers what waits, and ends.
#[derive(Debug)]
pub(crate) struct Writer {
    /// None only while it is dropped.
    requests: Option<mpsc::Sender<Box<dyn Request>>>,
    thread: Option<JoinHandle<()>>,
    commits: Arc<AtomicU64>,
}

/// A write that waits.
trait Request: Send {
    /// Does it within the transaction; whether it is to be kept. The answer is held back.
    fn perform(&mut self, connection: &Connection) -> bool;

    /// Answers it: with what came of it, or why the transaction as a whole failed.
    fn answer(self: Box<Self>, committed: Result<(), StoreError>);
}

struct Pending<F, T> {
    act: Option<F>,
    outcome: Result<T, StoreError>,
    answer: oneshot::Sender<Result<T, StoreError>>,
}

impl<F, T> Request for Pending<F, T>
where
    F: FnOnce(&Connection) -> Result<T, Failure> + Send,
    T: Send,
{
    fn perform(&mut self, connection: &Connection) -> bool {
        if let Some(act) = self.act.take() {
            self.outcome = act(connection).map_err(StoreError::from);
        }
        self.outcome.is_ok()
    }

    fn answer(self: Box<Self>, committed: Result<(), StoreError>) {
        // Whoever asked may be gone: its write counts all the same.
        let _ = self.answer.send(committed.and(self.outcome));
    }
}

impl Writer {
    /// Starts the thread.
    ///
    /// # Errors
    ///
    /// The system has no thread to give.
    pub(crate) fn start(connection: Connection) -> std::io::Result<Self> {
        let (requests, waiting) = mpsc::channel(REQUESTS_WAITING_MAX);
        let commits = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&commits);
        let thread =
            std::thread::Builder::new().name("store-writer".to_owned()).spawn(move || run(&connection, waiting, &counted))?;
        Ok(Self { requests: Some(requests), thread: Some(thread), commits })
    }

    /// How many transactions were committed.
    pub(crate) fn commits(&self) -> u64 {
        self.commits.load(Ordering::Relaxed)
    }

    /// Writes; returns when it is on the disk.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        act: impl FnOnce(&Connection) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, StoreError> {
        let stopped = || StoreError::Unavailable("the store is closed".to_owned());
        let (answer, answered) = oneshot::channel();
        let request = Box::new(Pending { act: Some(act), outcome: Err(stopped()), answer });
        let requests = self.requests.as_ref().ok_or_else(stopped)?;
        requests.send(request).await.map_err(|_| stopped())?;
        answered.await.map_err(|_| stopped())?
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.requests = None;
        // Until it has ended it has the database: whoever holds the directory's lock must not let go before.
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn run(connection: &Connection, mut waiting: mpsc::Receiver<Box<dyn Request>>, commits: &AtomicU64) {
    while let Some(first) = waiting.blocking_recv() {
        let mut group = vec![first];
        while group.len() < REQUESTS_PER_COMMIT_MAX {
            let Ok(next) = waiting.try_recv() else { break };
            group.push(next);
        }
        let committed = commit(connection, &mut group).map_err(StoreError::from);
        match &committed {
            Ok(()) => {
                commits.fetch_add(1, Ordering::Relaxed);
            }
            Err(error) => tracing::error!(%error, requests = group.len(), "a commit failed"),
        }
        for request in group {
            request.answer(committed.clone());
        }
    }
}

/// Performs a group in one transaction: a request that fails leaves nothing behind, and the others stay.
fn commit(connection: &Connection, group: &mut [Box<dyn Request>]) -> Result<(), Failure> {
    let performed = perform(connection, group);
    if performed.is_err() && !connection.is_autocommit() {
        connection.execute_batch("ROLLBACK")?;
    }
    performed
}

fn perform(connection: &Connection, group: &mut [Box<dyn Request>]) -> Result<(), Failure> {
    let execute = |statement: &str| connection.prepare_cached(statement)?.execute([]);
    execute("BEGIN IMMEDIATE")?;
    for request in group {
        execute("SAVEPOINT request")?;
        if !request.perform(connection) {
            // A failure such as a full disk may have rolled back the whole transaction already: then this fails, and all are told.
            execute("ROLLBACK TO request")?;
        }
        execute("RELEASE request")?;
    }
    execute("COMMIT")?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc as channel;

    use super::*;
    use crate::failure::integer;

    fn writer() -> Arc<Writer> {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch("CREATE TABLE numbers (number INTEGER UNIQUE)").unwrap();
        Arc::new(Writer::start(connection).unwrap())
    }

    async fn put(writer: &Writer, number: u64) -> Result<(), StoreError> {
        let insert = move |connection: &Connection| {
            connection.execute("INSERT INTO numbers VALUES (?1)", [integer(number)?])?;
            Ok(())
        };
        writer.write(insert).await
    }

    async fn numbers(writer: &Writer) -> Vec<i64> {
        let select = |connection: &Connection| {
            let mut select = connection.prepare("SELECT number FROM numbers ORDER BY number")?;
            let rows = select.query_map([], |row| row.get(0))?;
            Ok(rows.collect::<Result<_, _>>()?)
        };
        writer.write(select).await.unwrap()
    }

    /// Holds the writer up until everything of `requests` waits, then lets it go; answers what they answer, and how many commits they took.
    async fn grouped(writer: &Arc<Writer>, requests: &[u64]) -> (Vec<Result<(), StoreError>>, u64) {
        let (reached, until_reached) = channel::channel();
        let (release, until_released) = channel::channel::<()>();
        let held = Arc::clone(writer);
        let hold = tokio::spawn(async move {
            let wait = move |_: &Connection| {
                let _ = reached.send(());
                let _ = until_released.recv();
                Ok(())
            };
            held.write(wait).await
        });
        tokio::task::yield_now().await;
        until_reached.recv().unwrap();
        let before = writer.commits();
        // Polled one after the other on this thread: each is sent before the next begins, and none can be answered yet. (Unconstrained, or tokio
        // would have the task pause after a hundred of them.)
        let unsent = |number: &u64| Box::pin(tokio::task::unconstrained(put(writer, *number)));
        let mut waiting: Vec<_> = requests.iter().map(unsent).collect();
        for request in &mut waiting {
            let sent = std::future::poll_fn(|context| std::task::Poll::Ready(request.as_mut().poll(context))).await;
            assert!(sent.is_pending());
        }
        release.send(()).unwrap();
        let mut answers = Vec::new();
        for request in waiting {
            answers.push(request.await);
        }
        hold.await.unwrap().unwrap();
        // The commit of the hold itself came before.
        (answers, writer.commits() - before - 1)
    }

    #[tokio::test]
    async fn what_waits_is_committed_together() {
        let writer = writer();
        let (answers, commits) = grouped(&writer, &(0..300).collect::<Vec<_>>()).await;
        assert!(answers.iter().all(Result::is_ok));
        assert_eq!(commits, 1, "300 writes, one fsync");
        assert_eq!(numbers(&writer).await, (0..300).collect::<Vec<_>>());
    }

    #[tokio::test]
    async fn a_group_is_bounded() {
        let writer = writer();
        let requests: Vec<u64> = (0..u64::try_from(REQUESTS_PER_COMMIT_MAX).unwrap() + 1).collect();
        assert_eq!(grouped(&writer, &requests).await.1, 2, "one more than fits takes a second commit");
        assert_eq!(grouped(&writer, &[9001, 9002]).await.1, 1);
    }

    #[tokio::test]
    async fn a_failing_write_leaves_the_others_of_its_group_alone() {
        let writer = writer();
        let (answers, commits) = grouped(&writer, &[1, 2, 2, 3, u64::MAX]).await;
        assert_eq!(answers.iter().map(Result::is_ok).collect::<Vec<_>>(), [true, true, false, true, false]);
        assert_eq!(commits, 1);
        assert_eq!(numbers(&writer).await, [1, 2, 3]);
    }

    #[tokio::test]
    async fn a_failing_write_leaves_nothing_of_itself() {
        let writer = writer();
        let half = |connection: &Connection| {
            connection.execute("INSERT INTO numbers VALUES (1)", [])?;
            Err::<(), _>(StoreError::Refused("no".to_owned()).into())
        };
        assert_eq!(writer.write(half).await, Err(StoreError::Refused("no".to_owned())));
        assert_eq!(numbers(&writer).await, Vec::<i64>::new());
    }

    #[tokio::test]
    async fn if_the_transaction_fails_as_a_whole_nobody_is_told_success() {
        let writer = writer();
        let breaks = |connection: &Connection| {
            connection.execute("INSERT INTO numbers VALUES (1)", [])?;
            // What SQLite does by itself when the disk is full.
            connection.execute_batch("ROLLBACK")?;
            Ok(())
        };
        assert!(writer.write(breaks).await.is_err());
        assert_eq!(put(&writer, 2).await, Ok(()), "the next group is not affected");
        assert_eq!(numbers(&writer).await, [2]);
    }

    #[tokio::test]
    async fn what_waits_is_written_before_the_writer_ends() {
        let directory = std::env::temp_dir().join(format!("writer-ends-{}", std::process::id()));
        let connection = || Connection::open(&directory).unwrap();
        connection().execute_batch("CREATE TABLE numbers (number INTEGER UNIQUE)").unwrap();
        let writer = Writer::start(connection()).unwrap();
        {
            let mut request = Box::pin(put(&writer, 7));
            let _ = std::future::poll_fn(|context| std::task::Poll::Ready(request.as_mut().poll(context))).await;
        }
        drop(writer);
        let number: i64 = connection().query_row("SELECT number FROM numbers", [], |row| row.get(0)).unwrap();
        std::fs::remove_file(&directory).unwrap();
        assert_eq!(number, 7, "although whoever asked was gone");
    }
}
