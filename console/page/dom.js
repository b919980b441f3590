// What the pages build themselves with. Text from outside only ever becomes a
// text node, never markup.

const svgNames = new Set(['svg', 'g', 'path', 'line', 'text', 'circle', 'rect', 'use']);

// el makes an element. Properties that begin with "on" are listeners, "class"
// is the class, all others are attributes; false and null leave one out.
export function el(name, properties = {}, ...children) {
  const node = svgNames.has(name)
    ? document.createElementNS('http://www.w3.org/2000/svg', name)
    : document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (value === false || value === null || value === undefined) continue;
    if (key.startsWith('on')) node.addEventListener(key.slice(2), value);
    else node.setAttribute(key, value === true ? '' : value);
  }
  node.append(...children.flat().filter(child => child !== null && child !== undefined && child !== false));
  return node;
}

export function icon(name) {
  return el('svg', {class: 'icon', 'aria-hidden': 'true'}, el('use', {href: '#i-' + name}));
}

// replace fills a node anew, unless it would look the same: then what is
// selected or hovered in it stays.
export function replace(node, ...children) {
  const next = children.flat().filter(Boolean);
  const same = next.length === node.childNodes.length && next.every((child, i) => node.childNodes[i].isEqualNode(child));
  if (!same) node.replaceChildren(...next);
}

let toastTimer;

// toast tells something for a moment; kind is "good" or "bad".
export function toast(text, kind = 'good') {
  const node = document.getElementById('toast');
  node.textContent = text;
  node.className = 'show ' + kind;
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => { node.className = ''; }, kind === 'bad' ? 8000 : 3500);
}
