import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { readCidr } from '../../src/net/cidr.ts';
import { createCompiler, defaultCompilerOptions } from '../../src/ruleset/compiler.ts';
import { renderRuleset } from '../../src/ruleset/render-ruleset.ts';

test('rules/skeleton.nft is what the compiler writes for a node without pods', () => {
  const compiler = createCompiler({ ...defaultCompilerOptions, nodeName: 'node' });
  const podCIDRs = ['10.244.1.0/24', 'fd00:244:1::/64'].flatMap((text) => {
    const reading = readCidr(text);
    return reading.ok ? [reading.cidr] : [];
  });
  compiler.setNode({ name: 'node', labels: {}, addresses: [], podCIDRs });
  compiler.step();
  const reviewed = readFileSync(new URL('../../rules/skeleton.nft', import.meta.url), 'utf8');
  expect(withoutRemarks(reviewed)).toBe(withoutRemarks(renderRuleset(compiler.ruleset())));
});

/** Lines that say something to nft. */
function withoutRemarks(text: string): string {
  return text
    .split('\n')
    .filter((line) => !/^\s*(#|$)/.test(line))
    .join('\n');
}
