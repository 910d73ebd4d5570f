#!/bin/sh
# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Runs on a host: makes an archive of security updates with a newer version of a package that is installed, which asks
# for a reboot. The archive's Release file says what Debian's own says.
set -eu
# The archive is for everybody to read, whatever umask the host was hardened with.
umask 022
archive=/var/tmp/advisories
package=/var/tmp/advisory
rm -rf "$archive" "$package"
mkdir -p "$archive" "$package/DEBIAN"
cat > "$package/DEBIAN/postinst" <<'POSTINST'
#!/bin/sh
if [ "$1" = configure ] && [ -n "$2" ]; then touch /run/reboot-required; fi
POSTINST
chmod 0755 "$package/DEBIAN/postinst"
for version in 1.0 1.1; do
  cat > "$package/DEBIAN/control" <<CONTROL
Package: advisory
Version: $version
Architecture: all
Maintainer: Nobody <nobody@nodeops.test>
Description: something to update
CONTROL
  dpkg-deb --build --root-owner-group "$package" "$archive/advisory_$version.deb" >/dev/null
done
dpkg --install "$archive/advisory_1.0.deb" >/dev/null
cd "$archive"
{
  cat "$package/DEBIAN/control"
  echo "Filename: ./advisory_1.1.deb"
  echo "Size: $(stat --format %s advisory_1.1.deb)"
  echo "SHA256: $(sha256sum advisory_1.1.deb | cut -d' ' -f1)"
} > Packages
cat > Release <<RELEASE
Origin: Debian
Label: Debian-Security
Suite: stable-security
Version: 12
Codename: bookworm-security
SHA256:
 $(sha256sum Packages | cut -d' ' -f1) $(stat --format %s Packages) Packages
RELEASE
echo "deb [trusted=yes] file:$archive ./" > /etc/apt/sources.list.d/advisories.list
