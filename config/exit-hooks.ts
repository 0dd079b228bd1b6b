// What must not outlive the program: a child process, a temporary file. Run when the program leaves without unwinding.

const hooks = new Set<{ readonly run: () => void }>();

/**
 * Registers a synchronous clean-up (kill a child by its pid, unlink a temporary file); returns what removes it again.
 * It runs when the program leaves before its work has ended in order, at most once, and may throw.
 */
export const onExit = (run: () => void): (() => void) => {
  const hook = { run };
  hooks.add(hook);
  return () => {
    hooks.delete(hook);
  };
};

/** Runs every registered clean-up, the latest first, each once; one that throws does not stop the others. */
export const runExitHooks = (): void => {
  for (const hook of [...hooks].reverse()) {
    hooks.delete(hook);
    try {
      hook.run();
    } catch {
      // the program is leaving: the file is gone already, or the child is
    }
  }
};
