// What to do where onnxruntime is not installed, or not wholly: its package has an install script that fails behind a firewall.

/** The messages of Node.js for a package, a binding or a library that is not there, and for one of another system. */
const SIGNS = /Cannot find (package|module) '[^']*onnxruntime|onnxruntime_binding|libonnxruntime|onnxruntime\.dll/;

const HINT =
  'onnxruntime-node is not wholly installed here: install again with ONNXRUNTIME_NODE_INSTALL=skip in the environment (docs/install.md)';

/** A reason in one line; where it comes from the installation, with what mends that. */
export const withInstallHint = (reason: string): string => (SIGNS.test(reason) ? `${reason.split('\n')[0]}: ${HINT}` : reason);
