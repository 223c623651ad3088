#!/bin/bash
# Run once by the image, when the database is new: the two users that are not its owner.
set -euo pipefail
psql --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" \
    --set "api=$API_PASSWORD" --set "worker=$WORKER_PASSWORD" <<'SQL'
CREATE ROLE analyzer_api NOLOGIN;
CREATE ROLE analyzer_worker NOLOGIN;
CREATE ROLE api LOGIN PASSWORD :'api' IN ROLE analyzer_api;
CREATE ROLE worker LOGIN PASSWORD :'worker' IN ROLE analyzer_worker;
SQL
