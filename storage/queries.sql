-- Every statement that the API and the processors run. One statement per name, one round trip each;
-- parameters are psycopg's %(name)s. A row in state 'deleted' is a tombstone and is never shown.

-- name: accept_analysis
INSERT INTO analyses (
    tenant_id, request_id, kind, lane, state, accepted_at, deadline_at,
    image_url, object_key, sha256, size_bytes, content_type, options, traceparent
) VALUES (
    %(tenant_id)s, %(request_id)s, %(kind)s, %(lane)s, 'accepted', %(accepted_at)s,
    %(deadline_at)s, %(image_url)s, %(object_key)s, %(sha256)s, %(size_bytes)s, %(content_type)s,
    %(options)s::jsonb, %(traceparent)s
)
ON CONFLICT (tenant_id, request_id) DO NOTHING

-- name: accept_keyed_analysis
-- No row when the key stands for another request: then nothing was inserted. Of two at once the
-- second waits for the first. A key that has expired is taken over.
WITH claimed AS (
    INSERT INTO idempotency_keys AS k (tenant_id, key, fingerprint, request_id, expires_at)
    VALUES (%(tenant_id)s, %(key)s, %(fingerprint)s, %(request_id)s, %(expires_at)s)
    ON CONFLICT (tenant_id, key) DO UPDATE
    SET fingerprint = EXCLUDED.fingerprint, request_id = EXCLUDED.request_id,
        expires_at = EXCLUDED.expires_at
    WHERE k.expires_at <= now() OR k.request_id = EXCLUDED.request_id
    RETURNING request_id
), accepted AS (
    INSERT INTO analyses (
        tenant_id, request_id, kind, lane, state, accepted_at, deadline_at,
        image_url, object_key, sha256, size_bytes, content_type, options, traceparent
    )
    SELECT %(tenant_id)s, %(request_id)s, %(kind)s, %(lane)s, 'accepted', %(accepted_at)s,
           %(deadline_at)s, %(image_url)s, %(object_key)s, %(sha256)s, %(size_bytes)s,
           %(content_type)s, %(options)s::jsonb, %(traceparent)s
    FROM claimed
    ON CONFLICT (tenant_id, request_id) DO NOTHING
)
SELECT request_id FROM claimed

-- name: find_idempotency_key
SELECT request_id, fingerprint FROM idempotency_keys
WHERE tenant_id = %(tenant_id)s AND key = %(key)s AND expires_at > now()

-- name: forget_expired_keys
DELETE FROM idempotency_keys
WHERE (tenant_id, key) IN (
    SELECT tenant_id, key FROM idempotency_keys WHERE expires_at <= %(at)s LIMIT %(limit)s
)
RETURNING key

-- name: request_cancel
UPDATE analyses SET cancel_requested_at = %(at)s
WHERE tenant_id = %(tenant_id)s AND request_id = %(request_id)s
  AND state = 'accepted' AND cancel_requested_at IS NULL

-- name: accept_replay
-- Both rows name each other or neither does. No row when the old one may not be replayed.
WITH old AS (
    UPDATE analyses SET replayed_as = %(as_id)s
    WHERE tenant_id = %(tenant_id)s AND request_id = %(request_id)s
      AND state IN ('failed', 'cancelled', 'expired') AND replayed_as IS NULL
      AND replay_number < %(most)s
    RETURNING tenant_id, request_id, kind, lane, image_url, object_key, sha256, size_bytes,
              content_type, options, replay_number
)
INSERT INTO analyses (
    tenant_id, request_id, kind, lane, state, accepted_at, deadline_at, image_url, object_key,
    sha256, size_bytes, content_type, options, replay_of, replay_number, traceparent
)
SELECT tenant_id, %(as_id)s, kind, lane, 'accepted', %(at)s, %(deadline_at)s, image_url,
       object_key, sha256, size_bytes, content_type, options, request_id, replay_number + 1,
       %(traceparent)s
FROM old
RETURNING request_id

-- name: find_analysis
SELECT tenant_id, request_id, kind, accepted_at, deadline_at, image_url, object_key, sha256,
       size_bytes, content_type, options::text,
       finished_at, result::text,
       failure_code, failure_message, failure_retryable, failure_attempts,
       lane, cancel_requested_at, replay_of, replayed_as, replay_number
FROM analyses
WHERE tenant_id = %(tenant_id)s AND request_id = %(request_id)s AND state <> 'deleted'

-- name: record_outcomes
-- A result replaces a failure; nothing else replaces what has ended, so a replay changes nothing.
-- A failure from before the acceptance is that of an earlier, refused request with the same id.
-- Of an address that gave its picture the query goes: often it is a signature. One that failed may
-- be asked again, and stays whole.
-- What was recorded, and nothing else, is told to whoever asked for it by `callback_url`; a result
-- that replaces a failure is told anew, in its place. The address is a checked one: what lies
-- between its second and third slash is host and port.
WITH settled AS (
    UPDATE analyses AS a
    SET state = fact.state,
        finished_at = now(),
        image_url = CASE fact.state
            WHEN 'completed' THEN split_part(a.image_url, '?', 1) ELSE a.image_url
        END,
        result = fact.result::jsonb,
        failure_code = fact.failure_code,
        failure_message = fact.failure_message,
        failure_retryable = fact.failure_retryable,
        failure_attempts = fact.failure_attempts
    FROM unnest(
        %(tenant_ids)s::text[], %(request_ids)s::uuid[], %(states)s::text[], %(results)s::text[],
        %(failure_codes)s::text[], %(failure_messages)s::text[], %(failure_retryables)s::boolean[],
        %(failure_attempts)s::integer[], %(accepted_ats)s::timestamptz[], %(traceparents)s::text[]
    ) AS fact (
        tenant_id, request_id, state, result, failure_code, failure_message, failure_retryable,
        failure_attempts, accepted_at, traceparent
    )
    WHERE a.tenant_id = fact.tenant_id AND a.request_id = fact.request_id
      AND (
          (a.state = 'accepted' AND (fact.state = 'completed' OR fact.accepted_at >= a.accepted_at))
          OR (fact.state = 'completed' AND a.state IN ('failed', 'cancelled', 'expired'))
      )
    RETURNING a.tenant_id, a.request_id, a.options ->> 'callback_url' AS url, fact.traceparent,
        CASE a.state WHEN 'completed' THEN 'image-analyzed' ELSE 'analysis-failed' END AS event
)
INSERT INTO webhook_deliveries AS d (tenant_id, request_id, event, url, receiver, traceparent)
SELECT tenant_id, request_id, event, url, split_part(url, '/', 3), traceparent
FROM settled WHERE url IS NOT NULL
ON CONFLICT (tenant_id, request_id) DO UPDATE
SET event = EXCLUDED.event, state = 'pending', created_at = now(), begun_at = now(),
    due_at = now(), finished_at = NULL, attempts_before = d.attempts,
    traceparent = EXCLUDED.traceparent

-- name: claim_deliveries
-- A tenant's receivers lie around a circle, by the hash of their names; each look steps from one to
-- the next, a number of times from its beginning and as often from a place chosen at random. So all
-- have their turn, however many a tenant names and however much waits for each, and nobody waits for
-- another tenant's. Of two processes at once the second passes over what the first has locked.
WITH RECURSIVE whose AS (
    (SELECT tenant_id FROM webhook_deliveries WHERE state = 'pending' ORDER BY tenant_id LIMIT 1)
    UNION ALL
    SELECT following.tenant_id FROM whose AS t CROSS JOIN LATERAL (
        SELECT d.tenant_id FROM webhook_deliveries AS d
        WHERE d.state = 'pending' AND d.tenant_id > t.tenant_id ORDER BY d.tenant_id LIMIT 1
    ) AS following
), places AS (
    SELECT t.tenant_id, first.place, 1 AS step
    FROM whose AS t
    CROSS JOIN (VALUES (''), (md5(random()::text))) AS start (place)
    CROSS JOIN LATERAL (
        SELECT md5(d.receiver) AS place FROM webhook_deliveries AS d
        WHERE d.state = 'pending' AND d.tenant_id = t.tenant_id AND md5(d.receiver) >= start.place
        ORDER BY md5(d.receiver) LIMIT 1
    ) AS first
    UNION ALL
    SELECT p.tenant_id, following.place, p.step + 1
    FROM places AS p CROSS JOIN LATERAL (
        SELECT md5(d.receiver) AS place FROM webhook_deliveries AS d
        WHERE d.state = 'pending' AND d.tenant_id = p.tenant_id AND md5(d.receiver) > p.place
        ORDER BY md5(d.receiver) LIMIT 1
    ) AS following
    WHERE p.step < %(steps)s
), receivers AS (
    SELECT DISTINCT tenant_id, place FROM places
), busy AS (
    SELECT tenant_id, md5(receiver) AS place, in_work
    FROM unnest(%(tenant_ids)s::text[], %(receivers)s::text[], %(in_work)s::bigint[])
        AS b (tenant_id, receiver, in_work)
), candidates AS (
    SELECT due.tenant_id, due.request_id, due.due_at
    FROM receivers AS r LEFT JOIN busy AS b USING (tenant_id, place) CROSS JOIN LATERAL (
        SELECT d.tenant_id, d.request_id, d.due_at FROM webhook_deliveries AS d
        WHERE d.tenant_id = r.tenant_id AND md5(d.receiver) = r.place
          AND d.state = 'pending' AND d.due_at <= now()
        ORDER BY d.due_at
        LIMIT greatest(%(per_receiver)s - coalesce(b.in_work, 0), 0)
    ) AS due
), placed AS (
    SELECT c.tenant_id, c.request_id, c.due_at,
           row_number() OVER (PARTITION BY c.tenant_id ORDER BY c.due_at)
           + coalesce((SELECT sum(b.in_work) FROM busy AS b WHERE b.tenant_id = c.tenant_id), 0)
           AS place
    FROM candidates AS c
), chosen AS (
    SELECT tenant_id, request_id FROM placed WHERE place <= %(per_tenant)s
    ORDER BY place, due_at LIMIT %(total)s
), ours AS (
    SELECT d.tenant_id, d.request_id
    FROM webhook_deliveries AS d JOIN chosen AS c USING (tenant_id, request_id)
    WHERE d.state = 'pending' AND d.due_at <= now()
    FOR UPDATE OF d SKIP LOCKED
), claimed AS (
    UPDATE webhook_deliveries AS d
    SET attempts = d.attempts + 1, due_at = now() + %(lease)s::interval
    FROM ours WHERE d.tenant_id = ours.tenant_id AND d.request_id = ours.request_id
    RETURNING d.tenant_id, d.request_id, d.event, d.url, d.receiver, d.attempts,
              d.attempts - d.attempts_before AS tries, now() - d.begun_at AS waited, d.traceparent
)
SELECT c.tenant_id, c.request_id, c.event, c.url, c.receiver, c.attempts, c.tries, c.waited,
       c.traceparent,
       coalesce(t.webhook_secret_version, 1), coalesce(t.webhook_previous_until > now(), false),
       a.accepted_at,
       a.finished_at, a.result::text,
       a.failure_code, a.failure_message, a.failure_retryable, a.failure_attempts
FROM claimed AS c
LEFT JOIN tenants AS t ON t.tenant_id = c.tenant_id
LEFT JOIN analyses AS a ON a.tenant_id = c.tenant_id AND a.request_id = c.request_id
    AND a.state <> 'deleted'

-- name: hand_back_delivery
-- A claim that was no attempt. Sent twice it is handed back once.
UPDATE webhook_deliveries SET attempts_before = %(number)s - %(tries)s + 1
WHERE tenant_id = %(tenant_id)s AND request_id = %(request_id)s AND state = 'pending'
  AND attempts = %(number)s

-- name: finish_delivery
WITH finished AS (
    UPDATE webhook_deliveries
    SET state = %(state)s,
        due_at = now() + coalesce(%(again_in)s::interval, interval '0'),
        finished_at = CASE WHEN %(state)s = 'pending' THEN NULL ELSE now() END
    WHERE tenant_id = %(tenant_id)s AND request_id = %(request_id)s AND state = 'pending'
      AND attempts = %(number)s AND event = %(event)s
    RETURNING tenant_id, request_id
)
INSERT INTO webhook_attempts (tenant_id, request_id, number, event, at, took_ms, status, error)
SELECT tenant_id, request_id, %(number)s, %(event)s, %(at)s, %(took_ms)s, %(status)s, %(error)s
FROM finished
ON CONFLICT (tenant_id, request_id, number) DO UPDATE SET at = EXCLUDED.at
RETURNING number

-- name: find_delivery
SELECT tenant_id, request_id, event, url, receiver, state, created_at, due_at, finished_at, attempts
FROM webhook_deliveries WHERE tenant_id = %(tenant_id)s AND request_id = %(request_id)s

-- name: find_delivery_attempts
SELECT number, event, at, took_ms, status, error
FROM webhook_attempts WHERE tenant_id = %(tenant_id)s AND request_id = %(request_id)s
ORDER BY number

-- name: list_deliveries
SELECT tenant_id, request_id, event, url, receiver, state, created_at, due_at, finished_at, attempts
FROM webhook_deliveries
WHERE (%(tenant_id)s::text IS NULL OR tenant_id = %(tenant_id)s)
  AND (%(request_id)s::uuid IS NULL OR request_id = %(request_id)s)
  AND (%(state)s::text IS NULL OR state = %(state)s)
  AND (%(receiver)s::text IS NULL OR receiver = %(receiver)s)
  AND (%(since)s::timestamptz IS NULL OR created_at >= %(since)s)
ORDER BY created_at DESC, tenant_id DESC, request_id DESC
LIMIT %(limit)s

-- name: retry_delivery
UPDATE webhook_deliveries
SET state = 'pending', begun_at = now(), due_at = now(), finished_at = NULL,
    attempts_before = attempts
WHERE tenant_id = %(tenant_id)s AND request_id = %(request_id)s AND state <> 'delivered'
RETURNING request_id

-- name: oldest_due_delivery
SELECT greatest(now() - min(due_at), interval '0')
FROM webhook_deliveries WHERE state = 'pending'

-- name: forget_deliveries
DELETE FROM webhook_deliveries
WHERE (tenant_id, request_id) IN (
    SELECT tenant_id, request_id FROM webhook_deliveries
    WHERE state <> 'pending' AND finished_at < %(before)s LIMIT %(limit)s
)
RETURNING request_id

-- name: find_webhook_secrets
SELECT webhook_secret_version, coalesce(webhook_previous_until > now(), false)
FROM tenants WHERE tenant_id = %(tenant_id)s

-- name: rotate_webhook_secret
-- Sent twice it is one rotation.
UPDATE tenants
SET webhook_secret_version = %(version)s,
    webhook_previous_until = now() + %(overlap)s::interval
WHERE tenant_id = %(tenant_id)s AND webhook_secret_version = %(version)s - 1

-- name: count_unfinished
-- A view of their moments alone: whoever sees only one tenant's rows can count them all.
SELECT count(*)
FROM (SELECT 1 FROM unfinished_analyses LIMIT %(limit)s) AS unfinished

-- name: find_backlogs
SELECT oldest.lane, coalesce(t.tier, 'standard'), count(*), min(oldest.accepted_at)
FROM (
    SELECT tenant_id, lane, accepted_at FROM analyses
    WHERE state = 'accepted' ORDER BY accepted_at LIMIT %(limit)s
) AS oldest
LEFT JOIN tenants AS t ON t.tenant_id = oldest.tenant_id
GROUP BY 1, 2

-- name: find_unannounced
SELECT tenant_id, request_id, kind, accepted_at, deadline_at, image_url, object_key, sha256,
       size_bytes, content_type, options::text, lane, traceparent
FROM analyses
WHERE state = 'accepted' AND accepted_at < %(before)s
  AND (announced_at IS NULL OR announced_at < %(before)s)
ORDER BY accepted_at, tenant_id, request_id
LIMIT %(limit)s

-- name: mark_announced
UPDATE analyses AS a
SET announced_at = %(at)s
FROM unnest(%(tenant_ids)s::text[], %(request_ids)s::uuid[]) AS request (tenant_id, request_id)
WHERE a.tenant_id = request.tenant_id AND a.request_id = request.request_id
  AND a.state = 'accepted' AND (a.announced_at IS NULL OR a.announced_at < %(at)s)

-- name: find_unannounced_cancels
SELECT tenant_id, request_id, cancel_requested_at, traceparent
FROM analyses
WHERE state = 'accepted' AND cancel_requested_at IS NOT NULL
  AND (cancel_announced_at < %(before)s
       OR (cancel_announced_at IS NULL AND cancel_requested_at < %(never_before)s))
ORDER BY cancel_requested_at, tenant_id, request_id
LIMIT %(limit)s

-- name: mark_cancels_announced
UPDATE analyses AS a
SET cancel_announced_at = %(at)s
FROM unnest(%(tenant_ids)s::text[], %(request_ids)s::uuid[]) AS request (tenant_id, request_id)
WHERE a.tenant_id = request.tenant_id AND a.request_id = request.request_id
  AND a.state = 'accepted'

-- name: objects_without_row
SELECT object.key
FROM unnest(%(tenant_ids)s::text[], %(request_ids)s::uuid[], %(keys)s::text[])
    AS object (tenant_id, request_id, key)
WHERE NOT EXISTS (
    SELECT 1 FROM analyses AS a
    WHERE a.tenant_id = object.tenant_id AND a.request_id = object.request_id
      AND a.state <> 'deleted'
)

-- name: try_sweep_lock
SELECT pg_try_advisory_lock(%(space)s::integer, %(lock)s::integer)

-- name: release_sweep_lock
SELECT pg_advisory_unlock(%(space)s::integer, %(lock)s::integer)

-- name: schema_version
-- With the comment by which a migration says which programs it leaves working.
SELECT version_num, obj_description('alembic_version'::regclass, 'pg_class') FROM alembic_version

-- name: may_work
SELECT current_user, has_table_privilege('analyses', 'SELECT')
    AND has_table_privilege('analyses', 'INSERT') AND has_table_privilege('analyses', 'UPDATE')

-- name: find_api_key
-- The last use is written once a minute at most: reading a key should not cost a write each time.
WITH found AS (
    SELECT k.key_id, k.tenant_id, k.role, k.scopes, k.networks, t.tier
    FROM api_keys AS k JOIN tenants AS t ON t.tenant_id = k.tenant_id
    WHERE k.key_hash = %(key_hash)s
      AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > now())
), used AS (
    UPDATE api_keys AS k
    SET last_used_at = now()
    FROM found
    WHERE k.key_id = found.key_id
      AND (k.last_used_at IS NULL OR k.last_used_at < now() - interval '1 minute')
)
SELECT key_id, tenant_id, role, scopes, networks, tier FROM found

-- name: add_api_key
-- A key that is there already finds room: the statement may be sent again after a lost connection.
WITH tenant AS (
    INSERT INTO tenants (tenant_id) VALUES (%(tenant_id)s) ON CONFLICT (tenant_id) DO NOTHING
), room AS (
    SELECT %(at_most)s::integer IS NULL
        OR EXISTS (SELECT FROM api_keys AS k WHERE k.key_hash = %(key_hash)s)
        OR (
            SELECT count(*) FROM api_keys AS k
            WHERE k.tenant_id = %(tenant_id)s AND k.revoked_at IS NULL
              AND (k.expires_at IS NULL OR k.expires_at > now())
        ) < %(at_most)s::integer AS is_there
), added AS (
    INSERT INTO api_keys (
        key_id, tenant_id, key_hash, role, scopes, networks, name, prefix, created_by, expires_at
    )
    SELECT
        %(key_id)s, %(tenant_id)s, %(key_hash)s, %(role)s, %(scopes)s::text[],
        %(networks)s::text[], %(name)s, %(prefix)s, %(created_by)s, %(expires_at)s::timestamptz
    FROM room WHERE is_there
    ON CONFLICT DO NOTHING
    RETURNING key_id
)
SELECT is_there, EXISTS (SELECT FROM added) FROM room

-- name: list_api_keys
-- Those that work first: whoever makes and revokes many hides none of them.
SELECT k.key_id, k.tenant_id, k.role, k.scopes, k.networks, t.tier,
       k.name, k.prefix, k.created_by, k.expires_at, k.created_at, k.revoked_at, k.last_used_at
FROM api_keys AS k
JOIN tenants AS t ON t.tenant_id = k.tenant_id
CROSS JOIN LATERAL (SELECT least(k.revoked_at, k.expires_at) AS ends_at) AS life
WHERE k.tenant_id = %(tenant_id)s
  AND (life.ends_at IS NULL OR life.ends_at > now() - interval '90 days')
ORDER BY coalesce(life.ends_at <= now(), false), k.created_at DESC, k.key_id DESC
LIMIT %(limit)s::integer

-- name: revoke_api_key
UPDATE api_keys SET revoked_at = coalesce(revoked_at, now())
WHERE tenant_id = %(tenant_id)s AND key_id = %(key_id)s
RETURNING key_id

-- name: find_handled_letters
SELECT topic, partition, record_offset, action, request_id, handled_at
FROM handled_letters WHERE log_identity = %(log_identity)s

-- name: note_handled_letter
-- The first note stays: what was replayed is not discarded afterwards.
INSERT INTO handled_letters (log_identity, topic, partition, record_offset, action, request_id)
VALUES (%(log_identity)s, %(topic)s, %(partition)s, %(offset)s, %(action)s, %(request_id)s)
ON CONFLICT DO NOTHING

-- name: find_kept_requests
-- For the operator, who may know the id alone: from tenant to tenant by the primary key, one look
-- for each. Tombstones too. Of a result only what fits a line, of an address nothing but itself: no
-- query, no user before the host. A letter is about it when a replay made it, or made another of it.
WITH RECURSIVE whose AS (
    (SELECT tenant_id FROM analyses
     WHERE %(tenant_id)s::text IS NULL OR tenant_id = %(tenant_id)s
     ORDER BY tenant_id LIMIT 1)
    UNION ALL
    SELECT following.tenant_id FROM whose AS w CROSS JOIN LATERAL (
        SELECT a.tenant_id FROM analyses AS a
        WHERE a.tenant_id > w.tenant_id AND %(tenant_id)s::text IS NULL
        ORDER BY a.tenant_id LIMIT 1
    ) AS following
)
SELECT a.tenant_id, a.request_id, a.state, a.lane, a.kind, a.accepted_at, a.deadline_at,
       a.announced_at, a.cancel_requested_at, a.finished_at, a.traceparent,
       regexp_replace(regexp_replace(a.image_url, '[?#].*$', ''), '//[^/]*@', '//'),
       a.object_key, a.sha256, a.size_bytes, a.content_type,
       a.failure_code, a.failure_message, a.failure_retryable, a.failure_attempts,
       a.result -> 'model' ->> 'name', (a.result ->> 'total_objects_detected')::integer,
       a.replay_of, a.replayed_as,
       array(
           SELECT format('%%s[%%s]@%%s', h.topic, h.partition, h.record_offset)
           FROM handled_letters AS h
           WHERE h.request_id = a.request_id OR h.request_id = a.replayed_as
           ORDER BY h.handled_at
       )
FROM whose AS w JOIN analyses AS a
    ON a.tenant_id = w.tenant_id AND a.request_id = %(request_id)s

-- name: append_audit_event
INSERT INTO audit_events (
    id, at, tenant_id, actor, actor_kind, action, target, outcome, address, trace_id, details
) VALUES (
    %(id)s, %(at)s, %(tenant_id)s, %(actor)s, %(actor_kind)s, %(action)s, %(target)s, %(outcome)s,
    %(address)s, %(trace_id)s, %(details)s::jsonb
)
ON CONFLICT (id) DO NOTHING

-- name: find_audit_events
SELECT id, at, tenant_id, actor, actor_kind, action, target, outcome, address, trace_id,
       details::text
FROM audit_events
WHERE (%(tenant_id)s::text IS NULL OR tenant_id = %(tenant_id)s)
  AND (%(action)s::text IS NULL OR action = %(action)s)
  AND (%(since)s::timestamptz IS NULL OR at >= %(since)s)
ORDER BY at DESC, id DESC
LIMIT %(limit)s

-- name: add_user
-- A name that is taken finds room: it is refused as taken, or is this statement, sent again.
WITH tenant AS (
    INSERT INTO tenants (tenant_id) VALUES (%(tenant_id)s) ON CONFLICT (tenant_id) DO NOTHING
), room AS (
    SELECT %(at_most)s::integer IS NULL
        OR EXISTS (
            SELECT FROM users AS u
            WHERE u.tenant_id = %(tenant_id)s AND u.username = %(username)s
        )
        OR (
            SELECT count(*) FROM users AS u WHERE u.tenant_id = %(tenant_id)s
        ) < %(at_most)s::integer AS is_there
), added AS (
    INSERT INTO users AS u (user_id, tenant_id, username, role, password_hash, created_at)
    SELECT
        %(user_id)s, %(tenant_id)s, %(username)s, %(role)s, %(password_hash)s,
        %(created_at)s::timestamptz
    FROM room WHERE is_there
    ON CONFLICT (tenant_id, username) DO UPDATE
    SET username = EXCLUDED.username WHERE u.user_id = EXCLUDED.user_id
    RETURNING user_id
)
SELECT is_there, EXISTS (SELECT FROM added) FROM room

-- name: find_user
SELECT user_id, tenant_id, username, role, created_at, disabled_at
FROM users WHERE tenant_id = %(tenant_id)s AND user_id = %(user_id)s

-- name: find_login
SELECT password_hash, user_id, tenant_id, username, role, created_at, disabled_at
FROM users WHERE tenant_id = %(tenant_id)s AND username = %(username)s

-- name: list_users
SELECT user_id, tenant_id, username, role, created_at, disabled_at
FROM users WHERE tenant_id = %(tenant_id)s ORDER BY username LIMIT %(limit)s::integer

-- name: change_user
-- No row when it would leave the tenant without an administrator. The user and the administrators
-- are locked first, always in the same order: of two changes at once the second sees what the first
-- did. `not_before` is read from the clock behind the lock: see begin_session.
WITH locked AS (
    SELECT user_id, role = 'admin' AND disabled_at IS NULL AS is_admin FROM users
    WHERE tenant_id = %(tenant_id)s
      AND (user_id = %(user_id)s OR (role = 'admin' AND disabled_at IS NULL))
    ORDER BY user_id FOR UPDATE
), admins AS (
    SELECT user_id FROM locked WHERE is_admin
), changed AS (
    UPDATE users AS u
    SET role = coalesce(%(role)s::text, u.role),
        disabled_at = CASE %(is_disabled)s::boolean
            WHEN true THEN coalesce(u.disabled_at, now())
            WHEN false THEN NULL
            ELSE u.disabled_at
        END,
        not_before = CASE
            WHEN %(is_disabled)s::boolean THEN clock_timestamp() ELSE u.not_before
        END
    FROM locked AS l
    WHERE u.tenant_id = %(tenant_id)s AND u.user_id = %(user_id)s AND l.user_id = u.user_id
      AND (
          (coalesce(%(role)s::text, 'admin') = 'admin' AND %(is_disabled)s::boolean IS NOT TRUE)
          OR u.user_id NOT IN (SELECT user_id FROM admins)
          OR EXISTS (SELECT FROM admins AS a WHERE a.user_id <> u.user_id)
      )
    RETURNING u.user_id, u.tenant_id, u.username, u.role, u.created_at, u.disabled_at
), ended AS (
    UPDATE sessions AS s SET revoked_at = now()
    FROM changed WHERE s.user_id = changed.user_id AND s.revoked_at IS NULL
      AND changed.disabled_at IS NOT NULL
)
SELECT user_id, tenant_id, username, role, created_at, disabled_at FROM changed

-- name: set_password
-- Sent again after a lost connection it finds what it has set itself, and that is well.
-- `not_before` is read from the clock behind the lock: see begin_session.
WITH locked AS (
    SELECT user_id FROM users
    WHERE tenant_id = %(tenant_id)s AND user_id = %(user_id)s
      AND (%(replacing)s::text IS NULL OR password_hash IN (%(replacing)s, %(password_hash)s))
    FOR UPDATE
), changed AS (
    UPDATE users AS u SET password_hash = %(password_hash)s, not_before = clock_timestamp()
    FROM locked AS l WHERE l.user_id = u.user_id
    RETURNING u.user_id
), ended AS (
    UPDATE sessions AS s SET revoked_at = now()
    FROM changed WHERE s.user_id = changed.user_id AND s.revoked_at IS NULL
)
SELECT user_id FROM changed

-- name: remove_user
WITH admins AS (
    SELECT user_id FROM users
    WHERE tenant_id = %(tenant_id)s AND role = 'admin' AND disabled_at IS NULL
    ORDER BY user_id FOR UPDATE
)
DELETE FROM users AS u
WHERE u.tenant_id = %(tenant_id)s AND u.user_id = %(user_id)s
  AND (
      u.user_id NOT IN (SELECT user_id FROM admins)
      OR EXISTS (SELECT FROM admins AS a WHERE a.user_id <> u.user_id)
  )
RETURNING user_id

-- name: begin_session
-- No row for who has another password by now, or is disabled. A change of that which comes first is
-- waited for and seen. One that comes second waits for us, but looks at the sessions as they were
-- when it was sent: it does not end ours, which is older than its `not_before` then, and not good.
WITH known AS (
    SELECT user_id, tenant_id FROM users
    WHERE tenant_id = %(tenant_id)s AND user_id = %(user_id)s
      AND password_hash = %(password_hash)s AND disabled_at IS NULL
    FOR SHARE
), over AS (
    DELETE FROM sessions
    WHERE tenant_id = %(tenant_id)s AND user_id = %(user_id)s AND expires_at <= now()
), forgotten AS (
    DELETE FROM revoked_tokens WHERE tenant_id = %(tenant_id)s AND expires_at <= now()
), begun AS (
    INSERT INTO sessions (session_id, tenant_id, user_id, started_at, expires_at)
    SELECT %(session_id)s, tenant_id, user_id, clock_timestamp(), %(expires_at)s FROM known
    ON CONFLICT (session_id) DO NOTHING
    RETURNING session_id, tenant_id
), added AS (
    INSERT INTO refresh_tokens (token_hash, session_id, tenant_id)
    SELECT %(token_hash)s, session_id, tenant_id FROM begun
)
SELECT user_id FROM known

-- name: rotate_refresh_token
-- A statement that is sent again after a lost connection brings the same new token: it is not
-- taken for a second use of the old one.
WITH used AS (
    UPDATE refresh_tokens AS r
    SET used_at = coalesce(r.used_at, now()), replaced_by = %(new_hash)s
    FROM sessions AS s JOIN users AS u ON u.user_id = s.user_id
    WHERE r.token_hash = %(token_hash)s AND r.tenant_id = %(tenant_id)s
      AND s.session_id = r.session_id AND s.revoked_at IS NULL AND s.expires_at > now()
      AND u.disabled_at IS NULL AND s.started_at >= u.not_before
      AND (r.used_at IS NULL OR r.replaced_by = %(new_hash)s)
    RETURNING s.session_id, s.tenant_id, s.user_id, s.expires_at
), added AS (
    INSERT INTO refresh_tokens (token_hash, session_id, tenant_id)
    SELECT %(new_hash)s, session_id, tenant_id FROM used
    ON CONFLICT (token_hash) DO NOTHING
)
SELECT session_id, tenant_id, user_id, expires_at FROM used

-- name: revoke_reused_session
UPDATE sessions AS s SET revoked_at = coalesce(s.revoked_at, now())
FROM refresh_tokens AS r
WHERE r.token_hash = %(token_hash)s AND r.tenant_id = %(tenant_id)s AND r.used_at IS NOT NULL
  AND s.session_id = r.session_id
RETURNING s.session_id, s.tenant_id, s.user_id, s.expires_at

-- name: revoke_session
UPDATE sessions AS s SET revoked_at = coalesce(s.revoked_at, now())
FROM refresh_tokens AS r
WHERE r.token_hash = %(token_hash)s AND r.tenant_id = %(tenant_id)s
  AND s.session_id = r.session_id
RETURNING s.session_id, s.tenant_id, s.user_id, s.expires_at

-- name: revoke_token
INSERT INTO revoked_tokens (tenant_id, jti, expires_at)
VALUES (%(tenant_id)s, %(jti)s, %(expires_at)s)
ON CONFLICT (tenant_id, jti) DO NOTHING

-- name: find_standing
SELECT u.username, u.role, t.tier, u.not_before
FROM users AS u
JOIN tenants AS t ON t.tenant_id = u.tenant_id
JOIN sessions AS s ON s.session_id = %(session_id)s AND s.user_id = u.user_id
WHERE u.tenant_id = %(tenant_id)s AND u.user_id = %(user_id)s AND u.disabled_at IS NULL
  AND s.revoked_at IS NULL AND s.expires_at > now() AND s.started_at >= u.not_before
  AND NOT EXISTS (
      SELECT FROM revoked_tokens AS r WHERE r.tenant_id = u.tenant_id AND r.jti = %(jti)s
  )

-- name: find_tier
SELECT t.tier FROM tenants AS t
WHERE t.tenant_id = %(tenant_id)s
  AND NOT EXISTS (
      SELECT FROM revoked_tokens AS r WHERE r.tenant_id = t.tenant_id AND r.jti = %(jti)s
  )

-- name: set_tier
UPDATE tenants SET tier = %(tier)s WHERE tenant_id = %(tenant_id)s RETURNING tenant_id
