import { readdir, readFile } from 'node:fs/promises';

/** Linux counts processor time in hundredths of a second, on every machine that Node runs on. */
const TICKS_PER_SECOND = 100;

interface ProcessTimes {
  readonly parent: number;
  readonly own: number;
  /** Of children that have ended. */
  readonly ended: number;
}

/** Processor time of one process, and of its children that have ended. */
export async function cpuSecondsOf(pid: number): Promise<number> {
  const times = await timesOf(String(pid));
  return times === undefined ? Number.NaN : (times.own + times.ended) / TICKS_PER_SECOND;
}

/** Processor time of a process and of all its children, the ended ones too. */
export async function cpuSecondsBelow(pid: number): Promise<number> {
  const names = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const all = await Promise.all(names.map(timesOf));
  const children = all.filter((times) => times?.parent === pid).reduce((total, times) => total + (times?.own ?? 0), 0);
  return children / TICKS_PER_SECOND + (await cpuSecondsOf(pid));
}

/** See proc_pid_stat(5). The second field is a name in brackets that may hold anything. */
async function timesOf(pid: string): Promise<ProcessTimes | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const field = (number: number) => Number(fields[number - 3]);
  return { parent: field(4), own: field(14) + field(15), ended: field(16) + field(17) };
}
