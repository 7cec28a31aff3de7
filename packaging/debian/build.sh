#!/bin/sh
# Build the Debian package from a wheel: build.sh WHEEL FOLDER. It is for the python3 of the Debian that it is built on.
# COMPRESSION=gzip LEVEL=1 is quick.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
tree=$here/../..
wheel=$1 out=$2
version=$(basename "$wheel" | cut -d- -f2)
minor=$(/usr/bin/python3 -c 'import sys; print(sys.version_info.minor)')
: "${SOURCE_DATE_EPOCH:=$(git -C "$tree" log -1 --format=%ct)}"
export SOURCE_DATE_EPOCH
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
chmod 755 "$root"

sh "$tree/packaging/stage.sh" "$root" /usr/bin/python3 "$wheel" "$tree/build/tools/bin/python"
share=$root/usr/share doc=$root/usr/share/doc/snapsortd
mkdir -p "$share/lintian/overrides" "$doc" "$root/DEBIAN"
cp "$here/copyright" "$doc/copyright"
cp "$here/lintian-overrides" "$share/lintian/overrides/snapsortd"
gzip -9n "$share"/man/man1/*.1
author=$(sed -n 's/^Maintainer: //p' "$here/control") day=$(date -R -u -d "@$SOURCE_DATE_EPOCH")
printf 'snapsortd (%s) stable; urgency=medium\n\n  * See CHANGELOG.md of this version.\n\n -- %s  %s\n' \
    "$version" "$author" "$day" | gzip -9n >"$doc/changelog.gz"
sed -e "s/@VERSION@/$version/" -e "s/@ARCHITECTURE@/$(dpkg --print-architecture)/" \
    -e "s/@MINOR@/$minor/" -e "s/@NEXT@/$((minor + 1))/" \
    -e "s/@SIZE@/$(du -sk --apparent-size "$root" | cut -f1)/" "$here/control" >"$root/DEBIAN/control"
(cd "$root" && find opt usr -type f -print0 | sort -z | xargs -0 md5sum) >"$root/DEBIAN/md5sums"
dpkg-deb --root-owner-group -Z"${COMPRESSION:-xz}" -z"${LEVEL:-6}" --build "$root" "$out"
