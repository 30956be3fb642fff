# The suites of ./orderflow test. Each counts its checks with check, skip, meson_suite and
# pytest_suite; what it prints goes to its log.
# shellcheck shell=bash

readonly E2E_ORDERS=3000    # orders of the history that the end-to-end test looks at
readonly VALGRIND_SLOWER=15 # time limits are multiplied by it
readonly VALGRIND_PROCESSES=3
readonly SIDE_BY_SIDE=3     # files of integration tests with topics of their own, tests with instances
readonly UNIT_PROCESSES=8   # the longest of them wait for mock brokers

our_files() { # name patterns of find, joined by -o
    find "$ROOT" \( -path "$ROOT/build*" -o -path "$ROOT/data*" -o -path "$ROOT/.git" -o -path "$ROOT/.venv" \) -prune -o \
        -type f \( "$@" \) -print
}

suite_lint() {
    local -a files
    if have clang-format 'form of the C files'; then
        mapfile -t files < <(our_files -name '*.c' -o -name '*.h')
        check "form of ${#files[@]} C files" clang-format --dry-run -Werror "${files[@]}"
    fi
    if have shellcheck 'shell scripts'; then
        mapfile -t files < <(our_files -name '*.sh')
        check "shell scripts" shellcheck -x "$ROOT/orderflow" "$ROOT/.ci/run" "${files[@]}"
    fi
    mapfile -t files < <(our_files -name '*.py')
    check "${#files[@]} Python files compile" compile_python "${files[@]}"
    mapfile -t files < <(our_files -name '*.json' -o -name '*.avsc')
    check "${#files[@]} JSON files parse" parse_json "${files[@]}"
}

compile_python() { # files; writes nothing beside them
    /usr/bin/python3 -c 'import sys
for name in sys.argv[1:]:
    compile(open(name, encoding="utf-8").read(), name, "exec")' "$@"
}

parse_json() { # files
    /usr/bin/python3 -c 'import json, sys
for name in sys.argv[1:]:
    try:
        json.load(open(name, encoding="utf-8"))
    except ValueError as error:
        sys.exit(f"{name}: {error}")' "$@"
}

suite_deploy() {
    if have docker-compose 'compose file'; then
        check 'compose file' docker-compose -f "$ROOT/deploy/compose.yaml" config -q
    fi
}

suite_unit() {
    build_for_tests || return
    meson_suite "$BUILD" unit --num-processes "$UNIT_PROCESSES"
}

suite_model() {
    build_for_tests || return
    meson_suite "$BUILD" model
}

# Cases as data, without servers. ksqlDB's own are no part of this repository; where they are, none
# may be wrong.
suite_sql() {
    local output
    build_for_tests || return
    output=$("$BUILD/ksqld/orderflow-ksql" test -v "$ROOT/tests/sql") || true
    printf '%s\n' "$output"
    output=${output##*$'\n'}
    suite_passed=$((suite_passed + $(number_before passed "$output")))
    suite_failed=$((suite_failed + $(number_before failed "$output")))
    suite_skipped=$((suite_skipped + $(number_before skipped "$output")))
    if [ "$suite_passed" = 0 ]; then
        check 'cases of tests/sql' false
    fi
    if [ -d "$ROOT/../shared/ksql-cases" ]; then
        check "ksqlDB's own cases" "$BUILD/ksqld/orderflow-ksql" test "$ROOT/../shared/ksql-cases"
    fi
}

# Judges that we did not write: fastavro, and Apache Avro for Java.
suite_codec() {
    build_for_tests || return
    pytest_suite "$ROOT/tests/codec"
}

suite_sanitize() {
    build_for_tests "$BUILD-sanitize" -Doptimization=1 -Db_sanitize=address,undefined -Db_lundef=false || return
    UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1 meson_suite "$BUILD-sanitize" unit --num-processes "$UNIT_PROCESSES"
}

# Threads in turn: a mock broker's own can starve otherwise, and its clients wait for good.
suite_valgrind() {
    have valgrind 'unit tests under valgrind' || return
    build_for_tests || return
    meson_suite "$BUILD" unit --num-processes "$VALGRIND_PROCESSES" --timeout-multiplier "$VALGRIND_SLOWER" \
        --wrapper 'valgrind -q --fair-sched=yes --leak-check=full --errors-for-leak-kinds=definite,indirect --error-exitcode=99'
}

suite_integration() {
    build_for_tests || return
    check 'servers start' "$ROOT/orderflow" up --servers
    prepare_tables_for_tests
    pytest_suite -n "$SIDE_BY_SIDE" --dist loadfile "$ROOT/tests/integration"
}

# The API by schemathesis, the page in Chromium, races and kills.
suite_gateway() {
    build_for_tests || return
    check 'servers start' "$ROOT/orderflow" up --servers
    prepare_tables_for_tests
    if ! prepare_gateway_tests; then
        check "Python packages of tests/gateway/requirements.lock" false
        return
    fi
    pytest_suite "$ROOT/tests/gateway"
}

prepare_gateway_tests() {
    local venv=$ROOT/data/venv mark wanted
    prepare_venv || return
    mark=$venv/complete-gateway wanted=$(cksum <"$ROOT/tests/gateway/requirements.lock")
    if [ -e "$mark" ] && [ "$(<"$mark")" = "$wanted" ]; then return 0; fi
    "$venv/bin/pip" install -q --no-input --disable-pip-version-check --require-hashes --only-binary :all: \
        -r "$ROOT/tests/gateway/requirements.lock" &&
        printf '%s' "$wanted" >"$mark"
}

prepare_tables_for_tests() {
    local file
    for file in "$ROOT"/connect/postgres/0*.sql; do sql -d orderflow -f "$file"; done
}

# Built before: its instances share the folder of the build, and would all build there at once.
suite_script() {
    build_for_tests || return
    pytest_suite -n "$SIDE_BY_SIDE" "$ROOT/tests/script"
}

# The reports of this run, the suite's own among them, outlive it: the open file moves with its name.
reset_for_tests() {
    local reports=$DATA-reports
    mkdir -p "$reports" && mv "$LOGS"/test-*.log "$reports"
    "$ROOT/orderflow" reset
    mkdir -p "$LOGS" && mv "$reports"/* "$LOGS" && rmdir "$reports"
}

# From nothing, as a newcomer would do it.
suite_e2e() {
    reset_for_tests
    check 'up' "$ROOT/orderflow" up --orders "$E2E_ORDERS" --seed 7
    pytest_suite "$ROOT/tests/e2e/test_pipeline.py"
}

suite_dashboards() {
    local secrets
    check 'up with dashboards' "$ROOT/orderflow" up --orders "$E2E_ORDERS" --seed 7 --with-dashboards
    secrets=$(superset_secrets)
    if ! prepare_browser_tests; then
        check "Python packages of tests/dashboards/requirements.lock" false
        return
    fi
    PYTEST_VENV=$(superset_venv) DASHBOARDS_URL=$(dashboards_url) pytest_suite "$ROOT/tests/dashboards"
    check 'dashboards again' "$ROOT/orderflow" dashboards
    check 'the same secrets' [ "$(superset_secrets)" = "$secrets" ]
    check 'dashboards down' "$ROOT/orderflow" dashboards down
    check 'nothing answers' port_is_closed "${PORTS[dashboards]}"
}

superset_secrets() { cat "$(superset_folder)"/{secret_key,password} | cksum; }
port_is_closed() { ! port_is_open "$1"; }

# Beside Superset itself, whose client the tests use.
prepare_browser_tests() {
    local venv mark wanted
    venv=$(superset_venv)
    mark=$venv/complete-tests wanted=$(cksum <"$ROOT/tests/dashboards/requirements.lock")
    if [ -e "$mark" ] && [ "$(<"$mark")" = "$wanted" ]; then return 0; fi
    "$venv/bin/pip" install -q --no-input --disable-pip-version-check --require-hashes --only-binary :all: \
        -r "$ROOT/tests/dashboards/requirements.lock" &&
        printf '%s' "$wanted" >"$mark"
}

# On what the suites before have left; but not on its own orders, which only make it slower.
suite_faults() {
    [ ! -e "$DATA/faults-were-here" ] || reset_for_tests
    check 'up' "$ROOT/orderflow" up --orders "$E2E_ORDERS" --seed 7
    touch "$DATA/faults-were-here"
    pytest_suite -s "$ROOT/tests/e2e/test_faults.py" "$ROOT/tests/e2e/test_poison.py" "$ROOT/tests/e2e/test_kills.py"
}
