// Another process: opens a session, reads a plan, runs the nodes that are asked for, and prints the digests of their pictures.
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { openSession } from 'rerender';

const [file, request, refs] = process.argv.slice(2);
const session = await openSession(JSON.parse(request));
const plan = await session.readPlan(await readFile(file, 'utf8'));
const digests = [];
for (const ref of JSON.parse(refs)) {
  const value = await session.get(plan, ref);
  const hash = createHash('sha256');
  for (const { data } of [value].flat()) hash.update(data);
  digests.push(hash.digest('hex'));
}
await session.close();
console.log(JSON.stringify(digests));
