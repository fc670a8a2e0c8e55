#!/usr/bin/env bash
# A root with one library, one data file and one program of our own: the parts list names the packages of the first two
# with their versions, and those that the caller names, and is an SPDX 2.3 document whose references resolve.
# usage: sbom_test.sh SCRIPT
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
library=$(ldd /bin/ls | grep -oE '/[^ ]+/libc\.so\.6')
mkdir -p "$work/root$(dirname "$library")" "$work/root/usr/bin" "$work/root/usr/share/zoneinfo"
cp -L "$library" "$work/root$library"
cp /usr/share/zoneinfo/UTC "$work/root/usr/share/zoneinfo/UTC"
echo own >"$work/root/usr/bin/program-of-our-own"

script=$(realpath -- "$1")
(cd "$work" && SOURCE_DATE_EPOCH=86400 "$script" healer 1.2.3 root libboost1.81-dev libc6) >"$work/list.json"
cat >"$work/wanted.jq" <<'WANTED'
def package($name): .packages[] | select(.name == $name);
def related($kind): [.relationships[] | select(.relationshipType == $kind) | .relatedSpdxElement] | sort;
[.SPDXID, (.packages[].SPDXID)] as $known
| if .spdxVersion != "SPDX-2.3" then "no SPDX 2.3"
  elif .creationInfo.created != "1970-01-02T00:00:00Z" then "time is \(.creationInfo.created)"
  elif package("healer").versionInfo != "1.2.3" then "the program's version"
  elif package("libc6").versionInfo != $libc then "libc6's version"
  elif (package("tzdata") | .externalRefs[0].referenceLocator | startswith("pkg:deb/debian/tzdata@") | not) then "tzdata's address"
  elif related("DEPENDS_ON") != ["SPDXRef-Package-libc6", "SPDXRef-Package-tzdata"] then "contents: \(related("DEPENDS_ON"))"
  elif related("STATIC_LINK") != ["SPDXRef-Package-libboost1.81-dev"] then "linked: \(related("STATIC_LINK"))"
  elif ([.relationships[] | .spdxElementId, .relatedSpdxElement] - $known) != [] then "a reference to nothing"
  else "good" end
WANTED
answer=$(jq -r --arg libc "$(dpkg-query -W -f '${Version}\n' libc6 | head -n 1)" -f "$work/wanted.jq" "$work/list.json")
[ "$answer" = good ] || {
    echo "the parts list is wrong: $answer"
    cat "$work/list.json"
    exit 1
}
