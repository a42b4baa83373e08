# The live tree below /t: what must be found in the image. Times of directories that
# did not change otherwise are no change, so they are not listed. No line feeds in names.
cd /t
find . | while IFS= read -r p; do
    set -- $(stat -c '%f %u %g %s %Y' "$p")
    case $1 in
    4*) echo "DIR $1 $2 $3" ;;
    a*) echo "LINK $2 $3 $(readlink "$p" | md5sum | cut -c1-8)" ;;
    1*) echo "PIPE $1 $2 $3" ;;
    *) echo "FILE $1 $2 $3 $4 $5 $(md5sum <"$p" | cut -c1-8) $(/ctx/attr capability "$p")" ;;
    esac
    printf '%s\n' "$p" | od -v -An -tx1 | tr -d ' \n'
    echo
done | while read -r facts; do read -r name; echo "@ $name $facts"; done
