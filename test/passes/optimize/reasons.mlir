// Every site is a remark with its numbers: what was taken as a diagnostic, and
// for machines both that and what was refused.
// RUN: %mlir_opt_plugin %S/../Inputs/net.mlir --pass-pipeline='builtin.module(tessera-optimize{target=tpu-v3})' -o %t.mlir --mlir-pass-statistics 2>&1 | FileCheck %s --check-prefix=TEXT
// RUN: %mlir_opt_plugin %S/../Inputs/net.mlir --pass-pipeline='builtin.module(tessera-optimize{target=tpu-v3})' --remarks-filter=tessera-.* --remark-format=yaml --remarks-output-file=%t.yaml -o %t.again.mlir
// RUN: FileCheck %s --check-prefix=YAML < %t.yaml
// RUN: diff %t.mlir %t.again.mlir
// RUN: %tessera verify %S/../Inputs/net.mlir %t.mlir
// A second run finds nothing to do.
// RUN: %mlir_opt_plugin %t.mlir --pass-pipeline='builtin.module(tessera-optimize{target=tpu-v3})' -o %t.twice.mlir 2>&1 | FileCheck %s --check-prefix=TWICE
// RUN: diff %t.mlir %t.twice.mlir
// TEXT: net.mlir:11:9: remark: space-to-depth.0: now {{[a-z-]*}}blocks (exact): {{.*}}; {{[0-9.]+ us -> [0-9.]+ us}}, {{[a-z]+}}-bound before; with {{.*}}: @net {{.*}} on tpu-v3 by roofline
// TEXT-NOT: does not pay
// TEXT: 'tessera-optimize'
// TEXT: (S) 4 kernels-read
// YAML: --- !Passed
// YAML-NEXT: Pass: {{ *}}tessera-optimize
// YAML-NEXT: Name: {{ *}}space-to-depth
// YAML-NEXT: DebugLoc: {{.*}}net.mlir'
// YAML: Function: {{ *}}net
// YAML: - site: {{ *}}space-to-depth.0
// YAML-NEXT: - alternative: {{ *}}{{[a-z-]*}}blocks
// YAML-NEXT: - class: {{ *}}exact
// YAML-NEXT: - target: {{ *}}tpu-v3
// YAML-NEXT: - before-ns: {{ *}}'{{[0-9]+\.[0-9]}}'
// YAML-NEXT: - after-ns: {{ *}}'{{[0-9]+\.[0-9]}}'
// YAML-NEXT: - bound: {{ *}}{{matrix|vector|memory}}
// YAML: --- !Missed
// YAML: Name: {{ *}}dense-depthwise
// YAML: does not pay
// TWICE: remark: @net stays as it is: no rewrite up to class exact beats its
