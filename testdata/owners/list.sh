# What the step sees below /t/$2: kind and mode, user, group. A line each after $1.
cd "/t/$2"
find . | sort | while IFS= read -r p; do
    echo "@ $1 $p $(stat -c '%f %u %g' "$p")"
done
