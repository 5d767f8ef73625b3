import { toLastError } from '../../events/last-error.js';

/** `wrong` needs a person, and makes the doctor's exit code 1; `unknown`: the check could not run. */
export type Verdict = 'ok' | 'note' | 'wrong' | 'unknown';

export interface Finding {
  readonly check: string;
  readonly verdict: Verdict;
  readonly message: string;
  /** What to do about it. */
  readonly advice: string | null;
}

/** What a check comes to, before it is named. */
export type Diagnosis = Omit<Finding, 'check'>;

export interface Check {
  readonly name: string;
  run(): Promise<Diagnosis[]>;
}

export const ok = (message: string): Diagnosis => ({ verdict: 'ok', message, advice: null });
export const note = (message: string, advice: string | null = null): Diagnosis => ({
  verdict: 'note',
  message,
  advice,
});
export const wrong = (message: string, advice: string): Diagnosis => ({ verdict: 'wrong', message, advice });
export const unknown = (message: string, advice: string | null = null): Diagnosis => ({
  verdict: 'unknown',
  message,
  advice,
});

/** One after the other; one that fails says so, and keeps no other from running. */
export async function runChecks(checks: readonly Check[]): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const { name, run } of checks) {
    const diagnoses = await run().catch((error: unknown) => [
      unknown(`This could not be checked: ${toLastError(error)}`),
    ]);
    findings.push(...diagnoses.map((diagnosis) => ({ check: name, ...diagnosis })));
  }
  return findings;
}
