#!/usr/bin/env bash
# New secrets for the development overlay, as manifests:
#   deployment/kubernetes/overlays/development/secrets.sh | kubectl create -f -
# `create` and not `apply`: what is there already is refused, not replaced.
set -euo pipefail

random() { openssl rand -hex 24; }

owner=$(random) api=$(random) worker=$(random) redis=$(random)

secret() {
    local name=$1
    shift
    printf -- '---\napiVersion: v1\nkind: Secret\nmetadata: {name: %s, namespace: image-analyzer}\nstringData:\n' "$name"
    printf '  %s: "%s"\n' "$@"
}

secret postgres owner "$owner" api "$api" worker "$worker"
secret postgres-owner dsn "postgresql://analyzer:$owner@postgres:5432/analyzer"
secret postgres-api dsn "postgresql://api:$api@postgres:5432/analyzer"
secret postgres-worker dsn "postgresql://worker:$worker@postgres:5432/analyzer"
secret redis url "redis://:$redis@redis:6379/0" \
    redis.conf "requirepass $redis\\nmaxmemory 256mb\\nmaxmemory-policy allkeys-lru\\nsave \\\"\\\"\\nappendonly no"
secret bucket access-key "$(random)" secret-key "$(random)"
secret api event-secret "$(random)"
secret webhooks master-secret "$(random)"
