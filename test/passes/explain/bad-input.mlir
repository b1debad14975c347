// What a pass cannot work on, on a module and on a function: an error at the
// op, or a remark where there is nothing to do.
// RUN: %mlir_opt_plugin %s -split-input-file -verify-diagnostics --allow-unregistered-dialect --pass-pipeline='builtin.module(tessera-explain)'
// RUN: %mlir_opt_plugin %s -split-input-file -verify-diagnostics --allow-unregistered-dialect --pass-pipeline='builtin.module(tessera-search{apply=false})'
// RUN: %mlir_opt_plugin %s -split-input-file -verify-diagnostics --allow-unregistered-dialect --pass-pipeline='builtin.module(func.func(tessera-reshape))'

// expected-remark@+1 {{@declared has no body: skipped}}
func.func private @declared(tensor<4xf32>)

// -----

// expected-remark@+1 {{@empty has no ops but its return: skipped}}
func.func @empty(%a: tensor<4xf32>) -> tensor<4xf32> {
  return %a : tensor<4xf32>
}

// -----

// expected-remark@+1 {{@buffers has no tensors: skipped}}
func.func @buffers(%a: memref<4xf32>, %b: f32) {
  linalg.fill ins(%b : f32) outs(%a : memref<4xf32>)
  return
}

// -----

// expected-error@+1 {{dynamic shape}}
func.func @dynamic(%a: tensor<?xf32>) -> tensor<?xf32> {
  %0 = tosa.sigmoid %a : (tensor<?xf32>) -> tensor<?xf32>
  return %0 : tensor<?xf32>
}

// -----

// expected-error@+1 {{several blocks}}
func.func @blocks(%a: tensor<4xf32>) -> tensor<4xf32> {
  cf.br ^bb1
^bb1:
  return %a : tensor<4xf32>
}

// -----

// expected-error@+1 {{more than 2^63 elements}}
func.func @huge(%a: tensor<4000000000x4000000000x16xf32>)
    -> tensor<4000000000x4000000000x16xf32> {
  %0 = tosa.sigmoid %a : (tensor<4000000000x4000000000x16xf32>)
      -> tensor<4000000000x4000000000x16xf32>
  return %0 : tensor<4000000000x4000000000x16xf32>
}

// -----

func.func @foreign(%a: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error@+1 {{stablehlo}}
  %0 = "stablehlo.add"(%a, %a) : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}
