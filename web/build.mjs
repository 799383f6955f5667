// Bundles the page into the folder that the server embeds. With --check it says whether what is committed there is current.
import { build, context } from "esbuild";
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const committed = new URL("../crates/floodmark-server/dist/", import.meta.url).pathname;
const check = process.argv.includes("--check");
const watch = process.argv.includes("--watch");
const folder = check ? await mkdtemp(join(tmpdir(), "floodmark-dist-")) : committed;

const options = {
  entryPoints: { app: "src/main.tsx" },
  outdir: folder,
  bundle: true,
  splitting: true,
  format: "esm",
  target: "es2023",
  minify: !watch,
  charset: "utf8",
  jsx: "automatic",
  jsxImportSource: "preact",
  // Parts that are loaded later have names that change with what they hold; the page itself asks for two fixed ones.
  chunkNames: "[name]-[hash]",
  legalComments: "none",
  metafile: true,
  loader: { ".json": "json" },
  absWorkingDir: new URL(".", import.meta.url).pathname,
  logLevel: "warning",
};

if (!check) {
  await rm(committed, { recursive: true, force: true });
}
if (watch) {
  await (await context(options)).watch();
} else {
  const { metafile } = await build(options);
  await writeFile(join(folder, "licences.txt"), await licences(metafile));
  // All styles stand in the page's own sheet; those of later parts are copies that nothing loads.
  for (const name of await readdir(folder)) {
    if (name.endsWith(".css") && name !== "app.css") await rm(join(folder, name));
  }
}
await cp("static", folder, { recursive: true });

if (check) {
  const [own, theirs] = await Promise.all([files(folder), files(committed)]);
  const names = new Set([...own.keys(), ...theirs.keys()]);
  const stale = [...names].filter((name) => own.get(name) !== theirs.get(name));
  await rm(folder, { recursive: true });
  if (stale.length > 0) {
    console.error(`the built page is not current: ${stale.join(", ")}\nhint: \`npm run build\` in web/, and commit what changes`);
    process.exit(1);
  }
}

/** The licences of the packages that the bundles hold, each with its text, as they ask for. */
async function licences({ inputs }) {
  const folders = new Set(Object.keys(inputs).flatMap((path) => /^node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path) ?? []));
  const texts = [];
  for (const folder of [...folders].sort()) {
    const { name, version, license } = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
    const file = (await readdir(folder)).find((name) => /^licen[cs]e/i.test(name));
    const text = file === undefined ? "" : await readFile(join(folder, file), "utf8");
    texts.push(`${name} ${version}: ${license}\n\n${text.trim()}\n`);
  }
  return texts.join(`\n${"-".repeat(72)}\n\n`);
}

/** The files of a folder with what they hold. */
async function files(path) {
  const held = new Map();
  for (const name of await readdir(path).catch(() => [])) {
    held.set(name, await readFile(join(path, name), "base64"));
  }
  return held;
}
