-- Deliveries that were read, look wrong, and wait for a person. A decision ends the letters of the page, as a mended contract
-- does, and says who took it and why.
ALTER TABLE dead_letter{{.OnCluster}}
    ADD COLUMN IF NOT EXISTS held UInt8 COMMENT '1 where the page was read and looks wrong: a person may let it in all the same; else 0',
    ADD COLUMN IF NOT EXISTS decision LowCardinality(String) COMMENT 'accepted or rejected where a person ended the letter; else empty',
    ADD COLUMN IF NOT EXISTS decided_by String COMMENT 'who decided; else empty',
    ADD COLUMN IF NOT EXISTS decided_why String COMMENT 'why, as they said; else empty';

CREATE VIEW IF NOT EXISTS held_delivery{{.OnCluster}}
(
    source      LowCardinality(String) COMMENT 'source, provider.dataset',
    delivery    String COMMENT 'pull and page, as auyl source accept takes it',
    run_id      LowCardinality(String) COMMENT 'pull that brought the page, see ingest_run',
    page        UInt32 COMMENT 'page within the pull, from 1',
    raw_seq     UInt64 COMMENT 'sequence of the page in the stream RAW',
    raw_sha256  FixedString(32) COMMENT 'sha256 of the raw object, 32 bytes',
    recorded_at DateTime64(3, 'UTC') COMMENT 'when the page was fetched, UTC',
    origin      {{.Origin}} COMMENT 'real as published, or synthetic as made by auyl simulate',
    reasons     Array(String) COMMENT 'why it is held back, or was',
    found       String COMMENT 'what was found, of all reasons',
    state       LowCardinality(String) COMMENT 'waiting, accepted, rejected, or mended where its contract lets it in now',
    decided_by  String COMMENT 'who decided; else empty',
    decided_why String COMMENT 'why, as they said; else empty',
    decided_at  Nullable(DateTime64(3, 'UTC')) COMMENT 'when it was decided on or mended, UTC; empty while it waits'
)
AS
SELECT
    source,
    concat(toString(any(refused.1)), '/', toString(any(refused.2))) AS delivery,
    any(refused.1) AS run_id,
    any(refused.2) AS page,
    raw_seq,
    any(refused.3) AS raw_sha256,
    any(refused.4) AS recorded_at,
    any(refused.5) AS origin,
    arraySort(groupArray(toString(reason))) AS reasons,
    arrayStringConcat(arrayMap(x -> x.2, arraySort(groupArray(tuple(toString(reason), refused.6)))), '; ') AS found,
    multiIf(
        countIf(newest.1 = 0) > 0, 'waiting',
        argMax(newest.2, newest.5) = '', 'mended',
        argMax(toString(newest.2), newest.5)) AS state,
    argMax(newest.3, newest.5) AS decided_by,
    argMax(newest.4, newest.5) AS decided_why,
    if(countIf(newest.1 = 0) > 0, NULL, max(newest.5)) AS decided_at
FROM
(
    SELECT
        source,
        raw_seq,
        reason,
        argMaxIf(tuple(run_id, page, raw_sha256, recorded_at, origin, found), replay_seq, resolved_by = 0) AS refused,
        argMax(tuple(resolved_by, decision, decided_by, decided_why, seen_at), replay_seq) AS newest
    FROM {{.Database}}.dead_letter
    WHERE row = 0 AND position = 'page'
    GROUP BY
        source,
        raw_seq,
        reason
    HAVING max(held) = 1
)
GROUP BY
    source,
    raw_seq
COMMENT 'each delivery that was held back, why, and what a person decided';
