complete --keep-order --exclusive --command fedctl --arguments "(_FEDCTL_COMPLETE=fish fedctl -- (commandline --current-process --tokenize --cut-at-cursor) (commandline --current-token))"
