// The overview: what happens now and happened in the last minutes.

import {every, get} from './api.js';
import {Chart, spark} from './chart.js';
import {el, replace} from './dom.js';
import {ago, bytes, number, percent, seconds} from './format.js';

const keys = ['requests', 'sessions', 'errors', 'refused', 'in', 'out', 'connections', 'p50', 'p95', 'p99'];
const mostColors = 6;

export function overview(node, {signal, failed}) {
  const state = {span: '5m', service: '', series: null, status: null};
  const rate = v => number(v) + '/s';
  const charts = {};
  const hover = time => Object.values(charts).forEach(chart => chart.hover(time));
  const chart = (name, title, options) => (charts[name] = new Chart({title, onhover: hover, ...options})).node;

  const chips = el('div', {class: 'chips', role: 'group', 'aria-label': 'Service'});
  const spans = el('div', {class: 'segments', role: 'group', 'aria-label': 'Span of time'});
  const tiles = el('div', {class: 'tiles'});
  const services = el('section', {class: 'card'});
  const about = el('section', {class: 'card'});
  node.append(
    el('div', {class: 'head'}, el('h1', {}, 'Overview'), chips, spans),
    tiles,
    el('div', {class: 'charts'},
      chart('rate', 'Requests per second', {format: number, stacked: true}),
      chart('latency', 'Latency of requests', {format: seconds, least: 0.001, most: true}),
      chart('errors', 'Errors and refusals per second', {format: number, stacked: true}),
      chart('open', 'Open connections', {format: number, stacked: true, least: 4})),
    services, about);

  const choose = change => {
    Object.assign(state, change);
    if ('span' in change) state.series = null;
    update().catch(failed);
  };

  async function update() {
    const span = state.span;
    const after = state.series ? state.series.first + (state.series.count - 1) * state.series.step : 0;
    const [status, more] = await Promise.all([get('status', signal), get(`series?span=${span}&after=${after}`, signal)]);
    if (span !== state.span) return;
    state.status = status;
    state.series = join(state.series, more);
    draw();
  }

  function draw() {
    const {series, status, service} = state;
    const names = busiest(series, status);
    const color = name => names.indexOf(name) < mostColors ? 'c' + names.indexOf(name) : 'c-rest';
    const shown = service && series.services[service] ? series.services[service] : series.all;
    replace(spans, ['5m', '1h'].map(span => button(span === '5m' ? '5 minutes' : '1 hour', state.span === span, () => choose({span}))));
    replace(chips, ['', ...names].map(name => button(name || 'All services', service === name, () => choose({service: name}), name && color(name))));
    replace(tiles, tilesOf(shown));
    const by = key => (service ? [service] : names).filter(name => series.services[name]).map(name =>
      ({name, color: color(name), values: key(series.services[name]), area: true}));
    charts.rate.show(fold(by(work)), series.first, series.step);
    charts.open.show(fold(by(curves => curves.connections)), series.first, series.step);
    charts.latency.show(['p50', 'p95', 'p99'].map(name => ({name, color: name, values: shown[name], area: name === 'p50'})), series.first, series.step);
    charts.errors.show([
      {name: 'errors', color: 'c-error', values: shown.errors, area: true},
      {name: 'refused', color: 'c-refused', values: shown.refused, area: true},
    ], series.first, series.step);
    replace(services, ...table(status, series, color));
    replace(about, ...facts(status));
  }

  function tilesOf(c) {
    const done = sum(work(c)), wrong = sum(c.errors);
    const tile = (name, value, note, values, color) => el('div', {class: 'card tile'},
      el('h2', {}, name), el('strong', {}, value), el('small', {}, note), spark(values, color));
    return [
      tile('Requests', rate(recent(work(c))), `${number(done * state.series.step)} in ${state.span === '5m' ? '5 minutes' : 'an hour'}`, work(c), 'c0'),
      tile('Latency, p95', seconds(recent(c.p95)), `p50 ${seconds(recent(c.p50))}, p99 ${seconds(recent(c.p99))}`, c.p95, 'p95'),
      tile('Errors', percent(done ? wrong / done : 0), `${rate(recent(c.errors))} now, ${rate(recent(c.refused))} refused`, c.errors, 'c-error'),
      tile('Connections', number(c.connections.at(-1) ?? 0), `${bytes(recent(c.out))}/s out, ${bytes(recent(c.in))}/s in`, c.connections, 'c1'),
    ];
  }

  every(1000, signal, update, failed);
}

// work is what a service does: requests, or where it has none, sessions.
const work = curves => curves.requests.some(v => v > 0) ? curves.requests : curves.sessions;

const sum = values => values.reduce((total, value) => total + value, 0);

// recent is the mean of the last few steps, which is calmer than the last one.
function recent(values) {
  const last = values.slice(-5);
  return last.length ? sum(last) / last.length : 0;
}

// busiest returns the names of the services, those with most work first.
function busiest(series, status) {
  const names = status.services.map(service => service.name).filter(name => series.services[name]);
  const weight = Object.fromEntries(names.map(name => [name, sum(work(series.services[name]))]));
  return names.sort((a, b) => weight[b] - weight[a] || a.localeCompare(b));
}

// fold puts the lines that have no colour of their own into one.
function fold(lines) {
  if (lines.length <= mostColors) return lines;
  const rest = lines.slice(mostColors);
  const values = rest[0].values.map((_, i) => sum(rest.map(line => line.values[i])));
  return [...lines.slice(0, mostColors), {name: `${rest.length} others`, color: 'c-rest', values, area: true}];
}

// join appends newer steps and forgets as many old ones. Steps that do not
// begin where the old ones end are all there is to show, or there already.
function join(old, more) {
  const end = old ? old.first + old.count * old.step : 0;
  if (!old || more.count && more.first > end) return more;
  if (!more.count || more.first < end) return old;
  const gone = Math.max(0, old.count + more.count - (old.step === 1 ? 300 : 240));
  const curves = (a, b) => Object.fromEntries(keys.map(key =>
    [key, [...(a?.[key] ?? Array(old.count).fill(0)), ...(b?.[key] ?? Array(more.count).fill(0))].slice(gone)]));
  const names = new Set([...Object.keys(old.services), ...Object.keys(more.services)]);
  return {
    step: old.step, first: old.first + gone * old.step, count: old.count + more.count - gone,
    all: curves(old.all, more.all),
    services: Object.fromEntries([...names].map(name => [name, curves(old.services[name], more.services[name])])),
  };
}

function button(text, pressed, onclick, color) {
  return el('button', {'aria-pressed': String(pressed), onclick}, color ? el('i', {class: color}) : null, text);
}

function table(status, series, color) {
  const row = service => {
    const c = series.services[service.name];
    const now = key => c ? recent(key(c)) : 0;
    return el('tr', {},
      el('th', {scope: 'row'}, el('i', {class: color(service.name)}), el('a', {href: '#records?service=' + encodeURIComponent(service.name)}, service.name),
        el('small', {}, service.protocol)),
      el('td', {}, el('span', {class: 'state ' + service.state, title: service.error ?? ''}, service.state),
        service.restarts ? el('small', {}, `${service.restarts} restarts`) : null),
      el('td', {class: 'wide'}, service.listen.map(url => el('code', {}, url))),
      el('td', {class: 'n'}, number(now(work)) + '/s'),
      el('td', {class: 'n'}, c && c.requests.some(v => v) ? seconds(now(c => c.p95)) : '–'),
      el('td', {class: 'n' + (now(c => c.errors) ? ' bad' : '')}, number(now(c => c.errors)) + '/s'),
      el('td', {class: 'n'}, number(service.connections)));
  };
  return [el('h2', {}, 'Services'), el('div', {class: 'scroll'}, el('table', {},
    el('thead', {}, el('tr', {}, ...['Service', 'State'].map(name => el('th', {scope: 'col'}, name)),
      el('th', {scope: 'col', class: 'wide'}, 'Listens on'),
      ...['Rate', 'p95', 'Errors', 'Open'].map(name => el('th', {scope: 'col', class: 'n'}, name)))),
    el('tbody', {}, status.services.map(row)))),
  ...status.services.filter(service => service.error).map(service =>
    el('p', {class: 'notice bad'}, el('b', {}, service.name), ': ', service.error))];
}

function facts(status) {
  const lost = status.journal.subscribers.filter(s => s.lost);
  const fact = (name, value) => [el('dt', {}, name), el('dd', {}, value)];
  return [el('h2', {}, 'Node'), el('dl', {class: 'facts'},
    fact('Version', status.version), fact('Running for', ago(status.started, new Date(status.now))),
    fact('Process', String(status.pid)), fact('Config', status.config || 'quickstart'), fact('Data', status.data || '–'),
    fact('Records', number(status.journal.written)),
    fact('Records lost', lost.length ? lost.map(s => `${s.name}: ${number(s.lost)}`).join(', ') : 'none'))];
}
