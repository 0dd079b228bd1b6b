// A server that speaks S3's language, from npm (s3rver: maintained no more, but small and without anything to install; it knows neither
// conditions nor the newer checksums). In a folder, on a free port.
import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { packageRoot } from '../../config/paths.ts';
import { endWithTest } from './watchdog.ts';

export type S3Server = {
  /** What the client reads of its place and its credentials. */
  readonly env: Readonly<Record<string, string>>;
  readonly bucket: string;
  stop(): void;
};

export const freePort = (): Promise<number> =>
  new Promise(resolve => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });

export const startS3 = async (folder: string): Promise<S3Server> => {
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}`;
  const program = join(packageRoot, 'node_modules', 's3rver', 'bin', 's3rver.js');
  const flags = ['-d', folder, '-a', '127.0.0.1', '-p', String(port), '--configure-bucket', 'farm'];
  const child = spawn(process.execPath, [program, ...flags], { stdio: 'ignore' });
  endWithTest(child);
  for (let tries = 0; ; tries++) {
    if (
      await fetch(endpoint).then(
        () => true,
        () => false,
      )
    )
      break;
    if (tries > 100) throw new Error('s3rver does not start');
    await new Promise(wake => setTimeout(wake, 100));
  }
  const env = { AWS_ENDPOINT_URL_S3: endpoint, AWS_ACCESS_KEY_ID: 'S3RVER', AWS_SECRET_ACCESS_KEY: 'S3RVER' };
  return { env, bucket: 'farm', stop: () => child.kill('SIGKILL') };
};
