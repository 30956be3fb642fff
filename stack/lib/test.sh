# ./orderflow test: every suite, on an instance of its own, with one line a suite and one at the end.
# shellcheck shell=bash

# In the order of running: what needs no server first.
readonly SUITES=(lint deploy unit model sql codec sanitize valgrind integration gateway script e2e dashboards faults)

readonly FAILURE_LINES=60 # of a failed suite's log that are shown

suite_passed=0 suite_failed=0 suite_skipped=0 # of the suite at hand

command_test() {
    local suite
    for suite in "$@"; do
        [[ " ${SUITES[*]} " == *" $suite "* ]] || die "there is no suite '$suite'; the suites are: ${SUITES[*]}"
    done
    use_instance test test "$@"
    lock_tests
    install_test_packages
    install_jars
    mkdir -p "$LOGS"
    rm -f "$LOGS"/test-*.log
    trap 'end_instance' EXIT
    run_suites "$@"
}

# Runs this script again as another instance. Ports and folder of the default one, as the caller's
# environment may name them, must not reach it; ports given by --port do.
use_instance() { # instance command [arguments…]
    local name=$1 variable
    [ "$INSTANCE" != "$name" ] || return 0
    shift
    for variable in ORDERFLOW_DATA "${!ORDERFLOW_PORT_@}"; do unset -v "$variable"; done
    ORDERFLOW_INSTANCE=$name exec "$ROOT/orderflow" "${PORT_OPTIONS[@]}" "$@"
}

# Not the lock of `up`, which the tests run by themselves.
lock_tests() {
    mkdir -p "$DATA"
    exec 8>"$DATA/test-lock"
    flock -n 8 || die "another test run is at work on $DATA"
}

# Who cannot install goes on: a suite whose tool is missing counts as skipped, in sight.
install_test_packages() {
    local -a missing
    mapfile -t missing < <(missing_packages "$ROOT"/stack/packages/{run,test})
    [ ${#missing[@]} -gt 0 ] || return 0
    if ! can_be_root; then
        say "missing, and not to be installed without root: ${missing[*]}"
        return 0
    fi
    install_packages "$ROOT"/stack/packages/{run,test}
}

# Tests and benchmarks leave nothing running. Their data stays for a look at what failed; the next
# run that needs a fresh start deletes it.
end_instance() {
    mkdir -p "$LOGS"
    "$ROOT/orderflow" down >>"$LOGS/down.log" 2>&1 8>&- || say "the $INSTANCE instance did not stop: see $LOGS/down.log"
}

run_suites() { # [suites…]
    local suite passed=0 failed=0 skipped=0 started
    [ $# -gt 0 ] || set -- "${SUITES[@]}"
    for suite in "$@"; do
        suite_passed=0 suite_failed=0 suite_skipped=0 started=$SECONDS
        "suite_$suite" >>"$LOGS/test-$suite.log" 2>&1 8>&- || true # what went wrong has been counted
        printf '%-12s %4d passed, %d failed, %d skipped  %5d s\n' "$suite" \
            "$suite_passed" "$suite_failed" "$suite_skipped" $((SECONDS - started))
        if [ "$suite_failed" -gt 0 ]; then
            printf -- '--- the end of %s\n' "$LOGS/test-$suite.log" >&2
            tail -n "$FAILURE_LINES" "$LOGS/test-$suite.log" >&2
            printf -- '---\n' >&2
        elif [ "$suite_skipped" -gt 0 ]; then
            grep -h '^skipped: ' "$LOGS/test-$suite.log" || true
        fi
        passed=$((passed + suite_passed)) failed=$((failed + suite_failed)) skipped=$((skipped + suite_skipped))
    done
    printf '%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
    [ "$failed" = 0 ]
}

# ---- counting ----

# One check of a suite: passed if the command succeeds. Its output goes to the suite's log.
check() { # name command…
    local name=$1
    shift
    if "$@"; then
        suite_passed=$((suite_passed + 1))
        printf 'passed: %s\n' "$name"
    else
        suite_failed=$((suite_failed + 1))
        printf 'FAILED: %s\n' "$name"
    fi
}

skip() { # name reason
    suite_skipped=$((suite_skipped + 1))
    printf 'skipped: %s: %s\n' "$1" "$2"
}

# True if the tool is there; else the check is counted as skipped.
have() { # tool check
    command -v "$1" >/dev/null && return 0
    skip "$2" "$1 is not installed"
    return 1
}

# Adds the number that stands before a word in the text: "12 passed, 1 failed".
number_before() { # word text
    if [[ $2 =~ ([0-9]+)\ $1 ]]; then printf '%s' "${BASH_REMATCH[1]}"; else printf 0; fi
}

# ---- Meson's suites ----

meson_suite() { # build folder, suite [options of meson test…]
    local folder=$1 suite=$2 output status=0 timeouts
    shift 2
    output=$(meson_tool test -C "$folder" --suite "$suite" --print-errorlogs "$@" 2>&1) || status=$?
    printf '%s\n' "$output"
    suite_passed=$((suite_passed + $(meson_count Ok "$output")))
    suite_skipped=$((suite_skipped + $(meson_count Skipped "$output")))
    timeouts=$(meson_count Timeout "$output")
    suite_failed=$((suite_failed + $(meson_count Fail "$output") + timeouts))
    # A suite that did not even start, or matched nothing, is no success.
    if [ $((suite_passed + suite_failed + suite_skipped)) = 0 ] || { [ "$status" != 0 ] && [ "$suite_failed" = 0 ]; }; then
        suite_failed=$((suite_failed + 1))
    fi
}

meson_count() { # word output
    local number
    number=$(sed -n "s/^$1: *\([0-9][0-9]*\) *$/\1/p" <<<"$2" | tail -n 1)
    printf '%s' "${number:-0}"
}

build_for_tests() { # [build folder [meson options…]]; a failure is counted
    local folder=${1:-$BUILD}
    shift || true
    # In a shell of its own, which build_programs may end.
    if (build_programs "$folder" -Dtests=enabled "$@"); then return 0; fi
    check "build of $folder" false
    return 1
}

# ---- pytest ----

# Clients that we did not write, at pinned versions, in a virtual environment.
prepare_venv() {
    local venv=$ROOT/data/venv mark wanted
    mark=$venv/complete wanted=$(cat "$ROOT"/tests/requirements*.lock | cksum)
    if [ -e "$mark" ] && [ "$(<"$mark")" = "$wanted" ]; then return 0; fi
    rm -rf "$venv"
    /usr/bin/python3 -m venv "$venv" &&
        "$venv/bin/pip" install -q --no-input --disable-pip-version-check --require-hashes --only-binary :all: \
            -r "$ROOT/tests/requirements.lock" &&
        "$venv/bin/pip" install -q --no-input --disable-pip-version-check --require-hashes --no-build-isolation --no-deps \
            -r "$ROOT/tests/requirements-source.lock" &&
        printf '%s' "$wanted" >"$mark"
}

# The instance's addresses, for the tests alone: other suites' programs must not see them.
run_pytest() { # arguments…
    local exports
    exports=$(command_env 2>/dev/null) || true
    eval "$exports"
    ORDERFLOW_DATA=$DATA PYTHONDONTWRITEBYTECODE=1 \
        exec "${PYTEST_VENV:-$ROOT/data/venv}/bin/pytest" -p no:cacheprovider -ra --tb=short --durations=12 "$@" 2>&1
}

pytest_suite() { # arguments…
    local output status=0 last
    if ! prepare_venv; then
        check "Python packages of tests/requirements.lock" false
        return
    fi
    output=$(run_pytest "$@") || status=$?
    printf '%s\n' "$output"
    sed -n 's/^SKIPPED /skipped: /p' <<<"$output"
    last=$(tail -n 1 <<<"$output")
    suite_passed=$((suite_passed + $(number_before passed "$last")))
    suite_skipped=$((suite_skipped + $(number_before skipped "$last")))
    suite_failed=$((suite_failed + $(number_before failed "$last") + $(number_before error "$last")))
    if [ "$status" != 0 ] && [ "$suite_failed" = 0 ]; then suite_failed=1; fi
}
