/** Looks at the count of jobs before a thread goes to sleep: some 0.2 ms, the pause between two steps of training. */
const SPINS = 20000;

/**
 * The program of a worker thread, as text: bundlers and test runners need not know of it, and it loads from
 * anywhere. Between jobs the thread watches (then sleeps on) a shared word that counts jobs; a job is a program's
 * number. When more messages have been sent than received, the thread goes back to its event loop for them and takes up
 * jobs afterwards: jobs may follow a message at once, and may need the program that it brings. To wake threads for it a
 * message counts as a job too, whose number it carries: nobody may take the job that follows at once for that one.
 *
 * Words of `control`: 0 the count of jobs, 1 the program of the current one, 2 the count of messages.
 */
export const WORKER_SOURCE = `
const inNode = typeof process === 'object' && Boolean(process.versions?.node);
const begin = async () => {
  const port = inNode ? (await import('node:worker_threads')).parentPort : self;
  const programs = new Map();
  let control, thread, seen;
  let received = 0;
  const work = () => {
    for (;;) {
      let job = Atomics.load(control, 0);
      for (let spin = 0; job === seen && spin < ${SPINS}; spin++) job = Atomics.load(control, 0);
      if (Atomics.load(control, 2) !== received) return;
      if (job === seen) {
        Atomics.wait(control, 0, seen);
        continue;
      }
      seen = job;
      programs.get(Atomics.load(control, 1))(thread);
    }
  };
  const receive = (message) => {
    if (message.control) {
      control = new Int32Array(message.control);
      thread = message.thread;
      seen = Atomics.load(control, 0);
    } else {
      received++;
      seen = message.job;
    }
    for (const program of message.forget ?? []) programs.delete(program);
    if (message.module) {
      const scratch = message.env.scratch + thread * message.scratchBytes;
      const env = { ...message.env, scratch, memory: message.memory };
      programs.set(message.program, new WebAssembly.Instance(message.module, { env }).exports.run);
    }
    port.postMessage('ready');
    work();
  };
  if (inNode) port.on('message', receive);
  else port.onmessage = (event) => receive(event.data);
};
begin();
`;
