-- What is for people to read: see file.md. The columns stay; more may come.

-- Which routes a durable subscription hears.
CREATE VIEW hears AS
SELECT d.id AS subscription, r.id AS route
FROM durables d JOIN routes r ON r.topic = d.topic
WHERE CASE
        WHEN r.address = '_' THEN d.hears <> 'group'
        WHEN r.address = 'group:' || d.agent THEN 1
        WHEN substr(r.address, 1, 13) = 'subscription:' THEN
            substr(r.address, 14) = d.durable_name
            OR EXISTS (SELECT 1 FROM former_names f
                       WHERE f.subscription = d.id AND f.durable_name = substr(r.address, 14))
        ELSE d.hears = 'all'
    END
    AND EXISTS (
        SELECT 1 FROM json_each(d.patterns) p
        WHERE p.value = r.type OR (
            -- Segment by segment.
            WITH pattern AS (SELECT key, value FROM json_each('["' || replace(p.value, '.', '","') || '"]')),
                 type AS (SELECT key, value FROM json_each('[' || replace(json_quote(r.type), '.', '","') || ']'))
            SELECT NOT EXISTS (
                       SELECT 1 FROM pattern LEFT JOIN type USING (key)
                       WHERE type.value IS NULL
                           OR (pattern.value NOT IN ('*', '>') AND pattern.value <> type.value))
                   AND (p.value = '>' OR p.value LIKE '%.>'
                        OR (SELECT count(*) FROM pattern) = (SELECT count(*) FROM type))
        )
    );

CREATE VIEW events AS
SELECT l.sequence, r.topic, r.type, r.address,
       strftime('%Y-%m-%dT%H:%M:%fZ', l.at / 1000.0, 'unixepoch') AS stored,
       l.event ->> 'id' AS id,
       l.event ->> 'source' AS source,
       l.event ->> 'time' AS time,
       l.event ->> 'subject' AS subject,
       l.key,
       l.event ->> 'trace_id' AS trace,
       l.event ->> 'parent_event_id' AS parent,
       l.event ->> 'correlation_id' AS correlation,
       l.event -> 'data' AS data,
       l.envelope
-- Somebody else may have written what is no event.
FROM (SELECT *, CASE WHEN json_valid(envelope) THEN envelope END AS event FROM log) l
JOIN routes r ON r.id = l.route;

CREATE VIEW waiting AS
SELECT d.agent, d.topic, d.pattern, d.name, w.sequence, w.delivered, w.due, e.type, e.id, e.key, e.stored, e.data
FROM (
    SELECT d.id AS subscription, l.sequence, 0 AS delivered, NULL AS due
    FROM durables d JOIN hears h ON h.subscription = d.id
    JOIN log l ON l.route = h.route AND l.sequence > d.cursor
    UNION ALL SELECT subscription, sequence, delivered,
                     strftime('%Y-%m-%dT%H:%M:%fZ', due / 1000.0, 'unixepoch') FROM delayed
    UNION ALL SELECT subscription, sequence, 0, NULL FROM behind
) w JOIN durables d ON d.id = w.subscription LEFT JOIN events e ON e.sequence = w.sequence;

CREATE VIEW in_hand AS
SELECT d.agent, d.topic, d.pattern, d.name, h.sequence, h.delivered,
       strftime('%Y-%m-%dT%H:%M:%fZ', h.until / 1000.0, 'unixepoch') AS until,
       e.type, e.id, e.key, e.stored, e.data
FROM held h JOIN durables d ON d.id = h.subscription LEFT JOIN events e ON e.sequence = h.sequence;

CREATE VIEW scheduled AS
SELECT sequence, strftime('%Y-%m-%dT%H:%M:%fZ', due / 1000.0, 'unixepoch') AS due, topic, type, address, key,
       CASE WHEN json_valid(envelope) THEN envelope ->> 'id' END AS id,
       CASE WHEN json_valid(envelope) THEN envelope -> 'data' END AS data,
       envelope
FROM later;

CREATE VIEW failed AS
SELECT id AS letter, strftime('%Y-%m-%dT%H:%M:%fZ', at / 1000.0, 'unixepoch') AS stored, agent, topic, pattern, name,
       sequence, type, key, reason, errors ->> 0 AS error, errors, first_errors, handler, attempts, first_failure,
       last_failure,
       CASE WHEN json_valid(envelope) THEN envelope ->> 'id' END AS id,
       CASE WHEN json_valid(envelope) THEN envelope ->> 'trace_id' END AS trace,
       CASE WHEN json_valid(envelope) THEN envelope -> 'data' END AS data,
       envelope
FROM letters;

CREATE VIEW subscriptions AS
SELECT d.agent, d.topic, d.pattern, d.name, d.durable_name, d.patterns, d.hears, d.ordered,
       (SELECT count(*) FROM hears h JOIN log l ON l.route = h.route AND l.sequence > d.cursor
        WHERE h.subscription = d.id) + (SELECT count(*) FROM behind b WHERE b.subscription = d.id) AS waiting,
       (SELECT count(*) FROM held h WHERE h.subscription = d.id) AS in_hand,
       (SELECT count(*) FROM delayed x WHERE x.subscription = d.id) AS delayed,
       d.missed,
       (SELECT count(*) FROM letters f WHERE (f.agent, f.topic, f.pattern, f.name) = (d.agent, d.topic, d.pattern, d.name))
           AS failed
FROM durables d;
