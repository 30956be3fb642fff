# ./orderflow bench: the benchmarks of bench/, on an instance of its own.
# shellcheck shell=bash

command_bench() { # [names…] [options of bench/run.py]
    local servers=1
    case " $* " in *' --help '* | *' -h '*) exec /usr/bin/python3 "$ROOT/bench/run.py" --help ;; esac
    use_instance bench bench "$@"
    lock_tests
    install_packages "$ROOT"/stack/packages/{run,test}
    install_jars
    mkdir -p "$LOGS"
    (build_programs)
    prepare_venv || die "the Python packages of tests/requirements.lock were not installed"
    [ "$*" != codec ] || servers=
    if [ -n "$servers" ]; then
        trap 'end_test_instance' EXIT
        "$ROOT/orderflow" up --servers 8>&-
        eval "$(command_env)"
    fi
    ORDERFLOW_BUILD=$BUILD ORDERFLOW_JARS_FOLDER=$JARS PYTHONDONTWRITEBYTECODE=1 \
        "$ROOT/data/venv/bin/python" "$ROOT/bench/run.py" "$@" 8>&-
}
