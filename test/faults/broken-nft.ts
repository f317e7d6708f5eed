import { chmodSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** How nft behaves. All but its monitor, which lives on. */
export type NftMood = keyof typeof moods;

/** An nft that misbehaves on command: a script in front of the real one. */
export interface BrokenNft {
  /** What the agent is to run. */
  readonly path: string;
  become(mood: NftMood | 'missing'): void;
  /** Calls that met a mood other than `works`, so far. */
  met(): number;
}

const moods = {
  works: 'exec $real "$@"',
  fails: 'echo "Error: Could not process rule: Operation not supported" >&2; exit 1',
  'is killed': 'kill -9 $$',
  'is killed after its work': '$real "$@"; kill -9 $$',
  hangs: 'exec sleep 1000',
  'hangs after its work': '$real "$@"; exec sleep 1000',
  'answers with garbage': '$real "$@" >/dev/null; printf "{\\"nftables\\": [{]\\0\\001"; exit 0',
  'is told that memory is out':
    'echo "netlink: Error: Could not process rule: Cannot allocate memory" >&2; exit 1',
  'has no memory': 'exec prlimit --as=9000000 $real "$@"',
  'is slow': 'sleep 0.4; exec $real "$@"',
  crashes: 'kill -SEGV $$',
} as const;

export function createBrokenNft(folder: string, real: readonly string[]): BrokenNft {
  const [file, mood, met, away] = ['nft', 'mood', 'met', 'nft.away'].map((name) =>
    path.join(folder, name),
  ) as [string, string, string, string];
  const cases = Object.entries(moods).map(([name, work]) => `  "${name}") ${work} ;;`);
  writeFileSync(
    file,
    `#!/bin/sh
real="${real.join(' ')}"
case "$*" in *monitor*) exec $real "$@" ;; esac
read -r mood <${mood}
[ "$mood" = works ] || echo "$mood" >>${met}
case "$mood" in
${cases.join('\n')}
esac
exit 99
`,
  );
  chmodSync(file, 0o755);
  writeFileSync(met, '');
  const become = (next: NftMood): void => {
    // In one step: a script that reads half a file would be a fault nobody asked for.
    writeFileSync(`${mood}.new`, `${next}\n`);
    renameSync(`${mood}.new`, mood);
  };
  become('works');
  return {
    path: file,
    become(next) {
      if (next === 'missing') {
        renameSync(file, away);
        return;
      }
      if (existsSync(away)) renameSync(away, file);
      become(next);
    },
    met: () => readFileSync(met, 'utf8').split('\n').length - 1,
  };
}
