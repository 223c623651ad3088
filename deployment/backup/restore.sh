#!/bin/sh
# restore.sh FOLDER: what backup.sh has put there, into an empty database and a bucket that exists.
# No process of the product may run. The variables are those of backup.sh. docs/backup.md says what
# comes before and after.
set -eu

folder="${1:?usage: restore.sh FOLDER}"
: "${PGDATABASE:?name the database in PGDATABASE}" "${PICTURES:?name the bucket in PICTURES}"

if [ ! -e "$folder/postgres.dump" ]; then
    echo "restore.sh: there is no whole backup in $folder" >&2
    exit 1
fi
if [ "$(psql --no-psqlrc --tuples-only --no-align --command="SELECT to_regclass('analyses') IS NULL")" != t ]; then
    echo "restore.sh: the database $PGDATABASE is not empty; nothing was changed" >&2
    exit 1
fi

# A dump names the roles that its grants are for, and does not make them: they are the server's.
for role in analyzer_api analyzer_worker analyzer_dashboards; do
    psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --command="
        DO \$\$ BEGIN
            IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '$role') THEN
                CREATE ROLE $role NOLOGIN;
            END IF;
        END \$\$"
done

rclone copy "$folder/pictures" "$PICTURES"
# All of it or nothing: a repeat finds an empty database again.
pg_restore --dbname="$PGDATABASE" --no-owner --exit-on-error --single-transaction \
    "$folder/postgres.dump"
