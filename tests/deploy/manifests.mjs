// Judges manifests of Kubernetes, the files named on the command line: by the types of its API, which know no field that it does not have, and by its schemas. Prints what is wrong with
// each; exits with 1 if anything is.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { parseAllDocuments } from 'yaml';

const here = fileURLToPath(new URL('.', import.meta.url));
const options = { noEmit: true, strict: true, skipLibCheck: true, types: [], module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler, target: ts.ScriptTarget.ES2022 };
const extras = { 'keda.sh': '@kubernetes-models/keda', 'monitoring.coreos.com': '@kubernetes-models/prometheus-operator' };
const faults = [];

function documentsOf(file) {
  return parseAllDocuments(readFileSync(file, 'utf8')).flatMap(document => {
    faults.push(...document.errors.map(error => `${file}: ${error.message}`));
    const value = document.toJS();
    return value ? [{ file, value, from: `${extras[value.apiVersion.split('/')[0]] ?? 'kubernetes-models'}/${value.apiVersion}` }] : [];
  });
}

const manifests = process.argv.slice(2).flatMap(documentsOf);
// Each as a program that says what it is, so that the compiler finds fields that are not there.
const programs = new Map(manifests.map((manifest, i) => [`${here}manifest${i}.ts`, manifest]));
const host = ts.createCompilerHost(options);
const read = host.getSourceFile;
host.getSourceFile = (name, version) => {
  const manifest = programs.get(name);
  if (!manifest) return read(name, version);
  const type = `I${manifest.value.kind}`;
  return ts.createSourceFile(name, `import type { ${type} } from '${manifest.from}';\nexport const manifest: ${type} = ${JSON.stringify(manifest.value, null, 2)};\n`, version);
};
host.fileExists = (exists => name => programs.has(name) || exists(name))(host.fileExists);
for (const found of ts.getPreEmitDiagnostics(ts.createProgram([...programs.keys()], options, host))) {
  const manifest = programs.get(found.file?.fileName);
  faults.push(`${manifest?.file}: ${manifest?.value.kind}: ${ts.flattenDiagnosticMessageText(found.messageText, '\n')}`);
}

for (const { file, value, from } of manifests) {
  try {
    new (await import(from))[value.kind](value).validate();
  } catch (error) {
    faults.push(`${file}: ${value.kind}: ${error.message}`);
  }
}

for (const fault of faults) console.log(fault);
process.exit(faults.length === 0 && manifests.length > 0 ? 0 : 1);
