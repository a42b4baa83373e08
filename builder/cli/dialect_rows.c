#include "builder/cli/dialect.h"
#include "builder/cli/dialect_values.h"

#define DOCKER   SPEAK_DOCKER
#define PODS     SPEAK_PODS
#define PODMAN   SPEAK_PODMAN
#define KANIKO   SPEAK_KANIKO
#define BUILDCTL SPEAK_BUILDCTL

#define FLAG     OPTION_OTHER_FLAG
#define VALUE    OPTION_OTHER

/* OURS: what it is here, for the reader; without SET also the option that gets the
 * value. */
#define SAME(kind, name, letter, argument, whose, ours, set)                             \
	{                                                                                \
		{ name, letter, argument, kind, 0, set, NULL }, whose, IS_SAME, ours     \
	}
#define ALWAYS(kind, name, argument, whose, why)                                         \
	{                                                                                \
		{ name, 0, argument, kind, 0, NULL, why }, whose, IS_ALWAYS, NULL        \
	}
#define SAID(kind, name, argument, whose, why)                                           \
	{                                                                                \
		{ name, 0, argument, kind, 0, NULL, why }, whose, IS_SAID, NULL          \
	}
#define REFUSED(kind, name, argument, whose, instead)                                    \
	{                                                                                \
		{ name, 0, argument, kind, 0, NULL, instead }, whose, IS_REFUSED, NULL   \
	}

#define NO_DAEMON    "cooper needs no daemon and builds in its own process"
#define NO_RUNTIME   "cooper runs steps itself, without an OCI runtime"
#define NO_STAGES    "no intermediate images are made"
#define OWN_STORE    "the store is a directory of plain files, see --root"
#define OWN_SPACE    "a step has namespaces of its own"
#define NO_SNAPSHOT  "a step's changes are taken from a layer of its own, not looked for"
#define NO_ATTEST    "attestations are not made"
#define NO_SBOM_STEP "no list of packages is made; scan the image afterwards"
#define NO_SIGNING   "nothing is signed; sign the image afterwards (cosign, skopeo)"
#define OTHER_FETCH  "fetch the archive and send it: cooper build - <context.tar.gz"

/* In the order of the names. */
const struct dialect_row dialect_rows[] = {
	SAID(VALUE, "addr", "URL", BUILDCTL, NO_DAEMON),
	SAME(FLAG, "all-platforms", 0, NULL, PODS, "--platform of all that the base has",
	     set_all_platforms),
	SAME(VALUE, "arch", 0, "ARCH", PODS, "--platform linux/ARCH", set_arch),
	SAID(VALUE, "attest", "type=…", DOCKER, NO_ATTEST),
	REFUSED(VALUE, "bucket", "NAME", KANIKO, OTHER_FETCH),
	SAID(VALUE, "builder", "NAME", DOCKER, NO_DAEMON),
	SAME(FLAG, "cache", 0, NULL, KANIKO,
	     "--cache-from and --cache-to, at --cache-repo", set_cache),
	ALWAYS(FLAG, "cache-copy-layers", NULL, KANIKO, "every step is cached"),
	SAID(VALUE, "cache-dir", "DIR", KANIKO, OWN_STORE),
	SAME(VALUE, "cache-repo", 0, "NAME", KANIKO,
	     "--cache-from NAME --cache-to type=registry,ref=NAME,mode=max",
	     set_cache_repo),
	ALWAYS(FLAG, "cache-run-layers", NULL, KANIKO, "every step is cached"),
	SAID(VALUE, "cgroup-manager", "NAME", PODS, NO_RUNTIME),
	SAID(VALUE, "cgroup-parent", "GROUP", DOCKER | PODS,
	     "limited steps get a group below cooper's own"),
	SAID(VALUE, "cgroupns", "HOW", PODS, OWN_SPACE),
	ALWAYS(FLAG, "cleanup", NULL, KANIKO, NO_SNAPSHOT),
	SAID(FLAG, "compat-volumes", NULL, PODS,
	     "what steps write below a VOLUME stays in the image"),
	SAID(FLAG, "compress", NULL, DOCKER, "contexts are not sent anywhere"),
	SAID(FLAG, "compressed-caching", NULL, KANIKO, "layers are streamed"),
	SAME(VALUE, "compression-format", 0, "FORMAT", PODS, "--compression", NULL),
	SAME(VALUE, "context", 'c', "PATH|URL", KANIKO,
	     "the last word (dir://, tar://FILE, tar://stdin, git:// are understood)",
	     set_context),
	SAME(VALUE, "context-sub-path", 0, "PATH", KANIKO, "PATH below the last word",
	     set_sub_path),
	SAID(VALUE, "cpp-flag", "FLAG", PODS, "Dockerfiles are not preprocessed"),
	SAID(FLAG, "created-annotation", NULL, PODS,
	     "no time is added as an annotation; use --annotation"),
	SAID(VALUE, "credential-helpers", "NAME,…", KANIKO,
	     "the helpers that config.json names are asked"),
	SAME(VALUE, "custom-platform", 0, "OS/ARCH", KANIKO, "--platform", NULL),
	SAME(VALUE, "customPlatform", 0, "OS/ARCH", KANIKO, "--platform", NULL),
	REFUSED(VALUE, "cw", "…", PODS, "images for confidential workloads are not made"),
	SAID(FLAG, "debug", NULL, DOCKER | PODS | BUILDCTL,
	     "for more, set COOPER_DEBUG=keys,http,sandbox"),
	SAID(VALUE, "decryption-key", "KEY", PODS, "encrypted layers are not read"),
	SAID(VALUE, "default-mounts-file", "FILE", PODS,
	     "nothing of this machine is mounted unasked"),
	SAME(VALUE, "destination", 'd', "NAME", KANIKO, "--tag NAME --push",
	     add_destination),
	REFUSED(VALUE, "device", "DEVICE", PODS,
	        "steps get no devices; pass what they need as files"),
	SAID(FLAG, "disable-compression", NULL, PODS,
	     "the store keeps layers as they are; --compression is for outputs"),
	SAID(FLAG, "disable-content-trust", NULL, DOCKER | PODS,
	     "signatures are not looked at"),
	SAME(VALUE, "dockerfile", 0, "FILE", KANIKO, "--file, also of the context",
	     set_dockerfile),
	REFUSED(FLAG, "dry-run", NULL, KANIKO,
	        "cooper build --print-plan=json shows what would be done, --check "
	        "looks for mistakes"),
	REFUSED(FLAG, "dryrun", NULL, KANIKO,
	        "cooper build --print-plan=json shows what would be done, --check "
	        "looks for mistakes"),
	SAME(VALUE, "export-cache", 0, "PLACE", BUILDCTL, "--cache-to", NULL),
	ALWAYS(FLAG, "force", NULL, KANIKO, "cooper runs outside of containers, too"),
	ALWAYS(FLAG, "force-rm", NULL, DOCKER | PODS, "nothing is left to remove"),
	SAME(VALUE, "frontend", 0, "dockerfile.v0", BUILDCTL, "the only one",
	     set_frontend),
	REFUSED(VALUE, "git", "branch=…", KANIKO,
	        "name branch and commit in the URL: URL#branch:subdirectory"),
	SAID(VALUE, "group-add", "GROUP", PODS, "the groups of a step are its image's"),
	SAID(VALUE, "hooks-dir", "DIR", PODS, NO_RUNTIME),
	SAID(VALUE, "host", "URL", DOCKER, NO_DAEMON),
	SAID(FLAG, "identity-label", NULL, PODS, "no label names the builder"),
	SAID(FLAG, "ignore-var-run", NULL, KANIKO,
	     "what a step leaves in /var/run is part of its layer; "
	     "--ignore-path=/var/run leaves it out"),
	REFUSED(VALUE, "iidfile-raw", "FILE", PODS,
	        "use --iidfile; it writes the id behind \"sha256:\""),
	SAME(VALUE, "image-download-retry", 0, "N", KANIKO, "--retry", NULL),
	SAID(VALUE, "image-fs-extract-retry", "N", KANIKO,
	     "a layer that is damaged is fetched again anyway"),
	SAME(VALUE, "import-cache", 0, "PLACE", BUILDCTL, "--cache-from", NULL),
	ALWAYS(FLAG, "inherit-annotations", NULL, PODS, "the base's are not taken over"),
	SAID(FLAG, "initial-fs-unpacked", NULL, KANIKO, NO_SNAPSHOT),
	SAME(FLAG, "insecure", 0, NULL, KANIKO, "--insecure-registry of each destination",
	     set_insecure_push),
	SAME(FLAG, "insecure-pull", 0, NULL, KANIKO, "--tls-verify=false", set_insecure),
	SAID(VALUE, "ipc", "HOW", PODS, OWN_SPACE),
	SAID(VALUE, "kaniko-dir", "DIR", KANIKO, OWN_STORE),
	SAID(VALUE, "layer-label", "NAME=VALUE", PODS, NO_STAGES),
	ALWAYS(FLAG, "layers", NULL, PODS,
	       "every step has its layer; --squash joins them"),
	SAME(VALUE, "local", 0, "NAME=DIR", BUILDCTL,
	     "the last word (context), --file (dockerfile), --build-context (others)",
	     add_local),
	SAME(VALUE, "log-format", 0, "text|color|json", KANIKO,
	     "--progress=plain or rawjson", set_log_format),
	SAID(VALUE, "log-level", "LEVEL", DOCKER | PODS,
	     "for more, set COOPER_DEBUG=keys,http,sandbox"),
	SAID(FLAG, "log-timestamp", NULL, KANIKO,
	     "lines have the seconds since the start"),
	SAID(FLAG, "logsplit", NULL, PODS, "one log has all platforms, with their names"),
	SAID(FLAG, "materialize", NULL, KANIKO, NO_SNAPSHOT),
	ALWAYS(FLAG, "no-hostname", NULL, PODS, "/etc/hostname is the image's own"),
	SAME(FLAG, "no-push", 0, NULL, KANIKO, "no --push", set_no_push),
	SAME(FLAG, "no-push-cache", 0, NULL, KANIKO, "no --cache-to", set_no_push_cache),
	SAME(VALUE, "oci-layout-path", 0, "DIR", KANIKO, "-o type=oci,dest=DIR,tar=false",
	     add_oci_layout),
	SAME(VALUE, "opt", 0, "KEY=VALUE", BUILDCTL,
	     "--target, --build-arg, --label, --platform, --no-cache, --file …", add_opt),
	SAME(VALUE, "os", 0, "OS", PODS, "--platform OS/ARCH", set_os),
	SAID(VALUE, "os-feature", "FEATURE", PODS, "Linux images have none"),
	SAID(VALUE, "os-version", "VERSION", PODS, "Linux images have none"),
	SAID(VALUE, "pid", "HOW", PODS, OWN_SPACE),
	SAID(FLAG, "pre-cleanup", NULL, KANIKO, NO_SNAPSHOT),
	ALWAYS(FLAG, "preserve-context", NULL, KANIKO,
	       "nothing of the context is changed"),
	SAID(FLAG, "provenance", "=mode=…", DOCKER, NO_ATTEST),
	SAME(FLAG, "pull-always", 0, NULL, PODS, "--pull=always", set_pull_always),
	SAME(FLAG, "pull-never", 0, NULL, PODS, "--pull=never", set_pull_never),
	SAID(FLAG, "push-ignore-immutable-tag-errors", NULL, KANIKO,
	     "a tag that the registry does not replace is an error"),
	SAME(VALUE, "push-retry", 0, "N", KANIKO, "--retry", NULL),
	SAME(VALUE, "registries-conf", 0, "FILE", PODS,
	     "the variable CONTAINERS_REGISTRIES_CONF", set_registries_conf),
	SAID(VALUE, "registries-conf-dir", "DIR", PODS,
	     "/etc/containers/registries.conf.d is read"),
	SAME(VALUE, "registry-certificate", 0, "HOST=FILE", KANIKO,
	     "FILE as ca.crt in ~/.config/containers/certs.d/HOST", add_certificate),
	SAME(VALUE, "registry-client-cert", 0, "HOST=CERT,KEY", KANIKO,
	     "the pair as NAME.cert and NAME.key there", add_client_cert),
	SAME(FLAG, "reproducible", 0, NULL, KANIKO, "--source-date-epoch=0",
	     set_reproducible),
	SAME(FLAG, "rewrite-timestamp", 0, NULL, PODS,
	     "always so, if there is a --source-date-epoch", set_rewrite),
	ALWAYS(FLAG, "rm", NULL, DOCKER | PODS, "nothing is left to remove"),
	SAID(VALUE, "runroot", "DIR", PODS, OWN_STORE),
	SAID(VALUE, "runtime", "PROGRAM", PODS, NO_RUNTIME),
	SAID(VALUE, "runtime-flag", "FLAG", PODS, NO_RUNTIME),
	SAID(FLAG, "rusage", NULL, PODS, "the progress shows the time of each step"),
	SAID(VALUE, "rusage-logfile", "FILE", PODS,
	     "the progress shows the time of each step"),
	SAID(FLAG, "save-stages", NULL, PODS, NO_STAGES),
	SAID(FLAG, "sbom", "=generator=…", DOCKER, NO_ATTEST),
	SAID(VALUE, "sbom", "PRESET", PODS, NO_SBOM_STEP),
	SAID(VALUE, "sbom-image-output", "PATH", PODS, NO_SBOM_STEP),
	SAID(VALUE, "sbom-image-purl-output", "PATH", PODS, NO_SBOM_STEP),
	SAID(VALUE, "sbom-merge-strategy", "HOW", PODS, NO_SBOM_STEP),
	SAID(VALUE, "sbom-output", "FILE", PODS, NO_SBOM_STEP),
	SAID(VALUE, "sbom-purl-output", "FILE", PODS, NO_SBOM_STEP),
	SAID(VALUE, "sbom-scanner-command", "COMMAND", PODS, NO_SBOM_STEP),
	SAID(VALUE, "sbom-scanner-image", "IMAGE", PODS, NO_SBOM_STEP),
	SAID(VALUE, "security-opt", "OPTION", DOCKER | PODS,
	     "steps have cooper's own filter; RUN --security=insecure with --allow "
	     "security.insecure has none"),
	SAID(VALUE, "short-name-alias-conf", "FILE", PODS,
	     "a short name is one of docker.io"),
	SAID(VALUE, "sign-by", "KEY", PODS, NO_SIGNING),
	SAID(VALUE, "signature-policy", "FILE", PODS, "signatures are not looked at"),
	SAME(FLAG, "single-snapshot", 0, NULL, KANIKO, "--squash", set_single_snapshot),
	SAID(FLAG, "skip-push-permission-check", NULL, KANIKO,
	     "a push that is not allowed ends the build before it begins"),
	SAME(FLAG, "skip-tls-verify", 0, NULL, KANIKO,
	     "--insecure-registry of each destination", set_insecure_push),
	SAME(FLAG, "skip-tls-verify-pull", 0, NULL, KANIKO, "--tls-verify=false",
	     set_insecure),
	SAME(VALUE, "skip-tls-verify-registry", 0, "HOST", KANIKO,
	     "--insecure-registry HOST", add_insecure_registry),
	ALWAYS(FLAG, "skip-unused-stages", NULL, PODS | KANIKO,
	       "stages that the target does not need are not built"),
	SAID(VALUE, "snapshot-mode", "full|redo|time", KANIKO, NO_SNAPSHOT),
	SAID(VALUE, "snapshotMode", "full|redo|time", KANIKO, NO_SNAPSHOT),
	SAME(FLAG, "squash-all", 0, NULL, PODMAN, "--squash=all", set_squash_all),
	SAID(FLAG, "stage-labels", NULL, PODS, NO_STAGES),
	SAID(FLAG, "stdin", NULL, PODS, "the standard input of a step is empty"),
	SAID(VALUE, "storage-driver", "NAME", PODS, OWN_STORE),
	SAID(VALUE, "storage-opt", "OPTION", PODS, OWN_STORE),
	SAID(FLAG, "stream", NULL, DOCKER, "contexts are not sent anywhere"),
	SAME(VALUE, "tar-path", 0, "FILE", KANIKO, "-o type=docker,dest=FILE",
	     add_tar_path),
	SAME(VALUE, "tarPath", 0, "FILE", KANIKO, "-o type=docker,dest=FILE",
	     add_tar_path),
	SAID(VALUE, "timeout", "SECONDS", BUILDCTL, NO_DAEMON),
	SAID(FLAG, "tls", NULL, DOCKER, NO_DAEMON),
	SAID(VALUE, "tlscacert", "FILE", DOCKER | BUILDCTL, NO_DAEMON),
	SAID(VALUE, "tlscert", "FILE", DOCKER | BUILDCTL, NO_DAEMON),
	SAID(VALUE, "tlsdir", "DIR", BUILDCTL, NO_DAEMON),
	SAID(VALUE, "tlskey", "FILE", DOCKER | BUILDCTL, NO_DAEMON),
	SAID(VALUE, "tlsservername", "NAME", BUILDCTL, NO_DAEMON),
	SAID(FLAG, "tlsverify", NULL, DOCKER, NO_DAEMON),
	SAID(VALUE, "trace", "FILE", BUILDCTL, "--progress=rawjson tells all"),
	SAID(VALUE, "unsetannotation", "KEY", PODS, "the base's are not taken over"),
	ALWAYS(FLAG, "use-new-run", NULL, KANIKO, NO_SNAPSHOT),
	SAID(VALUE, "userns", "HOW", PODS, OWN_SPACE),
	SAID(VALUE, "userns-gid-map", "MAP", PODS, OWN_SPACE),
	SAID(VALUE, "userns-gid-map-group", "NAME", PODS, OWN_SPACE),
	SAID(VALUE, "userns-uid-map", "MAP", PODS, OWN_SPACE),
	SAID(VALUE, "userns-uid-map-user", "NAME", PODS, OWN_SPACE),
	SAID(VALUE, "uts", "HOW", PODS, OWN_SPACE),
	SAME(VALUE, "variant", 0, "VARIANT", PODS, "--platform linux/ARCH/VARIANT",
	     set_variant),
	SAME(VALUE, "verbosity", 0, "LEVEL", KANIKO,
	     "--progress=quiet or plain (panic, fatal, error, warn, info, debug, trace)",
	     set_verbosity),
	{ { 0 }, 0, IS_SAME, NULL },
};

/* Letters that mean one thing to one builder and another to the next: read by their
 * values in `cooper build`. -f, -m, -o, -q and -t are cooper's own. */
const struct dialect_row dialect_letters[] = {
	SAME(VALUE, "b", 'b', "NAME", KANIKO, "--bucket", set_letter_b),
	SAME(VALUE, "c", 'c', "NUMBER|PATH|URL", DOCKER | PODS | KANIKO,
	     "--cpu-shares, or kaniko's --context", set_letter_c),
	SAME(FLAG, "D", 'D', NULL, DOCKER, "--debug", set_letter_debug),
	SAME(VALUE, "H", 'H', "URL", DOCKER, "--host", set_letter_host),
	SAME(VALUE, "l", 'l', "LEVEL", DOCKER, "--log-level", set_letter_level),
	SAME(VALUE, "v", 'v', "HOST:PATH|LEVEL", PODS | KANIKO,
	     "--volume, or kaniko's --verbosity", set_letter_v),
	{ { 0 }, 0, IS_SAME, NULL },
};
