-- The statements of `image-analyzer rebuild`: as those of queries.sql, for many rows at once and with
-- the moments at which things happened. Nobody is told anew of what is recorded here.

-- name: add_requests
-- How many had no row.
WITH added AS (
    INSERT INTO analyses (
        tenant_id, request_id, kind, lane, state, accepted_at, deadline_at, announced_at,
        image_url, object_key, sha256, size_bytes, content_type, options, traceparent
    )
    SELECT tenant_id, request_id, kind, lane, 'accepted', accepted_at, deadline_at, announced_at,
           image_url, object_key, sha256, size_bytes, content_type, options::jsonb, traceparent
    FROM unnest(
        %(tenant_id)s::text[], %(request_id)s::uuid[], %(kind)s::text[], %(lane)s::text[],
        %(accepted_at)s::timestamptz[], %(deadline_at)s::timestamptz[],
        %(announced_at)s::timestamptz[], %(image_url)s::text[], %(object_key)s::text[],
        %(sha256)s::text[], %(size_bytes)s::bigint[], %(content_type)s::text[],
        %(options)s::text[], %(traceparent)s::text[]
    ) AS request (
        tenant_id, request_id, kind, lane, accepted_at, deadline_at, announced_at, image_url,
        object_key, sha256, size_bytes, content_type, options, traceparent
    )
    ON CONFLICT (tenant_id, request_id) DO NOTHING
    RETURNING request_id
)
SELECT count(*) FROM added

-- name: settle
-- How many were recorded, and how many are of a request that has a row. The rule is that of
-- `record_outcomes`.
WITH fact AS (
    SELECT *
    FROM unnest(
        %(tenant_ids)s::text[], %(request_ids)s::uuid[], %(states)s::text[], %(results)s::text[],
        %(failure_codes)s::text[], %(failure_messages)s::text[], %(failure_retryables)s::boolean[],
        %(failure_attempts)s::integer[], %(accepted_ats)s::timestamptz[],
        %(finished_ats)s::timestamptz[]
    ) AS f (
        tenant_id, request_id, state, result, failure_code, failure_message, failure_retryable,
        failure_attempts, accepted_at, finished_at
    )
), known AS (
    SELECT a.request_id FROM analyses AS a JOIN fact AS f USING (tenant_id, request_id)
), settled AS (
    UPDATE analyses AS a
    SET state = f.state,
        finished_at = f.finished_at,
        image_url = CASE f.state
            WHEN 'completed' THEN split_part(a.image_url, '?', 1) ELSE a.image_url
        END,
        result = f.result::jsonb,
        failure_code = f.failure_code,
        failure_message = f.failure_message,
        failure_retryable = f.failure_retryable,
        failure_attempts = f.failure_attempts
    FROM fact AS f
    WHERE a.tenant_id = f.tenant_id AND a.request_id = f.request_id
      AND (
          (a.state = 'accepted' AND (f.state = 'completed' OR f.accepted_at >= a.accepted_at))
          OR (f.state = 'completed' AND a.state IN ('failed', 'cancelled', 'expired'))
      )
    RETURNING a.request_id
)
SELECT (SELECT count(*) FROM settled), (SELECT count(*) FROM known)

-- name: cancel
WITH cancelled AS (
    UPDATE analyses AS a
    SET cancel_requested_at = c.requested_at, cancel_announced_at = c.requested_at
    FROM unnest(%(tenant_ids)s::text[], %(request_ids)s::uuid[], %(requested_ats)s::timestamptz[])
        AS c (tenant_id, request_id, requested_at)
    WHERE a.tenant_id = c.tenant_id AND a.request_id = c.request_id
      AND a.state = 'accepted' AND a.cancel_requested_at IS NULL
    RETURNING a.request_id
)
SELECT count(*) FROM cancelled
