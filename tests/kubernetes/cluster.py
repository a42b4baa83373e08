"""Pods and Jobs of the cluster: how they are made of the documentation's files, started,
watched and ended."""
import copy
import json
import os
import time

import yaml

import services

SPECS = os.path.join(services.ROOT, "docs", "how-to", "kubernetes")
SECONDS_MAX = 240


class Spec:
    """The objects of a file of SPECS, to be changed and applied under another name."""

    def __init__(self, name):
        self.path = os.path.join(SPECS, name)
        with open(self.path, encoding="utf-8") as f:
            documents = {d["kind"]: d for d in yaml.safe_load_all(f)}
        self.pod, self.map = documents["Pod"], documents["ConfigMap"]
        self.container = self.pod["spec"]["containers"][0]
        self.files = self.map["data"]

    @property
    def name(self):
        return self.pod["metadata"]["name"]

    @property
    def tag(self):
        return next(a for a in self.container["args"] if a.startswith("--tag=")).rsplit(":", 1)[1]

    def rename(self, name):
        """With a ConfigMap and a tag of its own."""
        self.pod["metadata"]["name"] = name
        self.map["metadata"]["name"] = name + "-context"
        self.volume("context")["configMap"]["name"] = name + "-context"
        self.container["args"] = ["--tag=%s/team/app:%s" % (services.NAME, name) if a.startswith("--tag=") else a
                                  for a in self.container["args"]]
        return self

    def volume(self, name):
        return next(v for v in self.pod["spec"]["volumes"] if v["name"] == name)

    def keep_store(self, claim):
        """The page's persistentVolumeClaim instead of a volume that goes with the pod."""
        volume = self.volume("store")
        volume.clear()
        volume.update(name="store", persistentVolumeClaim={"claimName": claim})

    def as_job(self):
        spec = {k: v for k, v in self.pod["spec"].items() if k != "nodeName"}
        return {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": self.name},
                "spec": {"backoffLimit": 0, "template": {"spec": copy.deepcopy(spec)}}}


class Ended:
    """How a pod's container ended."""

    def __init__(self, pod, log):
        status = (pod["status"].get("containerStatuses") or [{}])[0]
        state = status.get("state", {}).get("terminated", {})
        self.phase, self.log = pod["status"].get("phase"), log
        self.code, self.reason = state.get("exitCode"), state.get("reason")
        self.message = state.get("message", "").strip()

    def __str__(self):
        return "phase %s, exit code %s (%s), message:\n%s\nlog:\n%s" % (
            self.phase, self.code, self.reason, self.message, self.log)


class Cluster:
    def __init__(self, of_node):
        self.node = of_node
        self.kubectl = of_node.kubectl

    def apply(self, *objects):
        for made in objects:
            self.kubectl("apply", "--validate=false", "-f", "-", text=json.dumps(made))

    def get(self, kind, name):
        said = self.kubectl("get", kind, name, "-o", "json", check=False)
        return json.loads(said) if said else None

    def wait(self, what, done):
        end = time.monotonic() + SECONDS_MAX
        while not done():
            if time.monotonic() > end:
                raise RuntimeError("%s: not after %d s" % (what, SECONDS_MAX))
            time.sleep(0.3)

    def has_ended(self, name):
        pod = self.get("pod", name)
        return pod["status"].get("phase") in ("Succeeded", "Failed")

    def wait_pod(self, name):
        """How it ended, or how far it came."""
        try:
            self.wait("pod " + name, lambda: self.has_ended(name))
        except RuntimeError:
            return Ended(self.get("pod", name), self.kubectl("describe", "pod", name, check=False))
        return Ended(self.get("pod", name), self.kubectl("logs", name, check=False))

    def run_file(self, spec):
        """The file as it is written. This kubectl refuses settings that it does not know; the
        API, as the page says, ignores them."""
        known = [] if "hostUsers" not in spec.pod["spec"] else ["--validate=false"]
        self.kubectl("apply", *known, "-f", spec.path)
        return self.finish(spec)

    def run(self, spec):
        """The changed pod."""
        self.apply(spec.map, spec.pod)
        return self.finish(spec)

    def finish(self, spec):
        ended = self.wait_pod(spec.name)
        self.kubectl("delete", "--wait=false", "pod/" + spec.name, "configmap/" + spec.map["metadata"]["name"])
        return ended

    def run_job(self, spec):
        """The Job's conditions, its count of failed pods, and how its pod ended."""
        self.apply(spec.map, spec.as_job())
        self.wait("job " + spec.name, lambda: self.get("job", spec.name)["status"].get("conditions"))
        status = self.get("job", spec.name)["status"]
        names = self.kubectl("get", "pods", "-l", "job-name=" + spec.name, "-o", "name").split()
        ended = [self.wait_pod(n.split("/")[1]) for n in names]
        self.kubectl("delete", "--wait=false", "job/" + spec.name, "configmap/" + spec.map["metadata"]["name"])
        return [c["type"] for c in status["conditions"] if c["status"] == "True"], ended

    def make_claim(self, name, directory):
        """A claim, and the volume in DIRECTORY of the node that it gets."""
        os.makedirs(directory)
        os.chmod(directory, 0o777)
        size = {"storage": "1Gi"}
        self.apply({"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": name},
                    "spec": {"capacity": size, "accessModes": ["ReadWriteMany"], "storageClassName": "",
                             "claimRef": {"namespace": "default", "name": name}, "hostPath": {"path": directory}}},
                   {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": name},
                    "spec": {"accessModes": ["ReadWriteMany"], "storageClassName": "", "resources": {"requests": size}}})
