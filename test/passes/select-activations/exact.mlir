// No activation is replaced unless the user allows training again.
// RUN: %mlir_opt_plugin %S/../Inputs/net.mlir --pass-pipeline='builtin.module(tessera-select-activations)' -o %t 2>&1 | FileCheck %s
// RUN: mlir-opt %S/../Inputs/net.mlir | diff - %t
// CHECK: remark: @net stays as it is: no rewrite up to class exact beats its {{[0-9.]+ [mu]s}} on tpu-v3 by roofline (0 sites)
