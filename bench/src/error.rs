//! Why a benchmark has no figures.

/// Why a benchmark has no figures.
#[derive(Debug, thiserror::Error)]
pub enum BenchError {
    /// The system could not be opened.
    #[error(transparent)]
    Open(#[from] embedded::OpenError),
    /// A machine could not be registered.
    #[error(transparent)]
    Register(#[from] embedded::RegisterError),
    /// An execution could not be started.
    #[error(transparent)]
    Start(#[from] coordinator::StartError),
    /// An execution could not be described.
    #[error(transparent)]
    Describe(#[from] coordinator::DescribeError),
    /// The store did not answer.
    #[error(transparent)]
    Store(#[from] store::StoreError),
    /// An entry could not be encoded.
    #[error(transparent)]
    Entry(#[from] store::EntryError),
    /// The order saga could not be set up.
    #[error("the order saga: {0}")]
    Order(String),
    /// A directory for the data could not be made.
    #[error("directory for the data: {0}")]
    Directory(#[from] std::io::Error),
    /// An execution ended in another way than it should.
    #[error("execution `{name}` ended {status}: {cause}")]
    Ended {
        /// Its name.
        name: String,
        /// Its status.
        status: String,
        /// Its error and cause.
        cause: String,
    },
}
