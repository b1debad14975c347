# The lit suite: what a test file may use. See CONTRIBUTING.md, "Testing".
import os

import lit.formats

config.name = "Tessera"
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".mlir", ".test"]
config.excludes = ["unit", "integration", "fuzz", "checks", "Inputs"]
config.test_source_root = os.path.join(config.tessera_source_root, "test")
config.test_exec_root = os.path.join(config.tessera_build_root, "test", "lit")

bin_dir = os.path.join(config.tessera_build_root, "bin")
plugin = os.path.join(config.tessera_build_root, "lib", "TesseraPasses.so")
config.substitutions += [
    ("%tessera", os.path.join(bin_dir, "tessera")),
    ("%mlir_opt_plugin", "mlir-opt --load-pass-plugin=" + plugin),
    ("%plugin", plugin),
    ("%bench", bin_dir),
    ("%source", config.tessera_source_root),
]

# mlir-opt, FileCheck, not, count and split-file are found on the PATH.
path = [config.llvm_tools, config.environment["PATH"]]

# The sanitized plugin goes into a stock mlir-opt, whose process must have the
# run-time loaded first: a wrapper of that name shadows it. Leaks of mlir-opt
# are not this project's; our own programs look for them.
if config.sanitize:
    config.available_features.add("asan")
    wrappers = os.path.join(config.test_exec_root, "wrappers")
    os.makedirs(wrappers, exist_ok=True)
    wrapper = os.path.join(wrappers, "mlir-opt")
    with open(wrapper, "w") as out:
        out.write(
            "#!/bin/sh\n"
            f'export LD_PRELOAD="{config.sanitizer_preload}"\n'
            'export ASAN_OPTIONS="$ASAN_OPTIONS:detect_leaks=0"\n'
            f'exec "{config.llvm_tools}/mlir-opt" "$@"\n'
        )
    os.chmod(wrapper, 0o755)
    path.insert(0, wrappers)
    config.environment["ASAN_OPTIONS"] = "detect_leaks=1"
    config.environment["UBSAN_OPTIONS"] = "print_stacktrace=1"
config.environment["PATH"] = os.pathsep.join(path)

# What a test measures about this machine must not land in the user's cache.
cache = os.path.join(config.tessera_build_root, "test", "cache")
os.makedirs(cache, exist_ok=True)
config.environment["XDG_CACHE_HOME"] = cache

# Models and data that are not in the repository: tests that read them say
# REQUIRES: shared.
shared = os.environ.get("TESSERA_SHARED")
if shared and os.path.isdir(shared):
    shared = os.path.abspath(shared)
    config.available_features.add("shared")
    config.environment["TESSERA_SHARED"] = shared
    config.substitutions.append(("%shared", shared))

# Permission bits do not stop root, so a test of "cannot write" uses a path
# below a regular file; one that cannot says UNSUPPORTED: root.
if os.geteuid() == 0:
    config.available_features.add("root")

# A hung test fails instead of holding up the suite, where lit can do it.
try:
    import psutil  # noqa: F401

    lit_config.maxIndividualTestTime = 600
except ImportError:
    pass
