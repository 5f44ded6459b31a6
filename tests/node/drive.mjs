// Drives actions with the official Node SDK. Reads {host, accessKeyId, secretKey, sessionToken, calls: [[action, body]…]} from
// standard input and writes the answers, in order, to standard output. A string "$n.Field" in a body is that field of answer n.
import openapi from "@volcengine/openapi";
import { readFileSync } from "node:fs";

const order = JSON.parse(readFileSync(0, "utf8"));
const service = new openapi.Service({
  serviceName: "ark",
  defaultVersion: "2024-01-01",
  region: "cn-beijing",
  protocol: "http:",
  host: order.host,
  accessKeyId: order.accessKeyId,
  secretKey: order.secretKey,
  sessionToken: order.sessionToken,
});

const answers = [];
const filled = (body) =>
  JSON.parse(JSON.stringify(body), (_key, value) => {
    const reference = typeof value === "string" ? /^\$(\d+)\.(\w+)$/.exec(value) : null;
    return reference ? answers[Number(reference[1])].Result[reference[2]] : value;
  });

for (const [action, body] of order.calls) {
  answers.push(await service.createJSONAPI(action)(filled(body)));
}
process.stdout.write(JSON.stringify(answers));
