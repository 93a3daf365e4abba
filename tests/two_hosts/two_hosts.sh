# Two hosts in network namespaces, joined by a cable: the laptop with the room, and a phone. In the middle of a vote the
# laptop gets another address. Run in a user and a network namespace of its own: `unshare -rn sh two_hosts.sh`, with
# ZCLAB (the program) and HOME. Prints a line for each step that holds.
set -eu

die() { echo "$*" >&2; exit 1; }

ip link set lo up
unshare -n sleep 600 &
phone=$!
trap 'kill $phone 2> /dev/null || :' EXIT
ip link add laptop type veth peer name phone
# The other namespace is there once its process has left this one.
until [ "$(readlink /proc/$phone/ns/net)" != "$(readlink /proc/self/ns/net)" ]; do sleep 0.05; done
ip link set phone netns $phone
on_phone() { nsenter -t $phone -n "$@"; }
on_phone ip link set lo up
on_phone ip addr add 192.168.7.2/24 dev phone
on_phone ip link set phone up
ip addr add 192.168.7.1/24 dev laptop
ip link set laptop up

mkfifo "$HOME/commands"
"$ZCLAB" class --plain < "$HOME/commands" > "$HOME/lines" &
room=$!
exec 3> "$HOME/commands"
trap 'exec 3>&-; kill $phone $room 2> /dev/null || :' EXIT
waits_for() {
    for _ in $(seq 600); do
        grep -q "$1" "$HOME/lines" && return
        sleep 0.1
    done
    die "no line '$1' among: $(cat "$HOME/lines")"
}
waits_for '^session '
url=$(sed -n 's/^join //p' "$HOME/lines")
case $url in http://192.168.7.1:*) ;; *) die "the address that is printed first is $url" ;; esac
echo "holds: the address of the cable is printed first"

# REQUEST, with the phone's token: the status in the first line, then the body.
ask() {
    on_phone curl -s -m 20 --retry 20 --retry-connrefused --retry-delay 1 -w '\n%{http_code}' -H "Authorization: Bearer ${token:-}" "$@"
}
status() { tail -n 1; }

token=$(ask -X POST -H 'Content-Type: application/json' -d '{}' "$url/join" | sed -n 's/.*"token":"\([^"]*\)".*/\1/p')
[ -n "$token" ] || die "no seat"
echo "open $QUESTION" >&3
waits_for '^voting round=1'
vote() { ask -X PUT -H 'Content-Type: application/json' -d "{\"round\":1,\"answer\":[$1]}" "$url/vote" | status; }
[ "$(vote 0)" = 200 ] || die "the first vote is not taken"
echo "holds: a phone on the other host votes"

ip addr del 192.168.7.1/24 dev laptop
ip addr add 10.20.30.1/16 dev laptop
on_phone ip addr del 192.168.7.2/24 dev phone
on_phone ip addr add 10.20.30.2/16 dev phone
url=http://10.20.30.1:${url#http://192.168.7.1:}
[ "$(vote 1)" = 200 ] || die "no vote by the new address: $(vote 1)"
ask "$url/state" | grep -q '"joined":1,"answered":1,"yours":\[1\]' || die "another state: $(ask "$url/state")"
echo "holds: the laptop has another address, and the phone its seat and its vote"

echo close >&3
waits_for '^closed round=1 .*answered=1'
[ "$(vote 0)" = 409 ] || die "a vote after the closing"
exec 3>&-
wait $room
session=$(sed -n 's/^session //p' "$HOME/lines")
[ "$(grep -c '"event":"seat"' "$session")" = 1 ] || die "a second seat"
[ "$(grep '"event":"vote"' "$session" | tail -n 1 | grep -c '"answer":\[1\]')" = 1 ] || die "another vote in the file"
echo "holds: one seat, and its last vote in the file"
