"""What is measured. The ids are those of docs/benchmarks.md."""
import os
import subprocess

import contexts
from place import PRIMITIVE, run


def primitive(*args):
    """Seconds that the least of programs needs for the same."""
    return float(run([PRIMITIVE, *args]))


class Workload:
    """One row. DIR is its context; NAME its image."""
    cold = True
    needs_base = True
    repeats = None

    def __init__(self, name, what, make, **more):
        self.name, self.what, self.make = name, what, make
        self.dir = self.tag = self.place = self.registry = None
        self.__dict__.update(more)

    def prepare(self, place, registry):
        self.place, self.registry = place, registry
        self.dir = os.path.join(place, self.make.__name__ + getattr(self, "variant", ""))
        self.tag = "localhost/bench-" + self.name.replace("_", "-")
        if not os.path.exists(self.dir):
            self.make(self.dir)

    def scratch(self, name):
        """A path for what a primitive writes; nothing is there."""
        path = os.path.join(self.place, name)
        run(["rm", "-rf", path])
        return path

    def primitive(self):
        return None

    def first(self, builder):
        """Done once, not measured: after it a rebuild finds what it may find."""
        return [] if self.cold else builder.build(self.dir, self.tag, False)

    def before(self, builder):
        """Done before each measurement."""

    def commands(self, builder):
        """What is measured; None if the builder has no way."""
        return builder.build(self.dir, self.tag, self.cold)


class Rebuild(Workload):
    cold = False


class Walk(Rebuild):
    def primitive(self):
        return primitive("walk", self.dir)


class Archive(Workload):
    needs_base = False

    def primitive(self):
        return primitive("pack", self.dir + "/src", self.scratch("primitive"))

    def before(self, builder):
        # What it compressed last time must not help it.
        builder.forget()

    def commands(self, builder):
        return builder.archive(self.dir, self.tag, self.scratch("archive"), self.compression)


class GzipArchive(Archive):
    """Where layers are compressed when they are pushed, they are pushed."""

    def before(self, builder):
        super().before(builder)
        self.registry.empty()

    def commands(self, builder):
        way = super().commands(builder)
        if way is None:
            way = (builder.build(self.dir, self.tag, True)
                   + builder.push(self.tag, self.registry.host + "/files:1"))
        return way


class Changed(Rebuild):
    needs_base = False
    count = 0

    def before(self, builder):
        Changed.count += 1
        with open(self.dir + "/src/d017/f04321.c", "a") as f:
            f.write(f"/* {Changed.count} */\n")

    def primitive(self):
        return primitive("pack", self.dir + "/src", self.scratch("primitive"))


class Runs(Workload):
    """The primitive runs the same program on the same base, unpacked."""

    def primitive(self):
        lower, work = os.path.join(self.place, "lower"), self.scratch("runs")
        if not os.path.exists(lower):
            os.makedirs(lower)
            run(["tar", "-xf", contexts.BASE_TAR, "-C", lower])
        os.makedirs(work)
        return primitive("run", str(self.n), lower, work)


class Unpacked(Workload):
    def primitive(self):
        to = self.scratch("unpacked")
        os.makedirs(to)
        return seconds_of(["tar", "-xf", self.dir + "/files.tar", "-C", to])


class Sleeps(Workload):
    def primitive(self):
        return seconds_of(["sleep", "1"])


class Printed(Workload):
    """The primitive is the same program, printing to /dev/null."""

    def primitive(self):
        return seconds_of(["sh", "-c", contexts.PRINTS + " >/dev/null"])


class Packed(Workload):
    needs_base = False

    def primitive(self):
        return primitive("pack", self.dir, self.scratch("primitive"))


class Million(Packed):
    repeats = 1
    alone = True


class Grows(Workload):
    """What matters is its memory."""
    repeats = 1
    alone = True


class Pulled(Workload):
    needs_base = False

    def prepare(self, place, registry):
        super().prepare(place, registry)
        self.ref = registry.host + "/eight:1"
        self.user = os.path.join(place, "on-eight")
        contexts.on_eight_layers(self.user, self.ref)
        self.is_pushed = False

    def first(self, builder):
        if self.is_pushed:
            return []
        self.is_pushed = True
        return (builder.build(self.dir, self.tag, False)
                + builder.push(self.tag, self.ref))

    def before(self, builder):
        builder.forget()

    def commands(self, builder):
        return builder.build(self.user, self.tag + "-user", False)

    def primitive(self):
        to, seconds = self.scratch("unpacked"), 0
        for i in range(8):
            os.makedirs(f"{to}/{i}")
            seconds += seconds_of(["tar", "-xf", f"{self.dir}.{i}.tar", "-C", f"{to}/{i}"])
        return seconds


class Pushed(Workload):
    """The base image, in a store that never compressed it, to a registry without it."""
    needs_base = False

    def before(self, builder):
        builder.forget()
        self.registry.empty()
        for argv in builder.build(self.dir, self.tag, True):
            run(argv, builder.env)

    def commands(self, builder):
        return builder.push(self.tag, self.registry.host + "/base:1")

    def primitive(self):
        return primitive("hash", self.dir + "/rootfs.tar", self.scratch("primitive"))


class PushedAgain(Workload):
    """A small file changed, rebuilt and pushed to where the rest is."""
    cold = False
    count = 0

    def prepare(self, place, registry):
        super().prepare(place, registry)
        self.ref = registry.host + "/again:1"

    def first(self, builder):
        return self.commands(builder)

    def before(self, builder):
        PushedAgain.count += 1
        contexts.write(self.dir + "/a.txt", f"{PushedAgain.count}\n")

    def commands(self, builder):
        return builder.build_and_push(self.dir, self.tag, self.ref)


def seconds_of(argv):
    before = os.times().elapsed
    subprocess.run(argv, check=True)
    return os.times().elapsed - before


def fifty(top):
    contexts.run_true(top, 50)


def twenty(top):
    contexts.run_true(top, 20)


def copied_and_run(top):
    contexts.write(top + "/a.txt", "0\n")
    contexts.write(top + "/Dockerfile", f"FROM {contexts.BASE}\nCOPY a.txt /\nRUN [\"true\"]\n")


def workloads():
    c = contexts
    return [
        Walk("w1", "rebuild with 50,000 context files, nothing changed", c.many_files),
        GzipArchive("w2", "COPY of 50,000 files, cold, to a gzip archive", c.many_files_alone,
                    compression="gzip"),
        Archive("w3", "COPY of 50,000 files, cold, to a zstd archive", c.many_files_alone,
                compression="zstd"),
        Runs("w4", "50 x RUN true, cold", fifty, n=50),
        Changed("w5", "rebuild with one of 50,000 files changed", c.many_files_alone,
                variant="-changed"),
        Unpacked("w6", "RUN that writes 20,000 files, cold", c.unpacked_by_run),
        Pulled("w7", "pull of 8 layers (500 MB) and RUN true", c.eight_layers),
        Pushed("w8", "push of a layer of 170 MB, cold", c.base, variant="-pushed"),
        PushedAgain("w9", "one small file changed, RUN true, push", copied_and_run),
        Sleeps("w10", "4 parallel stages of sleep 1, cold", c.four_stages),
        Rebuild("w11", "2,000 instructions, rebuild", c.instructions,
                not_for=("buildah",)),
        Packed("w12", "100 x COPY of one small file, cold", c.hundred_copies),
        Million("w13", "COPY of 1,000,000 files, cold", c.million_files),
        Printed("w14", "RUN that prints 50 MiB, cold", c.printing),
        Grows("w15", "RUN that makes 300,000 files, cold", c.files_by_run),
        Grows("w16", "3,000 stages with a LABEL each, cold", c.three_thousand_stages),
        Rebuild("noop-10", "rebuild of 10 steps, nothing changed", c.ten_steps),
        Runs("run-true-20", "20 x RUN true, cold", twenty, n=20),
    ]
