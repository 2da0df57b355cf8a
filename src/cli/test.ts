import { resolve } from 'node:path';
import { load as parseYaml, YAMLException } from 'js-yaml';
import { Failure, harmless } from '../diagnostics/index.js';
import { type CaseResult, runCase } from '../simulate/index.js';
import { answer, type Context } from './context.js';
import { load, mentionErrors } from './load.js';

/** One entry of one file, and what became of it. */
interface TestedCase {
  readonly file: string;
  /** From 1. */
  readonly number: number;
  /** As the file has it. */
  readonly entry: unknown;
  readonly result: CaseResult;
}

/** Runs the policy tests of YAML files against the site; 1 if any fails. */
export async function test(context: Context, files: readonly string[]): Promise<number> {
  const entries = files.flatMap((file) =>
    readEntries(context, file).map((entry, index) => ({ file, number: index + 1, entry })),
  );
  const loaded = load(context);
  mentionErrors(context, loaded);
  const { site, compiled } = loaded;
  const cases = entries.map((item): TestedCase => ({ ...item, result: runCase(compiled.ruleset, site, item.entry) }));
  const failed = cases.filter(({ result }) => !result.ok).length;
  const passed = cases.length - failed;
  answer(context, { passed, failed, cases: cases.map(toJson) }, () => {
    const failures = cases.filter(({ result }) => !result.ok).map(renderFailure);
    return `${failures.join('')}${passed} passed, ${failed} failed\n`;
  });
  return failed === 0 ? 0 : 1;
}

function readEntries({ files }: Context, file: string): unknown[] {
  const bytes = files.read(resolve(file));
  if (bytes === null) throw new Failure('no-such-file', `there is no file ${file}`, { help: 'check the path' });
  const entries = parse(new TextDecoder().decode(bytes), file);
  if (!Array.isArray(entries))
    throw new Failure('bad-test-file', `${file} holds no list of tests`, {
      help: 'write lines such as: - {from: outside, to: vm100, proto: tcp, dport: 22, expect: ACCEPT}',
    });
  return entries;
}

function parse(text: string, file: string): unknown {
  try {
    return parseYaml(text);
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error;
    const place = error.mark === undefined ? file : `${file}:${error.mark.line + 1}:${error.mark.column + 1}`;
    throw new Failure('bad-test-file', `${place}: ${error.reason}`, { help: 'the file must be YAML', cause: error });
  }
}

const fieldsOf = (entry: unknown): object => (typeof entry === 'object' && entry !== null ? entry : { entry });

const toJson = ({ file, number, entry, result }: TestedCase): object => ({
  ...fieldsOf(entry),
  ...result,
  file,
  number,
});

function renderFailure({ file, number, entry, result }: TestedCase): string {
  const { verdict, origin, reason } = result;
  const line = origin === null ? '' : `  ${origin.file}:${origin.line}`;
  const found = verdict === null ? 'cannot be run' : `is ${verdict}${line}`;
  return [`${file}, test ${number}: ${describe(entry)}`, `  ${found}`, `  ${reason}`]
    .map((text) => `${harmless(text)}\n`)
    .join('');
}

/** The entry on one line, in YAML's flow style. */
const describe = (entry: unknown): string =>
  Object.entries(fieldsOf(entry))
    .map(([key, value]) => `${key}: ${String(value)}`)
    .join(', ');
