-- The layout of the embedded store, version 1. Rowid tables with unique indexes: measured faster than WITHOUT ROWID under
-- concurrent writers. Times are milliseconds since 1970.

-- One row per execution. `record` is the head as JSON; the other columns repeat what is looked up or listed by.
CREATE TABLE heads (
    row INTEGER PRIMARY KEY,
    arn TEXT NOT NULL,
    execution TEXT NOT NULL,
    machine_arn TEXT NOT NULL,
    status TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    -- When an open execution is to be looked at; null once it has ended.
    due_at INTEGER,
    record TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX heads_by_arn ON heads (arn);
CREATE UNIQUE INDEX heads_by_execution ON heads (execution);
CREATE INDEX heads_by_start ON heads (started_at, execution);
CREATE INDEX heads_by_machine ON heads (machine_arn, started_at, execution);
CREATE INDEX heads_by_status ON heads (status, started_at, execution);
CREATE INDEX heads_by_machine_and_status ON heads (machine_arn, status, started_at, execution);
CREATE INDEX heads_by_due ON heads (due_at, execution) WHERE due_at IS NOT NULL;

-- One row per committed transition: the encoded entry, and the seed by which its writer recognises it.
CREATE TABLE journal (
    row INTEGER PRIMARY KEY,
    execution TEXT NOT NULL,
    revision INTEGER NOT NULL,
    seed BLOB NOT NULL,
    entry BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX journal_by_revision ON journal (execution, revision);

-- Value items: the packed text under its hash.
CREATE TABLE value_items (
    row INTEGER PRIMARY KEY,
    execution TEXT NOT NULL,
    hash TEXT NOT NULL,
    packed BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX value_items_by_hash ON value_items (execution, hash);

-- Definitions: the packed text under its hash.
CREATE TABLE definitions (
    row INTEGER PRIMARY KEY,
    hash TEXT NOT NULL,
    packed BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX definitions_by_hash ON definitions (hash);

-- State machines, as JSON.
CREATE TABLE machines (
    row INTEGER PRIMARY KEY,
    arn TEXT NOT NULL,
    name TEXT NOT NULL,
    record TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX machines_by_arn ON machines (arn);
CREATE INDEX machines_by_name ON machines (name);

-- The ledger: one entry per idempotency key, as JSON.
CREATE TABLE ledger (
    row INTEGER PRIMARY KEY,
    key TEXT NOT NULL,
    record TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX ledger_by_key ON ledger (key);

-- Items of handlers' own, as JSON.
CREATE TABLE items (
    row INTEGER PRIMARY KEY,
    partition TEXT NOT NULL,
    sort TEXT NOT NULL,
    expires_at INTEGER,
    record TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX items_by_key ON items (partition, sort);
CREATE INDEX items_by_expiry ON items (expires_at) WHERE expires_at IS NOT NULL;
