#!/usr/bin/env bash
# Everything a developer does, by name. `./dev.sh` alone says what there is.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

venv=.venv
python="$venv/bin/python"

help() {
    cat <<'TEXT'
./dev.sh setup           make .venv with everything that developing needs
./dev.sh up [...]        start the whole product on this machine; data in var/data; see up --help
./dev.sh dev [...]       the same with the developer's environment, logs of the API on the screen
./dev.sh test [...]      all tests with coverage, then lint; arguments go to pytest
./dev.sh lint            ruff, mypy, import contracts, schemas and migrations that break nobody
./dev.sh format          format the code and sort imports
./dev.sh bench [...]     the benchmarks; see bench --help
./dev.sh faults [...]    break servers and processes under load; see faults --help
./dev.sh rehearse [...]  lose brokers and roll versions under load; see rehearse --help
./dev.sh fuzz-api [...]  ask the API whatever its own document allows; see fuzz-api --help
./dev.sh lock            resolve the dependencies again into locks/
./dev.sh sbom [LOCK]     what is in locks/LOCK.txt (runtime) as CycloneDX, into var/
./dev.sh docker-build    build the image that docker-compose.yml runs; from another lock: docker-build azure
./dev.sh docker-secrets  make the secrets of docker-compose.yml in ./secrets; refuses when they are there
./dev.sh docker-run      start all of docker-compose.yml; --monitoring: with Prometheus, Grafana and traces
TEXT
}

say() { printf '%s\n' "$*" >&2; }
fail() { say "dev.sh: $*"; exit 1; }

find_python() {
    local candidate
    for candidate in "${PYTHON:-python3}" python3.13 python3.12 python3.11; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            printf '%s\n' "$candidate"
            return
        fi
    done
    fail "Python 3.11 or newer is needed; $("${PYTHON:-python3}" --version 2>&1 || true) is not. \
Install one, or name it: PYTHON=/path/to/python3.12 ./dev.sh setup"
}

# The code runs from where it lies: a line in a .pth file, and the command in .venv/bin. Nothing is
# built, so nothing is needed for building.
install_code() {
    pwd >"$("$python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/ai_image_analyzer.pth"
    printf '#!/bin/sh\nexec "%s" -P -m cli.main "$@"\n' "$PWD/$python" >"$venv/bin/image-analyzer"
    chmod +x "$venv/bin/image-analyzer"
}

# setup_env LOCK: .venv holds what locks/LOCK.txt says and our own code. A second run costs nothing;
# an environment of the dev lock serves where the embedded lock is asked for.
setup_env() {
    local lock="$1" stamp="$venv/.lock-$1" wanted
    wanted="$(cat "locks/$lock.txt" pyproject.toml dev.sh | sha256sum | cut -d' ' -f1)"
    if [[ -x "$python" && -f "$stamp" && "$(<"$stamp")" == "$wanted" ]]; then
        return
    fi
    if [[ ! -x "$python" ]]; then
        say "making $venv ..."
        "$(find_python)" -m venv "$venv" || fail "python3 -m venv failed; on Debian: apt install python3-venv"
    fi
    say "installing locks/$lock.txt ..."
    "$python" -m pip install --quiet --disable-pip-version-check --require-hashes -r "locks/$lock.txt"
    install_code
    printf '%s\n' "$wanted" >"$stamp"
    if [[ "$lock" == dev ]]; then
        cat locks/embedded.txt pyproject.toml dev.sh | sha256sum | cut -d' ' -f1 >"$venv/.lock-embedded"
    else
        rm -f "$venv/.lock-dev"
    fi
}

up() {
    setup_env embedded
    exec "$venv/bin/image-analyzer" up --data var/data "$@"
}

dev() {
    setup_env dev
    mkdir -p var/data/logs
    touch var/data/logs/api.log
    tail -n 0 -F var/data/logs/api.log &
    trap 'kill %1 2>/dev/null || true' EXIT
    ANALYZER_LOG__FORMAT=text ANALYZER_LOG__LEVEL="${ANALYZER_LOG__LEVEL:-debug}" \
        "$venv/bin/image-analyzer" up --data var/data "$@"
}

# The servers of the tests: native ones when they can be had, else those of the compose file.
# Sets `selection` to what pytest must leave out.
find_servers() {
    selection=()
    if [[ -n "${ANALYZER_TEST_KAFKA:-}" ]] || "$python" -m tests.support.services.install; then
        return
    fi
    if docker info >/dev/null 2>&1; then
        say "using Docker for the servers"
        TEST_SECRET="$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')"
        export TEST_SECRET
        trap 'docker compose -f deployment/docker/test-servers.yml down --volumes' EXIT
        docker compose -f deployment/docker/test-servers.yml up --detach --wait
        export ANALYZER_TEST_KAFKA=127.0.0.1:29092
        export ANALYZER_TEST_POSTGRES="postgresql://postgres:$TEST_SECRET@127.0.0.1:25432/postgres"
        export ANALYZER_TEST_REDIS=redis://127.0.0.1:26379
        export ANALYZER_TEST_S3_ENDPOINT=http://127.0.0.1:27070
        export ANALYZER_TEST_S3_ACCESS_KEY="$TEST_SECRET" ANALYZER_TEST_S3_SECRET_KEY="$TEST_SECRET"
        return
    fi
    if [[ "${CI:-}" == true ]]; then
        fail "the servers above cannot be had and there is no Docker: CI must not pass by skipping"
    fi
    say "############################################################################"
    say "# NOT RUN: every test that needs Kafka, PostgreSQL, Redis or S3 (see above)."
    say "############################################################################"
    selection=(-m "not kafka and not postgres and not redis and not s3 and not slow")
}

measured() {
    "$venv/bin/coverage" run -m pytest "${selection[@]}" "$@"
}

# Each part has servers and ports of its own, and one fixed order.
parts=(system events services rest)
tests_of() {
    case "$1" in
        system) printf '%s\n' tests/system ;;
        events) printf '%s\n' tests/integration/processors tests/integration/topics ;;
        services) printf '%s\n' tests/integration --ignore=tests/integration/{processors,topics} ;;
        rest) printf '%s\n' tests/contract tests/unit ;;
    esac
}

# part NUMBER [...]: what it says is in var/tests/NAME.log, and beside it which tests failed.
part() {
    local name="${parts[$1]}" tests
    mapfile -t tests < <(tests_of "$name")
    ANALYZER_TEST_PART="$1" measured -o "cache_dir=var/tests/$name" "${tests[@]}" "${@:2}" \
        >>"var/tests/$name.log" 2>&1
}

# System tests have the machine to themselves; the others mostly wait for servers, so they go side
# by side. What failed is run once more, alone: on a busy machine a test with eight real servers
# may miss its moment, but one that fails twice is wrong. The end of the run names both.
run_parts() {
    local number code running=() failed=() ended=0
    mkdir -p var/tests
    code=0; part 0 || code=$?
    part_ended 0 "$code"
    for number in 1 2 3; do
        part "$number" &
        running[number]=$!
    done
    for number in 1 2 3; do
        code=0; wait "${running[number]}" || code=$?
        part_ended "$number" "$code"
    done
    for number in "${failed[@]}"; do
        grep -hE '^(FAILED|ERROR) tests/' "var/tests/${parts[number]}.log" >>var/tests/failed.txt || true
        part "$number" --last-failed --last-failed-no-failures=none --maxfail=1 || ended=$?
        tail -n 200 "var/tests/${parts[number]}.log"
    done
    return "$ended"
}

# part_ended NUMBER CODE: of `run_parts`, whose `failed` and `ended` it fills. Only 1 says that tests
# have failed; by any other code the part was broken off, and what never ran cannot run once more.
part_ended() {
    cat "var/tests/${parts[$1]}.log"
    case "$2" in
        0) ;;
        1) failed+=("$1") ;;
        *) ended="$2" ;;
    esac
}

tell_failures() {
    [[ -s var/tests/failed.txt ]] || return 0
    say "FAILED AT FIRST, and run once more alone (it $1):"
    cut -c1-300 var/tests/failed.txt >&2
}

run_tests() {
    setup_env dev
    find_servers
    rm -rf .coverage .coverage.* var/tests
    local ended=0 tell
    if (($# == 0)); then
        run_parts || ended=$?
    else
        measured "$@" || ended=$?
    fi
    tell="$( ((ended == 0)) && echo passed || echo failed again)"
    "$venv/bin/coverage" combine --quiet
    # A part of the tests says nothing about the coverage of the whole.
    if (($# == 0 && ${#selection[@]} == 0)); then
        "$venv/bin/coverage" report || ended=$?
    else
        "$venv/bin/coverage" report --fail-under=0
    fi
    tell_failures "$tell"
    if ((${#selection[@]} > 0)); then
        say "REMINDER: the tests that need servers were not run."
    fi
    ((ended == 0)) || return "$ended"
    lint
}

lint() {
    setup_env dev
    "$venv/bin/ruff" check .
    "$venv/bin/ruff" format --check .
    "$venv/bin/mypy"
    "$venv/bin/lint-imports"
    "$python" -m topics.asyncapi --check
    "$python" -m schemas.generate --check
    "$python" -m telemetry.pages --check
    "$python" -m telemetry.dashboards --check
    "$python" -m schemas.compatibility
    "$python" -m storage.migrations.lint
}

format() {
    setup_env dev
    "$venv/bin/ruff" check --fix .
    "$venv/bin/ruff" format .
}

bench() {
    setup_env dev
    exec "$python" -m benchmarks "$@"
}

faults() {
    setup_env dev
    "$python" -m tests.support.services.install
    exec "$python" -m tests.faults "$@"
}

rehearse() {
    setup_env dev
    "$python" -m tests.support.services.install
    exec "$python" -m tests.rehearsals "$@"
}

fuzz_api() {
    setup_env dev
    "$python" -m tests.support.services.install
    exec "$python" -m tests.fuzz.api "$@"
}

compile_lock() {
    "$venv/bin/uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes \
        --no-header --no-annotate --no-strip-extras --no-emit-index-url --no-emit-find-links \
        --output-file "locks/$1.txt" "${@:2}"
}

lock() {
    [[ -x "$python" ]] || "$(find_python)" -m venv "$venv"
    [[ -x "$venv/bin/uv" ]] || "$python" -m pip install --quiet uv
    export SSL_CERT_FILE="${SSL_CERT_FILE:-${PIP_CERT:-}}"
    [[ -n "$SSL_CERT_FILE" ]] || unset SSL_CERT_FILE
    mkdir -p locks
    compile_lock build --group build "$@"
    compile_lock runtime pyproject.toml "$@"
    compile_lock embedded pyproject.toml --extra embedded "$@"
    compile_lock azure pyproject.toml --extra azure "$@"
    compile_lock dev pyproject.toml --extra embedded --extra azure --group dev "$@"
    if grep -n '://' locks/*.txt; then
        fail "an address got into the lock files"
    fi
}

sbom() {
    setup_env dev
    "$python" -m tests.support.supply_chain.sbom "$@"
}

docker_build() {
    docker build --file deployment/docker/Dockerfile.production --build-arg "LOCK=${1:-runtime}" \
        --build-arg "VERSION=$(sed -n 's/^version = "\(.*\)"/\1/p' pyproject.toml)" \
        --build-arg "REVISION=$(git rev-parse HEAD 2>/dev/null || echo unknown)" \
        --tag "ai-image-analyzer:${ANALYZER_TAG:-dev}" .
}

docker_secrets() {
    sh deployment/docker/make-secrets.sh secrets
}

docker_run() {
    local profile=()
    if [[ "${1:-}" == --monitoring ]]; then
        shift
        profile=(--profile monitoring)
        export ANALYZER_TRACES__ENDPOINT="${ANALYZER_TRACES__ENDPOINT:-http://otel-collector:4317}"
    fi
    [[ -d secrets ]] || docker_secrets
    docker_build
    docker compose "${profile[@]}" up --detach "$@"
    local service
    for service in api detect io; do
        say "waiting for $service ..."
        until docker compose exec -T "$service" image-analyzer health --ready >/dev/null 2>&1; do
            ((SECONDS < 900)) || fail "$service is not ready; see docker compose logs $service"
            sleep 2
        done
    done
    say "the API is at http://127.0.0.1:8080/docs; make a key with:"
    say "  docker compose run --rm operator keys create --tenant demo --name mine"
    if ((${#profile[@]} > 0)); then
        say "Grafana is at http://127.0.0.1:3000; user admin, its password is in secrets/grafana-admin-password"
    fi
}

case "${1:-help}" in
    setup) setup_env dev ;;
    up | dev | lint | format | bench | faults | rehearse | lock | sbom) command="$1"; shift; "$command" "$@" ;;
    test) shift; run_tests "$@" ;;
    fuzz-api) shift; fuzz_api "$@" ;;
    docker-build) shift; docker_build "$@" ;;
    docker-secrets) docker_secrets ;;
    docker-run) shift; docker_run "$@" ;;
    help | -h | --help) help ;;
    *) help >&2; fail "there is no command $1" ;;
esac
