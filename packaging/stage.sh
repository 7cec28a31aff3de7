#!/bin/sh
# Put what distributions' packages contain below a folder: stage.sh ROOT PYTHON WHAT [PYTHON WITH PIP].
# WHAT, a wheel or a checkout, is installed with the pinned versions in an environment of its own, /opt/venvs/snapsortd,
# for PYTHON; with it come the user unit, the desktop entry, completions and man pages.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$1 python=$2 what=$3 with_pip=${4:-$2}
venv=opt/venvs/snapsortd

"$python" -m venv --without-pip "$root/$venv"
"$with_pip" -m pip --python "$root/$venv/bin/python3" install --quiet --no-compile --no-warn-script-location \
    --constraint "$here/../constraints.txt" "$what"
mkdir -p "$root/usr"
mv "$root/$venv/share" "$root/usr/share"
applications=$root/usr/share/applications units=$root/usr/lib/systemd/user
mkdir -p "$root/usr/bin" "$units" "$applications"
"$root/$venv/bin/python3" -c "from snapsortd.ctl.service_files.desktop_entry import entry_text
print(entry_text('/usr/bin/snapsortctl', {}), end='')" >"$applications/snapsortd-review.desktop"
sed "s|^ExecStart=.*|ExecStart=/$venv/bin/snapsortd|" "$here/../snapsortd/ctl/service_files/snapsortd.service" \
    >"$units/snapsortd.service"
for program in snapsortd snapsortctl; do ln -s "/$venv/bin/$program" "$root/usr/bin/$program"; done

# Tests and scripts of its libraries are not needed; the scripts name the folder in which the environment was built.
find "$root/$venv/bin" -type f ! -name 'snapsort*' -delete
rm -rf "${root:?}/$venv/include"
find "$root/$venv/lib" -type d -name tests -prune -exec rm -rf {} +
sed -i "1s|.*|#!/$venv/bin/python3|" "$root/$venv/bin/snapsortd" "$root/$venv/bin/snapsortctl"
sed -i "s|$root||g" "$root/$venv/pyvenv.cfg"
rm -f "$root/$venv"/lib/python3*/site-packages/snapsortd-*.dist-info/direct_url.json
find "$root" -name __pycache__ -prune -exec rm -rf {} +
"$python" -m compileall -q -j 0 --invalidation-mode unchecked-hash -s "$root" -p / "$root/$venv/lib" ||
    true # a few packages have templates named .py
find "$root/$venv/lib" -type f -exec chmod 644 {} +
