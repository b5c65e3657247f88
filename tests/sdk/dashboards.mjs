// Judges Grafana dashboards, the files named on the command line, by the types of Grafana's own schema. Prints what is wrong with each; exits with 1 if anything is.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const here = fileURLToPath(new URL('.', import.meta.url));
const options = { noEmit: true, strict: true, skipLibCheck: true, types: [], module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler, target: ts.ScriptTarget.ES2022 };
const host = ts.createCompilerHost(options);
const read = host.getSourceFile;
// Each dashboard as a program that says it is one. A file of JSON could not: its strings would be any strings, where the schema has a few words.
const programs = new Map(process.argv.slice(2).map((file, i) =>
  [`${here}dashboard${i}.ts`, { file, text: `import type { Dashboard } from '@grafana/schema';\nexport const dashboard: Dashboard = ${readFileSync(file, 'utf8')};\n` }]));
host.getSourceFile = (name, version) => programs.has(name) ? ts.createSourceFile(name, programs.get(name).text, version) : read(name, version);
host.fileExists = (exists => name => programs.has(name) || exists(name))(host.fileExists);

const found = ts.getPreEmitDiagnostics(ts.createProgram([...programs.keys()], options, host));
for (const fault of found) console.log(`${programs.get(fault.file?.fileName)?.file}: ${ts.flattenDiagnosticMessageText(fault.messageText, '\n')}`);
process.exit(found.length === 0 && programs.size > 0 ? 0 : 1);
