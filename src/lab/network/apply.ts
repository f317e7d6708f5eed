import { existsSync } from 'node:fs';
import { netnsPath } from './host.ts';
import { renderFilling, renderForwarding, renderPair, renderSysctls } from './render.ts';
import { run, runAll } from './run.ts';
import type { Filling, Setup } from './setup.ts';

// One child process makes all namespaces and cables, then about one per namespace fills it, two at once per processor of
// a small machine. A process costs 2 ms; a command inside of a batch costs next to nothing.
const width = 4;

/**
 * Makes what the setup says, inside a lab.
 *
 * @throws CommandError with ip's or nft's own words, and Error with code `BR_NETFILTER_MISSING` where the kernel cannot
 * show bridged packets to rules.
 */
export async function apply(setup: Setup): Promise<void> {
  const made = [...setup.namespaces.map((name) => `netns add ${name}`), ...setup.pairs.map(renderPair)];
  if (made.length > 0) await run(['ip', '-batch', '-'], `${made.join('\n')}\n`);
  assertBridgeNetfilter(setup);
  await runAll(setup.fillings, width, fill);
}

/** `argv` as it runs in the network namespace; absent: the lab's own. */
export function inNetns(netns: string | undefined, argv: readonly string[]): readonly string[] {
  // nsenter, not `ip netns exec`: nothing here reads /sys, and this is the cheaper one.
  return netns === undefined ? argv : ['nsenter', `--net=${netnsPath(netns)}`, '--', ...argv];
}

async function fill(filling: Filling): Promise<void> {
  const script = `${renderSysctls(filling.sysctls ?? [])}\nexec ip -batch -`;
  await run(inNetns(filling.netns, ['sh', '-c', script]), renderFilling(filling));
  const forwarding = renderForwarding(filling);
  if (forwarding !== '') await run(inNetns(filling.netns, ['bridge', '-batch', '-']), forwarding);
  if (filling.ruleset !== undefined) await run(inNetns(filling.netns, ['nft', '-f', '-']), filling.ruleset);
}

function assertBridgeNetfilter(setup: Setup): void {
  const needed = setup.fillings.some((filling) =>
    filling.sysctls?.some((sysctl) => sysctl.path.startsWith('bridge/')),
  );
  if (!needed || existsSync('/proc/sys/net/bridge/bridge-nf-call-iptables')) return;
  const message =
    'the bridge topology needs the kernel module br_netfilter: modprobe br_netfilter, or use --topology routed';
  throw Object.assign(new Error(message), { code: 'BR_NETFILTER_MISSING' });
}
