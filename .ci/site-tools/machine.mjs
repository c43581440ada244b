// Looks with a browser at the project's website as a machine serves it over HTTPS.
//   node machine.mjs ADDRESS SPKI CHROMIUM
// SPKI is the SHA-256 sum, in base64, of the public key that the machine must have.
// Every check prints a line "ok …" or "FAIL …"; the exit code is 1 if one failed.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { join } from "node:path";

const require = createRequire(join(process.env.SITE_TOOLS, "x.js"));
const puppeteer = require("puppeteer-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const [served, spki, chromium] = process.argv.slice(2);

let failed = 0;
function say(ok, what, details = []) {
  console.log(`${ok ? "ok   " : "FAIL "} ${what}`);
  if (!ok) {
    failed++;
    for (const d of details.slice(0, 10)) console.log("      " + d);
  }
}

// A browser that knows no such key does not come in.
async function launch(key) {
  return puppeteer.launch({ executablePath: chromium, args: ["--no-sandbox", "--disable-dev-shm-usage",
    "--ignore-certificate-errors-spki-list=" + key] });
}
const stranger = await launch("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
const refused = await (await stranger.newPage()).goto(served, { timeout: 30000 }).then(() => "", (e) => String(e));
say(refused.includes("ERR_CERT_AUTHORITY_INVALID"), "a browser that does not know the key refuses it", [refused]);
await stranger.close();

const browser = await launch(spki);
const page = await browser.newPage();
let troubles = [];
page.on("console", (m) => ["error", "warn"].includes(m.type()) && troubles.push(m.text()));
page.on("pageerror", (e) => troubles.push(String(e)));
page.on("requestfailed", (r) => troubles.push(r.url() + " " + r.failure().errorText));
page.on("request", (r) => r.url().startsWith(served) || troubles.push("asked for " + r.url()));

const PAGES = {
  "": "A library operating system for Go", "docs/": "Documents", "docs/unikernel/": "The unikernel",
  "docs/rfc/0001-security-process/": "security process", "advisories/": "Security advisories",
  "advisories/?module=solo5&version=0.7.0": "Affected: 2 advisories cover version 0.7.0 of solo5.",
  "security/": "Report a vulnerability", "machine/": "Atoll; this program is all that runs on the machine",
};
for (const [path, text] of Object.entries(PAGES)) {
  troubles = [];
  const answer = await page.goto(served + path, { waitUntil: "load", timeout: 30000 });
  const secure = answer.securityDetails();
  if (answer.status() !== 200) troubles.push("status " + answer.status());
  if (secure?.protocol() !== "TLS 1.3") troubles.push("it is " + secure?.protocol());
  if (!answer.headers()["content-security-policy"]?.startsWith("default-src 'none'; ")) troubles.push("no policy");
  const seen = await page.evaluate(() => document.body.innerText);
  if (!seen.includes(text)) troubles.push("it lacks: " + text);
  const styled = await page.evaluate(() => document.styleSheets.length);
  if (styled !== 1) troubles.push(`it has ${styled} style sheets`);
  say(troubles.length === 0, `over HTTPS: /${path}`, troubles);
}

// The page on the machine is usable by everyone, light and dark, and has no script.
for (const scheme of ["light", "dark"]) {
  await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
  await page.goto(served + "machine/", { waitUntil: "load", timeout: 30000 });
  const scripts = await page.evaluate(() => document.scripts.length);
  await page.evaluate(axe);
  const result = await page.evaluate(() => window.axe.run(document, {
    runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
  }));
  const wrong = result.violations.flatMap((v) => v.nodes.map((n) => `${v.id}: ${n.html.slice(0, 160)}`));
  if (scripts) wrong.push(`${scripts} scripts`);
  say(wrong.length === 0, `axe-core: what this runs on, ${scheme}`, wrong);
}
const told = await page.$$eval("dl.pairs dt", (all) => all.map((dt) => [dt.textContent, dt.nextElementSibling.textContent]));
for (const [name, value] of told) console.log(`      ${name}: ${value}`);

await browser.close();
process.exit(failed ? 1 : 0);
