-- One row: how the time of the file is told (milliseconds since 1970).
CREATE TABLE clock (
    boot   TEXT NOT NULL,    -- the start of the machine that `offset` is for
    offset INTEGER NOT NULL, -- what is added to the milliseconds since that start
    seen   INTEGER NOT NULL  -- a time that is over
);
