#!/usr/bin/env bash
# Prints the parts list (SBOM) of an image's root as SPDX 2.3 JSON, from dpkg's own data.
#
#   scripts/sbom.sh NAME VERSION ROOT [PACKAGE...]
#
# NAME and VERSION are those of the project's program in the image. Each file under ROOT that is also a file of this host
# is looked up in dpkg's database: the program DEPENDS_ON its package. The PACKAGEs are those whose code is linked into the
# program or copied in another form: STATIC_LINK. A file that no package has is the project's own.
#
# SOURCE_DATE_EPOCH (seconds) sets the time in the list, for builds that can be repeated byte by byte.
set -euo pipefail

if [ $# -lt 3 ] || [ ! -d "$3" ]; then
    sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "${BASH_SOURCE[0]}" >&2
    exit 2
fi
name=$1 version=$2 root=$3
shift 3

# owners: reads paths, one a line, and prints their packages. Debian 12 has merged /lib into /usr/lib, and
# dpkg knows a file by the path of its package, which may be either.
owners() {
    sed 'p; s|^/usr/||; s|^\([^/]\)|/\1|' | xargs -r -d '\n' dpkg -S 2>/dev/null | sed 's/: .*//' | tr ',' '\n' |
        sed 's/^ *//; s/:.*//' | sort -u || true
}

contained=$(find "$root" \( -type f -o -type l \) -printf '/%P\n' | while IFS= read -r path; do
    if [ -e "$path" ]; then realpath -- "$path"; fi
done | sort -u | owners)

# entry PACKAGE: one package as an SPDX object.
entry() {
    local package=$1 known
    known=$(dpkg-query -W -f '${Version}\t${source:Package}\t${Architecture}\t${Maintainer}\n' "$package" | head -n 1)
    IFS=$'\t' read -r release source architecture maintainer <<<"$known"
    jq -n --arg name "$package" --arg version "$release" --arg source "$source" --arg architecture "$architecture" \
        --arg maintainer "$maintainer" '{
            name: $name, SPDXID: "SPDXRef-Package-\($name | gsub("[^A-Za-z0-9.-]"; "-"))", versionInfo: $version,
            supplier: "Organization: Debian", originator: "Organization: \($maintainer | sub("<"; "(") | sub(">"; ")"))",
            downloadLocation: "NOASSERTION", filesAnalyzed: false, licenseConcluded: "NOASSERTION",
            licenseDeclared: "NOASSERTION", copyrightText: "NOASSERTION",
            comment: "licences: /usr/share/doc/\($name)/copyright of Debian'\''s package", sourceInfo: "built from the source package \($source)",
            externalRefs: [{referenceCategory: "PACKAGE-MANAGER", referenceType: "purl",
                referenceLocator: "pkg:deb/debian/\($name | @uri)@\($version | @uri)?arch=\($architecture)&distro=debian-12"}]}'
}

entries() { for package; do entry "$package"; done | jq -s .; }

mapfile -t found <<<"$contained"
if [ -z "$contained" ]; then found=(); fi
linked=()
for package; do
    [[ " ${found[*]} " == *" $package "* ]] || linked+=("$package")
done

digest=$(find "$root" -type f -print0 | LC_ALL=C sort -z | xargs -0 -r sha256sum | cut -d' ' -f1 | sha256sum | cut -c1-32)
created=$(date -u -d "@${SOURCE_DATE_EPOCH:-$(date +%s)}" +%Y-%m-%dT%H:%M:%SZ)
jq -n --arg name "$name" --arg version "$version" --arg created "$created" --arg digest "$digest" \
    --argjson contained "$(entries "${found[@]}")" --argjson linked "$(entries "${linked[@]}")" '{
        spdxVersion: "SPDX-2.3", dataLicense: "CC0-1.0", SPDXID: "SPDXRef-DOCUMENT", name: "\($name)-\($version)",
        documentNamespace: "https://spdx.org/spdxdocs/\($name)-\($version)-\($digest)",
        creationInfo: {created: $created, creators: ["Tool: healer-sbom.sh"]},
        packages: ([{name: $name, SPDXID: "SPDXRef-Program", versionInfo: $version, supplier: "NOASSERTION",
            downloadLocation: "NOASSERTION", filesAnalyzed: false, licenseConcluded: "NOASSERTION",
            licenseDeclared: "NOASSERTION", copyrightText: "NOASSERTION", primaryPackagePurpose: "APPLICATION"}]
            + $contained + $linked),
        relationships: ([{spdxElementId: "SPDXRef-DOCUMENT", relationshipType: "DESCRIBES", relatedSpdxElement: "SPDXRef-Program"}]
            + ($contained | map({spdxElementId: "SPDXRef-Program", relationshipType: "DEPENDS_ON", relatedSpdxElement: .SPDXID}))
            + ($linked | map({spdxElementId: "SPDXRef-Program", relationshipType: "STATIC_LINK", relatedSpdxElement: .SPDXID})))}'
