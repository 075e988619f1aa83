-- One row: how the time of the file is told (milliseconds since 1970).
CREATE TABLE clock (
    boot   TEXT NOT NULL,    -- the start of the machine that `offset` is for
    offset INTEGER NOT NULL, -- what is added to the milliseconds since that start
    seen   INTEGER NOT NULL  -- a time that is over
);

-- The store: the newest of each key. What is gone leaves a trace for an hour, so that watchers see it.
CREATE TABLE store (
    revision INTEGER PRIMARY KEY AUTOINCREMENT, -- grows with every write, deletions included
    key      TEXT NOT NULL UNIQUE,              -- segments with `/` between; in them, `%`, `/` and control characters are `%XX`
    value    BLOB,                              -- text where it is UTF-8; NULL where it is gone
    until    INTEGER                            -- when it runs out, or its trace may be removed; NULL is never
);
CREATE INDEX store_ends ON store (until) WHERE value IS NOT NULL AND until IS NOT NULL;
CREATE INDEX store_traces ON store (until) WHERE value IS NULL;

-- One row: up to which revision traces may have been removed. Who has not seen it may have missed something.
CREATE TABLE store_forgotten (revision INTEGER NOT NULL);
INSERT INTO store_forgotten VALUES (0);
