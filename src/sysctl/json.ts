import type { Reader } from '../ruleset/index.js';
import { type Replaced, type Sysctl, sysctlNames } from './sysctl.js';

/** The settings as JSON values, in the shape of their type. */
export const readSysctls = (reader: Reader): Sysctl[] =>
  reader.list((item) => ({
    name: item.field('name').oneOf(sysctlNames),
    value: item.field('value').integer(),
    origin: {
      file: item.field('origin').field('file').string(),
      line: item.field('origin').field('line').integer(),
    },
  }));

export const readReplaced = (reader: Reader): Replaced =>
  new Map(reader.list((item) => [item.field('name').oneOf(sysctlNames), item.field('value').integer()] as const));

export const replacedToJson = (replaced: Replaced): { readonly name: string; readonly value: number }[] =>
  [...replaced].map(([name, value]) => ({ name, value }));
