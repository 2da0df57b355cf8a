import { confirm as keep } from '../apply/index.js';
import { answer, type Context } from './context.js';
import { withKernel } from './kernel.js';

/** Keeps the pending change, or gives it `extend` seconds from now. */
export async function confirm(context: Context, { extend }: { readonly extend: number | undefined }): Promise<number> {
  const { generation, pending } = await withKernel(context, (world) => keep(world, extend ?? null));
  answer(context, { generation, pending: pendingJson(pending) }, () =>
    pending === null
      ? `generation ${generation} is confirmed\n`
      : `generation ${generation} must be confirmed by ${pending.until}\n`,
  );
  return 0;
}

/** What `apply` and `confirm` say of a change that waits to be confirmed. */
export const pendingJson = (pending: { readonly until: string | null } | null) =>
  pending === null ? null : { until: pending.until };
