// Unless the user allows training again no activation is replaced by another:
// it is written in what the target is quick at.
// RUN: %mlir_opt_plugin %S/../Inputs/net.mlir --pass-pipeline='builtin.module(tessera-select-activations)' -o %t 2>&1 | FileCheck %s
// RUN: %tessera verify %S/../Inputs/net.mlir %t
// RUN: FileCheck %s --check-prefix=FORM < %t
// CHECK-NOT: retrain
// CHECK: remark: activation-form.2: now by-tanh (exact)
// CHECK-NOT: retrain
// FORM: tosa.tanh
