// The page reads whole without this script. It adds values under the pointer, zoom over all plots
// at once, a layout for the width of the window, and a filter for the log. All texts it writes go
// in as text, never as HTML.
(() => {
'use strict';

const all = (selector, root = document) => [...root.querySelectorAll(selector)];
const one = (selector, root = document) => root.querySelector(selector);
const namespace = 'http://www.w3.org/2000/svg';

// ---- texts: as unit.go and ticks.go print them ----

const prefixes = [
  [[1e9, 'G'], [1e6, 'M'], [1e3, 'k'], [1, '']],
  [[1e12, 'Tbit/s'], [1e9, 'Gbit/s'], [1e6, 'Mbit/s'], [1e3, 'kbit/s'], [1, 'bit/s']],
  [[2 ** 40, 'TiB'], [2 ** 30, 'GiB'], [2 ** 20, 'MiB'], [2 ** 10, 'KiB'], [1, 'B']],
  [[1, 's'], [1e-3, 'ms'], [1e-6, 'µs'], [1e-9, 'ns']],
];
const count = 0, seconds = 3;

function prefix(unit, value) {
  const list = prefixes[unit];
  value = Math.abs(value);
  if (value === 0 && unit === seconds) return list[0];
  return list.find(p => value >= p[0]) || list[list.length - 1];
}

function decimal(value, decimals) {
  let s = value.toFixed(decimals);
  if (decimals > 0) s = s.replace(/\.?0+$/, '');
  return s === '-0' ? '0' : s;
}

function digits3(v) {
  const a = Math.abs(v);
  return decimal(v, a >= 99.95 ? 0 : a >= 9.995 ? 1 : 2);
}

function valueText(unit, value) {
  if (Number.isNaN(value)) return '–';
  if (unit === count) return Math.round(value).toLocaleString('en');
  const [first] = prefix(unit, value);
  const [factor, name] = prefix(unit, Number(digits3(value / first)) * first);
  return digits3(value / factor) + ' ' + name;
}

const second = 1e9, minute = 60 * second, hour = 60 * minute, day = 24 * hour;
const timeSteps = [1, 2, 5, 10, 15, 30].map(n => n * second).concat(
  [1, 2, 5, 10, 15, 30].map(n => n * minute), [1, 2, 6, 12, 24].map(n => n * hour));

function timeStep(span, most) {
  const least = Math.max(1, span / most);
  for (let step = 1; step < second; step *= 10) {
    for (const m of [1, 2, 5]) if (step * m >= least) return step * m;
  }
  return timeSteps.find(step => step >= least) || Math.ceil(least / day) * day;
}

// timeText prints nanoseconds as package time does, without parts that are zero.
function timeText(ns) {
  ns = Math.round(ns);
  if (ns === 0) return '0s';
  if (ns < 1e3) return ns + 'ns';
  if (ns < 1e6) return decimal(ns / 1e3, 3) + 'µs';
  if (ns < second) return decimal(ns / 1e6, 6) + 'ms';
  const h = Math.floor(ns / hour), m = Math.floor(ns % hour / minute), s = ns % minute / second;
  return (h ? h + 'h' : '') + (m ? m + 'm' : '') + (s || !(h || m) ? decimal(s, 9) + 's' : '');
}

// rounded is a time as fine as it can be told apart at so many nanoseconds a pixel.
function rounded(ns, pixel) {
  const step = 10 ** Math.floor(Math.log10(Math.max(1, pixel)));
  return timeText(Math.round(ns / step) * step);
}

function valueScale(lo, hi, unit) {
  lo = Math.min(lo, 0);
  hi = Math.max(hi, 0);
  if (lo === hi) hi = 1;
  const most = Math.max(hi, -lo);
  const [factor, name] = unit === count && most < 1e5 ? [1, ''] : prefix(unit, most);
  let step = 0, decimals = 0;
  for (let e = -9; !step; e++) {
    for (const m of [1, 2, 5]) {
      const s = m * 10 ** e;
      if (!step && (hi - lo) / factor <= 5 * s) [step, decimals] = [s, Math.max(0, -e)];
    }
  }
  const first = -Math.ceil(-lo / factor / step - 1e-9), last = Math.ceil(hi / factor / step - 1e-9);
  const ticks = [];
  for (let i = first; i <= Math.max(last, first + 1); i++) {
    ticks.push({ at: i * step * factor, text: decimal(i * step, decimals) });
  }
  return { lo: ticks[0].at, hi: ticks[ticks.length - 1].at, name, ticks };
}

// ---- drawing ----

function shape(name, attributes, text) {
  const e = document.createElementNS(namespace, name);
  for (const key in attributes) e.setAttribute(key, attributes[key]);
  if (text !== undefined) e.textContent = text;
  return e;
}

const ruler = document.createElement('canvas').getContext('2d');
ruler.font = '11px system-ui, sans-serif';
const widthOf = text => ruler.measureText(text).width + 2;

function fit(text, most) {
  if (widthOf(text) <= most) return text;
  let n = text.length;
  while (n > 0 && widthOf(text.slice(0, n) + '…') > most) n--;
  return text.slice(0, n).trimEnd() + '…';
}

// corners reads a path as path.go writes it: M, l, h, v. A piece begins after a NaN.
function corners(d) {
  const xs = [], ys = [];
  let x = 0, y = 0, command = '', first = NaN;
  for (const [token] of d.matchAll(/[Mlhv]|-?(?:\d+\.?\d*|\.\d+)/g)) {
    if (/[Mlhv]/.test(token)) {
      command = token;
      first = NaN;
      continue;
    }
    const n = Number(token);
    if (command === 'h') x += n;
    else if (command === 'v') y += n;
    else if (Number.isNaN(first)) {
      first = n;
      continue;
    } else if (command === 'M') {
      if (xs.length) {
        xs.push(x);
        ys.push(NaN);
      }
      [x, y, first] = [first, n, NaN];
    } else [x, y, first] = [x + first, y + n, NaN];
    xs.push(x);
    ys.push(y);
  }
  return { xs, ys };
}

// after returns the index of the first corner to the right of x.
function after(xs, x) {
  let low = 0, high = xs.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (xs[middle] <= x) low = middle + 1;
    else high = middle;
  }
  return low;
}

class Plot {
  constructor(figure) {
    const svg = this.svg = one('svg.plane', figure);
    const data = name => Number(svg.dataset[name]);
    for (const name of ['left', 'right', 'top', 'bottom', 'lanes', 'until', 'unit', 'lo', 'hi',
      'height', 'width']) this[name] = data(name);
    this.drawnRight = this.width - this.right; // where the plane ended when it was drawn
    this.clip = one('clipPath rect', svg);
    this.values = one('.values', svg);
    this.times = one('.times', svg);
    this.marks = all('.mark', svg).map(group => ({
      group, at: Number(group.dataset.at), until: Number(group.dataset.until),
      text: group.dataset.n + ' ' + one('#mark-' + group.dataset.n).textContent,
      number: group.dataset.n,
    }));
    const entries = all('.legend .entry', figure);
    const paths = new Map(all('.curves path', svg).map(p => [Number(p.dataset.n), p]));
    this.curves = entries.map((entry, n) => this.curve(entry, paths.get(n)));
    this.cursor = svg.appendChild(shape('line', { class: 'cursor', visibility: 'hidden' }));
    this.chosen = svg.appendChild(shape('rect', { class: 'chosen', visibility: 'hidden' }));
  }

  // curve makes a name in the legend a button that hides its curve.
  curve(entry, path) {
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'entry';
    button.append(...entry.childNodes);
    button.setAttribute('aria-pressed', 'true');
    const c = { value: entry.nextElementSibling, hidden: false, path };
    entry.replaceWith(button);
    if (path) Object.assign(c, corners(path.getAttribute('d')));
    button.addEventListener('click', () => {
      c.hidden = !c.hidden;
      button.setAttribute('aria-pressed', String(!c.hidden));
      button.classList.toggle('off', c.hidden);
      if (path) path.setAttribute('visibility', c.hidden ? 'hidden' : 'visible');
      this.draw();
    });
    return c;
  }

  // The curves stay as they were drawn and are moved and stretched as a whole.
  drawnX(time) {
    return this.left + time / this.until * (this.drawnRight - this.left);
  }
  drawnValue(y) {
    return this.lo + (this.bottom - y) / (this.bottom - this.top) * (this.hi - this.lo);
  }
  x(time) {
    return this.left + (time - view.from) / (view.until - view.from) * (this.end - this.left);
  }
  time(x) {
    const part = (x - this.left) / (this.end - this.left);
    return view.from + Math.min(1, Math.max(0, part)) * (view.until - view.from);
  }

  // valueAt returns the height of a curve at a time, NaN where it has none.
  valueAt(c, time) {
    if (!c.path) return NaN;
    const x = this.drawnX(time), i = after(c.xs, x);
    if (i === 0) return NaN;
    if (i === c.xs.length) {
      return x - c.xs[i - 1] < 1 ? this.drawnValue(c.ys[i - 1]) : NaN;
    }
    const part = (x - c.xs[i - 1]) / (c.xs[i] - c.xs[i - 1]);
    return this.drawnValue(c.ys[i - 1] + part * (c.ys[i] - c.ys[i - 1]));
  }

  // range returns the least and the greatest value that is seen.
  range() {
    let lo = 0, hi = 0;
    for (const c of this.curves) {
      if (!c.path || c.hidden) continue;
      const from = Math.max(0, after(c.xs, this.drawnX(view.from)) - 1);
      const until = Math.min(c.xs.length, after(c.xs, this.drawnX(view.until)) + 1);
      for (let i = from; i < until; i++) {
        const v = this.drawnValue(c.ys[i]);
        if (v < lo) lo = v;
        if (v > hi) hi = v;
      }
    }
    return [lo, hi];
  }

  draw() {
    const width = Math.max(280, Math.round(this.svg.parentNode.clientWidth));
    this.end = width - this.right;
    this.svg.setAttribute('viewBox', `0 0 ${width} ${this.height}`);
    this.clip.setAttribute('width', this.end - this.left);
    const scale = valueScale(...this.range(), this.unit);
    const height = this.bottom - this.top;
    const stretchX = (this.end - this.left) / (this.drawnX(view.until) - this.drawnX(view.from));
    const stretchY = (this.hi - this.lo) / (scale.hi - scale.lo);
    const moveX = this.left - stretchX * this.drawnX(view.from);
    // The drawn height of scale.lo has to come to the bottom.
    const low = this.bottom - (scale.lo - this.lo) / (this.hi - this.lo) * height;
    const matrix = `matrix(${stretchX} 0 0 ${stretchY} ${moveX} ${this.bottom - stretchY * low})`;
    for (const c of this.curves) if (c.path) c.path.setAttribute('transform', matrix);
    this.drawValues(scale, height);
    this.drawTimes(width);
    this.drawMarks();
    this.point(null);
  }

  drawValues(scale, height) {
    const muted = { class: 'muted', fill: '#566070', 'text-anchor': 'end', x: this.left - 6 };
    const nodes = [shape('text', { ...muted, y: this.top - 10 }, scale.name)];
    for (const t of scale.ticks) {
      const y = this.bottom - (t.at - scale.lo) / (scale.hi - scale.lo) * height;
      nodes.push(shape('line', { x1: this.left, x2: this.end, y1: y, y2: y,
        class: t.at === 0 ? 'axis' : 'grid', stroke: t.at === 0 ? '#8a93a1' : '#e3e6eb' }));
      nodes.push(shape('text', { ...muted, y: y + 4 }, t.text));
    }
    this.values.replaceChildren(...nodes);
  }

  drawTimes(width) {
    const nodes = [];
    const span = view.until - view.from;
    const step = timeStep(span, Math.max(2, Math.floor((this.end - this.left) / 62)));
    for (let n = Math.ceil(view.from / step); n * step <= view.until; n++) {
      const x = this.x(n * step), text = timeText(n * step);
      const half = widthOf(text) * 6 / 11; // the ruler measures 11 pixels, this is 12
      nodes.push(shape('line', { class: 'axis', stroke: '#8a93a1', x1: x, x2: x, y1: this.bottom,
        y2: this.bottom + 4 }));
      nodes.push(shape('text', { class: 'muted', fill: '#566070', 'text-anchor': 'middle',
        x: Math.min(x, width - half), y: this.bottom + 17 }, text));
    }
    this.times.replaceChildren(...nodes);
  }

  // drawMarks lays the texts in lanes, as layLabels in marks.go does.
  drawMarks() {
    const ends = new Array(this.lanes).fill(this.left);
    for (const m of this.marks) {
      const instant = m.until <= m.at;
      const seen = m.at <= view.until && Math.max(m.at, m.until) >= view.from;
      m.group.setAttribute('visibility', seen ? 'visible' : 'hidden');
      if (!seen) continue;
      const at = this.x(Math.max(m.at, view.from));
      let top = this.top;
      const label = one('text', m.group);
      label.textContent = '';
      for (const text of [fit(m.text, 200), m.number]) {
        const w = widthOf(text);
        const x = at + 3 + w > this.end ? Math.max(this.left, at - 3 - w) : at + 3;
        const lane = ends.findIndex(end => end <= x);
        if (lane < 0) continue;
        ends[lane] = x + w + 8;
        top = this.top - (this.lanes - lane) * 15;
        label.textContent = text;
        label.setAttribute('x', x);
        label.setAttribute('y', top + 11);
        break;
      }
      const line = one('line', m.group);
      for (const [key, v] of [['x1', at], ['x2', at], ['y1', top]]) line.setAttribute(key, v);
      line.setAttribute('visibility', m.at < view.from ? 'hidden' : 'inherit');
      if (instant) continue;
      const band = one('rect', m.group);
      band.setAttribute('x', at);
      band.setAttribute('width', Math.max(1, this.x(Math.min(m.until, view.until)) - at));
    }
  }

  // point shows the values at a time, or none.
  point(time) {
    const seen = time !== null && time >= view.from && time <= view.until;
    this.cursor.setAttribute('visibility', seen ? 'visible' : 'hidden');
    for (const c of this.curves) {
      c.value.textContent = seen && !c.hidden ? valueText(this.unit, this.valueAt(c, time)) : '';
    }
    if (!seen) return;
    const x = this.x(time);
    for (const [key, v] of [['x1', x], ['x2', x], ['y1', this.top], ['y2', this.bottom]]) {
      this.cursor.setAttribute(key, v);
    }
  }

  choose(from, until) {
    this.chosen.setAttribute('visibility', from === until ? 'hidden' : 'visible');
    const x = this.x(Math.min(from, until));
    const width = Math.abs(this.x(until) - this.x(from));
    for (const [key, v] of [['x', x], ['y', this.top], ['width', width],
      ['height', this.bottom - this.top]]) this.chosen.setAttribute(key, v);
  }
}

// ---- one view for all plots ----

const view = { from: 0, until: 1, end: 1 };
let plots = [];
let pointed = null;

function show(from, until) {
  const span = Math.min(view.end, Math.max(100, until - from));
  view.from = Math.min(Math.max(0, from), view.end - span);
  view.until = view.from + span;
  for (const p of plots) p.draw();
  pointAt(pointed);
}

function pointAt(time) {
  pointed = time;
  for (const p of plots) p.point(time);
  const pixel = (view.until - view.from) / 800;
  one('#view').textContent = time === null ?
    rounded(view.from, pixel) + ' to ' + rounded(view.until, pixel) : 'at ' + rounded(time, pixel);
}

const centre = () => pointed !== null && pointed >= view.from && pointed <= view.until ?
  pointed : (view.from + view.until) / 2;
const zoom = factor => {
  const c = centre();
  show(c - (c - view.from) * factor, c + (view.until - c) * factor);
};
const shift = part => {
  const by = part * (view.until - view.from);
  show(view.from + by, view.until + by);
};
const actions = {
  in: () => zoom(0.5), out: () => zoom(2), left: () => shift(-0.5), right: () => shift(0.5),
  all: () => show(0, view.end),
};

function listen(plot) {
  const svg = plot.svg;
  let start = null;
  const timeOf = event => {
    const box = svg.getBoundingClientRect();
    return plot.time((event.clientX - box.left) * (plot.end + plot.right) / box.width);
  };
  svg.addEventListener('pointerdown', event => {
    if (event.button !== 0) return;
    pointAt(timeOf(event));
    if (event.pointerType === 'touch') return; // a finger points, the buttons zoom
    start = timeOf(event);
    svg.setPointerCapture(event.pointerId);
  });
  svg.addEventListener('pointermove', event => {
    pointAt(timeOf(event));
    if (start !== null) for (const p of plots) p.choose(start, pointed);
  });
  svg.addEventListener('pointerup', event => {
    if (start === null) return;
    const [from, until] = [start, timeOf(event)].sort((a, b) => a - b);
    start = null;
    for (const p of plots) p.choose(0, 0);
    if (Math.abs(plot.x(until) - plot.x(from)) > 5) show(from, until);
  });
  svg.addEventListener('pointercancel', () => {
    start = null;
    for (const p of plots) p.choose(0, 0);
  });
  svg.addEventListener('pointerleave', () => {
    if (start === null) pointAt(null);
  });
  svg.addEventListener('dblclick', actions.all);
  svg.addEventListener('keydown', event => {
    const pixel = (view.until - view.from) / (plot.end - plot.left);
    const step = event.shiftKey ? 20 * pixel : pixel;
    const keys = {
      ArrowLeft: () => pointAt(Math.max(view.from, centre() - step)),
      ArrowRight: () => pointAt(Math.min(view.until, centre() + step)),
      '+': actions.in, '-': actions.out, Escape: actions.all,
    };
    if (!keys[event.key]) return;
    keys[event.key]();
    event.preventDefault();
  });
}

function startPlots() {
  plots = all('figure.plot').map(figure => new Plot(figure));
  if (!plots.length) return;
  document.documentElement.classList.add('live');
  one('#tools').hidden = false;
  view.end = view.until = plots[0].until;
  for (const p of plots) listen(p);
  for (const b of all('#tools button')) b.addEventListener('click', actions[b.dataset.do]);
  let width = 0;
  new ResizeObserver(() => {
    const now = plots[0].svg.parentNode.clientWidth;
    if (now !== width) show(view.from, view.until);
    width = now;
  }).observe(plots[0].svg.parentNode);
}

// ---- log and replay line ----

function startLog() {
  const form = one('#filter');
  if (!form) return;
  form.hidden = false;
  const rows = all('.log tbody tr').map(row => ({
    row, host: row.cells[1].textContent, text: row.cells[2].textContent.toLowerCase(),
  }));
  const host = one('#host'), words = one('#words');
  for (const name of new Set(rows.map(r => r.host).filter(name => name))) {
    host.append(new Option(name, name));
  }
  const filter = () => {
    const word = words.value.toLowerCase();
    let shown = 0;
    for (const r of rows) {
      r.row.hidden = (host.value && r.host !== host.value) || !r.text.includes(word);
      if (!r.row.hidden) shown++;
    }
    one('#shown').textContent = shown + ' of ' + rows.length + ' lines';
  };
  form.addEventListener('input', filter);
  form.addEventListener('submit', event => event.preventDefault());
  filter();
}

function startCopy() {
  const button = one('#copy');
  if (!button || !navigator.clipboard) return;
  button.hidden = false;
  button.addEventListener('click', async () => {
    await navigator.clipboard.writeText(one('#replay').textContent);
    button.textContent = 'copied';
  });
}

startPlots();
startLog();
startCopy();
})();
