# shellcheck shell=bash
# What the scripts share: messages, packages, the build, the private PostgreSQL cluster, the reference migration.
# Sourced, never run. State is kept in .godwit/, or in the directory that GODWIT_HOME names.

set -euo pipefail

godwit_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
godwit_home=${GODWIT_HOME:-$godwit_root/.godwit}
dispatch=$godwit_root/plans/dispatch

# The scripts choose their databases themselves.
unset PGHOST PGHOSTADDR PGPORT PGUSER PGDATABASE PGPASSWORD PGPASSFILE PGSERVICE PGSERVICEFILE PGOPTIONS PGDATA
export PGCONNECT_TIMEOUT=10

# ---------------------------------------------------------------------------------------------------------- messages

say() { printf '%s\n' "$*"; }

# die STATUS MESSAGE...: one clear error.
die() {
    local status=$1
    shift
    step_title=
    printf '%s: %s\n' "$(basename "$0")" "$*" >&2
    exit "$status"
}

# Prints the comment at the head of the script: its --help.
usage() { sed -n '2,/^$/{s/^# \{0,1\}//p;}' "$0"; }

now() { date +%s.%N; }

# since START: seconds with one decimal.
since() { awk -v a="$1" -v b="$(now)" 'BEGIN { printf "%.1f", b - a }'; }

# step TITLE COMMAND...: says what is done, does it, says how long it took. A failure ends the script: the command runs
# in no condition, where bash would ignore `set -e` within it.
step() {
    local start
    step_title=$1
    shift
    start=$(now)
    printf '==> %s\n' "$step_title"
    "$@"
    step_title=
    printf '    %s s\n' "$(since "$start")"
}

step_title=
report_failed_step() { [ -z "$step_title" ] || printf '==> FAILED: %s\n' "$step_title" >&2; }
trap report_failed_step EXIT

# needs_value "$@": complains when the option that comes first has no value behind it.
needs_value() { [ $# -ge 2 ] || die 64 "$1 needs a value; see --help"; }

# --------------------------------------------------------------------------------------------------------- packages

# Directory of initdb, postgres and pg_ctl, of version $1 where given; empty if there is none.
postgres_binaries() {
    local directory directories=()
    [ -z "${GODWIT_PG_BIN:-}" ] || directories+=("$GODWIT_PG_BIN")
    if command -v pg_config >/dev/null; then directories+=("$(pg_config --bindir)"); fi
    while read -r directory; do
        directories+=("$directory")
    done < <(find /usr/lib/postgresql -mindepth 2 -maxdepth 2 -name bin 2>/dev/null | sort -rV)
    for directory in "${directories[@]}"; do
        if [ ! -x "$directory/initdb" ] || [ ! -x "$directory/postgres" ] || [ ! -x "$directory/pg_ctl" ]; then continue; fi
        if [ $# -eq 1 ] && [[ ! $("$directory/postgres" --version) =~ \ $1(\.|[a-z]|\ |$) ]]; then continue; fi
        printf '%s\n' "$directory"
        return
    done
}

# The Debian packages that are missing, one a line, of those asked for by name.
missing_packages() {
    local package
    for package in "$@"; do
        case $package in
            pkg-config) command -v pkg-config >/dev/null ;;
            libpq-dev) pkg-config --exists libpq 2>/dev/null ;;
            libzmq3-dev) pkg-config --exists libzmq 2>/dev/null ;;
            libssl-dev) pkg-config --exists libcrypto 2>/dev/null ;;
            postgresql) [ -n "$(postgres_binaries)" ] ;;
            postgresql-client) command -v psql >/dev/null ;;
            dropbear-bin) command -v dropbear >/dev/null ;;
            iproute2) command -v ip >/dev/null ;;
            procps) command -v pgrep >/dev/null ;;
            python3-venv) python3 -c 'import ensurepip' 2>/dev/null ;;
            openssh-client) command -v ssh >/dev/null ;;
            *) command -v "$package" >/dev/null ;;
        esac || printf '%s\n' "$package"
    done
}

# need PACKAGE...: installs the Debian packages that are missing, and only those.
need() {
    local missing=() administrator=()
    mapfile -t missing < <(missing_packages "$@")
    [ "${#missing[@]}" -gt 0 ] || return 0
    if ! command -v apt-get >/dev/null; then
        die 69 "needs what Debian calls ${missing[*]}; there is no apt-get here, so install them and call again"
    fi
    if [ "$EUID" -ne 0 ]; then
        if ! command -v sudo >/dev/null; then
            die 69 "needs the packages ${missing[*]}; as root: apt-get install ${missing[*]}"
        fi
        administrator=(sudo)
    fi
    step "Installing ${missing[*]}" install_packages
    mapfile -t missing < <(missing_packages "$@")
    [ "${#missing[@]}" -eq 0 ] || die 69 "still not to be found after installation: ${missing[*]}"
}

# Works on `missing` and `administrator` of need().
install_packages() {
    local apt=("${administrator[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300)
    "${apt[@]}" update || die 69 "'apt-get update' failed, so ${missing[*]} can't be installed"
    "${apt[@]}" install -y --no-install-recommends "${missing[@]}" >"$godwit_home/apt.log" 2>&1 ||
        die 69 "'apt-get install ${missing[*]}' failed; $godwit_home/apt.log has its output"
}

# What building Godwit takes, and what running it against a private cluster takes.
need_for_build() {
    command -v swift >/dev/null || die 69 "needs Swift 6.2 or newer on the PATH: https://www.swift.org/install/"
    need pkg-config libpq-dev libzmq3-dev libssl-dev
}
need_for_cluster() { need postgresql postgresql-client; }

mkdir -p "$godwit_home"

# ------------------------------------------------------------------------------------------------------------ build

# Builds the release binary, which carries the Swift runtime, and names it in `godwit`; where GODWIT_BINARY names one, it
# is that.
build_godwit() {
    # shellcheck disable=SC2034  # for the scripts that source this one
    godwit=${GODWIT_BINARY:-}
    if [ -n "$godwit" ]; then
        [ -x "$godwit" ] || die 69 "GODWIT_BINARY names no program: $godwit"
        return
    fi
    # The word static: a worker host then needs this file, libpq, libzmq and libcrypto.
    local flags=(-c release --product godwit --static-swift-stdlib)
    (cd "$godwit_root" && swift build "${flags[@]}")
    # shellcheck disable=SC2034  # for the scripts that source this one
    godwit=$(cd "$godwit_root" && swift build "${flags[@]}" --show-bin-path)/godwit
}

# Builds what loads a coordinator's socket and names it in `router_load`.
build_router_load() {
    local flags=(-c release --product RouterLoad --static-swift-stdlib)
    (cd "$godwit_root" && swift build "${flags[@]}")
    # shellcheck disable=SC2034  # for the scripts that source this one
    router_load=$(cd "$godwit_root" && swift build "${flags[@]}" --show-bin-path)/RouterLoad
}

# ---------------------------------------------------------------------------------------------------------- cluster

# The private cluster: .godwit/cluster, a symbolic link where the checkout is out of the server's reach. It listens on
# a socket in that directory, which only its owner (and root) may enter, and on no network address.
cluster_link=$godwit_home/cluster

# The account the server runs under: never root.
server_user() {
    if [ "$EUID" -ne 0 ]; then
        id -un
    elif id -u postgres >/dev/null 2>&1; then
        printf 'postgres\n'
    else
        printf 'nobody\n'
    fi
}

# as_server COMMAND...: as that account, in the cluster's directory.
as_server() {
    local user
    if [ "$EUID" -ne 0 ]; then
        (cd "$cluster" && exec "$@")
    else
        user=$(server_user)
        (cd "$cluster" && exec setpriv --reuid="$(id -u "$user")" --regid="$(id -g "$user")" --clear-groups "$@")
    fi
}

# Makes the cluster's directory where the server can reach it, and names it in `cluster`.
cluster_directory() {
    local place
    if [ -d "$cluster_link" ]; then
        cluster=$(readlink -f "$cluster_link")
        return
    fi
    rm -f "$cluster_link"
    mkdir -m 700 "$cluster_link"
    cluster=$cluster_link
    [ "$EUID" -ne 0 ] || chown "$(server_user)" "$cluster"
    # A socket's path has at most 107 bytes.
    if [ "${#cluster}" -le 85 ] && as_server test -w "$cluster" 2>/dev/null; then return; fi
    rmdir "$cluster_link"
    for place in "${TMPDIR:-/var/tmp}" /var/tmp /tmp; do
        cluster=$(mktemp -d "$place/godwit-XXXXXX") || continue
        [ "$EUID" -ne 0 ] || chown "$(server_user)" "$cluster"
        if [ "${#cluster}" -le 85 ] && as_server test -w "$cluster" 2>/dev/null; then
            ln -s "$cluster" "$cluster_link"
            return
        fi
        rmdir "$cluster"
    done
    die 69 "found no directory for the cluster that user $(server_user) can reach"
}

# A share of the machine's memory, in MB, between bounds: memory_share DIVISOR LEAST MOST.
memory_share() {
    awk -v divisor="$1" -v least="$2" -v most="$3" '/^MemTotal/ {
        share = int($2 / 1024 / divisor); print (share < least ? least : (share > most ? most : share)) }' /proc/meminfo
}

cluster_settings() {
    cat <<SETTINGS
listen_addresses = '${1:-}'
unix_socket_directories = '$cluster'
port = 5432
max_connections = 200
shared_buffers = '$(memory_share 6 128 2048)MB'
maintenance_work_mem = '$(memory_share 32 64 512)MB'
max_wal_size = '8GB'
checkpoint_timeout = '15min'
# Nothing about durability is switched off: fsync, full_page_writes and synchronous_commit are as in production.
log_min_messages = 'warning'
logging_collector = off
SETTINGS
}

cluster_is_running() { as_server "$pg_bin/pg_ctl" -D "$cluster/data" status >/dev/null 2>&1; }

# cluster_start [ADDRESSES]: makes the cluster if there is none, starts it if it isn't running.
cluster_start() {
    local version
    cluster_directory
    if [ -f "$cluster/data/PG_VERSION" ]; then
        version=$(cat "$cluster/data/PG_VERSION")
        pg_bin=$(postgres_binaries "$version")
        [ -n "$pg_bin" ] || die 69 "the cluster in $cluster is of PostgreSQL $version, which is no longer installed;" \
            "'scripts/demo --stop' removes it"
    else
        pg_bin=$(postgres_binaries)
        as_server "$pg_bin/initdb" -D "$cluster/data" -U postgres -A trust -E UTF8 --no-locale --no-sync \
            >"$godwit_home/initdb.log" 2>&1 || die 69 "initdb failed: $(tail -n 3 "$godwit_home/initdb.log")"
        printf "include_if_exists = '%s/godwit.conf'\n" "$cluster" |
            as_server tee -a "$cluster/data/postgresql.conf" >/dev/null
    fi
    command -v psql >/dev/null || PATH=$pg_bin:$PATH
    if cluster_is_running; then return; fi
    cluster_settings "${1:-}" | as_server tee "$cluster/godwit.conf" >/dev/null
    # Closed: descriptors the server would hold open after this script, and keep a pipe's reader waiting.
    as_server "$pg_bin/pg_ctl" -D "$cluster/data" -l "$cluster/server.log" -w -t 60 start \
        </dev/null >"$godwit_home/pg_ctl.log" 2>&1 3>&- 4>&- 9>&- ||
        die 69 "PostgreSQL does not start: $(tail -n 3 "$cluster/server.log" 2>/dev/null || cat "$godwit_home/pg_ctl.log")"
}

# Stops the cluster and removes it with its data.
cluster_remove() {
    local process
    if [ ! -d "$cluster_link" ]; then
        rm -f "$cluster_link"
        return
    fi
    cluster=$(readlink -f "$cluster_link")
    if [ -f "$cluster/data/postmaster.pid" ]; then
        pg_bin=$(postgres_binaries "$(cat "$cluster/data/PG_VERSION")")
        if [ -n "$pg_bin" ]; then
            as_server "$pg_bin/pg_ctl" -D "$cluster/data" -m immediate -w stop >/dev/null 2>&1 || true
        else
            process=$(head -n 1 "$cluster/data/postmaster.pid")
            kill -QUIT "$process" 2>/dev/null || true
        fi
    fi
    rm -rf "$cluster"
    rm -f "$cluster_link"
}

# sql DATABASE ARGUMENT...: psql on the private cluster, which stops at the first error and never opens a pager.
sql() {
    local database=$1
    shift
    psql --no-psqlrc --quiet --pset pager=off --set ON_ERROR_STOP=1 -h "$cluster" -U postgres -d "$database" "$@"
}

# value DATABASE QUERY: the bare result.
value() { sql "$1" --tuples-only --no-align --command "$2"; }

# The database's address for Godwit and for psql.
address() { printf 'postgresql:///%s?host=%s&port=5432&user=postgres' "$1" "$cluster"; }

# --------------------------------------------------------------------------------------------- the reference migration

# create_database NAME: empty, whatever was there before.
create_database() {
    sql postgres --command "SET client_min_messages = warning" \
        --command "DROP DATABASE IF EXISTS \"$1\" WITH (FORCE)" --command "CREATE DATABASE \"$1\""
}

# create_legacy NAME SCALE [NOTIFICATIONS]: the legacy schema and its data.
create_legacy() {
    local variables=(--set "scale=$2")
    [ -z "${3:-}" ] || variables+=(--set "notifications=$3")
    create_database "$1"
    sql "$1" --file "$dispatch/legacy.sql"
    sql "$1" "${variables[@]}" --file "$dispatch/generate.sql" >/dev/null
    value "$1" "VACUUM ANALYZE"
}

# create_modern NAME: the target's schema, no rows.
create_modern() {
    create_database "$1"
    sql "$1" --file "$dispatch/target.sql" >/dev/null
}

# use_databases SOURCE TARGET: what Godwit's commands work on from here.
use_databases() {
    GODWIT_SOURCE=$(address "$1")
    GODWIT_TARGET=$(address "$2")
    export GODWIT_SOURCE GODWIT_TARGET
}

# audit SOURCE TARGET [HOST]: compares every row; fails when anything differs. HOST: of the source, where it is in another
# cluster.
audit() {
    sql "$2" --set "source_host=${3:-$cluster}" --set source_port=5432 --set "source_db=$1" --set source_user=postgres \
        --file "$dispatch/audit.sql"
}
