import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import packageOf from '../../package.json' with { type: 'json' };
import { createProgram } from '../../src/cli/program.js';

/** The program, and every command and subcommand, by what a person types. */
function everyCommand(command: Command, typed: readonly string[] = []): [string, Command][] {
  const own = [...typed, command.name()];
  return [[own.join(' '), command], ...command.commands.flatMap((sub) => everyCommand(sub, own))];
}

function helpOf(command: Command): string {
  let help = '';
  command.configureOutput({ writeOut: (text) => (help += text) }).outputHelp();
  return help;
}

const [[, program], ...commands] = everyCommand(createProgram()) as [[string, Command], ...[string, Command][]];

describe('the help', () => {
  it('knows every command', () => {
    expect(program.commands.map((command) => command.name()).toSorted()).toEqual([
      'backfill',
      'doctor',
      'explain',
      'export',
      'import',
      'keys',
      'link',
      'migrate',
      'replay',
      'simulate',
      'start',
      'unlink',
    ]);
  });

  it.each(commands)('of %s shows examples of it', (typed, command) => {
    const [name, own] = typed.split(' ');
    expect(helpOf(command)).toMatch(new RegExp(`Examples:\\n {2}${name} ${own}`));
  });

  it('of commands that print data offers JSON', () => {
    const printing = commands.filter(([typed, { commands: subs }]) => subs.length === 0 && !typed.endsWith(' start'));
    for (const [typed, command] of printing)
      expect([typed, helpOf(command)]).toEqual([typed, expect.stringContaining('--json')]);
  });

  it('of the whole shows examples too, and how to ask for the version', () => {
    expect(helpOf(program)).toMatch(/Examples:\n {2}renewal-ledger start\n/);
    expect(helpOf(program)).toContain('--version');
    expect(program.version()).toBe(packageOf.version);
  });

  it('tells the exit codes', () => {
    expect(helpOf(program)).toMatch(/Exit codes:\n {2}0 .*\n {2}1 .*\n {2}2 .*\n {2}130 /);
  });
});
