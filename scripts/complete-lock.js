import { readFileSync, writeFileSync } from 'node:fs';

/**
 * Adds to package-lock.json the platform packages that npm left out, and prints them. npm leaves out an optional package
 * that the registry in use does not have; `npm ci` then refuses the file, for every other registry too. None of them fits
 * this platform, or it would be installed, so version, system and processor are all that is needed of them.
 */
const systems = ['aix', 'android', 'darwin', 'freebsd', 'linux', 'netbsd', 'openbsd', 'openharmony', 'sunos', 'win32'];
const processors = ['arm64', 'arm', 'ia32', 'loong64', 'mips64el', 'ppc64', 'riscv64', 's390x', 'wasm32', 'x64'];

const file = new URL('../package-lock.json', import.meta.url);
const lock = JSON.parse(readFileSync(file, 'utf8'));

for (const [path, { optionalDependencies = {}, dev }] of Object.entries(lock.packages)) {
  for (const [name, range] of Object.entries(optionalDependencies)) {
    if (placesFor(path, name).some((place) => place in lock.packages)) continue;
    lock.packages[`node_modules/${name}`] = describe(name, { version: range.replace(/^[\^~]/, ''), dev });
    console.log(`${name} ${range}`);
  }
}
lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => a.localeCompare(b, 'en')));
writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);

/** Where Node would look for `name` from the package at `path`. */
function placesFor(path, name) {
  const parents = path
    .split('/node_modules/')
    .map((_part, count, parts) => parts.slice(0, count + 1).join('/node_modules/'));
  return ['', ...parents].map((parent) => (parent === '' ? `node_modules/${name}` : `${parent}/node_modules/${name}`));
}

function describe(name, { version, dev }) {
  const cpu = processors.find((processor) => name.includes(processor));
  const os = systems.find((system) => name.includes(system));
  const libc = name.includes('musl') ? 'musl' : name.includes('gnu') ? 'glibc' : undefined;
  return {
    version,
    ...(cpu !== undefined && { cpu: [cpu] }),
    ...(dev && { dev }),
    ...(os === 'linux' && libc !== undefined && { libc: [libc] }),
    optional: true,
    ...(os !== undefined && { os: [os] }),
  };
}
