import { Command } from 'commander';
import type { Finish } from '../program.ts';
import type { Terminal } from '../terminal.ts';
import { labDemoCommand } from './lab-demo.ts';
import { labDownCommand } from './lab-down.ts';
import { labExecCommand } from './lab-exec.ts';
import { labProbeCommand } from './lab-probe.ts';
import { labRunCommand } from './lab-run.ts';
import { labStatusCommand } from './lab-status.ts';
import { labHoldCommand, labUpCommand } from './lab-up.ts';

/** `ringfence lab`: a cluster in a box. */
export function labCommand(terminal: Terminal, finish: Finish): Command {
  return new Command('lab')
    .summary('a cluster in a box: real agents, real packets, no cluster')
    .description(
      `A cluster in network namespaces of its own: nodes, pods, an outside world, an API server, and the real agent on every node. The host's network and rules are never touched; nothing stays behind.`,
    )
    .addCommand(labRunCommand(terminal, finish))
    .addCommand(labUpCommand(terminal, finish))
    .addCommand(labStatusCommand(terminal, finish))
    .addCommand(labProbeCommand(terminal, finish))
    .addCommand(labExecCommand(terminal, finish))
    .addCommand(labDownCommand(terminal, finish))
    .addCommand(labDemoCommand(terminal, finish))
    .addCommand(labHoldCommand(terminal), { hidden: true });
}
