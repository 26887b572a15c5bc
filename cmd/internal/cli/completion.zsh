#compdef roster
# Completion of roster in zsh. Neither what was typed nor what roster answers is evaluated.

_roster() {
    local program=roster line name directive
    local -a before lines names options
    (( $+commands[roster] )) || program=${${(Q)words[1]}/#\~\//$HOME/}
    before=("${(@)${(@Q)words[2,CURRENT-1]}/#\~\//$HOME/}")
    (( CURRENT > 2 )) || before=()
    lines=("${(@f)$($program __complete "${before[@]}" "${(Q)PREFIX}" 2>/dev/null)}")
    directive=${lines[-1]#:}
    lines[-1]=()
    [[ $directive == <-> ]] && (( ! ( directive & 1 ) )) || return 1
    [[ $PREFIX == -*=* ]] && compset -P 1 '*='
    if (( ! $#lines )); then
        (( directive & 4 )) && return 1
        (( directive & 16 )) && { _files -/; return }
        _files
        return
    fi
    for line in $lines; do
        name=${${line%%$'\t'*}//:/\\:} # a colon begins the description
        [[ $line == *$'\t'* ]] && name+=:${line#*$'\t'}
        names+=("$name")
    done
    (( directive & 2 )) && options=(-S '')
    _describe -t words word names "${options[@]}"
}

# Whether this is sourced or found in the fpath.
if [[ $funcstack[1] == _roster ]]; then
    _roster "$@"
else
    compdef _roster roster
fi
