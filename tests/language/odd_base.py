"""An OCI layout as nobody's builder makes it: fields that no one knows, no history."""
import hashlib
import io
import json
import os
import tarfile


def make(at):
    blobs = os.path.join(at, "blobs", "sha256")
    os.makedirs(blobs)

    def blob(data, kind):
        digest = hashlib.sha256(data).hexdigest()
        with open(os.path.join(blobs, digest), "wb") as f:
            f.write(data)
        return {"mediaType": "application/vnd.oci.image." + kind, "size": len(data),
                "digest": "sha256:" + digest}

    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        entry = tarfile.TarInfo("odd")
        entry.size = 3
        tar.addfile(entry, io.BytesIO(b"odd"))
    layer = blob(out.getvalue(), "layer.v1.tar")
    config = {"architecture": "amd64", "os": "linux", "unknown": "top",
              "config": {"Env": ["A=1"], "Unknown": "inside", "Labels": None, "Cmd": None},
              "rootfs": {"type": "layers", "diff_ids": [layer["digest"]]}}
    manifest = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
                "config": blob(json.dumps(config).encode(), "config.v1+json"),
                "layers": [layer]}
    index = {"schemaVersion": 2, "manifests": [
        {**blob(json.dumps(manifest).encode(), "manifest.v1+json"),
         "annotations": {"org.opencontainers.image.ref.name": "latest"}}]}
    with open(os.path.join(at, "index.json"), "w", encoding="utf-8") as f:
        json.dump(index, f)
    with open(os.path.join(at, "oci-layout"), "w", encoding="utf-8") as f:
        json.dump({"imageLayoutVersion": "1.0.0"}, f)
