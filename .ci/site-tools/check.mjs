// Judges a website in a browser, as built for a static server and as it is served.
//   node check.mjs STATIC SERVED LARGE LARGE_SERVED CHROMIUM [SHOTS]
// STATIC is the directory, SERVED the address of atoll site serve with the same records. The
// website is that of site/testdata/team. LARGE and LARGE_SERVED are likewise one with so many advisories
// that years have pages. With SHOTS, screenshots are left there.
// Every check prints a line "ok …" or "FAIL …"; the exit code is 1 if one failed.
import { createRequire } from "node:module";
import { createServer } from "node:http";
import { readFileSync, readdirSync, existsSync } from "node:fs";
import { join, extname, posix } from "node:path";

const require = createRequire(join(process.env.SITE_TOOLS, "x.js"));
const puppeteer = require("puppeteer-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const [root, served, large, manyServed, chromium, shots] = process.argv.slice(2);

let failed = 0;
function say(ok, what, details = []) {
  console.log(`${ok ? "ok   " : "FAIL "} ${what}`);
  if (!ok) {
    failed++;
    for (const d of details.slice(0, 10)) console.log("      " + d);
  }
}

// A static server that knows nothing but files, with a header that is stricter than the pages' own.
const TYPES = { ".html": "text/html; charset=utf-8", ".css": "text/css", ".js": "text/javascript", ".json": "application/json" };
const POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'";
async function serveFiles(root) {
  const server = createServer((request, response) => {
    let path = decodeURIComponent(new URL(request.url, "http://x").pathname);
    if (path.endsWith("/")) path += "index.html";
    let file = join(root, path), code = 200;
    if (!existsSync(file) || !extname(file)) [file, code] = [join(root, "404.html"), 404];
    response.writeHead(code, { "Content-Type": TYPES[extname(file)] || "application/octet-stream", "Content-Security-Policy": POLICY });
    response.end(readFileSync(file));
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  return `http://127.0.0.1:${server.address().port}/`;
}
const files = await serveFiles(root);
const many = await serveFiles(large);

// Every kind of page.
const PAGES = {
  "first page": "", documents: "docs/", document: "docs/use/", "folder of documents": "docs/rfc/",
  RFC: "docs/rfc/0001-security-process/", note: "docs/notes/2026-01-01/",
  "list of advisories": "advisories/", advisory: "advisories/SAMPLE-2026-0001/",
  "long advisory": "advisories/SAMPLE-2026-0002/", "withdrawn advisory": "advisories/SAMPLE-2026-0004/",
  "imported advisory": "advisories/MADE-2020-02/", modules: "advisories/module/",
  module: "advisories/module/example.org/sample/", "unused number": "advisories/SAMPLE-2026-0005/", security: "security/", "not found": "nowhere/",
  "search, affected": "advisories/?module=example.org/sample&version=1.0.0",
  "search, clear": "advisories/?module=example.org/sample&version=1.3.0",
  "search, unknown": "advisories/?module=sample", "search, problem": "advisories/?version=1",
};
const MANY = { "list by years": "advisories/", year: "advisories/year/2020/" };
const WIDTHS = { desktop: [1280, 900], phone: [390, 844], narrow: [320, 640] };

const browser = await puppeteer.launch({ executablePath: chromium, args: ["--no-sandbox", "--disable-dev-shm-usage"] });
const page = await browser.newPage();
let troubles = [];
page.on("console", (m) => ["error", "warn"].includes(m.type()) && troubles.push(m.text()));
page.on("pageerror", (e) => troubles.push(String(e)));
page.on("requestfailed", (r) => troubles.push(r.url() + " " + r.failure().errorText));
page.on("request", (r) => {
  if (![files, served, many].some((base) => r.url().startsWith(base))) troubles.push("asked for " + r.url());
});

async function open(address) {
  await page.goto(address, { waitUntil: "load", timeout: 30000 });
  // The script has answered what the address asks.
  if (address.startsWith(files) && address.includes("?")) {
    await page.waitForSelector("#page-results .says", { timeout: 10000 });
  }
}

async function violations() {
  await page.evaluate(axe);
  const result = await page.evaluate(() => window.axe.run(document, {
    runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
  }));
  return result.violations.flatMap((v) => v.nodes.map((n) => `${v.id}: ${n.html.slice(0, 160)}`));
}

// The judge can complain.
await page.goto("about:blank");
await page.setContent("<html><body><img src='x.png'><p style='color:#ccc;background:#fff'>pale</p></body></html>");
const complaints = await violations();
say(["image-alt", "color-contrast", "html-has-lang"].every((rule) => complaints.some((c) => c.startsWith(rule))),
  "axe-core finds what is wrong on a page that is wrong", complaints);

// Accessibility, layout and the console, on every page, as served in every form, and as static files
// in two of them.
const FORMS = [
  ["served", "light", "desktop"], ["served", "dark", "desktop"], ["served", "light", "phone"], ["served", "dark", "phone"],
  ["static", "light", "desktop"], ["static", "dark", "phone"], ["served", "light", "narrow"],
];
const OF_MANY = FORMS.filter(([where]) => where === "static").map(([, scheme, width]) => ["many", scheme, width]);
const BASES = { static: files, served, many };
const all = [...Object.entries(PAGES).map((p) => [...p, FORMS]), ...Object.entries(MANY).map((p) => [...p, OF_MANY])];
for (const [name, path, forms] of all) {
  const wrong = [];
  for (const [where, scheme, width] of forms) {
    await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
    await page.setViewport({ width: WIDTHS[width][0], height: WIDTHS[width][1] });
    troubles = [];
    await open(BASES[where] + path);
    const at = `${where}, ${scheme}, ${width}: `;
    if (width !== "narrow") for (const v of await violations()) wrong.push(at + v);
    const over = await page.evaluate(() => document.scrollingElement.scrollWidth - innerWidth);
    if (over > 0) wrong.push(`${at}${over} pixels wider than the screen`);
    // The browser itself tells of every answer that is an error.
    const expected = (t) => name === "not found" && t.includes("404") || name === "search, problem" && t.includes("400");
    for (const t of troubles) if (!expected(t)) wrong.push(at + t);
    if (shots && where !== "static" && width !== "narrow") {
      await page.screenshot({ path: join(shots, `${name.replace(/\W+/g, "-")}-${scheme}-${width}.png`), fullPage: true });
    }
  }
  say(wrong.length === 0, `axe-core, layout and console: ${name}`, wrong);
}
await page.setViewport({ width: 1280, height: 900 });

// One click from the first page to both questions.
await open(files);
const ways = await page.$$eval("main a", (all) => all.map((a) => [a.textContent, a.getAttribute("href")].join(" > ")));
say(ways.includes("Report a vulnerability > security/") && ways.includes("Am I affected? > advisories/"),
  "report a vulnerability and am I affected are one click away", ways);

// The script's answers are the server's: same words, same order, same links.
async function byScript(queries) {
  return page.evaluate(async (queries) => {
    const answers = [];
    for (const query of queries) {
      history.replaceState(null, "", "./" + query);
      const before = document.getElementById("page-answer");
      dispatchEvent(new PopStateEvent("popstate"));
      for (let i = 0; i < 1000 && document.getElementById("page-answer") === before; i++) {
        await new Promise((done) => setTimeout(done, i < 10 ? 0 : 10));
      }
      const found = document.getElementById("page-results");
      answers.push(found.textContent.replace(/\s+/g, " ").trim() + " " +
        [...found.querySelectorAll("a")].map((a) => a.pathname + decodeURIComponent(a.search)).join(" "));
    }
    return answers;
  }, queries);
}
async function byServer(queries, base) {
  const pages = [];
  for (const query of queries) pages.push(await (await fetch(base + "advisories/" + query)).text());
  return page.evaluate((pages, base) => pages.map((html) => {
    const found = new DOMParser().parseFromString(html, "text/html").getElementById("page-results");
    const links = [...found.querySelectorAll("a")].map((a) => new URL(a.getAttribute("href"), base));
    return found.textContent.replace(/\s+/g, " ").trim() + " " +
      links.map((a) => a.pathname + decodeURIComponent(a.search)).join(" ");
  }), pages, base + "advisories/");
}
const MODULES = ["example.org/sample", "stdlib", "made-up", "example.org/old", "sample", "example.org/sample/inner",
  "example.org/Sample/a-module-with-a-rather-long-name/and-a-folder/and-one-more/v2", "", "<b>&\"'", "a/b?c=d&e#f"];
const VERSIONS = ["", "0", "1", "1.2", "1.2.3", "v1.2.3", "1.2.3-rc.1", "1.2.3-alpha.beta", "1.2.3-1", "1.2.3-01",
  "1.2.3+build.1", "1.2.3-rc.1+b", "1.2-rc.1", "01.2.3", "0.9.0-rc.0", "0.9.0-rc.1", "0.9.0-rc.10", "0.9.0-rc.x", "0.9.0-rc.1.0",
  "1.4.0", "99999999999999999999.0.0", "1.26rc1", "1.26rc2", "1.26.0-rc.1", "go1.26.1", "go1.26rc0", "1.26beta1", "1.26.1rc1",
  "gov1.0.0", "vgo1.0.0", "(devel)", "0.0.0-20190101000000-0123456789ab", "0.0.0-20180101000000-0123456789ab",
  "1.9.9+incompatible", "2.0.0+incompatible", "2.0.0", "2.5.0-rc.2", "2.5.0", "1.0~beta2", "1.0~beta1", "1.0", "4.04", "4.4",
  "5", "5.2.0~rc1", "5.1.0", "1.0~", "4.04+x", "a", "~", "1.0.0é", "\u00a01.0.0", "1.0.0 ", "x".repeat(129), "1".repeat(128)];
const OTHERS = ["", "q=option", "q=OPTION+END", "q=+made++up+", "q=%C3%89", "severity=low", "severity=high",
  "severity=critical", "severity=worst", "q=sample&severity=medium", "q=" + "a".repeat(200), "q=" + "a".repeat(201),
  "q=%00", "q=%E2%80%A8", "q=.*", "q=cwe-125", "q=cve-2026-0001", "q=elsewhere", "q=MADE"];
await open(files + "advisories/");
const queries = new Set(OTHERS.filter((o) => o).map((o) => "?" + o));
for (const module of MODULES) {
  for (const version of VERSIONS) {
    if (module || version) queries.add("?" + new URLSearchParams({ module, version }));
  }
  for (const other of OTHERS) queries.add("?" + new URLSearchParams({ module }) + "&" + other + "&version=1.0.0");
}
const asked = [...queries];
const differ = [];
const [scripts, servers] = [await byScript(asked), await byServer(asked, served)];
asked.forEach((query, i) => {
  if (scripts[i] !== servers[i]) differ.push(`${query}\n        script: ${scripts[i]}\n        server: ${servers[i]}`);
});
say(differ.length === 0, `the script agrees with the server: ${asked.length} searches`, differ);

await open(many + "advisories/");
const broad = ["?q=made", "?module=made-up&version=1", "?module=made", "?severity=low", "?q=elsewhere"];
const [broadScripts, broadServers] = [await byScript(broad), await byServer(broad, manyServed)];
say(broadScripts.every((a, i) => a === broadServers[i]) && broadScripts[0].includes("the first 200 are shown"),
  "it agrees too where there is more than is shown", broadScripts.map((a, i) => `${a.slice(0, 120)} | ${broadServers[i].slice(0, 120)}`));

// The form by hand, on both.
for (const [where, base] of [["static", files], ["served", served]]) {
  await open(base + "advisories/");
  await page.type("#page-module", "example.org/sample");
  await page.type("#page-version", "1.0.0");
  await page.click("#page-finder button");
  await page.waitForSelector(".says.affected", { timeout: 5000 }).catch(() => {});
  const got = await page.$eval("#page-results", (e) => e.textContent.replace(/\s+/g, " "));
  await page.goBack();
  const back = await page.waitForFunction(() => !document.querySelector(".says"), { timeout: 5000 }).then(() => true, () => false);
  say(got.includes("Affected: 1 advisory covers version 1.0.0 of example.org/sample.") && back, `the form is used and left again, ${where}`, [got]);
}

// Without script: the static page says so and has everything; the served one needs none.
await page.setJavaScriptEnabled(false);
await open(files + "advisories/");
const still = await page.evaluate(() => [document.getElementById("page-finder").checkVisibility(), document.body.innerText]);
say(!still[0] && still[1].includes("every module has a page") && still[1].includes("SAMPLE-2026-0001"),
  "without a script, the static list is whole and the form is away", still);
await open(served + "advisories/");
await page.type("#page-module", "stdlib");
await page.type("#page-version", "go1.26.1");
await Promise.all([page.waitForNavigation(), page.click("#page-finder button")]);
const plain = await page.evaluate(() => document.body.innerText);
say(plain.includes("Affected: 1 advisory covers version go1.26.1 of stdlib."), "without a script, the server answers the form", [plain.slice(0, 300)]);
await page.setJavaScriptEnabled(true);

// No link inside the website leads nowhere, nor any anchor.
const tree = readdirSync(root, { recursive: true }).map((f) => posix.normalize(f.replaceAll("\\", "/"))).sort();
const html = tree.filter((f) => f.endsWith(".html"));
const ids = new Map(html.map((f) => [f, new Set([...readFileSync(join(root, f), "utf8").matchAll(/ id="([^"]*)"/g)].map((m) => m[1]))]));
const dead = [];
let links = 0;
for (const f of html) {
  const at = new URL(f.replace(/index\.html$/, ""), "http://website/");
  for (const m of readFileSync(join(root, f), "utf8").matchAll(/ (?:href|src|action)="([^"]*)"/g)) {
    const to = new URL(m[1].replaceAll("&amp;", "&").replaceAll("&#43;", "+"), at);
    if (to.host !== "website") continue;
    links++;
    let target = decodeURIComponent(to.pathname).slice(1);
    if (target === "" || target.endsWith("/")) target += "index.html";
    if (!existsSync(join(root, target))) dead.push(`${f}: ${m[1]}`);
    else if (to.hash && !ids.get(target)?.has(decodeURIComponent(to.hash.slice(1)))) dead.push(`${f}: ${m[1]}: no such anchor`);
  }
}
say(dead.length === 0, `${links} links on ${html.length} pages lead somewhere`, dead);

await browser.close();
process.exit(failed ? 1 : 0);
