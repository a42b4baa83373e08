"""What the pods meet on their network: two registries with certificates, and a name server;
and the images in them."""
import base64
import json
import os
import shutil
import ssl
import subprocess
import sys
import urllib.error
import urllib.request

import node

NAME, HUB_NAME = "registry.example.com", "registry-1.docker.io"
USER, PASSWORD = "robot", "secret of the robot"
TIME = "1600000000"
LAYER_BYTES = 64 << 20
AUTHORITIES = "/etc/ssl/certs/ca-certificates.crt"
HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.realpath(os.path.join(HERE, "..", ".."))
# Does nothing until it is told to end, as the first process of a pod.
PAUSE = """#include <signal.h>
#include <unistd.h>
static void end(int sig) { (void)sig; _exit(0); }
int main(void) { signal(SIGTERM, end); signal(SIGCHLD, SIG_IGN); for (;;) pause(); }
"""


def sh(*argv, **kwargs):
    return subprocess.run(argv, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, **kwargs).stdout


def write(path, text, mode="w"):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, mode, encoding=None if "b" in mode else "utf-8") as f:
        f.write(text)


# ------------------------------------------------------------ certificates

def make_certificates(directory):
    """An authority ca.crt that the node trusts, and server.crt, server.key for both names."""
    os.makedirs(directory)
    at = directory + "/"
    sh("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=authority of a test",
       "-keyout", at + "ca.key", "-out", at + "ca.crt")
    sh("openssl", "req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=" + NAME,
       "-keyout", at + "server.key", "-out", at + "server.csr")
    write(at + "names", "subjectAltName=DNS:%s,DNS:%s\n" % (NAME, HUB_NAME))
    sh("openssl", "x509", "-req", "-in", at + "server.csr", "-CA", at + "ca.crt", "-CAkey", at + "ca.key",
       "-CAcreateserial", "-days", "2", "-extfile", at + "names", "-out", at + "server.crt")
    shutil.copy(at + "ca.crt", AUTHORITIES)


# ------------------------------------------------------------ servers

class Services:
    """WORK: a directory; NODE: whose processes they are."""

    def __init__(self, work, of_node):
        self.work, self.node = work, of_node
        self.word = base64.b64encode(("%s:%s" % (USER, PASSWORD)).encode()).decode()
        self.environment = dict(os.environ, COOPER_ROOT=work + "/store", DOCKER_CONFIG=work + "/docker",
                                SOURCE_DATE_EPOCH=TIME)

    def start(self):
        make_certificates(self.work + "/certificates")
        names = ["%s=%s" % (NAME, node.ADDRESS), "%s=%s" % (HUB_NAME, node.HUB)]
        self.node.spawn(sys.executable, os.path.join(ROOT, "tests", "lib", "name_server.py"), node.ADDRESS, *names)
        write("/etc/hosts", "127.0.0.1 localhost\n%s %s\n%s %s\n" % (node.ADDRESS, NAME, node.HUB, HUB_NAME))
        write("/etc/resolv.conf", "nameserver %s\n" % node.ADDRESS)
        users = self.work + "/htpasswd"
        sh("htpasswd", "-Bbc", users, USER, PASSWORD)
        self.start_registry("registry", node.ADDRESS, {"htpasswd": {"realm": "test", "path": users}})
        self.start_registry("hub", node.HUB, {})
        write(self.work + "/docker/config.json", json.dumps({"auths": {NAME: {"auth": self.word}}}))
        for name in (NAME, HUB_NAME):
            self.node.wait(name, lambda name=name: self.answers(name))

    def start_registry(self, name, address, auth):
        config = "%s/%s.json" % (self.work, name)
        at = self.work + "/certificates/server"
        write(config, json.dumps({
            "version": 0.1, "log": {"level": "error"}, "auth": auth,
            "http": {"addr": address + ":443", "tls": {"certificate": at + ".crt", "key": at + ".key"}},
            "storage": {"filesystem": {"rootdirectory": "%s/%s" % (self.work, name)}}}))
        self.node.spawn("docker-registry", "serve", config)

    def get(self, name, path, accept="*/*"):
        asked = urllib.request.Request("https://%s/v2/%s" % (name, path), headers={"Accept": accept})
        if name == NAME:
            asked.add_header("Authorization", "Basic " + self.word)
        with urllib.request.urlopen(asked, timeout=30, context=ssl.create_default_context(cafile=AUTHORITIES)) as answer:
            return answer.read(), answer.headers

    def answers(self, name):
        try:
            self.get(name, "")
            return True
        except OSError:
            return False

    def digest(self, repository, tag):
        """Of the manifest that was pushed."""
        try:
            return self.get(NAME, "%s/manifests/%s" % (repository, tag),
                            "application/vnd.oci.image.manifest.v1+json")[1]["Docker-Content-Digest"]
        except urllib.error.HTTPError as fault:
            return str(fault)

    # ------------------------------------------------------------ images

    def cooper(self, *argv):
        return sh(os.path.join(ROOT, "cooper"), *argv, env=self.environment)

    def build(self, name, files, *flags):
        """Pushes the image NAME of FILES: texts, or paths of files to copy."""
        context = os.path.join(self.work, "contexts", name.replace("/", "-"))
        for path, content in files.items():
            write(os.path.join(context, path), content, "wb" if isinstance(content, bytes) else "w")
            os.chmod(os.path.join(context, path), 0o755)
        self.cooper("build", "-q", *flags, "-t", name, context)
        shutil.rmtree(context)

    def fill_registries(self):
        """The base images, as the Hub would have them; the pod's own; and cooper's, pushed as
        the page says. The node's authority and a time are added to it, as one does for
        a registry of one's own."""
        with open(shutil.which("busybox"), "rb") as f:
            busybox = f.read()
        self.build("busybox:1.36", {"busybox": busybox, "Dockerfile":
                   'FROM scratch\nCOPY busybox /bin/busybox\nRUN ["/bin/busybox", "--install", "-s", "/bin"]\n'}, "--push")
        self.build("large:1", {"random": os.urandom(LAYER_BYTES), "Dockerfile": "FROM scratch\nCOPY random /\n"}, "--push")
        write(self.work + "/pause.c", PAUSE)
        sh("gcc", "-O2", "-static", "-o", self.work + "/pause", self.work + "/pause.c")
        with open(self.work + "/pause", "rb") as f:
            self.build(NAME + "/tools/pause:1", {"pause": f.read(), "Dockerfile":
                       'FROM scratch\nCOPY pause /\nENTRYPOINT ["/pause"]\n'}, "--push")
        with open(AUTHORITIES, encoding="utf-8") as f:
            self.build("cooper:latest", {"ca.crt": f.read(), "Dockerfile":
                       "FROM cooper:1\nCOPY ca.crt %s\nENV SOURCE_DATE_EPOCH=%s\n" % (AUTHORITIES, TIME)})
        self.cooper("push", "cooper:latest", NAME + "/tools/cooper:1")
