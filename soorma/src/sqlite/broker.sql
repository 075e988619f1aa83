-- The tables of the broker. They may change with a version; what is for people to read are the views.

-- Where events go: each (topic, address, event type) that was published to, and whose events are still kept.
CREATE TABLE routes (
    id      INTEGER PRIMARY KEY AUTOINCREMENT, -- never given twice
    topic   TEXT NOT NULL,
    type    TEXT NOT NULL,
    address TEXT NOT NULL, -- `_`, `group:..`, `subscription:..` or `inbox:..`
    UNIQUE (topic, type, address)
);

-- The log of all topics.
CREATE TABLE log (
    sequence INTEGER PRIMARY KEY, -- as `recent` gives it
    route    INTEGER NOT NULL,
    at       INTEGER NOT NULL, -- when it was stored; never falls with the sequence
    key      TEXT,             -- its partition key
    envelope BLOB NOT NULL     -- the event as JSON text; whatever bytes somebody else has written
);
CREATE INDEX log_by_route ON log (route);

-- Published with a delay that is not over. The sequence is what its publisher was told; in the log it gets another.
CREATE TABLE later (
    sequence INTEGER PRIMARY KEY,
    due      INTEGER NOT NULL,
    topic    TEXT NOT NULL,
    type     TEXT NOT NULL,
    address  TEXT NOT NULL,
    key      TEXT,
    envelope BLOB NOT NULL
);
CREATE INDEX later_by_due ON later (due);

-- What was published lately, to recognise repetitions; each process reads it once, in its order. Sequences are given here,
-- and the last row stays, so that none is given twice: where SQLite itself sees to that, each commit writes a page more.
CREATE TABLE recent (
    sequence INTEGER PRIMARY KEY,
    at       INTEGER NOT NULL,
    identity BLOB -- 16 bytes of a hash of topic, source and id; none where an event came into the log otherwise
);

-- The durable subscriptions. What is on the routes of one, is not after its cursor, and has no row in `held`, `delayed`
-- or `behind`, is settled.
CREATE TABLE durables (
    id           INTEGER PRIMARY KEY AUTOINCREMENT, -- never given twice
    durable_name TEXT NOT NULL UNIQUE,
    agent        TEXT NOT NULL,
    topic        TEXT NOT NULL,
    pattern      TEXT NOT NULL,
    name         TEXT NOT NULL,
    patterns     TEXT NOT NULL,              -- what it hears: a JSON array
    hears        TEXT NOT NULL,              -- `everyone`, `group` or `all`
    ordered      INTEGER NOT NULL,
    lease        INTEGER NOT NULL,           -- milliseconds
    version      INTEGER NOT NULL DEFAULT 1, -- grows when what it hears changes
    cursor       INTEGER NOT NULL,
    missed       INTEGER NOT NULL DEFAULT 0  -- how many were gone before it came to them
);

-- The names that durable subscriptions had before.
CREATE TABLE former_names (
    durable_name TEXT PRIMARY KEY,
    subscription INTEGER NOT NULL
) WITHOUT ROWID;

-- In the hand of a member, until its lease ends.
CREATE TABLE held (
    subscription INTEGER NOT NULL,
    sequence     INTEGER NOT NULL,
    delivered    INTEGER NOT NULL, -- how often, this time included: with the two above, the ticket
    until        INTEGER NOT NULL,
    key          TEXT,             -- of an ordered subscription
    PRIMARY KEY (subscription, sequence)
) WITHOUT ROWID;
CREATE INDEX held_by_key ON held (subscription, key) WHERE key IS NOT NULL;

-- To be handed out when it is due: handed back, or set free by the one before with its key.
CREATE TABLE delayed (
    subscription INTEGER NOT NULL,
    due          INTEGER NOT NULL,
    sequence     INTEGER NOT NULL,
    delivered    INTEGER NOT NULL,
    key          TEXT,
    PRIMARY KEY (subscription, due, sequence)
) WITHOUT ROWID;
CREATE INDEX delayed_by_key ON delayed (subscription, key) WHERE key IS NOT NULL;

-- In an ordered subscription, behind an earlier one with the same key.
CREATE TABLE behind (
    subscription INTEGER NOT NULL,
    key          TEXT NOT NULL,
    sequence     INTEGER NOT NULL,
    PRIMARY KEY (subscription, key, sequence)
) WITHOUT ROWID;

CREATE TABLE letters (
    number        INTEGER PRIMARY KEY,
    id            TEXT NOT NULL UNIQUE,
    at            INTEGER NOT NULL,
    agent         TEXT NOT NULL,
    topic         TEXT NOT NULL,
    pattern       TEXT NOT NULL,
    name          TEXT NOT NULL,
    sequence      INTEGER NOT NULL,
    type          TEXT NOT NULL, -- under which it was found
    key           TEXT,
    envelope      BLOB NOT NULL,
    reason        TEXT NOT NULL,
    first_errors  TEXT NOT NULL, -- JSON arrays, outermost first
    errors        TEXT NOT NULL,
    handler       TEXT NOT NULL,
    attempts      INTEGER NOT NULL,
    first_failure TEXT NOT NULL,
    last_failure  TEXT NOT NULL
);

-- One row: who looks after the file goes by it.
CREATE TABLE upkeep (
    swept  INTEGER NOT NULL, -- when retention was last seen to
    pruned INTEGER NOT NULL  -- grows when a route is removed
);
INSERT INTO upkeep (swept, pruned) VALUES (0, 0);
