# ./orderflow bench: the benchmarks of bench/ on an instance of their own.
# shellcheck shell=bash

readonly BENCH_ORDERS=200 # of the pipeline that the latency is measured on

command_bench() { # [names…] [options of bench/run.py]
    case " $* " in *' --help '* | *' -h '*) exec /usr/bin/python3 "$ROOT/bench/run.py" --help ;; esac
    use_instance bench bench "$@"
    lock_tests
    install_test_packages
    install_jars
    mkdir -p "$LOGS"
    (build_programs) || exit 1
    prepare_venv >&2 || die "the Python packages of tests/requirements.lock could not be installed (is there a network?)"
    trap 'end_instance' EXIT
    start_bench_servers "$@"
    run_bench "$@"
}

# The codec needs no server, the latency the whole pipeline, all else the servers alone.
start_bench_servers() { # arguments of bench/run.py
    local word names=''
    for word in "$@"; do
        case $word in
            codec | producer | payment | shipping | delivery | latency | memory) names+=" $word" ;;
        esac
    done
    [ "$names" != ' codec' ] || return 0
    case "${names:-latency}" in
        *latency*) "$ROOT/orderflow" up --orders "$BENCH_ORDERS" --seed 1 >&2 8>&- ;;
        *) "$ROOT/orderflow" up --servers >&2 8>&- ;;
    esac || die "the servers of the benchmarks did not start"
}

# In a shell of its own, so that the addresses end with it.
run_bench() (
    exports=$(command_env 2>/dev/null) || true
    eval "$exports"
    ORDERFLOW_BUILD=$BUILD ORDERFLOW_JARS_FOLDER=$JARS PYTHONDONTWRITEBYTECODE=1 \
        "$ROOT/data/venv/bin/python" "$ROOT/bench/run.py" "$@" 8>&-
)
