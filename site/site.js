// Searches the advisories as the server does, on a server that has only files. What it shows is
// made of elements and texts, never of HTML: a record can hold anything.
"use strict";
(() => {
  const QUERY_BYTES_MAX = 200, RESULTS_MAX = 200, SUGGESTIONS_MAX = 10, VERSION_BYTES_MAX = 128;
  const RATINGS = ["low", "medium", "high", "critical"];
  const ORDER = ["affected", "unknown", "not affected", "withdrawn"];
  const form = document.getElementById("page-finder");
  const found = document.getElementById("page-results");
  if (!form || !found) return;
  const whole = [...found.childNodes]; // what the page shows when nothing is asked
  let index = null;

  const lower = (s) => s.replace(/[A-Z]/g, (c) => c.toLowerCase());
  const trim = (s) => s.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, "");
  const bytes = (s) => new TextEncoder().encode(s).length;
  const plural = (n, one, many) => (n === 1 ? "1 " + one : n + " " + many);
  const sign = (n) => (n < 0 ? -1 : n > 0 ? 1 : 0);
  const order = (a, b) => (a < b ? -1 : a > b ? 1 : 0);

  // Versions: semver as Go has it, and versions of Go itself such as 1.26rc1.
  const IDENTIFIER = "(?:0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*)";
  const SEMVER = new RegExp("^(0|[1-9][0-9]*)(?:\\.(0|[1-9][0-9]*)(?:\\.(0|[1-9][0-9]*)" +
    "(?:-(" + IDENTIFIER + "(?:\\." + IDENTIFIER + ")*))?(?:\\+[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*)?)?)?$");
  const GO = /^([0-9]+)\.([0-9]+)(?:\.([0-9]+))?(rc|beta)([0-9]+)$/;
  function semver(v) {
    if (bytes(v) > VERSION_BYTES_MAX) return null;
    v = v.replace(/^go/, "").replace(/^v/, "");
    const go = GO.exec(v);
    if (go) v = go[1] + "." + go[2] + "." + (go[3] || "0") + "-" + go[4] + "." + go[5];
    const m = SEMVER.exec(v);
    return m && { numbers: [m[1], m[2] || "0", m[3] || "0"], before: m[4] ? m[4].split(".") : null };
  }
  const compareNumbers = (a, b) => sign(a.length - b.length) || order(a, b);
  function compareSemver(a, b) {
    if (!a || !b) return (a ? 1 : 0) - (b ? 1 : 0);
    for (let i = 0; i < 3; i++) {
      const c = compareNumbers(a.numbers[i], b.numbers[i]);
      if (c) return c;
    }
    if (!a.before || !b.before) return (a.before ? 0 : 1) - (b.before ? 0 : 1);
    for (let i = 0; i < a.before.length && i < b.before.length; i++) {
      const x = a.before[i], y = b.before[i];
      const numberX = /^[0-9]+$/.test(x), numberY = /^[0-9]+$/.test(y);
      if (numberX !== numberY) return numberX ? -1 : 1;
      const c = numberX ? compareNumbers(x, y) : order(x, y);
      if (c) return c;
    }
    return sign(a.before.length - b.before.length);
  }

  // Versions of opam: what is no digit, sign by sign, then a number, in turns.
  function weight(s, i) {
    if (i >= s.length) return 0;
    if (s[i] === "~") return -1;
    return /[A-Za-z]/.test(s[i]) ? s.charCodeAt(i) : s.charCodeAt(i) + 256;
  }
  function compareOpam(a, b) {
    const parts = (v) => v.match(/[^0-9]+|[0-9]+/g) || [];
    let x = parts(a), y = parts(b);
    while (x.length || y.length) {
      const wordX = /^[0-9]/.test(x[0] || "0") ? "" : x.shift();
      const wordY = /^[0-9]/.test(y[0] || "0") ? "" : y.shift();
      for (let i = 0; i < Math.max(wordX.length, wordY.length); i++) {
        const c = sign(weight(wordX, i) - weight(wordY, i));
        if (c) return c;
      }
      const c = compareNumbers((x.shift() || "").replace(/^0+/, ""), (y.shift() || "").replace(/^0+/, ""));
      if (c) return c;
    }
    return 0;
  }
  function valid(ecosystem, v) {
    if (ecosystem === "opam") return bytes(v) <= VERSION_BYTES_MAX && /^[A-Za-z0-9_+.~-]+$/.test(v);
    return v === "0" || semver(v) !== null;
  }
  function compare(ecosystem, a, b) {
    if (a === "0" || b === "0") return (a === "0" ? 0 : 1) - (b === "0" ? 0 : 1);
    return ecosystem === "opam" ? compareOpam(a, b) : compareSemver(semver(a), semver(b));
  }

  function judge(record, named, version) {
    if (record.withdrawn) return "withdrawn";
    let said = "not affected";
    for (const a of named) {
      if (!valid(a.ecosystem, version)) return "unknown";
      const inside = ([from, to]) => compare(a.ecosystem, version, from) >= 0 &&
        (to === "" || compare(a.ecosystem, version, to) < 0);
      if (a.ranges.length === 0 || a.ranges.some(inside)) said = "affected";
    }
    return said;
  }

  function problemOf(q) {
    if ([q.q, q.module, q.version, q.severity].some((s) => bytes(s) > QUERY_BYTES_MAX)) {
      return "A field may have at most " + QUERY_BYTES_MAX + " bytes.";
    }
    if (q.severity && !RATINGS.includes(q.severity)) {
      return "The severity is one of " + RATINGS.join(", ") + ".";
    }
    return q.version && !q.module ? "A version says nothing without a module: give both." : "";
  }

  function suggest(module) {
    const names = new Set();
    for (const r of index.records) for (const a of r.affected) names.add(a.module);
    return [...names].sort(order).filter((m) => lower(m).includes(lower(module)) ||
      module.startsWith(m + "/")).slice(0, SUGGESTIONS_MAX);
  }

  function search(q) {
    const a = { known: false, affecting: 0, unclear: false, suggestions: [], results: [] };
    const words = lower(q.q).split(/[ \t\r\n]+/).filter((w) => w);
    const groups = ORDER.map(() => []);
    for (const record of index.records) {
      let verdict = "";
      if (q.module) {
        const named = record.affected.filter((x) => x.module === q.module);
        if (!named.length) continue;
        a.known = true;
        if (q.version) {
          verdict = judge(record, named, q.version);
          if (verdict === "affected") a.affecting++;
          if (verdict === "unknown") a.unclear = true;
        }
      }
      const text = lower([record.id, record.title].concat(record.aliases || [], record.cwe || [],
        record.images || [], record.affected.map((x) => x.module)).join("\n"));
      const severe = !q.severity ||
        RATINGS.indexOf(lower(record.rating || "")) >= RATINGS.indexOf(q.severity);
      if (severe && words.every((w) => text.includes(w))) {
        groups[Math.max(ORDER.indexOf(verdict), 0)].push({ record, verdict });
      }
    }
    a.results = groups.flat();
    if (q.module && !a.known) a.suggestions = suggest(q.module);
    return a;
  }

  function says(q, a) {
    if (!q.module) return ["", ""];
    if (!a.known) {
      return ["unknown", "Unknown: no advisory here names the module " + q.module +
        ". That says nothing about advisories elsewhere."];
    }
    if (!q.version) return ["", ""];
    if (a.unclear) {
      return ["unknown", "Unknown: " + q.version + " is no version of " + q.module + " that can be compared."];
    }
    if (a.affecting) {
      return ["affected", "Affected: " + plural(a.affecting, "advisory covers", "advisories cover") +
        " version " + q.version + " of " + q.module + "."];
    }
    return ["clear", "Not affected by what is published here: no advisory that names " + q.module +
      " covers version " + q.version + "."];
  }

  function element(name, className, ...children) {
    const e = document.createElement(name);
    if (className) e.className = className;
    e.append(...children);
    return e;
  }
  function linked(address, ...children) {
    const a = element("a", "", ...children);
    a.setAttribute("href", address);
    return a;
  }
  function item({ record, verdict }) {
    const facts = element("p", "facts");
    const fact = (name, className, text) => facts.append(element(name, className, text), " ");
    const kind = (s) => lower(s).replaceAll(" ", "-");
    if (verdict) fact("span", "verdict " + kind(verdict), verdict);
    if (record.rating) fact("span", "badge " + kind(record.rating), record.rating + " " + record.score);
    if (record.withdrawn && verdict !== "withdrawn") fact("span", "badge gone", "withdrawn");
    if (record.from) fact("span", "badge from", "from " + record.from);
    for (const a of record.affected) fact("span", "module", a.module);
    for (const name of record.images || []) fact("span", "module", name);
    const time = element("time", "", record.issued);
    time.dateTime = record.issued;
    facts.append(time);
    return element("li", "", linked("../advisories/" + record.id + "/",
      element("span", "id", record.id), " ", element("span", "title", record.title)), " ", facts);
  }

  function show(q, problem, a) {
    const heading = element("h2", "", "Found");
    heading.id = "page-found";
    const answer = element("div", "");
    answer.id = "page-answer";
    answer.setAttribute("role", "status");
    const [kind, text] = problem ? ["problem", problem] : says(q, a);
    if (text) answer.append(element("p", "says " + kind, text));
    if (a.suggestions.length) {
      const p = element("p", "suggestions", "Modules with such a name: ");
      for (const m of a.suggestions) {
        p.append(linked("./?" + new URLSearchParams({ module: m }), m), " ");
      }
      answer.append(" ", p);
    }
    let counts = plural(a.results.length, "advisory", "advisories") + " found";
    counts += a.results.length > RESULTS_MAX ? ", the first " + RESULTS_MAX + " are shown." : ".";
    answer.append(" ", element("p", "counts", counts));
    found.replaceChildren(heading, " ", answer, " ",
      element("p", "more", linked("./", "All advisories")), " ");
    if (a.results.length) {
      found.append(element("ul", "records",
        ...a.results.slice(0, RESULTS_MAX).flatMap((r) => [item(r), " "])));
    }
  }

  async function run() {
    const given = new URLSearchParams(location.search);
    const q = {};
    for (const name of ["q", "module", "version", "severity"]) {
      q[name] = trim(given.get(name) || "");
      const field = form.elements[name];
      field.value = q[name];
      if (field.value !== q[name]) field.value = "";
    }
    if (!Object.values(q).some((s) => s)) {
      found.replaceChildren(...whole);
      return;
    }
    const problem = problemOf(q);
    if (!problem && !index) {
      try {
        const got = await fetch("search.json");
        if (!got.ok) throw new Error(got.status);
        index = await got.json();
      } catch {
        show(q, "The index could not be fetched: nothing can be said. Try again.", { results: [], suggestions: [] });
        return;
      }
    }
    show(q, problem, problem ? { results: [], suggestions: [] } : search(q));
  }

  form.hidden = false;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const asked = new URLSearchParams();
    for (const [name, value] of new FormData(form)) if (trim(value)) asked.set(name, trim(value));
    history.pushState(null, "", "./" + (asked.size ? "?" + asked : ""));
    run().then(() => found.scrollIntoView());
  });
  addEventListener("popstate", run);
  if (location.search) run();
})();
