import type { Dice } from '../../src/cli/simulate/dice.js';
import { type ServiceProcess, startServiceProcess } from '../../test/support/service-process.js';

type Role = 'web' | 'worker';
const STOP_MS = 15_000;

/** A web process and two workers, each started again whenever it ends. */
export class Fleet {
  /** Where the web process that is up, or was last, listens. */
  url = '';
  killed = 0;
  /** Those that were up, and that nobody killed. */
  endedByThemselves = 0;
  /** A start that finds the database gone ends, and is made again. */
  endedAsTheyStarted = 0;
  readonly #env: Readonly<Record<string, string>>;
  readonly #members: Member[] = [];
  #isStopping = false;

  constructor(env: Readonly<Record<string, string>>) {
    this.#env = env;
  }

  /** The first one alone, because it migrates. */
  async start(): Promise<void> {
    await this.#add('web');
    await Promise.all([this.#add('worker'), this.#add('worker')]);
  }

  /** As kill -9 does it. One that still starts is mostly spared: else on a slow machine none would ever be up. */
  killOne(dice: Dice): void {
    const member = this.#members[dice.upTo(this.#members.length) - 1];
    if (member === undefined || member.isKilled) return;
    if (!wasUp(member) && !dice.isLucky(0.2)) return;
    member.isKilled = true;
    this.killed += 1;
    member.process.kill();
  }

  async ready(): Promise<void> {
    await Promise.all(this.#members.map(({ process }) => process.ready));
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    for (const { process } of this.#members) process.kill('SIGTERM');
    const late = setTimeout(() => this.#members.forEach(({ process }) => process.kill()), STOP_MS);
    await Promise.all(this.#members.map(({ process }) => process.ended));
    clearTimeout(late);
  }

  async #add(role: Role): Promise<void> {
    const member = { role, process: this.#launch(role), isKilled: false };
    this.#members.push(member);
    void this.#keep(member);
    await member.process.ready;
  }

  async #keep(member: Member): Promise<void> {
    for (;;) {
      await member.process.ended;
      if (this.#isStopping) return;
      if (!member.isKilled) this.#reportEnd(member);
      member.isKilled = false;
      member.process = this.#launch(member.role);
    }
  }

  #launch(role: Role): ServiceProcess {
    const process = startServiceProcess({ env: this.#env, role });
    if (role === 'web')
      process.ready.then(
        (url) => (this.url = url),
        () => undefined,
      );
    return process;
  }

  /** What it said last tells why it ended. */
  #reportEnd(member: Member): void {
    const isUp = wasUp(member);
    this[isUp ? 'endedByThemselves' : 'endedAsTheyStarted'] += 1;
    const words = member.process.output().slice(-1_000);
    console.error(`A ${member.role} process ended by itself${isUp ? '' : ' as it started'}:\n${words}`);
  }
}

const wasUp = ({ process }: Pick<Member, 'process'>): boolean => process.output().includes('is ready at');

interface Member {
  readonly role: Role;
  process: ServiceProcess;
  isKilled: boolean;
}
