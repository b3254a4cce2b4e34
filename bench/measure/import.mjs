// Prints how long `import(argument)` takes in this fresh process, in milliseconds: Node's own start-up is over.
const start = performance.now();
await import(process.argv[2]);
process.stdout.write(`${performance.now() - start}\n`);
process.exit(0);
