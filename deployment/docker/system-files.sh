#!/bin/sh
# system-files.sh ROOT: the files of a few installed Debian packages as the root of an image.
#
# What Python and the locked packages load, certificates, time zones, and the licence of each. What
# was copied is in var/lib/dpkg/status.d, where scanners look for it. No program but Python's.
set -eu

root="$1"
packages="base-files ca-certificates libbz2-1.0 libc6 libcrypt1 libexpat1 libffi8 libgcc-s1
    liblzma5 libpython3.11-minimal libpython3.11-stdlib libsqlite3-0 libssl3 libstdc++6 libuuid1
    python3.11-minimal tzdata zlib1g"

# As Debian has it: one place for programs and one for libraries.
mkdir -p "$root/usr/bin" "$root/usr/lib" "$root/usr/lib64" "$root/usr/sbin"
for name in bin lib lib64 sbin; do ln -s "usr/$name" "$root/$name"; done

# Files and links only: a folder comes with what lies in it, and with no special rights.
# shellcheck disable=SC2086 # a list of names
dpkg-query --listfiles $packages | sort -u | grep -Ev \
    -e '^/usr/share/(binfmts|bug|doc-base|gcc|gdb|lintian|locale|man)/' -e '^/(usr/)?s?bin/' \
    -e '^/usr/share/doc/.*/(changelog|NEWS|README|TODO|FAQ)' \
    -e '^/etc/(ca-certificates|dpkg|profile.d|update-motd.d)/' |
while read -r file; do
    if [ -L "$file" ] || [ -f "$file" ]; then printf '%s\n' "${file#/}"; fi
done >/tmp/files
echo usr/bin/python3.11 >>/tmp/files
tar --create --directory / --no-recursion --files-from /tmp/files |
    tar --extract --directory "$root" --no-same-owner
rm /tmp/files

# What the packages' scripts would have made.
mkdir -p "$root/etc/ssl/certs" "$root/var/lib/dpkg/status.d"
cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
for package in $packages; do
    dpkg-query --status "$package" >"$root/var/lib/dpkg/status.d/$package"
done
printf 'root:x:0:0:root:/nonexistent:/nonexistent\nanalyzer:x:10001:10001::/nonexistent:/nonexistent\n' \
    >"$root/etc/passwd"
printf 'root:x:0:\nanalyzer:x:10001:\n' >"$root/etc/group"
printf 'hosts: files dns\n' >"$root/etc/nsswitch.conf"
mkdir -p "$root/dev" "$root/proc" "$root/sys" "$root/run" "$root/tmp"
chown 10001:10001 "$root/tmp"
chmod 0700 "$root/tmp"

python3.11 -m compileall -q --invalidation-mode unchecked-hash -s "$root" -p / \
    -x lib2to3/tests "$root/usr/lib/python3.11"
