import type { KubeConfigSource } from '../kube/client.ts';
import { type CompilerOptions, defaultCompilerOptions } from '../ruleset/compiler.ts';
import { isEpochMask } from '../ruleset/epoch.ts';
import type { InterfacePattern } from '../ruleset/objects.ts';
import { isInterfacePattern, isLegalName } from '../ruleset/render-text.ts';
import { AgentError } from './errors.ts';
import { type LogLevel, logLevels } from './log-level.ts';

/** Flags as the command line hands them over: text, unread. Absent means the default. */
export interface AgentConfigValues {
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly inCluster?: boolean;
  readonly nodeName?: string;
  readonly healthAddress?: string;
  readonly metricsAddress?: string;
  readonly logLevel?: string;
  readonly table?: string;
  readonly ctMarkMask?: string;
  readonly deny?: string;
  readonly nodeEgress?: string;
  readonly podInterfaces?: string;
  readonly nftPath?: string;
  readonly logDenials?: boolean;
  readonly logGroup?: string;
  readonly ulogdPath?: string;
}

export interface ListenAddress {
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
}

/** What the agent was told. Checked, defaults applied. */
export interface AgentConfig {
  readonly kube: KubeConfigSource;
  /** `/livez`, `/readyz`, `/status`; absent: not served. */
  readonly health?: ListenAddress;
  /** `/metrics`; absent: not served. */
  readonly metrics?: ListenAddress;
  readonly logLevel: LogLevel;
  readonly compiler: Omit<CompilerOptions, 'epoch'>;
  /** The nft binary: a path, or a name to look up in PATH. */
  readonly nftPath: string;
  /** ulogd2: a path, or a name to look up in PATH. Read where `compiler.denialLog` is set. */
  readonly ulogdPath: string;
}

/** The defaults as text, for help. Both addresses are the node's own: /status names policies, and pods can reach the node. */
export const agentConfigDefaults = {
  healthAddress: '127.0.0.1:9461',
  metricsAddress: '127.0.0.1:9462',
  logLevel: 'info',
  table: defaultCompilerOptions.table,
  ctMarkMask: `0x${defaultCompilerOptions.ctMarkMask.toString(16)}`,
  deny: defaultCompilerOptions.deny,
  nodeEgress: defaultCompilerOptions.nodeEgress,
  nftPath: 'nft',
  logGroup: '9461',
  ulogdPath: 'ulogd',
} as const satisfies AgentConfigValues;

/**
 * Reads flags, then NODE_NAME (the downward API's `spec.nodeName`). Without --kubeconfig the API server is found as
 * kubectl does it: KUBECONFIG, the service account where this is a pod, ~/.kube/config.
 *
 * @throws AgentError `config-invalid`, naming everything that is wrong
 */
export function readAgentConfig(
  values: AgentConfigValues,
  env: Readonly<Record<string, string | undefined>>,
): AgentConfig {
  const problems: string[] = [];
  const health = readListenAddress('--health-address', values.healthAddress, 'healthAddress', problems);
  const metrics = readListenAddress('--metrics-address', values.metricsAddress, 'metricsAddress', problems);
  const config: AgentConfig = {
    kube: readKubeSource(values, env, problems),
    ...(health === undefined ? {} : { health }),
    ...(metrics === undefined ? {} : { metrics }),
    logLevel: readChoice('--log-level', values.logLevel, logLevels, agentConfigDefaults.logLevel, problems),
    compiler: {
      nodeName: readNodeName(values.nodeName ?? env['NODE_NAME'], problems),
      table: readTable(values.table ?? agentConfigDefaults.table, problems),
      ctMarkMask: readMask(values.ctMarkMask ?? agentConfigDefaults.ctMarkMask, problems),
      deny: readChoice('--deny', values.deny, ['drop', 'reject'], agentConfigDefaults.deny, problems),
      nodeEgress: readChoice(
        '--node-egress',
        values.nodeEgress,
        ['allow', 'enforce'],
        agentConfigDefaults.nodeEgress,
        problems,
      ),
      ...(values.podInterfaces === undefined
        ? {}
        : { podInterfaces: readInterfaces(values.podInterfaces, problems) }),
      ...(values.logDenials === true
        ? {
            denialLog: {
              group: readLogGroup(values.logGroup ?? agentConfigDefaults.logGroup, problems),
              perSecond: 100,
            },
          }
        : {}),
    },
    ulogdPath: readProgram('--ulogd', values.ulogdPath ?? agentConfigDefaults.ulogdPath, problems),
    nftPath: readProgram('--nft', values.nftPath ?? agentConfigDefaults.nftPath, problems),
  };
  if (problems.length > 0) throw new AgentError('config-invalid', problems.join('; '));
  return config;
}

function readKubeSource(
  values: AgentConfigValues,
  env: Readonly<Record<string, string | undefined>>,
  problems: string[],
): KubeConfigSource {
  const { kubeconfig, context } = values;
  if (values.inCluster === true) {
    if (kubeconfig !== undefined || context !== undefined) {
      problems.push('--in-cluster excludes --kubeconfig and --context');
    }
    if ((env['KUBECONFIG'] ?? '') !== '') problems.push('--in-cluster: unset KUBECONFIG, which comes first');
    if ((env['KUBERNETES_SERVICE_HOST'] ?? '') === '') {
      problems.push('--in-cluster: KUBERNETES_SERVICE_HOST is not set, so this is not a pod');
    }
  }
  return {
    ...(kubeconfig === undefined ? {} : { kubeconfig }),
    ...(context === undefined ? {} : { context }),
  };
}

function readNodeName(text: string | undefined, problems: string[]): string {
  if (text === undefined || text === '') {
    problems.push('no node name: give --node-name, or set NODE_NAME from the downward API (spec.nodeName)');
    return '';
  }
  // apimachinery `NameIsDNSSubdomain`; it goes into a field selector, so nothing else may pass.
  if (text.length > 253 || !/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/.test(text)) {
    problems.push(
      `--node-name ${JSON.stringify(text)} is not a node name: lower case letters, digits, "-" and "."`,
    );
  }
  return text;
}

function readTable(text: string, problems: string[]): string {
  if (!/^[A-Za-z][A-Za-z0-9_]{0,63}$/.test(text)) {
    problems.push(
      `--table ${JSON.stringify(text)} must be a letter and then at most 63 letters, digits or "_"`,
    );
  } else if (!isLegalName(text)) {
    problems.push(
      `--table ${JSON.stringify(text)} is a word of nft's own, which its text form does not take as a name`,
    );
  }
  return text;
}

/** `cni0` or `veth*,cali*`. */
function readInterfaces(text: string, problems: string[]): readonly InterfacePattern[] {
  const patterns = text.split(',');
  const wrong = patterns.filter((pattern) => !isInterfacePattern(pattern) || pattern === 'lo');
  for (const pattern of wrong) {
    problems.push(
      `--pod-interfaces ${JSON.stringify(pattern)} must be the name of an interface, or its beginning and "*", such as cni0 or cali*`,
    );
  }
  return [...new Set(patterns.filter(isInterfacePattern))].sort();
}

function readMask(text: string, problems: string[]): number {
  const mask = /^(0x[0-9a-fA-F]{1,8}|[0-9]{1,10})$/.test(text) ? Number(text) : 0;
  if (!isEpochMask(mask)) {
    problems.push(
      `--ct-mark-mask ${JSON.stringify(text)} must be one run of at least 8 bits, such as ${agentConfigDefaults.ctMarkMask}`,
    );
  }
  return mask;
}

function readProgram(flag: string, text: string, problems: string[]): string {
  if (text === '') problems.push(`${flag} must not be empty`);
  return text;
}

/** nfnetlink_log has 65,536 groups; the kernel's own log goes to group 0. */
function readLogGroup(text: string, problems: string[]): number {
  const group = /^[0-9]{1,5}$/.test(text) ? Number(text) : 0;
  if (group < 1 || group > 65_535) {
    problems.push(`--log-group ${JSON.stringify(text)} must be a number from 1 to 65535`);
  }
  return group;
}

function readChoice<const Choice extends string>(
  flag: string,
  text: string | undefined,
  choices: readonly Choice[],
  otherwise: Choice,
  problems: string[],
): Choice {
  if (text === undefined) return otherwise;
  const choice = choices.find((known) => known === text);
  if (choice === undefined) {
    problems.push(`${flag} ${JSON.stringify(text)} must be one of ${choices.join(', ')}`);
  }
  return choice ?? otherwise;
}

/** `HOST:PORT`, `[IPv6]:PORT` or `:PORT` (every address); `off` serves nothing. */
function readListenAddress(
  flag: string,
  text: string | undefined,
  fallback: 'healthAddress' | 'metricsAddress',
  problems: string[],
): ListenAddress | undefined {
  const value = text ?? agentConfigDefaults[fallback];
  if (value === 'off') return undefined;
  const [, bracketed, plain, digits] = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]/\s]*)):(\d{1,5})$/.exec(value) ?? [];
  const port = Number(digits ?? 'NaN');
  if (!(port <= 65_535)) {
    problems.push(`${flag} ${JSON.stringify(value)} must be HOST:PORT, [IPv6]:PORT, :PORT or off`);
    return undefined;
  }
  const host = bracketed ?? plain ?? '';
  return { host: host === '' ? '::' : host, port };
}
