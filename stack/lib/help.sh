# What ./orderflow help and ./orderflow COMMAND --help print: one text, of which a command's part is
# cut out.
# shellcheck shell=bash

help_text() {
    cat <<EOF
NAME
    orderflow - an order pipeline on Kafka, Avro, ksqlDB scripts, Kafka Connect and PostgreSQL

SYNOPSIS
    ./orderflow [--port PART=N]... COMMAND [ARGUMENT...]
    ./orderflow COMMAND --help

COMMANDS
    up [--orders N] [--seed S] [--until TIME] [--live RATE] [--with-dashboards] | up --servers
            install what is missing, build, start every part on 127.0.0.1, generate the history from
            2021-03-14 to now and 1,000 live orders, and wait until PostgreSQL holds them all. Run
            it again at any time, also after it was interrupted: it repairs what is down and
            generates nothing twice.
            --orders N         end the history after N orders
            --seed S           another history than that of seed 1
            --until TIME       end the history at this time (ISO 8601), not now
            --live RATE        keep the generator on at RATE orders a second. A later up brings it
                               back if it has died; down and stop producer end it for good.
            --with-dashboards  at the end do what the command dashboards does
            --servers          only install, build, and start PostgreSQL, Kafka, registry, Connect
    dashboards [down]
            Superset with the dashboard "Retail Sales" on 127.0.0.1: installed once, then started,
            loaded and asked for every chart; prints address and log-in. dashboards down stops it.
    query [NAME [--csv]]
            one of the analyses of dashboards/queries as a table or CSV; without NAME lists them
    refresh [--follow]
            bring the views of queries and dashboards up to date; --follow goes on doing it
            (running dashboards do)
    status  parts, topics with counts and lag, dead letters, sinks and why one failed, tables;
            1 if a part is down
    env     shell exports: BOOTSTRAP_SERVERS, SCHEMA_REGISTRY_URL, CONNECT_URL, KSQL_URL,
            DATABASE_URL, GATEWAY_URL
    logs PART
            the last 200 lines of a part's log, or of a step's, as install or build
    psql [ARGUMENT...]
            psql on the instance's database, as its owner
    exec PROGRAM [ARGUMENT...]
            any program of the build with this instance's addresses; without PROGRAM lists them
    connect apply
            put the sinks of connect/, restart those that failed, wait until every task runs
    start PART [OPTION...]
            start one part: postgres, kafka, registry, connect, ksqld, validation, payment, shipping,
            delivery, routing, export, gateway, or producer with options of its own
            (./orderflow exec orderflow-producer --help)
    stop PART
            stop one part; the same names
    down    stop everything; the data stays
    reset   stop everything and delete the instance's data; what was downloaded stays
    test [SUITE...]
            every test, or the suites named, on servers of its own:
            ${SUITES[*]:0:8}
            ${SUITES[*]:8}
    bench [NAME...] [--json]
            the benchmarks, each beside its peer, on servers of its own; bench --help names them
    help [COMMAND]
            this text, or the part of it that is about a command

ENVIRONMENT
    ORDERFLOW_PORT_KAFKA, _CONTROLLER, _REGISTRY, _CONNECT, _KSQLD, _POSTGRES, _DASHBOARDS,
    _GATEWAY
            ports (9092, 9093, 8081, 8083, 8088, 5433, 8090, 8091); --port PART=N wins. test and bench
            have ports of their own, 10000 and 20000 higher; there --port alone counts.
    ORDERFLOW_DATA
            the data folder (data in this folder), which must be new, empty or an instance's
    ORDERFLOW_BUILD
            the build folder (build in this folder); one that exists keeps its options
    ORDERFLOW_FAULT_KILLS, ORDERFLOW_FAULT_ORDERS, ORDERFLOW_FAULT_SEED
            test faults: kills of each part (10), orders meanwhile (20000), seed of the moments

EXIT STATUS
    0 when all went well; query, psql and exec give their program's
EOF
}

command_help() { # [command]
    if [ $# = 0 ]; then
        help_text
        return
    fi
    help_text | awk -v name="$1" '
        /^    [^ ]/ { mine = part == "COMMANDS" && $1 == name }
        /^[A-Z]/ { part = $0; mine = 0 }
        mine { sub(/^    /, "", $0); print (/^[^ ]/ ? "./orderflow " : "") $0; found = 1 }
        END { exit !found }' || die "unknown command '$1'; see ./orderflow help"
}

# Programs that a command hands its arguments to have help of their own: there only a --help that
# comes first is meant for us; psql's -h is a host.
asks_for_help() { # command arguments…
    case $1 in
        bench) return 1 ;;
        psql)
            [ "${2:-}" = --help ]
            return
            ;;
        exec | start) set -- "${@:1:2}" ;;
    esac
    [[ " ${*:2} " == *' --help '* || " ${*:2} " == *' -h '* ]]
}
