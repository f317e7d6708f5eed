import { readdirSync, readFileSync, type Dirent } from 'node:fs';
import { release } from 'node:os';
import path from 'node:path';
import { isNftError } from './errors.ts';
import type { Nft } from './nft.ts';
import { formatVersion, minimumVersion } from './version.ts';

/** One thing that the host lacks. `error`: policies would not hold; `warning`: something cannot be judged from here. */
export interface HostFinding {
  readonly code:
    | 'kernel-too-old'
    | 'kernel-unknown'
    | 'nft-unusable'
    | 'no-net-admin'
    | 'bridge-netfilter-missing'
    | 'bridge-netfilter-off';
  readonly severity: 'error' | 'warning';
  readonly message: string;
  /** What a person can do about it. */
  readonly fix: string;
}

/** What the findings are drawn from. */
export interface HostFacts {
  /** As `uname -r` says it. */
  readonly kernelRelease: string;
  /** The effective capabilities of this process, as a mask; `undefined` where /proc does not tell. */
  readonly capabilities: bigint | undefined;
  /** Bridges of this network namespace that have at least one port. */
  readonly bridgesWithPorts: readonly string[];
  /** The sysctls net.bridge.bridge-nf-call-iptables and -ip6tables; `undefined` where the module is not loaded. */
  readonly bridgeNfCall: { readonly iptables: boolean | undefined; readonly ip6tables: boolean | undefined };
  /** What `probe` of nft threw, if it threw. */
  readonly nftError?: Error | undefined;
}

/** What the host needs for policies to hold on it; empty where nothing is missing. Reads only. */
export async function checkHost(
  nft: Pick<Nft, 'probe'>,
  options: { readonly signal?: AbortSignal; readonly root?: string } = {},
): Promise<readonly HostFinding[]> {
  const { signal, root = '/' } = options;
  let nftError: Error | undefined;
  try {
    await nft.probe({ signal });
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    nftError = error;
  }
  return findingsOf({ ...readHost(root), nftError });
}

/** Linux 5.10: `ip saddr . meta l4proto . th dport` sets with intervals, and `reject` in every hook that is used. */
const minimumKernel = [5, 10] as const;
const capNetAdmin = 1n << 12n;

export function findingsOf(facts: HostFacts): readonly HostFinding[] {
  return [
    ...kernelFindings(facts),
    ...permissionFindings(facts),
    ...nftFindings(facts),
    ...bridgeFindings(facts),
  ];
}

function kernelFindings({ kernelRelease }: HostFacts): readonly HostFinding[] {
  const needed = minimumKernel.join('.');
  const match = /^(\d+)\.(\d+)/.exec(kernelRelease);
  if (match === null) {
    return [
      {
        code: 'kernel-unknown',
        severity: 'warning',
        message: `the kernel calls itself ${JSON.stringify(kernelRelease)}`,
        fix: `make sure that it is Linux ${needed} or newer`,
      },
    ];
  }
  const [major, minor] = [Number(match[1]), Number(match[2])];
  if (major > minimumKernel[0] || (major === minimumKernel[0] && minor >= minimumKernel[1])) return [];
  return [
    {
      code: 'kernel-too-old',
      severity: 'error',
      message: `the kernel is ${kernelRelease}`,
      fix: `run this node on Linux ${needed} or newer`,
    },
  ];
}

function permissionFindings({ capabilities }: HostFacts): readonly HostFinding[] {
  if (capabilities === undefined || (capabilities & capNetAdmin) !== 0n) return [];
  return [
    {
      code: 'no-net-admin',
      severity: 'error',
      message: 'this process lacks CAP_NET_ADMIN',
      fix: 'run it as root, or give the container the capability NET_ADMIN',
    },
  ];
}

function nftFindings({ nftError, capabilities }: HostFacts): readonly HostFinding[] {
  if (nftError === undefined) return [];
  // Said once is enough.
  const permission = isNftError(nftError, 'NFT_NO_PERMISSION');
  if (permission && capabilities !== undefined && (capabilities & capNetAdmin) === 0n) return [];
  return [
    {
      code: 'nft-unusable',
      severity: 'error',
      message: nftError.message,
      fix: permission
        ? 'the network namespace must belong to a user namespace in which this process has CAP_NET_ADMIN'
        : `install nftables ${formatVersion(minimumVersion)} or newer, built with JSON, where PATH finds it`,
    },
  ];
}

/**
 * Traffic between two pods on one bridge is switched, not routed: without br_netfilter it never meets the forward hook,
 * and no policy between them holds.
 */
function bridgeFindings({ bridgesWithPorts, bridgeNfCall }: HostFacts): readonly HostFinding[] {
  if (bridgesWithPorts.length === 0) return [];
  const bridges = bridgesWithPorts.join(', ');
  const entries = Object.entries(bridgeNfCall) as readonly [
    keyof HostFacts['bridgeNfCall'],
    boolean | undefined,
  ][];
  if (entries.every(([, value]) => value === undefined)) {
    return [
      {
        code: 'bridge-netfilter-missing',
        severity: 'error',
        message: `pods share a bridge (${bridges}), but br_netfilter is not loaded: policies between them do not hold`,
        fix: 'modprobe br_netfilter && sysctl -w net.bridge.bridge-nf-call-iptables=1 net.bridge.bridge-nf-call-ip6tables=1',
      },
    ];
  }
  return entries
    .filter(([, value]) => value !== true)
    .map(([name]) => ({
      code: 'bridge-netfilter-off',
      severity: 'error',
      message: `pods share a bridge (${bridges}), but net.bridge.bridge-nf-call-${name} is not 1: policies between them do not hold`,
      fix: `sysctl -w net.bridge.bridge-nf-call-${name}=1`,
    }));
}

function readHost(root: string): Omit<HostFacts, 'nftError'> {
  const sysctl = (name: string): boolean | undefined => {
    const text = readIfThere(path.join(root, 'proc/sys/net/bridge', name));
    return text === undefined ? undefined : text.trim() === '1';
  };
  const status = readIfThere(path.join(root, 'proc/self/status'));
  const mask = status === undefined ? undefined : /^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1];
  return {
    kernelRelease: (readIfThere(path.join(root, 'proc/sys/kernel/osrelease')) ?? release()).trim(),
    capabilities: mask === undefined ? undefined : BigInt(`0x${mask}`),
    bridgesWithPorts: bridges(path.join(root, 'sys/class/net')),
    bridgeNfCall: {
      iptables: sysctl('bridge-nf-call-iptables'),
      ip6tables: sysctl('bridge-nf-call-ip6tables'),
    },
  };
}

function bridges(folder: string): readonly string[] {
  return entriesOf(folder)
    .map((entry) => entry.name)
    .filter((name) => entriesOf(path.join(folder, name, 'brif')).length > 0)
    .sort();
}

function entriesOf(folder: string): readonly Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

function isMissing(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code;
  return code === 'ENOENT' || code === 'ENOTDIR';
}
