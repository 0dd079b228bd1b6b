// The jobs and the workers of a cluster in words.
import type { ClusterList, ListedJob } from '../../cluster/jobs.ts';
import { duration, table } from './format.ts';

const percent = ({ progress }: ListedJob): string => {
  const stages = Object.entries(progress).map(
    ([stage, { done, total }]) => `${stage} ${total > 0 ? Math.floor((100 * done) / total) : 100} %`,
  );
  return stages.length > 0 ? stages.join(', ') : '-';
};

const short = (id: string): string => id.slice(0, 'job-'.length + 8);

export const clusterText = ({ jobs, workers }: ClusterList): string => {
  const jobRows = jobs.map(job => [`${short(job.id)}  ${job.input}`, job.state, duration(job.age), percent(job)]);
  const workerRows = workers.map(({ id, device, resources, running, silent, version }) => [
    id,
    `${Object.entries(resources)
      .filter(([, count]) => count > 0)
      .map(([name]) => name)
      .join(', ')}${device === null ? '' : ` (${device})`}`,
    running.map(({ title }) => title).join('; ') || '-',
    `${duration(silent)} ago`,
    version,
  ]);
  const errors = jobs.flatMap(({ id, error }) => (error === undefined ? [] : [`${short(id)}: ${error}`]));
  return [
    jobs.length === 0 ? 'no jobs' : table(['job', 'state', 'submitted', 'progress'], jobRows),
    ...errors,
    '',
    workers.length === 0 ? 'no workers' : table(['worker', 'gives', 'is at', 'seen', 'version'], workerRows),
  ].join('\n');
};
