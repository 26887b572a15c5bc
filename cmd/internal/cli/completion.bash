# Completion of roster in bash, without other packages. Neither what was typed nor what roster answers is evaluated.

# _roster_unquote sets REPLY to a word without its quotes, and quote to the one that is still open.
_roster_unquote() {
    local text=$1 c
    REPLY= quote=
    while [[ $text ]]; do
        c=${text:0:1} text=${text:1}
        case $quote$c in
            \\ | \"\\) REPLY+=${text:0:1} text=${text:1} ;;
            [\"\']) quote=$c ;;
            \"\" | \'\') quote= ;;
            *) REPLY+=$c ;;
        esac
    done
}

# _roster_words sets words to those before the cursor, as they were meant: bash has split them at colons and equals signs as well.
_roster_words() {
    local rest=${COMP_LINE:0:COMP_POINT} part i
    for ((i = 0; i <= COMP_CWORD; i++)); do
        part=${COMP_WORDS[i]}
        if [[ $i == 0 || ! $part || $rest == [[:space:]]* ]]; then
            rest=${rest#"${rest%%[![:space:]]*}"}
            words+=("")
        fi
        [[ $rest == "$part"* ]] || part=$rest # the cursor is in it
        words[${#words[@]} - 1]+=$part
        rest=${rest#"$part"}
    done
    for i in "${!words[@]}"; do
        _roster_unquote "${words[i]}"
        [[ ${words[i]} == "~/"* && $i -lt ${#words[@]}-1 ]] && REPLY=$HOME/${REPLY:2}
        words[i]=$REPLY
    done
}

_roster() {
    local words=() quote= REPLY program=roster word kept line lines=() directive= wide=0
    COMPREPLY=()
    _roster_words
    type -P roster >/dev/null || program=${words[0]}
    word=${words[${#words[@]} - 1]}
    [[ $word == -*=* ]] && word=${word#*=}
    # What stands before the last colon or equals sign stays in the line, where bash splits words at them.
    kept=${word%"${word##*[:=]}"}
    [[ $quote || $COMP_WORDBREAKS != *:* ]] && kept=
    while IFS= read -r line; do
        [[ $directive && ${directive%%$'\t'*} == "$word"* ]] && lines+=("$directive")
        directive=$line # the last line
    done < <("$program" __complete "${words[@]:1}" 2>/dev/null)
    directive=${directive#:}
    [[ $directive && $directive != *[!0-9]* ]] && ! ((directive & 1)) || return
    if ((${#lines[@]} == 0)); then
        local action=-f
        ((directive & 16)) && action=-d
        ((directive & 4)) && return
        compopt -o filenames 2>/dev/null # bash 3 has none
        while IFS= read -r line; do
            COMPREPLY+=("${line#"$kept"}")
        done < <(compgen "$action" -- "$word")
        return
    fi
    ((directive & 2)) && compopt -o nospace 2>/dev/null
    for line in "${lines[@]}"; do
        line=${line%%$'\t'*}
        ((${#line} > wide)) && wide=${#line}
    done
    for line in "${lines[@]}"; do
        # A description is shown, and never inserted: it begins where the names differ.
        if [[ $line == *$'\t'* && ${#lines[@]} -gt 1 && $COMP_TYPE == @(33|63|64) ]]; then
            printf -v line '%-*s  (%s)' "$wide" "${line%%$'\t'*}" "${line#*$'\t'}"
        fi
        line=${line%%$'\t'*}
        COMPREPLY+=("${line#"$kept"}")
    done
}

complete -F _roster roster
