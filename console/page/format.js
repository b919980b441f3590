// How numbers, times and sizes are written.

export function number(v) {
  if (v === 0) return '0';
  const size = Math.abs(v);
  if (size >= 1e9) return trim(v / 1e9) + 'G';
  if (size >= 1e6) return trim(v / 1e6) + 'M';
  if (size >= 1e4) return trim(v / 1e3) + 'k';
  if (size >= 100) return Math.round(v).toLocaleString('en');
  return trim(v);
}

// trim keeps three digits.
function trim(v) {
  return String(Number(v.toPrecision(3)));
}

export function seconds(v) {
  if (v === 0) return '0';
  if (v < 0.001) return trim(v * 1e6) + ' µs';
  if (v < 1) return trim(v * 1e3) + ' ms';
  if (v < 60) return trim(v) + ' s';
  return span(v);
}

// span writes a long time with its two greatest units.
export function span(v) {
  const units = [['d', 86400], ['h', 3600], ['m', 60], ['s', 1]];
  const at = units.findIndex(([, size]) => v >= size);
  if (at < 0) return '0s';
  const [unit, size] = units[at];
  const rest = units[at + 1] ? Math.floor(v % size / units[at + 1][1]) : 0;
  return Math.floor(v / size) + unit + (rest ? ' ' + rest + units[at + 1][0] : '');
}

export function bytes(v) {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let unit = 0;
  while (v >= 1024 && unit < units.length - 1) {
    v /= 1024;
    unit++;
  }
  return (unit ? trim(v) : Math.round(v)) + ' ' + units[unit];
}

export const percent = v => v === 0 ? '0 %' : v < 0.001 ? '< 0.1 %' : trim(v * 100) + ' %';

const two = n => String(n).padStart(2, '0');

export function clock(date, fraction = false) {
  const text = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  return fraction ? text + '.' + String(date.getMilliseconds()).padStart(3, '0') : text;
}

export const day = date => `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;

// ago says how long ago a time was; one that is not set gives "".
export function ago(time, now = Date.now()) {
  const passed = (now - new Date(time).getTime()) / 1000;
  return Number.isFinite(passed) && passed < 3e9 ? span(Math.max(0, passed)) : '';
}
