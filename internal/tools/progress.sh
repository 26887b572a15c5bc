# Tells on stderr how far a build is, every 10 seconds. It reads what go build -v prints: a line for each module that it downloads, and for
# each package that it compiles. A few of them are no news; what else go prints is passed on.
few=20 every=${EVERY:-10}
downloaded=0 compiled=0 told= next=0

while :; do
    line= ended=0
    IFS= read -r -t "$every" line || ended=$? # above 128 when there was nothing to read for so long
    case $line in
        "go: downloading "*) downloaded=$((downloaded + 1)) ;;
        "") ((ended == 0 || ended > 128)) || exit 0 ;;
        *[!a-zA-Z0-9._~/-]*) printf '%s\n' "$line" >&2 ;;
        *) compiled=$((compiled + 1)) ;;
    esac
    if ((downloaded + compiled <= few || SECONDS < next)); then
        continue
    fi
    if [[ ! $told ]]; then
        echo "The first build compiles some 1,000 packages, which takes minutes; later ones take seconds." >&2
        told=yes
    else
        echo "  after ${SECONDS} s: $downloaded modules downloaded, $compiled packages compiled" >&2
    fi
    next=$((SECONDS + every))
done
