#!/bin/sh
# make-secrets.sh FOLDER: random secrets for docker-compose.yml, one file each, and nothing else.
#
# Refuses a folder that is there: what it holds opens the volumes. Needs openssl. The folder is for
# its owner only; the files in it are readable, because containers of other users read them through
# their mounts.
set -eu
umask 077

folder="${1:?the folder to make}"
if [ -e "$folder" ]; then
    echo "make-secrets: $folder is there already; to change one secret see docs/deployment.md" >&2
    exit 1
fi
scratch="$(mktemp -d "$folder.XXXXXX")"
trap 'rm -rf "$scratch"' EXIT

random() { openssl rand -hex 24; }
keep() { cat >"$scratch/$1"; }

owner="$(random)" api="$(random)" worker="$(random)" dashboards="$(random)"
redis="$(random)"

printf %s "$owner" | keep postgres-owner-password
printf %s "$api" | keep postgres-api-password
printf %s "$worker" | keep postgres-worker-password
printf %s "$dashboards" | keep postgres-dashboards-password
printf 'postgresql://analyzer:%s@postgres:5432/analyzer' "$owner" | keep postgres-owner-dsn
printf 'postgresql://api:%s@postgres:5432/analyzer' "$api" | keep postgres-api-dsn
printf 'postgresql://worker:%s@postgres:5432/analyzer' "$worker" | keep postgres-worker-dsn

# Redis keeps the hash only. What asks for its health may say PING and nothing else.
hash="$(printf %s "$redis" | openssl dgst -sha256 -r | cut -d' ' -f1)"
keep redis-users.acl <<USERS
user default on #$hash ~* &* +@all -@admin -@dangerous
user health on nopass resetkeys resetchannels -@all +ping
USERS
printf 'redis://:%s@redis:6379/0' "$redis" | keep redis-url

openssl rand -hex 10 | tr -d '\n' | keep s3-access-key
random | tr -d '\n' | keep s3-secret-key
random | tr -d '\n' | keep api-secret
random | tr -d '\n' | keep webhook-secret
openssl genpkey -algorithm ed25519 | keep signing-key.pem
random | tr -d '\n' | keep grafana-admin-password

chmod 0444 "$scratch"/*
mv "$scratch" "$folder"
trap - EXIT
echo "made $(find "$folder" -type f | wc -l | tr -d ' ') secrets in $folder"
