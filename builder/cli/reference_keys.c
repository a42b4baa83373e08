#include "builder/cli/reference_keys.h"

#include "base/count.h"

static const struct key_row cache_to[] = {
	{ "type", "TYPE", "one of the types above (default `registry`)",
	  "type=local,dest=cache" },
	{ "ref", "NAME", "`type=registry`: the name to push to",
	  "type=registry,ref=registry.example/app:cache" },
	{ "dest", "DIR", "`type=local`: the directory to write",
	  "type=local,dest=cache" },
	{ "mode", "min|max",
	  "`min` (default): the steps of the result; `max`: every step that ran, those "
	  "of "
	  "other stages included",
	  "type=local,dest=cache,mode=max" },
	{ "ignore-error", "true|false",
	  "`true`: a cache that cannot be written is a warning, not an error (default "
	  "`false`)",
	  "type=registry,ref=registry.example/app:cache,ignore-error=true" },
	{ "compression", "gzip|zstd|uncompressed", "of the layers (default `gzip`)",
	  "type=local,dest=cache,compression=zstd" },
	{ "compression-level", "N",
	  "gzip: 0 to 9 (default 4), zstd: -7 to 22 (default 3)",
	  "type=local,dest=cache,compression=zstd,compression-level=9" },
	{ "force-compression", "true|false",
	  "`true`: compress the layers of the base image anew, too",
	  "type=local,dest=cache,force-compression=true" },
	{ "oci-mediatypes", "true|false", "`false`: Docker's media types",
	  "type=local,dest=cache,oci-mediatypes=false" },
	{ "image-manifest", "true|false",
	  "accepted for scripts; a cache always is an image manifest",
	  "type=local,dest=cache,image-manifest=true" },
};

static const struct key_row cache_from[] = {
	{ "type", "TYPE", "`registry` (default) or `local`", "type=local,src=cache" },
	{ "ref", "NAME",
	  "`type=registry`: the name of the cache, or of an image with an inline cache",
	  "type=registry,ref=registry.example/app:cache" },
	{ "src", "DIR", "`type=local`: the directory to read", "type=local,src=cache" },
};

static const struct key_row secret[] = {
	{ "id", "ID", "the name that `RUN --mount=type=secret,id=ID` asks for; required",
	  "id=token" },
	{ "src", "FILE",
	  "the file with the value; also `source=`. Without `src` and `env`: the "
	  "environment variable ID if it is set, else the file ID",
	  "id=token,src=token.txt" },
	{ "env", "NAME", "the environment variable with the value",
	  "id=token,env=API_TOKEN" },
	{ "type", "file|env",
	  "`env`: the value comes from the environment variable that `src` names, or ID",
	  "type=env,id=API_TOKEN" },
};

static const struct key_row ssh[] = {
	{ "default", "SOCKET",
	  "the agent for `RUN --mount=type=ssh` without an id; without a value: "
	  "`$SSH_AUTH_SOCK`",
	  "default" },
	{ "ID", "SOCKET", "the agent for `RUN --mount=type=ssh,id=ID`",
	  "deploy=/run/agent.sock" },
};

static const struct key_row context[] = {
	{ "NAME", "DIR", "a directory of this machine", "docs=." },
	{ "NAME", "docker-image://IMAGE",
	  "an image; `docker-image://scratch` is an empty one",
	  "base=docker-image://registry.example/base:1" },
	{ "NAME", "oci-layout://DIR[:TAG][@DIGEST]",
	  "an image of an OCI layout; without tag and digest: `latest`, or the only "
	  "image",
	  "base=oci-layout://layout:1" },
	{ "NAME", "https://HOST/REPOSITORY.git[#REF[:DIR]]",
	  "a git repository; also `git://`, `ssh://` and `git@HOST:PATH`",
	  "lib=https://git.example/lib.git#main" },
	{ "NAME", "https://HOST/FILE", "a file or an archive from a web server",
	  "lib=https://web.example/lib.tar.gz" },
};

static const struct key_row resource[] = {
	{ "memory", "SIZE", "the memory of a RUN step, like `--memory`", "memory=512m" },
	{ "cpu-quota", "MICROSECONDS", "CPU time in each period", "cpu-quota=50000" },
	{ "cpu-period", "MICROSECONDS", "the period (default 100000)",
	  "cpu-quota=50000,cpu-period=100000" },
	{ "cpu-shares", "N", "the weight where processors are scarce", "cpu-shares=512" },
	{ "cpuset-cpus", "N-M,…", "the processors it may use", "cpuset-cpus=0" },
	{ "cpuset-mems", "N-M,…", "the memory nodes it may use", "cpuset-mems=0" },
	{ "memory-swap", "SIZE", "memory and swap together; -1: any swap",
	  "memory=512m,memory-swap=1g" },
};

#define TABLE(option, title, note, rows)                                                 \
	{                                                                                \
		option, title, note, rows, COUNT_OF(rows)                                \
	}

const struct key_table key_tables[N_KEY_TABLES] = {
	TABLE("cache-to", "Keys of --cache-to",
	      "A value without `=` is a name in a registry.", cache_to),
	TABLE("cache-from", "Keys of --cache-from",
	      "A value without `=` is a name in a registry. A cache that is missing or "
	      "damaged is a warning; the steps run.",
	      cache_from),
	TABLE("secret", "Keys of --secret",
	      "Values have at most 500 KiB. The ids `GIT_AUTH_TOKEN`, `GIT_AUTH_HEADER`, "
	      "each also with `.HOST`, and `HTTP_AUTH_TOKEN_HOST`, "
	      "`HTTP_AUTH_HEADER_HOST` log in to git and web servers.",
	      secret),
	TABLE("ssh", "Values of --ssh",
	      "Each id takes the socket of one agent; files with keys are refused.", ssh),
	TABLE("build-context", "Values of --build-context",
	      "`FROM NAME`, `COPY --from=NAME` and `RUN --mount=from=NAME` use the "
	      "context. "
	      "A named context takes the place of a stage or image of this name.",
	      context),
	TABLE("resource", "Keys of --resource", "Other resources are refused.", resource),
};

#define BIND   (1u << MOUNT_BIND)
#define CACHE  (1u << MOUNT_CACHE)
#define TMPFS  (1u << MOUNT_TMPFS)
#define SECRET (1u << MOUNT_SECRET)
#define SSH    (1u << MOUNT_SSH)

const struct mount_key_row mount_keys[N_MOUNT_KEYS] = {
	{ "target", "PATH", FIELD_TARGET, BIND | CACHE | TMPFS,
	  "where the step finds it; required. Relative to the working directory. Also "
	  "`dst`, `destination`" },
	{ "target", "PATH", FIELD_TARGET, SECRET,
	  "the file (default `/run/secrets/ID`; no file if only `env` is given)" },
	{ "target", "PATH", FIELD_TARGET, SSH,
	  "the socket (default `/run/buildkit/ssh_agent.N`); `SSH_AUTH_SOCK` of the step "
	  "has its path" },
	{ "from", "NAME", FIELD_FROM, BIND,
	  "a stage, a named context or an image (default: the build context)" },
	{ "from", "NAME", FIELD_FROM, CACHE,
	  "a stage, a named context or an image whose files a new cache starts with" },
	{ "source", "PATH", FIELD_SOURCE, BIND | CACHE,
	  "a path in `from` (default: its root). Also `src`" },
	{ "readwrite", "", FIELD_READONLY, BIND,
	  "the step may write; what it writes is discarded. Also `rw`" },
	{ "readonly", "", FIELD_READONLY, CACHE, "the step cannot write. Also `ro`" },
	{ "id", "ID", FIELD_ID, CACHE,
	  "which cache it is (default: the value of `target`)" },
	{ "id", "ID", FIELD_ID, SECRET,
	  "the id of `--secret` (default: the last name of `target`). Also `source`" },
	{ "id", "ID", FIELD_ID, SSH, "the id of `--ssh` (default `default`)" },
	{ "sharing", "shared|private|locked", FIELD_SHARING, CACHE,
	  "steps that use it at the same time: all at once (default), each with a cache "
	  "of "
	  "its own, or one after the other" },
	{ "size", "SIZE", FIELD_SIZE, TMPFS, "the limit, as `64m`" },
	{ "env", "NAME", FIELD_ENV, SECRET,
	  "the environment variable that gets the value" },
	{ "required", "true|false", FIELD_REQUIRED, SECRET | SSH,
	  "`true`: without the secret or agent the build fails (default `false`: the "
	  "mount "
	  "is left out)" },
	{ "mode", "OCTAL", FIELD_MODE, CACHE,
	  "permissions of a new cache's directory (default 0755)" },
	{ "mode", "OCTAL", FIELD_MODE, SECRET, "permissions of the file (default 0400)" },
	{ "mode", "OCTAL", FIELD_MODE, SSH, "permissions of the socket (default 0600)" },
	{ "uid, gid", "N", FIELD_UID, CACHE | SECRET | SSH, "the owner (default 0)" },
};

const struct option_group build_groups[N_BUILD_GROUPS] = {
	{ "What is built", " file build-arg build-arg-file build-context from target "
	                   "platform pull ignorefile "
	                   "secret ssh source-date-epoch timestamp unpack-max " },
	{ "The image",
	  " tag manifest label annotation env unsetenv unsetlabel inherit-labels squash "
	  "omit-history format compression compression-level force-compression " },
	{ "Where results go", " output push load iidfile digest-file metadata-file "
	                      "image-name-with-digest-file "
	                      "image-name-tag-with-digest-file root " },
	{ "Caches",
	  " cache-from cache-to cache-ttl cache-max-size no-cache no-cache-filter "
	  "mode-policy " },
	{ "RUN steps",
	  " add-host allow cap-add cap-drop cpu-period cpu-quota cpu-shares cpus "
	  "cpuset-cpus "
	  "cpuset-mems dns dns-option dns-search http-proxy ignore-path isolation memory "
	  "memory-swap network no-hosts on-error pids-limit resource shm-size ulimit "
	  "volume "
	  "jobs " },
	{ "Registries and other servers",
	  " authfile cert-dir creds insecure-registry offline registry-map "
	  "registry-mirror "
	  "retry retry-delay skip-default-registry-fallback timeout tls-verify " },
	{ "Progress, and answers instead of a build",
	  " progress quiet logfile log-dir report history call check dry-run print-plan " },
};
