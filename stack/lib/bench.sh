# ./orderflow bench: the benchmarks of bench/ on an instance of their own.
# shellcheck shell=bash

readonly BENCH_PYTHON=/usr/bin/python3

bench_names() { "$BENCH_PYTHON" "$ROOT/bench/run.py" --list "$@"; }

command_bench() { # [names…] [options of bench/run.py]
    local names=''
    case " $* " in
        *' --help '* | *' -h '*)
            command_help bench
            [ ! -x "$BENCH_PYTHON" ] || { printf '\n' && exec "$BENCH_PYTHON" "$ROOT/bench/run.py" --help; }
            return
            ;;
    esac
    # Before anything is installed, if Python is there: run.py tells a wrong word from a right one.
    if [ -x "$BENCH_PYTHON" ]; then
        names=$(bench_names "$@") || exit 2
        case " $* " in *' --list '*) printf '%s\n' "$names" && return ;; esac
    fi
    use_instance bench bench "$@"
    lock_tests
    install_test_packages
    install_bench_packages
    if [ -z "$names" ]; then
        names=$(bench_names "$@") || exit 2
        case " $* " in *' --list '*) printf '%s\n' "$names" && return ;; esac
    fi
    install_jars
    mkdir -p "$LOGS"
    (build_programs) || exit 1
    prepare_venv >&2 || die "the Python packages of tests/requirements.lock could not be installed (is there a network?)"
    trap 'end_instance' EXIT
    # The codec needs no server. bench/run.py brings the rest of the pipeline up for the latency alone:
    # idle parts would slow the others down.
    if [ "$names" != codec ]; then
        "$ROOT/orderflow" up --servers >&2 8>&- || die "the servers of the benchmarks did not start"
    fi
    run_bench "$@"
}

# In a shell of its own, so that the addresses end with it.
run_bench() (
    exports=$(command_env 2>/dev/null) || true
    eval "$exports"
    ORDERFLOW_BENCH_BUILD=$BUILD ORDERFLOW_BENCH_JARS=$JARS PYTHONDONTWRITEBYTECODE=1 \
        "$ROOT/data/venv/bin/python" "$ROOT/bench/run.py" "$@" 8>&-
)

# Debian's nginx would start by itself, on port 80: ours is started by the benchmark alone.
readonly NO_NGINX='mkdir -p /etc/systemd/system && { [ -e /etc/systemd/system/nginx.service ] || ln -s /dev/null /etc/systemd/system/nginx.service; }'

# Without them one benchmark fails, and says so.
install_bench_packages() {
    local missing
    missing=$(missing_packages "$ROOT/stack/packages/bench")
    [ -n "$missing" ] || return 0
    if ! can_be_root; then
        say "missing, and not to be installed without root: ${missing//$'\n'/ }"
        return 0
    fi
    if [[ $missing == *nginx-light* ]]; then as_root sh -c "$NO_NGINX"; fi
    install_packages "$ROOT/stack/packages/bench"
}
