// The JSON API of docs/api.md. Addresses are relative, so that the console also
// works below a path.

async function ask(path, options) {
  const response = await fetch(path, {...options, headers: {Accept: 'application/json', ...options?.headers}});
  let body;
  try {
    body = await response.json();
  } catch {
    throw new Error(`${response.status} ${response.statusText || 'without a readable answer'}`);
  }
  if (!response.ok) throw Object.assign(new Error(body.error ?? `status ${response.status}`), {status: response.status});
  return body;
}

export const get = (path, signal) => ask('api/' + path, {signal});

export const post = (path, body = {}) => ask('api/' + path, {
  method: 'POST',
  headers: {'Content-Type': 'application/json'},
  body: JSON.stringify(body),
});

// every calls work at once and then again and again while the page can be seen,
// until the signal ends it. A failure is told to failed, and tried again.
export function every(milliseconds, signal, work, failed) {
  let timer, working = false;
  const again = async () => {
    clearTimeout(timer);
    if (signal.aborted || document.hidden || working) return;
    working = true;
    try {
      await work(signal);
    } catch (error) {
      if (!signal.aborted) failed(error);
    }
    working = false;
    if (!signal.aborted) timer = setTimeout(again, milliseconds);
  };
  document.addEventListener('visibilitychange', again, {signal});
  again();
}
