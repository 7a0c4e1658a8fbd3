
set edit:completion:arg-completer[fedctl] = { |@words|
    var index = (count $words)
    set index = (- $index 1)

    put (env _CLAP_IFS="\n" _CLAP_COMPLETE_INDEX=(to-string $index) _FEDCTL_COMPLETE="elvish" fedctl -- $@words) | to-lines
}

