"""What is tried: values that no option, word or variable can mean well, and files that
nobody can want to be read. All as bytes; {dir} is the scene's directory."""

LONG = b"a" * 100_000

# For everything that takes a value.
PLAIN = [
    b"", b" ", b"\t", b"a\nb", b"a\rb", b"\x1b[31m\x07", b"\xff\xfe", b"\xc2\x9b2J\xe2\x80\xae",
    LONG, b"q/" * 2000, b"a=" + LONG, b"," * 5000,
    b"0", b"-1", b"007", b"1.5", b"NaN", b"-inf", b"1e99", b"0x10", b"1k1", b"9" * 40,
    b"9223372036854775807", b"9223372036854775808", b"18446744073709551615",
    b"18446744073709551616", b"16777216t",
    b"=", b"a=", b"=a", b"a==b", b",", b"a,", b",a", b"a,,b=c", b":", b"a:", b":a", b"a:b:c",
    b"@", b"a@", b"@sha256:", b"a@sha256:00", b"a@b:c", b"/", b"//a", b"a/", b"../..", b"a//b", b".",
    b'"', b'a"b', b'"a=b', b"'", b"\\", b"$", b"${", b"%s%n%99999d", b"*[", b"{}", b"-", b"--", b"~",
    b"A", b"type=", b"type=nosuch", b"type=,dest=", b"id=", b"id=,src=", b"name=", b"http://", b"https://[",
    b"http://\xff", b"git@:", b"https://a.git#:", b"docker-image://", b"oci-layout://", b"local://", b"until=",
]

# For flags ("--flag=VALUE"), and for options whose parser was tried with all of the
# above on another command.
FEW = [b"", b" ", b"a\nb", b"\x1b[31m", b"\xff", LONG, b"1", b"-1", b"NaN", b"=", b",", b'"', b"none"]

# Names of things in the scene.
PATHS = [
    b"missing", b"missing/below", b"directory", b"file", b"file/below", b"unreadable", b"fifo", b"socket",
    b"dangling", b"loop", b"closed/file", b"/dev/null", b"/dev/zero", b"/dev/full", b"/dev/tty",
    b"a" * 256, b"r/" * 2000 + b"a", b"new\nline", b"\xff\x1b[2J",
]

# Where in the value of an option the name of a file stands; others take it as it is.
TEMPLATES = {
    "secret": [b"id=x,src=%s", b"id=x,type=file,source=%s", b"id=x,env=%s"],
    "ssh": [b"default=%s", b"x=%s"],
    "output": [b"type=oci,dest=%s", b"type=docker,dest=%s", b"type=tar,dest=%s", b"type=local,dest=%s",
               b"type=oci,tar=false,dest=%s", b"%s"],
    "cache-from": [b"type=local,src=%s"],
    "cache-to": [b"type=local,dest=%s"],
    "build-context": [b"n=%s", b"n=oci-layout://%s"],
    "file": [b"%s"], "authfile": [b"%s"], "root": [b"%s"], "iidfile": [b"%s"],
    "metadata-file": [b"%s"], "digest-file": [b"%s"],
}

# Contents of files that options name.
CONTENTS = {
    b"empty": b"", b"blank": b" \n\t\r\n", b"nul": b"\0" * 5000, b"binary": bytes(range(256)) * 40,
    b"one-line": b"a" * 1_000_000, b"feeds": b"\n" * 100_000, b"not-utf8": b"FROM scratch\nLABEL a=\xff\xfe\n",
    b"utf16": "FROM scratch\n".encode("utf-16"), b"escapes": b"\x1b]0;t\x07\x1b[2J\xc2\x9b\n",
    b"deep.json": b'{"auths":' + b"[" * 100_000, b"deep-object.json": b'{"a":' * 100_000,
    b"wrong.json": b'{"auths":{"a":5,"":{},"b":{"auth":"%%%"}},"credHelpers":7,"credsStore":{}}',
    b"numbers.json": b'{"auths":1e999,"a":' + b"9" * 1000 + b"}", b"cut.json": b'{"auths":{"a":{"auth":"',
    b"null.json": b"null", b"archive": b"\x1f\x8b\x08\0" + b"\xff" * 600, b"zstd": b"\x28\xb5\x2f\xfd" + b"\xff" * 99,
    b"stages": b"FROM a" * 20_000, b"quotes": b'RUN ["' + b'"' * 50_000, b"heredocs": b"RUN " + b"<<a " * 10_000,
    b"backslashes": b"RUN \\\n" * 50_000, b"braces": b"ARG a=" + b"${a:-" * 20_000,
}
READS = {"file": [b"%s"], "authfile": [b"%s"], "secret": [b"id=x,src=%s"], "build-context": [b"n=oci-layout://%s"],
         "ssh": [b"x=%s"]}

# Options whose values matter when a step runs, with values that are hard to follow.
RUNS = [
    [b"--memory=0"], [b"--memory=1"], [b"--memory=8e"], [b"--pids-limit=0"], [b"--pids-limit=1"],
    [b"--pids-limit=18446744073709551615"], [b"--cpus=0.001"], [b"--cpus=9999"], [b"--shm-size=0"],
    [b"--shm-size=1"], [b"--shm-size=15e"], [b"--ulimit=nofile=0"], [b"--ulimit=nofile=3"],
    [b"--ulimit=nofile=18446744073709551615"], [b"--ulimit=nproc=0"], [b"--ulimit=stack=1"], [b"--ulimit=core=5:1"],
    [b"--ulimit=fsize=0"], [b"--add-host=a:b"], [b"--add-host=" + LONG + b":1.2.3.4"], [b"--add-host=a\nb:1.2.3.4"],
    [b"--build-arg=A=" + LONG], [b"--build-arg=A=\xff\n\x1b"], [b"--build-arg=HTTP_PROXY=\xff@"],
    [b"--network=none"], [b"--isolation=chroot"], [b"--secret=id=x,src=file"], [b"--secret=id=x,src=blank"],
    [b"--secret=id=x,src=nul"], [b"--secret=id=\xff/..,src=file"], [b"--ssh=default=file"], [b"--jobs=0"],
    [b"--jobs=1000000"], [b"--source-date-epoch=0"], [b"--source-date-epoch=9223372036854775807"],
    [b"--cache-max-size=1"], [b"--platform=linux/mips64le"], [b"--platform=linux/amd64,linux/amd64"],
    [b"--target=nosuch\x1b[2J"], [b"--no-cache-filter=nosuch,,"],
]

# Values of environment variables, for each that is read.
SETTINGS = [b"", b" ", b"relative", b"/missing", b"/dev/null", b"/dev/zero", b"{dir}/fifo", b"{dir}/loop",
            b"{dir}/file", b"{dir}/closed", b"{dir}/deep.json", b"{dir}/binary", b"-1", b"1e99", b"9" * 40, b"NaN",
            b"\xff\x1b[2J", b"a\nb", b"=,:@", b"http://", b"http://\xff@[:", b"{", b"[" * 50_000,
            b'{"auths":{"a":{"auth":"%%%"},"":{"auth":1}},"credHelpers":[]}', LONG]
UNSET = None
