// Checks the Grafana dashboard without a Grafana.
//
//   node dashboard.mjs schema FILE    checks it against @grafana/schema, the types that Grafana itself is built with
//   node dashboard.mjs rules FILE     prints every panel's query as a Prometheus rule file, for promtool
//   node dashboard.mjs queries FILE   prints every panel's query on a line of its own: "panel<TAB>expression"
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

const [mode, file] = process.argv.slice(2);
const dashboard = JSON.parse(await readFile(file, "utf8"));

// The values that replace Grafana's variables in a query.
const variables = { __rate_interval: "1m", __interval: "15s", __range: "1h", workload: ".+" };

function expression(text) {
  return text.replace(/\$(\w+)|\$\{(\w+)\}/g, (whole, bare, braced) => {
    const name = bare ?? braced;
    if (!(name in variables)) throw new Error(`a query uses ${whole}, which this check does not know`);
    return variables[name];
  });
}

function queries(panels) {
  return panels.flatMap((panel) => [
    ...(panel.targets ?? []).map((target) => ({ title: panel.title, expr: expression(target.expr) })),
    ...queries(panel.panels ?? []),
  ]);
}

async function schema() {
  const { createGenerator } = await import("ts-json-schema-generator");
  const { default: Ajv } = await import("ajv");
  const types = "@grafana/schema/dist/types/raw/dashboard/x/types.gen.d.ts";
  const path = fileURLToPath(new URL(`../../node_modules/${types}`, import.meta.url));
  const generated = createGenerator({ path, type: "Dashboard", skipTypeCheck: true }).createSchema("Dashboard");
  const validate = new Ajv({ strict: false, allErrors: true }).compile(generated);

  if (!validate(dashboard)) {
    for (const fault of validate.errors.slice(0, 20)) {
      console.error(`${file}: ${fault.instancePath || "/"} ${fault.message} ${JSON.stringify(fault.params)}`);
    }
    process.exit(1);
  }
  // The schema must refuse each of these faults.
  const spoil = [
    (copy) => (copy.panels[0].gridPos.x = "left"),
    (copy) => (copy.uid = 7),
    (copy) => (copy.panels[0].fieldConfig.defaults.thresholds.mode = "sometimes"),
    (copy) => (copy.nonsense = true),
  ];
  for (const plant of spoil) {
    const copy = structuredClone(dashboard);
    plant(copy);
    if (validate(copy)) {
      console.error(`the schema did not find a planted fault: ${plant}`);
      process.exit(1);
    }
  }
  const ids = dashboard.panels.map((panel) => panel.id);
  if (new Set(ids).size !== ids.length) throw new Error("two panels have the same id");
}

switch (mode) {
  case "schema":
    await schema();
    break;
  case "rules":
    console.log("groups:\n  - name: dashboard\n    rules:");
    queries(dashboard.panels).forEach(({ expr }, i) =>
      console.log(`      - record: panel:query:${i}\n        expr: ${JSON.stringify(expr)}`),
    );
    break;
  case "queries":
    for (const { title, expr } of queries(dashboard.panels)) console.log(`${title}\t${expr}`);
    break;
  default:
    throw new Error("usage: node dashboard.mjs schema|rules|queries FILE");
}
