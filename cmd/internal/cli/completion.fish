# Completion of roster in fish. Neither what was typed nor what roster answers is evaluated.

function __roster_complete
    set -l program roster
    set -l words (commandline -opc)
    set -l word (commandline -ct)
    command -q roster; or set program $words[1]
    set -e words[1]
    set words (string replace -r -- '^~/' "$HOME/" $words)
    set -l plain (string unescape -- $word 2>/dev/null); or set plain $word
    set -l lines (command $program __complete $words "$plain" 2>/dev/null)
    set -l directive (string match -r '(?<=^:)\d+$' -- $lines[-1])
    set -e lines[-1]
    set -q directive[1]; and test (math "$directive % 2") = 0; or return
    # Fish completes the whole word, with the name of a flag before its value.
    set -l flag (string match -r -- '^-[^=]*=' $word)
    if set -q lines[1]
        printf '%s\n' "$flag"$lines
    else if test (math "floor($directive / 16) % 2") = 1
        __fish_complete_directories (string replace -- "$flag" '' $word) '' | string replace -r -- '^' "$flag"
    else if test (math "floor($directive / 4) % 2") = 0
        __fish_complete_path (string replace -- "$flag" '' $word) | string replace -r -- '^' "$flag"
    end
end

complete -c roster -e
complete -c roster -f -a '(__roster_complete)'
