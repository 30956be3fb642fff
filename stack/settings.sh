# Where everything is: versions, ports, folders. Sourced by ./orderflow.
# shellcheck shell=bash disable=SC2034 # used by the files sourced after this one

readonly KAFKA_HEAP=512m REGISTRY_HEAP=320m CONNECT_HEAP=640m

# The first compiler alone, for the registry and Connect, which wait for others most of the time:
# with the second their starts take twice the processor time.
readonly JAVA_QUICK_START=-XX:TieredStopAtLevel=1
readonly MINIMUM_DISK_MB=${ORDERFLOW_SCRIPT_DISK_MB:-3000} # jars, build and the default's data
readonly READY_SECONDS=${ORDERFLOW_SCRIPT_READY_SECONDS:-120} # how long a server may take to answer
readonly STOP_SECONDS=30        # how long a part may take to leave before it is killed
readonly LOCK_SECONDS=${ORDERFLOW_SCRIPT_LOCK_SECONDS:-20} # how long to wait for another run's end

# An instance is a set of ports and a data folder: default, test or bench.
INSTANCE=${ORDERFLOW_INSTANCE:-default}
case $INSTANCE in
    default) port_offset=0 ;;
    test) port_offset=10000 ;;
    bench) port_offset=20000 ;;
    *) printf 'orderflow: unknown instance %s\n' "$INSTANCE" >&2; exit 2 ;;
esac

# name: default port. ORDERFLOW_PORT_NAME or --port NAME=N changes one.
declare -A PORTS=(
    [kafka]=$((9092 + port_offset))
    [controller]=$((9093 + port_offset))
    [registry]=$((8081 + port_offset))
    [connect]=$((8083 + port_offset))
    [ksqld]=$((8088 + port_offset))
    [postgres]=$((5433 + port_offset))
    [dashboards]=$((8090 + port_offset))
    [gateway]=$((8091 + port_offset))
)

apply_port_settings() {
    local name variable
    local -A owner=()
    for name in "${!PORTS[@]}"; do
        variable=ORDERFLOW_PORT_${name^^}
        [ -z "${!variable-}" ] || PORTS[$name]=${!variable}
        if ! [[ ${PORTS[$name]} =~ ^[0-9]+$ ]] || [ "${PORTS[$name]}" -lt 1 ] || [ "${PORTS[$name]}" -gt 65535 ]; then
            die "the port of $name, '${PORTS[$name]}', is no number within 1 to 65535"
        fi
        PORTS[$name]=$((10#${PORTS[$name]}))
        [ -z "${owner[${PORTS[$name]}]-}" ] ||
            die "$name and ${owner[${PORTS[$name]}]} want the same port, ${PORTS[$name]}; each needs its own"
        owner[${PORTS[$name]}]=$name
    done
}

# What Java's properties, its class path and Connect's file provider would take for something else.
refuse_odd_path() { # what path
    [[ $2 != *[,:\\\{\}\"\'[:cntrl:]]* ]] ||
        die "$1 '$2': the path must hold no comma, colon, brace, quote, backslash or control character"
}

apply_folder_settings() {
    local suffix=''
    [ "$INSTANCE" = default ] || suffix=-$INSTANCE
    DATA=$(realpath -m -- "${ORDERFLOW_DATA:-$ROOT/data$suffix}") # parts start in other folders
    refuse_odd_path "the folder of this script" "$ROOT"
    refuse_odd_path ORDERFLOW_DATA "$DATA"
    RUN=$DATA/run LOGS=$DATA/logs
    JARS=$(realpath -m -- "${ORDERFLOW_SCRIPT_JARS:-$ROOT/data/jars}") # shared by all instances
    BUILD=$(realpath -m -- "${ORDERFLOW_BUILD:-$ROOT/build}")
    CLIENT_PROPERTIES=$DATA/client.properties
    LIVE_RATE_FILE=$DATA/live-rate
    SECRETS=$DATA/secrets
    SINK_SECRETS=$SECRETS/sink.properties
}

# In the order of starting.
readonly SERVERS=(postgres kafka registry connect)
readonly STAGES=(validation payment shipping delivery routing export)
readonly PARTS=(postgres kafka registry connect ksqld validation payment shipping delivery routing export gateway)
