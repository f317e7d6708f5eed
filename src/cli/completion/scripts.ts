// The scripts know nothing of the commands: they ask `ringfence __complete`, which answers one candidate a line, with a tab
// and its description, and at the end `:0` where files come into question and `:4` where not (the protocol of cobra, which
// kubectl speaks too).

export const shells = ['bash', 'fish', 'zsh'] as const;

export type Shell = (typeof shells)[number];

/** A script that makes the shell complete `ringfence`, to be sourced. */
export function completionScript(shell: Shell): string {
  switch (shell) {
    case 'bash':
      return bash;
    case 'fish':
      return fish;
    case 'zsh':
      return zsh;
  }
}

// Words are taken from the line itself: bash splits them at colons, which names of ends contain.
const bash = `# bash completion for ringfence: source <(ringfence completion bash)
_ringfence() {
  local line=\${COMP_LINE:0:COMP_POINT} words=() output candidate rest
  read -ra words <<<"$line"
  [[ $line == *[[:space:]] ]] && words+=("")
  local current=\${words[\${#words[@]}-1]}
  local kept=\${current%"\${current##*[:=]}"}
  COMPREPLY=()
  output=$("\${words[0]}" __complete "\${words[@]:1}" 2>/dev/null) || return
  while IFS=$'\\t' read -r candidate rest; do
    [[ $candidate == :[04] || -z $candidate ]] && continue
    COMPREPLY+=("\${candidate#"$kept"}")
  done <<<"$output"
  if [[ \${output##*$'\\n'} == :0 ]]; then
    compopt -o filenames 2>/dev/null
    while IFS= read -r candidate; do COMPREPLY+=("$candidate"); done < <(compgen -f -- "\${current##*=}")
  elif [[ \${#COMPREPLY[@]} -eq 1 && \${COMPREPLY[0]} == *[=/:] ]]; then
    compopt -o nospace 2>/dev/null
  fi
}
complete -F _ringfence ringfence
`;

const zsh = `#compdef ringfence
# zsh completion for ringfence: source <(ringfence completion zsh)
_ringfence() {
  local output line value
  local -a candidates descriptions
  output=$("\${words[1]}" __complete "\${(@)words[2,CURRENT]}" 2>/dev/null) || return 1
  for line in "\${(@f)output}"; do
    [[ $line == :[04] || -z $line ]] && continue
    value=\${line%%$'\\t'*}
    candidates+=("$value")
    descriptions+=("$value  -- \${line#*$'\\t'}")
  done
  (( \${#candidates} )) && compadd -l -d descriptions -- "\${candidates[@]}"
  [[ \${output##*$'\\n'} == :0 ]] && _files
  return 0
}
compdef _ringfence ringfence
`;

const fish = `# fish completion for ringfence: ringfence completion fish | source
function __ringfence_complete
    set -l words (commandline -opc) (commandline -ct)
    set -l output ($words[1] __complete $words[2..-1] 2>/dev/null)
    or return
    for line in $output
        string match -qr '^:[04]$' -- $line; and continue
        echo $line
    end
    if test "$output[-1]" = ":0"
        __fish_complete_path (commandline -ct)
    end
end
complete -c ringfence -f -a '(__ringfence_complete)'
`;
