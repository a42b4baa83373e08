"""A docker-registry on loopback with the base images of the cases."""
import os
import subprocess

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.realpath(os.path.join(HERE, "..", ".."))


def start_registry(work):
    """The shell helper starts it; it lives until its standard input is closed."""
    script = (". %s/tests/lib/registry.sh; registry_start %s/registry || exit 1; "
              "for i in busybox alpine; do skopeo --insecure-policy copy -q --all "
              "--dest-tls-verify=false oci:%s/images/$i:latest "
              "docker://$REGISTRY/library/$i:latest || exit 1; done; "
              "echo $REGISTRY; read _; registry_stop" % (ROOT, work, HERE))
    process = subprocess.Popen(["bash", "-c", script], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, text=True)
    host = process.stdout.readline().strip()
    if not host:
        raise SystemExit("the registry with the base images did not start")
    return process, host
