# shellcheck shell=bash
# What cluster/start, cluster/stop and scripts/scale share: the hosts file and the way to a host. Sourced after
# scripts/lib.sh.
# shellcheck disable=SC2154  # godwit, godwit_home and godwit_root are lib.sh's

# An ssh command with its options, for example "ssh -F my-config".
read -r -a ssh_command <<<"${GODWIT_SSH:-ssh}"
ssh_command+=(-o BatchMode=yes -o ConnectTimeout=10 -o ServerAliveInterval=5 -o ServerAliveCountMax=3)

# read_hosts FILE: fills `hosts` and `slots_of`.
read_hosts() {
    local line host slots rest number=0
    [ -r "$1" ] || die 64 "can't read the hosts file '$1'; cluster/hosts.example shows its form"
    hosts=()
    declare -gA slots_of=()
    while IFS= read -r line || [ -n "$line" ]; do
        number=$((number + 1))
        read -r host slots rest <<<"${line%%#*}"
        [ -n "$host" ] || continue
        if ! [[ $host =~ ^[A-Za-z0-9][A-Za-z0-9._@-]*$ && $slots =~ ^[1-9][0-9]*$ ]] || [ -n "$rest" ]; then
            die 64 "$1:$number: expected 'host slots', for example 'worker-1.internal 4', not '$line'"
        fi
        [ -z "${slots_of[$host]:-}" ] || die 64 "$1:$number: '$host' is there twice"
        hosts+=("$host")
        slots_of[$host]=$slots
    done <"$1"
    [ "${#hosts[@]}" -gt 0 ] || die 64 "the hosts file '$1' names no host"
}

# The part of a worker's name that stands for its host.
worker_prefix() {
    local host=${1#*@}
    if [ "$host" = localhost ]; then hostname; else printf '%s\n' "$host"; fi
}

# on_host HOST ARGUMENT...: cluster/worker-host there. On localhost its state is in .godwit/workers.
on_host() {
    local host=$1
    shift
    if [ "$host" = localhost ]; then
        GODWIT_WORKER_HOME=$godwit_home/workers GODWIT_WORKER_BINARY=$godwit sh "$godwit_root/cluster/worker-host" "$@"
    else
        "${ssh_command[@]}" "$host" sh -s -- "$@" <"$godwit_root/cluster/worker-host"
    fi
}

# The directory of the tunnels' control sockets; a socket's path has at most 107 bytes, so it is a short one.
tunnel_directory() {
    if [ ! -d "$godwit_home/tunnels" ]; then
        rm -f "$godwit_home/tunnels"
        ln -s "$(mktemp -d /tmp/godwit-ssh-XXXXXX)" "$godwit_home/tunnels"
    fi
    readlink -f "$godwit_home/tunnels"
}

# tunnel HOST COMMAND: what ssh's -O does (check, exit) with the host's tunnel.
tunnel() { "${ssh_command[@]}" -S "$(tunnel_directory)/$(tunnel_name "$1")" -O "$2" "$1" 2>/dev/null; }

tunnel_name() { printf '%s' "$1" | cksum | cut -d ' ' -f 1; }

# open_tunnel HOST PORT: the coordinator's loopback port appears on the host's loopback.
open_tunnel() {
    if tunnel "$1" check; then return; fi
    "${ssh_command[@]}" -M -S "$(tunnel_directory)/$(tunnel_name "$1")" -f -N -o ExitOnForwardFailure=yes \
        -R "127.0.0.1:$2:127.0.0.1:$2" "$1" </dev/null ||
        die 69 "no tunnel to $1: does 'ssh $1' work without a question, and is port $2 free there?"
}
