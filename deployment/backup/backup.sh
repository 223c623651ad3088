#!/bin/sh
# backup.sh FOLDER: the database and the pictures, while everything runs. docs/backup.md says more.
#
# libpq's variables say which database, as the owner of the tables: PGHOST, PGPORT, PGUSER,
# PGPASSWORD or PGPASSFILE, PGDATABASE. PICTURES is the bucket as rclone names it, `:s3:images` with
# rclone's own RCLONE_S3_* variables, or a folder.
set -eu

folder="${1:?usage: backup.sh FOLDER}"
: "${PGDATABASE:?name the database in PGDATABASE}" "${PICTURES:?name the bucket in PICTURES}"

umask 077
mkdir -p "$folder"
if [ -e "$folder/postgres.dump" ]; then
    echo "backup.sh: there is a backup in $folder already; name another folder" >&2
    exit 1
fi

# The database first. The picture of an upload is stored before its row is: whatever the dump knows
# of lies in the bucket when the copying begins.
pg_dump --format=custom --no-owner --file="$folder/postgres.dump.part"
rclone copy "$PICTURES" "$folder/pictures"
# Last, and by its name: a backup that was broken off has no dump.
mv "$folder/postgres.dump.part" "$folder/postgres.dump"
