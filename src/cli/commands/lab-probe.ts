import { Command, Option } from 'commander';
import type { ProbeAnswer, ProbedConnection } from '../../lab/session/control-calls.ts';
import { printable } from '../../model/read/quote.ts';
import { exitCode } from '../exit-code.ts';
import { askSession, runningSession, type SessionFlags, withSessionName } from '../lab-session.ts';
import { agreementText, connectivityTable } from '../output/connectivity.ts';
import { jsonText } from '../output/json-text.ts';
import { apiVersion } from '../output/traffic-json.ts';
import type { Finish } from '../program.ts';
import type { Terminal } from '../terminal.ts';

interface LabProbeOptions extends SessionFlags {
  readonly output: 'text' | 'json';
}

/** `ringfence lab probe`: who reaches whom, with real packets. */
export function labProbeCommand(terminal: Terminal, finish: Finish): Command {
  return withSessionName(new Command('probe'))
    .summary('send packets in a lab and compare with what the compiler says')
    .description(
      `Sends real packets once the agents have applied all that the API server holds, and asks the compiler
the same. FROM and TO are NAMESPACE/POD, a node, an outside host, or an address; TO can also be
svc/NAMESPACE/NAME. Without TO: every pod and outside host. Without both: everybody to everybody.
Without PORT: the ports that TO declares (80 of an outside host), or a ping where it declares none;
"icmp" as PORT is a ping. Exit code with TO: 0 reachable, 1 not. Without: 0 where packets and compiler
agree, 1 where not.`,
    )
    .argument('[from]')
    .argument('[to]', 'TO[:PORT[/PROTOCOL]]')
    .addOption(new Option('-o, --output <format>', 'what to print').choices(['text', 'json']).default('text'))
    .addHelpText(
      'after',
      `
Examples:
  ringfence lab probe
  ringfence lab probe shop/web
  ringfence lab probe shop/web shop/db:5432 && echo reachable
  ringfence lab probe outside svc/shop/web:80 -o json`,
    )
    .action(async (from: string | undefined, to: string | undefined, options: LabProbeOptions) => {
      const session = await runningSession(terminal, options.name);
      const answer = await askSession(terminal, session, 'probe', {
        ...(from === undefined ? {} : { from }),
        ...(to === undefined ? {} : { to }),
      });
      for (const warning of answer.warnings) terminal.err(`warning: ${printable(warning)}\n`);
      const isOne = to !== undefined;
      const result = judge(answer);
      terminal.out(
        options.output === 'json' ? json(answer, result, isOne) : text(answer, terminal.colour.out, isOne),
      );
      finish(result.agree && (result.reachable || !isOne) ? exitCode.yes : exitCode.no);
    });
}

interface Result {
  readonly agree: boolean;
  readonly reachable: boolean;
}

function judge({ connections }: ProbeAnswer): Result {
  return {
    agree: connections.every(({ agrees }) => agrees),
    reachable: connections.every(({ packets }) => packets === 'allowed'),
  };
}

function json({ connections }: ProbeAnswer, { agree, reachable }: Result, isOne: boolean): string {
  const head = { apiVersion, kind: 'MeasuredConnectivity', agree };
  return jsonText({ ...head, ...(isOne ? { reachable } : {}), connections });
}

function text({ connections }: ProbeAnswer, colour: boolean, isOne: boolean): string {
  if (connections.length === 0) return 'there is nobody to ask\n';
  if (isOne) return connections.map(lineOf).join('');
  return `${connectivityTable(connections, colour)}\n${agreementText(connections)}`;
}

/** `shop/web -> shop/db:5432/TCP (10.244.1.3): allowed, answered by shop/db; the compiler says allowed`. */
function lineOf({
  from,
  to,
  port,
  protocol,
  address,
  packets,
  answeredBy,
  compiled,
  agrees,
}: ProbedConnection): string {
  const what = protocol === 'ICMP' || protocol === 'OTHER' ? ` ${protocol}` : `:${String(port)}/${protocol}`;
  const who =
    answeredBy === undefined ? '' : `, ${packets === 'allowed' ? 'answered' : 'said'} by ${answeredBy}`;
  const mark = agrees ? '' : '  !';
  return `${from} -> ${to}${what} (${address}): ${packets}${who}; the compiler says ${compiled}${mark}\n`;
}
