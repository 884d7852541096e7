// node run.mjs HEAP_BYTES SCRIPT FILE...: runs a script under MicroPython, with the files in its root folder.
// A file is given as path::name-inside. What the script prints comes out; an exception gives exit code 1.
import { readFileSync } from "node:fs";
import { dirname } from "node:path/posix";
import { loadMicroPython } from "@micropython/micropython-webassembly-pyscript/micropython.mjs";

const [heapsize, script, ...files] = process.argv.slice(2);
const mp = await loadMicroPython({
  heapsize: Number(heapsize),
  linebuffer: true,
  stdout: (line) => process.stdout.write(line + "\n"),
});
for (const file of files) {
  const [path, name] = file.split("::");
  if (dirname(name) !== "/") {
    mp.FS.mkdirTree(dirname(name));
  }
  mp.FS.writeFile(name, readFileSync(path));
}
try {
  mp.runPython("import sys\nsys.path.insert(0, '/')\n" + readFileSync(script, "utf8"));
} catch (error) {
  process.stdout.write(String(error) + "\n");
  process.exit(1);
}
