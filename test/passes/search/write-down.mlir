// A decision written down by tessera-search is carried out by tessera-apply, and
// family by family, to the same function as tessera-search itself makes.
// RUN: %mlir_opt_plugin %S/../Inputs/net.mlir --pass-pipeline='builtin.module(tessera-search{allow=retrain})' -o %t.direct.mlir 2> %t.direct.txt
// RUN: %mlir_opt_plugin %S/../Inputs/net.mlir --pass-pipeline='builtin.module(tessera-search{allow=retrain apply=false})' -o %t.decided.mlir 2> %t.decided.txt
// RUN: FileCheck %s --check-prefix=DECIDED < %t.decided.mlir
// RUN: FileCheck %s --check-prefix=REMARK < %t.decided.txt
// RUN: %mlir_opt_plugin %t.decided.mlir --pass-pipeline='builtin.module(tessera-apply{allow=retrain})' -o %t.applied.mlir 2>&1 | grep -o 'remark: .*' > %t.applied.txt
// RUN: diff %t.direct.mlir %t.applied.mlir
// RUN: FileCheck %s --check-prefix=APPLIED < %t.applied.mlir
// RUN: %mlir_opt_plugin %t.decided.mlir --pass-pipeline='builtin.module(func.func(tessera-reshape{allow=retrain},tessera-fuse-convs{allow=retrain},tessera-select-activations{allow=retrain}))' -o %t.forth.mlir
// RUN: %mlir_opt_plugin %t.decided.mlir --pass-pipeline='builtin.module(tessera-select-activations{allow=retrain},tessera-fuse-convs{allow=retrain},tessera-reshape{allow=retrain})' -o %t.back.mlir
// RUN: sed 's/tessera.applied = "[^"]*"//' %t.direct.mlir > %t.plain
// RUN: sed 's/tessera.applied = "[^"]*"//' %t.forth.mlir | diff %t.plain -
// RUN: sed 's/tessera.applied = "[^"]*"//' %t.back.mlir | diff %t.plain -
// RUN: FileCheck %s --check-prefix=FORTH < %t.forth.mlir
// The search's table predicts what the rewritten function is then read to cost.
// Only the search knows what each change is worth alone.
// RUN: grep -o 'remark: .*' %t.decided.txt | sed 's/: decided /: now /; s/; [^;]*-bound before;/;/' | diff %t.applied.txt -
// RUN: grep -o 'remark: .*' %t.direct.txt | sed 's/; [^;]*-bound before;/;/' | diff %t.applied.txt -
// But for the attributes, a decision is no change.
// RUN: mlir-opt %t.decided.mlir | sed 's/ attributes {tessera.*} {$/ {/' > %t.undecided
// RUN: mlir-opt %S/../Inputs/net.mlir | diff - %t.undecided

// DECIDED: func.func @net
// DECIDED-SAME: tessera.candidate = "{{.*}}activation.{{[0-9]+}}={{[a-z-]+}}{{.*}}", tessera.target = "tpu-v3"
// REMARK: remark: {{[a-z0-9-]+\.[0-9]+}}: decided {{[a-z-]+}} ({{exact|retrain}}): {{.+}}; with all [[N:[0-9]+]] changes: @net {{[0-9.]+ [mu]s}} -> {{[0-9.]+ [mu]s}} ({{[0-9.]+}}x) on tpu-v3 by roofline
// APPLIED-NOT: tessera.candidate
// APPLIED: tessera.applied = "{{.*}}activation.{{[0-9]+}}={{.*}}", tessera.target = "tpu-v3"
// FORTH-NOT: tessera.candidate
// FORTH: tessera.applied = "space-to-depth.0={{[a-z-]+}} then activation.{{.*}}", tessera.target = "tpu-v3"
