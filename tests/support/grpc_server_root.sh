#!/usr/bin/env bash
# Lays out a folder as the file system of a container that runs grpc_health_server.py: this machine's Python
# and gRPC (python3-grpcio) with the libraries that they need.
#
#   grpc_server_root.sh ROOT
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$1
python=$(readlink -f /usr/bin/python3)
parts=$("$python" -c '
import os, sysconfig, grpc, google.protobuf
print(sysconfig.get_path("stdlib"))
print(os.path.dirname(grpc.__file__))
print(os.path.dirname(os.path.dirname(google.protobuf.__file__)))')
mapfile -t parts <<<"$python"$'\n'"$parts"

# libraries_of FILE...: the loader and every linked library, by the path at which it was found.
libraries_of() { ldd "$@" | grep -oE '/[^ ]+\.so[^ :]* \(' | cut -d' ' -f1 | sort -u; }
mapfile -t modules < <(find "${parts[@]}" -name '*.so')
mapfile -t libraries < <(libraries_of "$python" "${modules[@]}")

# copy OPTIONS-AND-PATHS...: from this machine's root to the new one; tar needs relative paths.
copy() { tar -C / --owner=0 --group=0 -c "$@" | tar -C "$root" -x; }
mkdir -p "$root/tmp"
copy --exclude='config-*' --exclude=test "${parts[@]#/}"
copy --dereference "${libraries[@]#/}"
ln -s "${python#/}" "$root/python"
cp "$here/grpc_health_server.py" "$root/"
