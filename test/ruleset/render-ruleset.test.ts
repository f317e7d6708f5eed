import { expect, test } from 'vitest';
import type {
  Chain,
  ChainName,
  ElementKey,
  NftSet,
  Ruleset,
  SetName,
  Verdict,
} from '../../src/ruleset/objects.ts';
import { renderRuleset } from '../../src/ruleset/render-ruleset.ts';

test('an empty table', () => {
  expect(renderRuleset({ table: 'ringfence', sets: new Map(), chains: new Map() })).toBe(`table inet ringfence
delete table inet ringfence

table inet ringfence {
}
`);
});

test('sorted, wrapped and commented as a person would write it', () => {
  const accept = { kind: 'verdict', verdict: { kind: 'accept' } } as const;
  const many = Array.from({ length: 12 }, (_, index) => `10.0.${String(20 - index)}.0/24`);
  const sets = [
    mapOf('dispatch', ['10.0.0.10', '10.0.0.9', '10.0.0.2', '10.0.0.1'], {
      kind: 'goto',
      chain: chainName('ingress-a/web'),
    }),
    setOf('peers', ['10.0.0.10', '10.0.0.9'], { comment: 'app=web' }),
    setOf('blocks', many, { interval: true }),
    setOf('none', []),
    mapOf(
      'classes',
      ['udp . 9', 'tcp . 100', 'tcp . 8-9'],
      { kind: 'accept' },
      { keyType: 'inet_proto . inet_service', interval: true },
    ),
  ];
  const chains: Chain[] = [
    { name: chainName('zebra'), rules: [] },
    {
      name: chainName('ingress-a/web'),
      rules: [{ matches: [{ kind: 'protocol', protocol: 'TCP' }], statements: [accept], comment: 'a/allow' }],
    },
    { name: chainName('in'), base: { hook: 'input', priority: 101 }, rules: [] },
    { name: chainName('out'), base: { hook: 'output', priority: 0 }, rules: [] },
    {
      name: chainName('through'),
      base: { hook: 'forward', priority: 0 },
      rules: [{ matches: [], statements: [accept] }],
    },
  ];
  const ruleset: Ruleset = {
    table: 'ringfence',
    sets: new Map(sets.map((set) => [set.name, set])),
    chains: new Map(chains.map((chain) => [chain.name, chain])),
  };
  const text = renderRuleset(ruleset);
  expect(text).toBe(`table inet ringfence
delete table inet ringfence

table inet ringfence {
	set blocks {
		typeof ip saddr
		flags interval
		elements = {
			10.0.9.0/24, 10.0.10.0/24, 10.0.11.0/24, 10.0.12.0/24, 10.0.13.0/24, 10.0.14.0/24,
			10.0.15.0/24, 10.0.16.0/24, 10.0.17.0/24, 10.0.18.0/24, 10.0.19.0/24, 10.0.20.0/24
		}
	}

	map classes {
		typeof meta l4proto . th dport : verdict
		flags interval
		elements = { tcp . 8-9 : accept, tcp . 100 : accept, udp . 9 : accept }
	}

	map dispatch {
		typeof ip saddr : verdict
		elements = {
			10.0.0.1 : goto ingress-a/web,
			10.0.0.2 : goto ingress-a/web,
			10.0.0.9 : goto ingress-a/web,
			10.0.0.10 : goto ingress-a/web
		}
	}

	set none {
		typeof ip saddr
	}

	set peers {
		typeof ip saddr
		comment "app=web"
		elements = { 10.0.0.9, 10.0.0.10 }
	}

	chain through {
		type filter hook forward priority filter; policy accept;
		accept
	}

	chain out {
		type filter hook output priority filter; policy accept;
	}

	chain in {
		type filter hook input priority 101; policy accept;
	}

	chain ingress-a/web {
		meta l4proto tcp accept comment "a/allow"
	}

	chain zebra {
	}
}
`);
  const reversed: Ruleset = {
    ...ruleset,
    sets: new Map([...ruleset.sets].reverse()),
    chains: new Map([...ruleset.chains].reverse()),
  };
  expect(renderRuleset(reversed)).toBe(text);
});

function chainName(name: string): ChainName {
  return name as ChainName;
}

function setOf(name: string, keys: readonly string[], more: Partial<NftSet> = {}): NftSet {
  const elements = new Map(keys.map((key) => [key as ElementKey, null]));
  return { name: name as SetName, kind: 'set', keyType: 'ipv4_addr', interval: false, elements, ...more };
}

function mapOf(name: string, keys: readonly string[], verdict: Verdict, more: Partial<NftSet> = {}): NftSet {
  const elements = new Map(keys.map((key) => [key as ElementKey, verdict]));
  return { ...setOf(name, []), kind: 'map', elements, ...more };
}
