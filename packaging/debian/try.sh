#!/bin/sh
# Install a Debian package on this system, use it as a user without privileges, and remove it: try.sh PACKAGE, as root.
set -eu
tree=$(cd "$(dirname "$0")/../.." && pwd)
package=$(realpath "$1")
home=$(mktemp -d)
trap 'dpkg --purge snapsortd >/dev/null 2>&1; rm -rf "$home"' EXIT
mkdir "$home/tree" && chmod 755 "$home"
cp -r --parents "$tree/packaging/demo" "$tree/config" "$home/tree"
chown -R nobody "$home"
as_user() { (cd / && setpriv --reuid nobody --clear-groups env -i HOME="$home" PATH=/usr/bin:/bin LANG=C.UTF-8 "$@"); }
says() { # WORDS COMMAND…: the command prints these words
    words=$1
    shift
    "$@" >"$home/output" 2>&1 || true
    grep -qF -- "$words" "$home/output" || { echo "no '$words' from: $*" && cat "$home/output" && exit 1; }
}

apt-get install -qq -y "$package"
says "$(dpkg-query --show --showformat='${Version}' snapsortd)" as_user snapsortctl --version
as_user /opt/venvs/snapsortd/bin/python3 "$home/tree$tree/packaging/demo/demo.py"
as_user snapsortctl doctor --self-test

unit=/usr/lib/systemd/user/snapsortd.service
XDG_RUNTIME_DIR=$home systemd-analyze --user verify "$unit"
says "\"installed\": true, \"running\": false, \"path\": \"$unit\"" as_user snapsortctl service status --json
says "$unit is of a package" as_user snapsortctl service uninstall
as_user snapsortctl init --yes
says '.SH SYNOPSIS' zcat /usr/share/man/man1/snapsortctl-undo.1.gz
completions=/usr/share/bash-completion/completions/snapsortctl
says '_snapsortctl_completion' as_user bash -c ". $completions; complete -p snapsortctl"
test -s /usr/share/applications/snapsortd-review.desktop

apt-get purge -qq -y snapsortd
for left in $unit /opt/venvs /usr/bin/snapsortd /usr/bin/snapsortctl /usr/share/doc/snapsortd; do
    test ! -e "$left" || { echo "$left was left" && exit 1; }
done
test -e "$home/.config/snapsortd/config.yaml" # what is the user's stays
