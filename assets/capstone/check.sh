#!/bin/sh
# Is every byte right, and how often does the CPU copy each? See README.md.
#
#     ./check.sh [COPIES]       at most so many copies per byte (0 unless told)
#
# ZCLAB and CC may name other programs. Ends with 0 if all is well.
set -u
cd "$(dirname "$0")" || exit 1
copies=${1:-0}
zclab=${ZCLAB:-zclab}
cc=${CC:-cc}
for tool in "$cc" curl cmp "$zclab"; do
    command -v "$tool" >/dev/null || { echo "check: $tool is not installed"; exit 1; }
done

"$cc" -O2 -Wall -Wextra -o server server.c || exit 1

work=$(mktemp -d) || exit 1
server=
trap 'test -z "$server" || kill "$server" 2>/dev/null; rm -rf "$work"' EXIT
mkdir "$work/files"
: > "$work/files/empty"
printf 'x' > "$work/files/one"
head -c 100001 /dev/urandom > "$work/files/odd"
head -c 8388608 /dev/urandom > "$work/files/large"

# Waits until the server has said where it listens; its address is then in $url.
wait_for_address() {
    tries=0
    until url=$(sed -n 's/^listening on //p' "$work/said") && test -n "$url"; do
        tries=$((tries + 1))
        test "$tries" -lt 100 || { echo "check: the server does not say where it listens"; exit 1; }
        sleep 0.1
    done
}

fetch() {
    curl --silent --show-error --fail --max-time 60 --output "$work/got" "$url/$1" &&
        cmp "$work/got" "$work/files/$1"
}

echo "1. every byte"
: > "$work/said"
./server "$work/files" 0 4 > "$work/said" &
server=$!
wait_for_address
for name in empty one odd large; do
    fetch "$name" || { echo "check: '$name' did not arrive as it is"; exit 1; }
done
wait "$server"
server=

echo "2. copies, at most $copies per byte"
: > "$work/said"
"$zclab" trace --expect "cpu_copies_per_byte <= $copies" -- ./server "$work/files" 0 1 > "$work/said" &
server=$!
wait_for_address
fetch large || { echo "check: 'large' did not arrive as it is"; exit 1; }
wait "$server"
verdict=$?
server=
test "$verdict" -eq 0 && echo "well done"
exit "$verdict"
