import koffi from 'koffi';
import { inNamespace } from '../../src/netlink/namespace.js';

// The library behind the program nft: the same parser and the same output, without a process for each command.
const library = koffi.load('libnftables.so.1');
const contextNew = library.func('void *nft_ctx_new(uint32_t flags)');
const contextFree = library.func('void nft_ctx_free(void *context)');
const bufferOutput = library.func('int nft_ctx_buffer_output(void *context)');
const bufferError = library.func('int nft_ctx_buffer_error(void *context)');
const outputOf = library.func('const char *nft_ctx_get_output_buffer(void *context)');
const errorOf = library.func('const char *nft_ctx_get_error_buffer(void *context)');
const runCommands = library.func('int nft_run_cmd_from_buffer(void *context, const char *text)');

/** What `nft` prints for these commands in the namespace; throws with its message when it refuses them. */
export function nft(netns: string, commands: string): string {
  return inNamespace(netns, () => {
    const context: unknown = contextNew(0);
    try {
      bufferOutput(context);
      bufferError(context);
      if (runCommands(context, commands) !== 0) throw new Error(String(errorOf(context)));
      return String(outputOf(context));
    } finally {
      contextFree(context);
    }
  });
}

const setDebug = library.func('void nft_ctx_output_set_debug(void *context, uint32_t mask)');
const setDryRun = library.func('void nft_ctx_set_dry_run(void *context, bool dry)');
const DEBUG_NETLINK = 8;

/**
 * What libnftables itself makes of a text: each rule, chain, set and element as it would send it. The kernel is asked in a
 * dry run, and what it refuses is no matter here: only a text that cannot be read throws.
 */
export function explainNft(netns: string, text: string): string {
  return inNamespace(netns, () => {
    const context: unknown = contextNew(0);
    try {
      bufferOutput(context);
      bufferError(context);
      setDryRun(context, true);
      setDebug(context, DEBUG_NETLINK);
      runCommands(context, text);
      const errors = String(errorOf(context));
      const unread = errors
        .split('\n')
        .find((line) => line.includes('Error:') && !line.includes('Could not process rule'));
      if (unread !== undefined) throw new Error(errors);
      return String(outputOf(context));
    } finally {
      contextFree(context);
    }
  });
}
