#!/usr/bin/env bash
# The main job once, on real input: a Debian base image out of packages, a
# multi-stage build with RUN steps, push to a registry on loopback, pull into an
# empty store, run. Called by `make demo`.
#
# The base image's tar is kept in out/demo/ for the next time; the store is the
# user's own ($COOPER_ROOT or the default).
set -euo pipefail
here=$(cd "$(dirname "$0")/../.." && pwd)
. "$here/tests/lib/registry.sh"
. "$here/tests/lib/base_image.sh"
cooper=$here/cooper
keep=${DEMO_DIR:-$here/out/demo}
work=$(mktemp -d)
trap 'registry_stop; rm -rf "$work"' EXIT

say() { printf '\n\033[1m== %s\033[0m\n' "$*"; }

say "1. base image out of Debian's packages"
base_tar "$keep/debian-bookworm.tar"
mkdir "$work/base"
ln "$keep/debian-bookworm.tar" "$work/base/rootfs.tar" 2>/dev/null \
    || cp "$keep/debian-bookworm.tar" "$work/base/rootfs.tar"
cat >"$work/base/Dockerfile" <<'EOF'
FROM scratch
ADD rootfs.tar /
CMD ["bash"]
EOF
"$cooper" build -t debian:bookworm "$work/base"

say "2. multi-stage build with RUN steps: testdata/demo/Dockerfile"
registry_start "$work/registry"
"$cooper" build -t "$REGISTRY/demo/hello:1" "$here/testdata/demo"

say "3. the same again: nothing changed, nothing runs"
"$cooper" build -t "$REGISTRY/demo/hello:1" "$here/testdata/demo"

say "4. push to a registry on loopback"
"$cooper" push "$REGISTRY/demo/hello:1"

say "5. pull into an empty store, and run its program"
COOPER_ROOT=$work/store "$cooper" pull "$REGISTRY/demo/hello:1"
printf 'FROM %s\nRUN hello >/dev/stderr\n' "$REGISTRY/demo/hello:1" >"$work/Dockerfile.run"
COOPER_ROOT=$work/store "$cooper" build --progress=plain -f "$work/Dockerfile.run" \
    --output type=none "$work/base" 2>&1 | tee "$work/log"
grep -q 'Hello from a cask of layers, as user' "$work/log"

say "done"
"$cooper" images
