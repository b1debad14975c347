// What tessera-apply obeys, and what it refuses.
// DEFINE: %{pass} = none
// DEFINE: %{run} = %mlir_opt_plugin %S/../Inputs/net.mlir --pass-pipeline='builtin.module(%{pass})'
// REDEFINE: %{pass} = tessera-apply{allow=retrain candidate=activation.0=relu;space-to-depth.0=blocks}
// RUN: %{run} --mlir-pass-statistics -o %t.mlir 2>&1 | FileCheck %s
// RUN: FileCheck %s --check-prefix=IR < %t.mlir
// REDEFINE: %{pass} = tessera-apply
// RUN: %{run} -o %t.same 2>&1 | FileCheck %s --check-prefix=NONE
// RUN: mlir-opt %S/../Inputs/net.mlir | diff - %t.same
// REDEFINE: %{pass} = tessera-apply{candidate=activation.0=relu}
// RUN: not %{run} 2>&1 | FileCheck %s --check-prefix=CLASS
// REDEFINE: %{pass} = tessera-apply{allow=retrain candidate=activation.0=gelu}
// RUN: not %{run} 2>&1 | FileCheck %s --check-prefix=ALTERNATIVE
// REDEFINE: %{pass} = tessera-apply{allow=retrain candidate=activation.0}
// RUN: not %{run} 2>&1 | FileCheck %s --check-prefix=FORM
// Once is enough: what was carried out does not stand any more.
// RUN: %mlir_opt_plugin %t.mlir --pass-pipeline='builtin.module(tessera-apply)' -o %t.twice 2>&1 | FileCheck %s --check-prefix=NONE
// RUN: diff %t.mlir %t.twice
// A second decision follows the first one on record.
// RUN: %mlir_opt_plugin %t.mlir --pass-pipeline='builtin.module(tessera-apply{allow=retrain candidate=activation.0=hard-swish})' 2>/dev/null | FileCheck %s --check-prefix=THEN

// CHECK: net.mlir:11:9: remark: space-to-depth.0: now blocks (exact): {{.*}}; with all 2 changes: @net
// CHECK: net.mlir:14:9: remark: activation.0: now relu (retrain): {{.*}}; with all 2 changes: @net
// CHECK: (S) 2 rewrites-applied
// IR: tessera.applied = "space-to-depth.0=blocks;activation.0=relu", tessera.target = "tpu-v3"
// IR: tosa.clamp
// IR-COUNT-2: tosa.sigmoid
// IR-NOT: tosa.sigmoid
// NONE: warning: @net has no standing decision (attribute tessera.candidate): run tessera-search{apply=false} before, or give candidate=
// CLASS: net.mlir:3:1: error: the standing decision activation.0=relu is of class retrain, but only exact is allowed: run with allow=retrain
// ALTERNATIVE: net.mlir:3:1: error: {{.*}}gelu
// ALTERNATIVE-SAME: relu
// FORM: net.mlir:3:1: error: {{.*}}activation.0
// THEN: tessera.applied = "space-to-depth.0=blocks;activation.0=relu then activation.0=hard-swish"
