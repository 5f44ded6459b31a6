// Runs a Postman collection as Postman would, and imports an OpenAPI document as Postman would.
// Reads {"collection", "folder", "variables", "openapi"} and answers with what became of it.
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const newman = require("newman");
const converter = require("openapi-to-postmanv2");

const order = JSON.parse(await new Response(process.stdin).text());

function run() {
  const options = {
    collection: order.collection,
    folder: order.folder,
    envVar: Object.entries(order.variables).map(([key, value]) => ({ key, value })),
    reporters: [],
  };
  return new Promise((resolve, reject) => {
    newman.run(options, (error, summary) => {
      if (error) return reject(error);
      resolve({
        requests: summary.run.executions.map((done) => `${done.item.name}: ${done.response?.code}`),
        assertions: summary.run.stats.assertions.total,
        failures: summary.run.failures.map((failed) => `${failed.source?.name}: ${failed.error.test ?? ""} ${failed.error.message}`),
      });
    });
  });
}

function importDocument() {
  return new Promise((resolve, reject) => {
    converter.convertV2({ type: "json", data: order.openapi }, {}, (error, answer) => {
      if (error || !answer.result) return reject(error ?? new Error(answer.reason));
      const { item, variable, auth } = answer.output[0].data;
      const count = (entries) => entries.reduce((sum, entry) => sum + (entry.item ? count(entry.item) : 1), 0);
      resolve({ requests: count(item), base_url: variable.find((each) => each.key === "baseUrl").value, auth: auth.type });
    });
  });
}

process.stdout.write(JSON.stringify(order.openapi ? await importDocument() : await run()));
