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

bold='' plain=''
[ ! -t 1 ] || bold=$'\033[1m' plain=$'\033[0m'
say() { printf '\n%s== %s%s\n' "$bold" "$*" "$plain"; }

say "3. base image out of Debian's packages"
base_image "$cooper" debian:bookworm "$keep/debian-bookworm.tar"

say "4. multi-stage build with RUN steps: testdata/demo/Dockerfile"
registry_start "$work/registry"
"$cooper" build -t "$REGISTRY/demo/hello:1" "$here/testdata/demo"

say "5. the same again: nothing changed, nothing runs"
"$cooper" build -t "$REGISTRY/demo/hello:1" "$here/testdata/demo"

say "6. push to a registry on loopback"
"$cooper" push "$REGISTRY/demo/hello:1"

say "7. pull into an empty store, and run its program"
COOPER_ROOT=$work/store "$cooper" pull "$REGISTRY/demo/hello:1"
printf 'FROM %s\nRUN hello >/dev/stderr\n' "$REGISTRY/demo/hello:1" >"$work/Dockerfile.run"
COOPER_ROOT=$work/store "$cooper" build --progress=plain -f "$work/Dockerfile.run" \
    --output type=none "$work" 2>&1 | tee "$work/log"
grep -q 'Hello from a cask of layers, as user' "$work/log"

say "done. These images are in your store now:"
"$cooper" images

say "What to type next"
cat <<EOF
./cooper build -t hello:1 testdata/demo     # that Dockerfile again, under a name of its own
./cooper build -t app:1 DIRECTORY           # your own; base images: debian:bookworm, or any registry's
./cooper build --help                       # all options
make install                                # as root: cooper in /usr/local; then: man cooper
scripts/check                               # the tests
EOF
