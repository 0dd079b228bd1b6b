// onnxruntime's builds write an identifier into the user's cache and report to their maker, unless a variable of the process's own
// environment says otherwise when they load. Threads have copies of the environment that native code does not see, and child processes take
// that of the main thread: so it is set there, when the door to onnxruntime is imported. A user's own value stays.
process.env.ORT_DISABLE_TELEMETRY ??= '1';
