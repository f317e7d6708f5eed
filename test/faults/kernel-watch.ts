import { setTimeout as delay } from 'node:timers/promises';
import type { Address } from '../../src/net/address.ts';
import type { Nft } from '../../src/nft/nft.ts';
import { readTable } from '../../src/nft/read-table.ts';
import { interpret } from '../../src/ruleset/interpret.ts';

/** What was in the kernel during a fault, looked at all the time. */
export interface KernelWatch {
  /** Ends it. Everything that should never have been, and how often was looked. */
  stop(): Promise<{ readonly looks: number; readonly wrong: readonly string[] }>;
}

/** New connections whose verdict no change touches. */
const flows: readonly { readonly from: string; readonly to: string; readonly passes: boolean }[] = [
  { from: '10.244.1.11', to: '10.244.1.10', passes: true },
  { from: '10.244.2.11', to: '10.244.1.10', passes: true },
  { from: '10.244.1.12', to: '10.244.1.10', passes: false },
  { from: '10.9.9.9', to: '10.244.1.10', passes: false },
  { from: '10.244.1.11', to: '10.244.1.13', passes: false },
  { from: '10.244.1.13', to: '10.244.1.10', passes: false },
  // Nobody's address.
  { from: '10.244.1.11', to: '10.244.1.250', passes: false },
];

/** Reads the table back and lets the interpreter judge, over and over. */
export function watchKernel(kernel: Nft): KernelWatch {
  const wrong = new Set<string>();
  const state = { looks: 0, stopped: false };
  const work = (async () => {
    while (!state.stopped) {
      const objects = await kernel.list('ringfence');
      state.looks += 1;
      if (objects === undefined) wrong.add('there is no table');
      else {
        const { ruleset } = readTable('ringfence', objects);
        for (const { from, to, passes } of flows) {
          const { verdict } = interpret(ruleset, {
            ...{ hook: 'forward', source: from as Address, destination: to as Address, sourceIsLocal: false },
            ...{ protocol: 'TCP', destinationPort: 5432 },
            ct: { state: 'new', direction: 'original', mark: 0 },
          });
          if ((verdict === 'accept') !== passes) wrong.add(`${from} > ${to}: ${verdict}`);
        }
      }
      await delay(20);
    }
  })();
  return {
    async stop() {
      state.stopped = true;
      await work;
      return { looks: state.looks, wrong: [...wrong] };
    },
  };
}
