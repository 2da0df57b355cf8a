import { Failure } from '../diagnostics/index.js';

/** What was being done to the path, as it reads after "cannot". */
export type FileAction = 'read' | 'list' | 'write' | 'make' | 'rename' | 'remove' | 'lock' | 'examine';

/** A system error of the file system in words; `errno` is its name, such as `ENOSPC`. */
export function fileFailure(action: FileAction, path: string, errno: string, cause?: unknown): Failure {
  switch (errno) {
    case 'ENOSPC':
    case 'EDQUOT':
      return new Failure('disk-full', `No space left to ${action} ${path}`, {
        help: 'free some space on that file system and run the command again',
        cause,
      });
    case 'EROFS':
      return new Failure('read-only', `Cannot ${action} ${path}: its file system is read-only`, {
        help: 'mount it writable, or name another directory with --state',
        cause,
      });
    case 'EACCES':
    case 'EPERM':
      return new Failure('no-permission', `Cannot ${action} ${path}: permission denied`, {
        help: 'run as root, or name a directory of your own (--root to read, --state to keep records)',
        cause,
      });
    case 'EISDIR':
      return new Failure('not-a-file', `Cannot ${action} ${path}: it is a directory`, { cause });
    case 'EEXIST':
    case 'ENOTDIR':
      return new Failure('not-a-directory', `Cannot ${action} ${path}: a part of the path is not a directory`, {
        cause,
      });
    case 'ENXIO':
      return new Failure('not-a-file', `Cannot ${action} ${path}: it is a pipe, a socket or a device, not a file`, {
        cause,
      });
    case 'ELOOP': {
      // A lock is the one thing that is never taken through a link.
      const reason = action === 'lock' ? 'it is a symbolic link' : 'its symbolic links lead in a circle';
      return new Failure('symbolic-link', `Cannot ${action} ${path}: ${reason}`, { cause });
    }
    case 'ENOLINK':
      return new Failure(
        'dangling-link',
        `Cannot ${action} ${path}: it is a symbolic link to something that is not there`,
        {
          help: 'make what it points to, or remove the link',
          cause,
        },
      );
    case 'ENOENT':
      return new Failure('not-there', `Cannot ${action} ${path}: there is no such file or directory`, { cause });
    default:
      return new Failure('file-error', `Cannot ${action} ${path}: ${errno}`, { cause });
  }
}
