// A chart of curves over time, drawn as SVG.

import {el} from './dom.js';
import {clock} from './format.js';

const margin = {top: 10, right: 2, bottom: 22, left: 48};

export class Chart {
  // options: title; format of values; stacked; least, the smallest top of the
  // axis; most, whether of steps that are drawn as one the highest value counts
  // and not the mean; onhover, called with the time that is pointed at, or null.
  constructor(options) {
    this.options = {least: 1, ...options};
    this.given = {lines: [], first: 0, step: 1};
    this.svg = el('svg', {class: 'plot', role: 'img'});
    this.tip = el('div', {class: 'tip'});
    this.legend = el('div', {class: 'legend'});
    this.plot = el('div', {class: 'plotbox'}, this.svg, this.tip);
    this.node = el('section', {class: 'card chart'}, el('h2', {}, options.title), this.legend, this.plot);
    this.svg.addEventListener('pointermove', event => this.options.onhover?.(this.timeAt(event)));
    this.svg.addEventListener('pointerleave', () => this.options.onhover?.(null));
    new ResizeObserver(() => this.draw()).observe(this.plot);
  }

  // show draws lines, each {name, color, values, area}; first is the Unix time of
  // the first value, step the seconds between two.
  show(lines, first, step) {
    Object.assign(this, {given: {lines, first, step}});
    this.draw();
    this.drawLegend();
  }

  timeAt(event) {
    const box = this.svg.getBoundingClientRect();
    const share = (event.clientX - box.left - margin.left) / (box.width - margin.left - margin.right);
    return this.first + Math.max(0, Math.min(1, share)) * (this.count - 1) * this.step;
  }

  // coarsen puts steps together until each has three pixels. They begin at
  // multiples of their length, so that they stay the same as time goes on.
  coarsen(width) {
    const {lines, first, step} = this.given;
    const count = lines[0]?.values.length ?? 0;
    const group = Math.max(1, Math.ceil(count * 3 / width));
    const skip = (group - first / step % group) % group;
    this.first = first + skip * step;
    this.step = step * group;
    this.count = Math.floor((count - skip) / group);
    this.lines = lines.map(line => ({...line, values: Array.from({length: this.count}, (_, i) => {
      const part = line.values.slice(skip + i * group, skip + (i + 1) * group);
      return this.options.most ? peak(part) : part.reduce((sum, value) => sum + value, 0) / group;
    })}));
  }

  draw() {
    const width = this.plot.clientWidth, height = this.plot.clientHeight;
    if (!width || !height) return;
    this.svg.setAttribute('viewBox', `0 0 ${width} ${height}`);
    const inner = {width: width - margin.left - margin.right, height: height - margin.top - margin.bottom};
    this.coarsen(inner.width);
    const curves = this.options.stacked ? stack(this.lines) : this.lines.map(line => ({...line, low: null}));
    const top = ceiling(Math.max(this.options.least, ...curves.map(curve => peak(curve.values))));
    this.x = index => margin.left + (this.count > 1 ? index / (this.count - 1) : 1) * inner.width;
    this.y = value => margin.top + inner.height * (1 - value / top);
    const parts = [...this.grid(top, inner, width), ...this.clockwork(inner)];
    for (const curve of curves.reverse()) parts.push(...this.curve(curve));
    this.cursor = el('line', {class: 'cursor', y1: margin.top, y2: margin.top + inner.height, visibility: 'hidden'});
    this.svg.replaceChildren(...parts, this.cursor);
    this.svg.setAttribute('aria-label', this.summary());
    this.hover(this.hovered ?? null);
  }

  grid(top, inner, width) {
    return [0, 0.25, 0.5, 0.75, 1].flatMap(share => {
      const y = margin.top + inner.height * (1 - share);
      const line = el('line', {class: share ? 'grid' : 'axis', x1: margin.left, x2: width - margin.right, y1: y, y2: y});
      const label = share === 0 || share === 0.5 || share === 1
        ? el('text', {x: margin.left - 8, y: y + 4, 'text-anchor': 'end'}, this.options.format(top * share))
        : null;
      return label ? [line, label] : [line];
    });
  }

  // clockwork writes the times below.
  clockwork(inner) {
    if (this.count < 2) return [];
    const marks = inner.width < 360 ? 3 : 5;
    return Array.from({length: marks}, (_, i) => {
      const index = Math.round(i * (this.count - 1) / (marks - 1));
      const anchor = i === 0 ? 'start' : i === marks - 1 ? 'end' : 'middle';
      const text = clock(this.time(index));
      return el('text', {x: this.x(index), y: margin.top + inner.height + 17, 'text-anchor': anchor},
        this.given.step < 15 ? text : text.slice(0, 5));
    });
  }

  curve({values, low, color, area}) {
    if (!values.length) return [];
    const points = values.map((value, i) => `${this.x(i).toFixed(1)},${this.y(value).toFixed(1)}`);
    const parts = [];
    if (area || low) {
      const base = (low ?? values.map(() => 0)).map((value, i) => `${this.x(i).toFixed(1)},${this.y(value).toFixed(1)}`).reverse();
      parts.push(el('path', {class: 'area ' + color, d: 'M' + points.join('L') + 'L' + base.join('L') + 'Z'}));
    }
    parts.push(el('path', {class: 'line ' + color, d: 'M' + points.join('L')}));
    return parts;
  }

  drawLegend() {
    this.legend.replaceChildren(...this.given.lines.map(line => el('span', {},
      el('i', {class: line.color}), line.name, ' ', el('b', {}, this.options.format(line.values.at(-1) ?? 0)))));
  }

  // hover shows the values at a time, or none.
  hover(time) {
    this.hovered = time;
    const index = Math.round((time - this.first) / this.step);
    const there = time !== null && index >= 0 && index < this.count;
    this.cursor?.setAttribute('visibility', there ? 'visible' : 'hidden');
    this.tip.className = there ? 'tip show' : 'tip';
    if (!there) return;
    const x = this.x(index);
    this.cursor.setAttribute('x1', x);
    this.cursor.setAttribute('x2', x);
    this.tip.replaceChildren(el('time', {}, clock(this.time(index))), ...this.lines.map(line => el('div', {},
      el('i', {class: line.color}), line.name, el('b', {}, this.options.format(line.values[index])))));
    const width = this.plot.clientWidth;
    this.tip.style.left = Math.max(0, x > width / 2 ? x - this.tip.offsetWidth - 12 : x + 12) + 'px';
  }

  time(index) {
    return new Date((this.first + index * this.step) * 1000);
  }

  summary() {
    return this.options.title + '. Now: ' +
      this.given.lines.map(line => `${line.name} ${this.options.format(line.values.at(-1) ?? 0)}`).join(', ');
  }
}

// stack adds each line to those before it.
function stack(lines) {
  let below = null;
  return lines.map(line => {
    const low = below ?? line.values.map(() => 0);
    const values = line.values.map((value, i) => value + low[i]);
    below = values;
    return {...line, values, low};
  });
}

const peak = values => values.reduce((most, value) => Math.max(most, value), 0);

// ceiling rounds up to a number that divides well.
function ceiling(value) {
  const unit = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 4, 5, 8, 10].find(factor => value <= factor * unit * 1.0001) * unit;
}

// spark draws one small line without axes.
export function spark(values, color) {
  const width = 120, height = 32, top = Math.max(peak(values), 1e-9);
  const points = values.map((value, i) =>
    `${(i / Math.max(1, values.length - 1) * width).toFixed(1)},${(height - 2 - value / top * (height - 4)).toFixed(1)}`);
  if (!points.length) return el('svg', {class: 'spark'});
  return el('svg', {class: 'spark', viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: 'none', 'aria-hidden': 'true'},
    el('path', {class: 'area ' + color, d: `M0,${height}L${points.join('L')}L${width},${height}Z`}),
    el('path', {class: 'line ' + color, d: 'M' + points.join('L')}));
}
