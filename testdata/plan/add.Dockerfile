FROM scratch
ADD rootfs.tar.xz /
ADD --unpack=false archive.tar /archives/
ADD --chmod=0644 https://example.org/files/a.txt?x=1 /files/
ADD --checksum=sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 --unpack https://example.org/b.tgz /b
ADD --keep-git-dir=true https://example.org/repo.git#v1:docs /docs
ADD git@example.org:group/repo.git?submodules=false&commit=abc123 /code
COPY --link --chown=10:20 a b /linked/
COPY --parents --exclude=*.tmp --exclude=**/cache ./src/./**/*.c /tree/
