# Completion of fedctl for bash.
_fedctl() {
    local IFS=$' \t\n' words=() word rest=$COMP_LINE blank i
    for ((i = 0; i <= COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        blank=${rest%%[![:blank:]]*}
        rest=${rest#"$blank"}
        if ((i > 0)) && [[ -z $blank && -n $rest ]]; then
            words[${#words[@]}-1]+=$word
        else
            words+=("$word")
        fi
        rest=${rest#"$word"}
    done
    local last=$((${#words[@]} - 1)) piece=$2 cut
    cut=${words[last]%"$piece"}
    local space=true
    compopt +o nospace 2>/dev/null && space=false
    IFS=$'\013'
    COMPREPLY=($(
        _CLAP_IFS=$IFS _CLAP_COMPLETE_INDEX=$last _CLAP_COMPLETE_COMP_TYPE=$COMP_TYPE _CLAP_COMPLETE_SPACE=$space \
            _FEDCTL_COMPLETE=bash fedctl -- "${words[@]}" 2>/dev/null
    )) || { unset COMPREPLY; return; }
    [[ $cut == *[=:] ]] && COMPREPLY=("${COMPREPLY[@]#"$cut"}")
    [[ ${COMPREPLY-} == *[=/:] ]] && compopt -o nospace 2>/dev/null
    return 0
}
complete -o nospace -F _fedctl fedctl
