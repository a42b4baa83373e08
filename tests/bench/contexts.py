"""The contexts of the workloads, each made once below a directory."""
import os
import random
import shutil
import subprocess

from builders import ROOT

BASE_TAR = os.path.join(ROOT, "out", "demo", "debian-bookworm.tar")
BASE = "localhost/bench-base"
# 50 MiB of lines as compilers print them, as fast as it can.
PRINTS = "seq -f 'cc -O2 -Wall -c -o object.o source-%08.0f.c' 1140000"
WORDS = "int return static const void struct size buffer error value index".split()


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as f:
        f.write(text)


def base(top):
    """A Debian of about 170 MB, made from packages once."""
    if not os.path.exists(BASE_TAR):
        subprocess.run(["bash", "-c", f". {ROOT}/tests/lib/base_image.sh; base_tar {BASE_TAR}"],
                       check=True)
    os.makedirs(top)
    shutil.copy(BASE_TAR, os.path.join(top, "rootfs.tar"))
    write(top + "/Dockerfile", "FROM scratch\nADD rootfs.tar /\nCMD [\"bash\"]\n")


def sources(top, n):
    """N small files of text that compresses like sources do."""
    for i in range(n):
        path = f"{top}/d{i // 250:03d}/f{i:05d}.c"
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as f:
            for j in range(20 + i * 7919 % 40):
                f.write(" ".join(WORDS[(i * 31 + j * 17 + k * k) % len(WORDS)] for k in range(8))
                        + f" {i * j};\n")


def printing(top):
    write(top + "/Dockerfile", f"FROM {BASE}\nRUN {PRINTS}\n")


def many_files(top):
    sources(top + "/src", 50000)
    write(top + "/Dockerfile", f"FROM {BASE}\nCOPY . .\nRUN [\"true\"]\n")


def many_files_alone(top):
    sources(top + "/src", 50000)
    write(top + "/Dockerfile", "FROM scratch\nCOPY src /src\n")


def million_files(top):
    for i in range(1000000):
        if i % 1000 == 0:
            os.makedirs(f"{top}/src/{i // 1000}")
        with open(f"{top}/src/{i // 1000}/{i}", "w") as f:
            f.write(f"file {i}\n" * (1 + i % 50))
    write(top + "/Dockerfile", "FROM scratch\nCOPY src /src\n")


def files_by_run(top):
    write(top + "/Dockerfile", f"FROM {BASE}\nRUN mkdir /many && cd /many && seq 300000 | xargs touch\n")


def three_thousand_stages(top):
    stages = "".join(f"FROM s{i} AS s{i + 1}\nLABEL l{i}=v{i}\n" for i in range(3000))
    write(top + "/Dockerfile", f"FROM {BASE} AS s0\n" + stages)


def run_true(top, n):
    write(top + "/Dockerfile", f"FROM {BASE}\n" + "RUN [\"true\"]\n" * n)


def ten_steps(top):
    write(top + "/Dockerfile", f"FROM {BASE}\nWORKDIR /app\nCOPY a.txt .\n"
          "RUN echo 1\nENV A=1\nCOPY src src\nRUN echo 2\nARG B=2\nRUN echo $B\nUSER nobody\n"
          "RUN id\nLABEL a=b\nCMD [\"true\"]\n")
    write(top + "/a.txt", "a\n")
    for i in range(100):
        write(f"{top}/src/{i}.txt", f"file {i}\n")


def unpacked_by_run(top):
    """RUN unpacks what a package manager might: 20,000 files."""
    for i in range(20000):
        write(f"{top}/files/{i // 200}/{i}", f"{i}\n" * (i % 500))
    subprocess.run(["tar", "-C", top, "-cf", top + "/files.tar", "files"], check=True)
    shutil.rmtree(top + "/files")
    write(top + "/Dockerfile", f"FROM {BASE}\nRUN --mount=type=bind,source=files.tar,"
          "target=/mnt/files.tar mkdir /out && tar -xf /mnt/files.tar -C /out\n")


def four_stages(top):
    write(top + "/Dockerfile", "".join(
        f"FROM {BASE} AS s{i}\nRUN sleep 1 && echo {i} > /f{i}\n" for i in range(4))
        + f"FROM {BASE}\n" + "".join(f"COPY --from=s{i} /f{i} /\n" for i in range(4)))


def instructions(top):
    write(top + "/Dockerfile", f"FROM {BASE}\n" + "".join(
        f"ENV K{i}=v{i}\n" if i % 2 else f"LABEL l{i}=v\n" for i in range(2000)))


def hundred_copies(top):
    for i in range(100):
        write(f"{top}/files/{i}", f"{i}\n")
    write(top + "/Dockerfile", "FROM scratch\n" + "".join(
        f"COPY files/{i} /f{i}\n" for i in range(100)))


def eight_layers(top):
    """500 MB in 20,000 files, half of which compresses well; the tars are beside them."""
    noise = random.Random(8)
    for layer in range(8):
        for i in range(2500):
            path = f"{top}/{layer}/{i // 100}/{i}"
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as f:
                text = (" ".join(noise.choices(WORDS, k=300)) + "\n").encode()
                f.write(noise.randbytes(10000) + (text * 20)[:15000])
    os.makedirs(top + "/0/bin")
    shutil.copy(shutil.which("busybox"), top + "/0/bin/busybox")
    write(top + "/Dockerfile", "FROM scratch\n" + "".join(
        f"COPY {i} /{i or ''}\n" for i in range(8)))
    for i in range(8):
        subprocess.run(["tar", "-C", f"{top}/{i}", "-cf", f"{top}.{i}.tar", "."], check=True)


def on_eight_layers(top, ref):
    write(top + "/Dockerfile", f"FROM {ref}\nRUN [\"/bin/busybox\", \"true\"]\n")
