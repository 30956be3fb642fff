# What has to be on the machine: Debian packages, jars from Maven Central, our own build.
# shellcheck shell=bash

package_list() { sed -e 's/#.*//' -e '/^[[:space:]]*$/d' "$@"; }

missing_packages() { # list files; prints the packages that dpkg does not have
    local name installed
    # One dpkg-query for all: it takes a while to start. It fails when it does not know one.
    # shellcheck disable=SC2046 # words wanted
    installed=$({ dpkg-query -W -f '${Package} ${db:Status-Abbrev}\n' $(package_list "$@") 2>/dev/null || true; } |
        sed -n 's/ ii *$//p')
    for name in $(package_list "$@"); do
        grep -qxF -- "$name" <<<"$installed" || printf '%s\n' "$name"
    done
}

can_be_root() { [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null; }

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n -- "$@"; fi
}

install_packages() { # list files
    local missing names
    command -v dpkg-query >/dev/null || die "this needs Debian 12 (dpkg is not there)"
    names=$(missing_packages "$@")
    [ -n "$names" ] || return 0
    mapfile -t missing <<<"$names"
    if ! can_be_root; then
        say "These packages are missing; install them as root and run this again:"
        say "    $(wants_no_cluster "${missing[@]}" && printf '%s && ' "$NO_CLUSTER")apt-get update && apt-get install -y ${missing[*]}"
        exit 1
    fi
    step install "${#missing[@]} Debian packages"
    mkdir -p "$LOGS"
    if wants_no_cluster "${missing[@]}"; then as_root sh -c "$NO_CLUSTER"; fi
    # An installation that was cut off is ended first; one that still goes on is waited for.
    if ! { as_root env DEBIAN_FRONTEND=noninteractive dpkg --configure -a --force-confold && as_root apt-get update &&
        as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -o "DPkg::Lock::Timeout=$READY_SECONDS" \
        --no-install-recommends -o Dpkg::Options::=--force-confold "${missing[@]}"; } >"$LOGS/install.log" 2>&1 </dev/null; then
        die_with_log install "apt-get could not install: ${missing[*]} (is there a network?)"
    fi
}

# Debian's postgresql would start a cluster of its own on port 5432.
readonly NO_CLUSTER='mkdir -p /etc/postgresql-common && echo "create_main_cluster = false" >>/etc/postgresql-common/createcluster.conf'

wants_no_cluster() { # missing packages
    [[ " $* " == *" postgresql "* ]] &&
        ! grep -qs '^[[:space:]]*create_main_cluster' /etc/postgresql-common/createcluster.conf
}

# Our patient forms of Connect's parts, from connect/ into the plugin that they extend. Eclipse's
# compiler and Python's zip stand in for javac and jar, which a Java runtime does not have.
compile_plugin() { # jars folder, work folder, plugin, part of connect/
    local plugin=$1/plugins/$3 classes=$2/classes-$4
    "$(java_program)" -jar "$2"/ecj-*.jar -source 17 -target 17 -d "$classes" \
        -cp "$(printf '%s:' "$plugin"/*.jar "$1"/kafka/{connect-api,kafka-clients,slf4j-api}-*.jar)" "$ROOT/connect/$4"/*.java &&
        (cd "$classes" && /usr/bin/python3 -m zipfile -c "$plugin/orderflow-$4.jar" orderflow)
}

fetch_jars() { # jars folder, work folder
    local copy=org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies
    mvn -q -B -f "$ROOT/stack/maven/kafka.xml" "$copy" -DincludeScope=runtime "-DoutputDirectory=$1/kafka" &&
        mvn -q -B -f "$ROOT/stack/maven/converter.xml" "$copy" -DincludeScope=runtime \
            "-DoutputDirectory=$1/plugins/apicurio-converter" &&
        mvn -q -B -f "$ROOT/stack/maven/archives.xml" dependency:copy "-DoutputDirectory=$2" &&
        tar -C "$1/registry" --no-same-owner -xf "$2"/apicurio-registry-app-*.tar.gz &&
        tar -C "$1/plugins" --no-same-owner -xf "$2"/debezium-connector-jdbc-*.tar.gz &&
        # The worker has these itself; two versions in one plugin clash.
        rm -f "$1"/plugins/*/{kafka-clients,connect-api}-*.jar \
            "$1"/plugins/apicurio-converter/{connect-json,slf4j-api,lz4-java,snappy-java,zstd-jni}-*.jar &&
        compile_plugin "$1" "$2" apicurio-converter converter &&
        compile_plugin "$1" "$2" debezium-connector-jdbc sink
}

# Jars: once, then kept; a half-done download leaves no mark and is done again.
install_jars() {
    local mark=$JARS/complete versions fresh=$JARS.new
    versions=$(cat "$ROOT"/stack/maven/*.xml "$ROOT"/connect/{converter,sink}/*.java | cksum)
    if [ -e "$mark" ] && [ "$(<"$mark")" = "$versions" ]; then return 0; fi
    step download "Kafka, Connect, the registry and the JDBC sink from Maven Central"
    rm -rf "$fresh"
    mkdir -p "$fresh"/{plugins,registry,work} "$LOGS"
    fetch_jars "$fresh" "$fresh/work" >"$LOGS/install.log" 2>&1 </dev/null ||
        die_with_log install "the jars could not be fetched and made ready (is there a network?)"
    rm -rf "$fresh/work"
    printf '%s' "$versions" >"$fresh/complete"
    # Only now: servers that run keep the files that they have open.
    rm -rf "$JARS"
    mv "$fresh" "$JARS"
}

meson_tool() { # Debian's, even where another Python stands before it in the path
    PATH=/usr/bin:$PATH /usr/bin/meson "$@"
}

build_programs() { # [build folder [meson options…]]
    local folder=${1:-$BUILD} log=$LOGS/build.log
    shift || true
    mkdir -p "$LOGS"
    if ! [ -e "$folder/build.ninja" ]; then
        step build "setting up $folder"
        rm -f "$folder/meson-private/coredata.dat" # a set-up that was cut off would pass for done
        meson_tool setup "$folder" "$ROOT" "$@" >"$log" 2>&1 || die_with_log build "meson setup failed"
    elif [ $# -gt 0 ]; then
        meson_tool configure "$folder" "$@" >"$log" 2>&1 || die_with_log build "meson configure failed"
    fi
    PATH=/usr/bin:$PATH ninja -C "$folder" >"$log" 2>&1 || die_with_log build "the build failed"
}

check_disk() {
    local free
    free=$(df -Pm "$DATA" | awk 'NR == 2 { print $4 }')
    [ "$free" -ge "$MINIMUM_DISK_MB" ] ||
        die "$DATA has $free MB of disk left, $MINIMUM_DISK_MB are needed (ORDERFLOW_DATA names another place)"
}

# Before anything starts: each port must be free or held by our own part. A part that was just
# killed may hold its port for a moment.
check_ports() { # [more parts…]
    local part owner patience=15
    for part in "${SERVERS[@]}" controller ksqld gateway "$@"; do
        owner=$part
        [ "$part" != controller ] || owner=kafka
        while ! is_running "$owner" && port_is_open "${PORTS[$part]}"; do
            sleep 0.2
            patience=$((patience - 1))
            [ $patience -gt 0 ] || die "port ${PORTS[$part]}, wanted for $part, is in use by another program;" \
                "choose one with --port $part=N or ORDERFLOW_PORT_${part^^}=N"
        done
    done
}
