-- The users of the API, the workers and the dashboards, each in the role that the migrations give
-- rights to; the owner migrates. Run by psql as the owner: by the image at the first start of an
-- empty volume, and by hand to set new passwords (docs/deployment.md). A repeat sets the passwords
-- and nothing else.

\set api_password `cat "$API_PASSWORD_FILE"`
\set worker_password `cat "$WORKER_PASSWORD_FILE"`
\set dashboards_password `cat "$DASHBOARDS_PASSWORD_FILE"`

-- An error would write the statement, with its password, into the log of the server.
SET log_min_error_statement = panic;

SELECT format('CREATE ROLE %I NOLOGIN', role)
    FROM unnest(ARRAY['analyzer_api', 'analyzer_worker', 'analyzer_dashboards']) AS role
    WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role) \gexec
SELECT format('CREATE ROLE %I', role) FROM unnest(ARRAY['api', 'worker', 'dashboards'])
    AS role WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role) \gexec

ALTER ROLE api LOGIN PASSWORD :'api_password';
ALTER ROLE worker LOGIN PASSWORD :'worker_password';
GRANT analyzer_api TO api;
GRANT analyzer_worker TO worker;

-- Whatever somebody asks on a dashboard changes nothing, ends, and leaves connections to the rest.
ALTER ROLE dashboards LOGIN PASSWORD :'dashboards_password' CONNECTION LIMIT 5;
ALTER ROLE dashboards SET default_transaction_read_only = on;
ALTER ROLE dashboards SET statement_timeout = '15s';
GRANT analyzer_dashboards TO dashboards;
