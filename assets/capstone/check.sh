#!/bin/sh
# Is every byte right for every client, and how often does the CPU copy each? See README.md.
#
#     ./check.sh [COPIES] [--format gradescope]      at most so many copies per byte (0 unless told)
#
# ZCLAB and CC may name other programs, CFLAGS and LDLIBS what CC needs. Ends with 0 if all is well.
set -u
cd "$(dirname "$0")" || exit 1
copies=0
case ${1:-} in
[0-9]*) copies=$1; shift ;;
esac
zclab=${ZCLAB:-zclab}
cc=${CC:-cc}
for tool in "$cc" "$zclab"; do
    command -v "$tool" >/dev/null || { echo "check: $tool is not installed"; exit 1; }
done

# shellcheck disable=SC2086  # several words each
"$cc" -O2 -Wall -Wextra ${CFLAGS-} -o server server.c ${LDLIBS-} || exit 1
exec "$zclab" capstone --check ./server --copies "$copies" "$@"
