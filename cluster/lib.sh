# shellcheck shell=bash
# What cluster/start, cluster/stop and scripts/scale share: the hosts file and the way to a host. Sourced after
# scripts/lib.sh.
# shellcheck disable=SC2154  # godwit, godwit_home and godwit_root are lib.sh's

# An ssh command with its options, for example "ssh -F my-config".
read -r -a ssh_command <<<"${GODWIT_SSH:-ssh}"
ssh_command+=(-o BatchMode=yes -o ConnectTimeout=10 -o ServerAliveInterval=5 -o ServerAliveCountMax=3)

# Where worker-host has its files on localhost. Those of a hosts file have keys and an env file of their own there.
local_home=$godwit_home/workers

# read_hosts FILE: fills `hosts` and `slots_of`, and makes localhost one of them.
read_hosts() {
    local line host slots rest number=0
    [ -r "$1" ] || die 64 "can't read the hosts file '$1'; cluster/hosts.example shows its form"
    local_home=$godwit_home/localhost
    hosts=()
    declare -gA slots_of=()
    while IFS= read -r line || [ -n "$line" ]; do
        number=$((number + 1))
        read -r host slots rest <<<"${line%%#*}"
        [ -n "$host" ] || continue
        if ! [[ $host =~ ^([A-Za-z0-9][A-Za-z0-9._-]*@)?[A-Za-z0-9][A-Za-z0-9._-]*$ && $slots =~ ^[1-9][0-9]*$ ]] ||
            [ -n "$rest" ]; then
            die 64 "$1:$number: expected 'host slots', for example 'worker-1.internal 4', not '$line'"
        fi
        [ -z "${slots_of[$host]:-}" ] || die 64 "$1:$number: '$host' is there twice"
        hosts+=("$host")
        slots_of[$host]=$slots
    done <"$1"
    [ "${#hosts[@]}" -gt 0 ] || die 64 "the hosts file '$1' names no host"
    refuse_shared_names "$1"
}

# A key is for the workers called as it is and a number, so no host may be called like another one's worker.
refuse_shared_names() {
    local host name
    local -A host_of=()
    for host in "${hosts[@]}"; do
        name=$(worker_name "$host")
        [ -z "${host_of[$name]:-}" ] || die 64 "$1: the workers of '$host' and '${host_of[$name]}' would have the same names"
        host_of[$name]=$host
    done
    for name in "${!host_of[@]}"; do
        if [[ $name =~ ^(.*)-[0-9]+$ && -n "${host_of[${BASH_REMATCH[1]}]:-}" ]]; then
            die 64 "$1: '${host_of[$name]}' is called as a worker of '${host_of[${BASH_REMATCH[1]}]}' would be;" \
                "give one of them another name in ~/.ssh/config"
        fi
    done
}

# What a host's key is called, and its workers with a number behind it.
worker_name() {
    local host=${1#*@}
    if [ "$host" = localhost ]; then hostname; else printf '%s\n' "$host"; fi
}

# on_host HOST ARGUMENT...: cluster/worker-host there.
on_host() {
    local host=$1
    shift
    if [ "$host" = localhost ]; then
        GODWIT_WORKER_HOME=$local_home GODWIT_WORKER_BINARY=$godwit sh "$godwit_root/cluster/worker-host" "$@"
    else
        "${ssh_command[@]}" "$host" sh -s -- "$@" <"$godwit_root/cluster/worker-host"
    fi
}
