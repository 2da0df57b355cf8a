import type { Script } from 'node:vm';

export function compiledFormOf(path: string): string;
export function scriptOf(path: string, name?: string): Script;
export function loadProgram(path: string): Readonly<Record<string, unknown>>;
