extension Supervisor {
    /// Makes the directory and hands over to the second script, as an unprivileged user where this one is root.
    ///
    /// The server refuses to run as root. Arguments: the second script, the configuration.
    static let script = #"""
        installed=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -rV)
        for bin in "$GODWIT_PG_BIN" "$(pg_config --bindir 2>/dev/null)" $installed; do
            if [ -x "$bin/initdb" ] && [ -x "$bin/postgres" ] && [ -x "$bin/pg_ctl" ]; then break; fi
            bin=
        done
        if [ -z "$bin" ]; then
            echo "install the postgresql package, or name the directory of initdb in GODWIT_PG_BIN"
            exit 1
        fi
        unset PGDATA PGHOST PGPORT PGUSER PGDATABASE PGOPTIONS PGSERVICE
        directory=$(mktemp -d /tmp/godwit-test-XXXXXX) && cd "$directory" || exit 1
        if [ "$(id -u)" != 0 ]; then
            exec sh -c "$1" sh "$2" "$bin" "$directory"
        fi
        user=$(id -un postgres 2>/dev/null || echo nobody)
        chown "$user" "$directory"
        if command -v setpriv >/dev/null; then
            exec setpriv --reuid="$(id -u "$user")" --regid="$(id -g "$user")" --clear-groups \
                sh -c "$1" sh "$2" "$bin" "$directory"
        fi
        exec runuser -u "$user" -- sh -c "$1" sh "$2" "$bin" "$directory"
        """#

    /// Runs the server until the input ends.
    ///
    /// Arguments: the configuration, the binaries, the directory.
    static let clusterScript = #"""
        bin=$2 directory=$3
        umask 022
        chmod 755 "$directory"
        stop() {
            "$bin/pg_ctl" -D "$directory/data" -m immediate stop >/dev/null 2>&1
            cd / && rm -rf "$directory"
        }
        trap stop EXIT
        # An answer to a process that was killed meanwhile must not kill the shell before it has cleaned up.
        trap '' PIPE
        trap 'exit 1' HUP INT TERM
        fail() { cat setup.log server.log 2>/dev/null; exit 1; }
        start() {
            "$bin/pg_ctl" -D "$directory/data" -l server.log -w -t 120 -o "-k $directory" start >>setup.log 2>&1 || fail
            echo "ready $directory"
        }
        "$bin/initdb" -D data -U postgres -A trust -E UTF8 --no-locale --no-sync >setup.log 2>&1 || fail
        echo "local all needs_password scram-sha-256" >hba
        cat data/pg_hba.conf >>hba && mv hba data/pg_hba.conf
        printf '%s' "$1" >>data/postgresql.conf
        start
        while read -r command; do
            case $command in
                restart)
                    "$bin/pg_ctl" -D data -m immediate -w stop >>setup.log 2>&1
                    start ;;
                stop)
                    "$bin/pg_ctl" -D data -m immediate -w stop >>setup.log 2>&1
                    echo "ready $directory" ;;
                start) start ;;
            esac
        done
        """#
}
