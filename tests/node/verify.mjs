// Verifies webhooks with the Standard Webhooks library. Reads [{secret, headers, body}…] from standard input and writes, in order,
// whether each was accepted.
import { readFileSync } from "node:fs";
import { Webhook } from "standardwebhooks";

const accepted = ({ secret, headers, body }) => {
  try {
    new Webhook(secret).verify(body, headers);
    return true;
  } catch {
    return false;
  }
};
process.stdout.write(JSON.stringify(JSON.parse(readFileSync(0, "utf8")).map(accepted)));
