// What the descriptions of CPUs say of upstream's element-wise fusion is what
// it does.
// RUN: mlir-opt %s --linalg-fuse-elementwise-ops | FileCheck %s
// RUN: %tessera targets cpu-avx2 | FileCheck %s --check-prefix=SHEET
// RUN: %tessera targets cpu-avx512 | FileCheck %s --check-prefix=SHEET

// SHEET: fusion.elementwise_after_matrix true c
// SHEET: fusion.elementwise_before_matrix false s
// SHEET: fusion.elementwise_after_vector true c
// SHEET: fusion.elementwise_chain true s
// SHEET: fusion.elementwise_before_reduction true s
// SHEET: fusion.pad_into_consumer false s
// SHEET: fusion.transpose_free false s

#id = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d0)>
#flat = affine_map<(d0) -> (d0)>

// CHECK-LABEL: @around_matrix
// CHECK: linalg.generic
// CHECK: arith.negf
// CHECK: linalg.matmul
// CHECK: linalg.generic
// CHECK: arith.negf
func.func @around_matrix(%a: tensor<8x16xf32>, %b: tensor<16x4xf32>,
                         %c: tensor<8x4xf32>) -> tensor<8x4xf32> {
  %e = tensor.empty() : tensor<8x16xf32>
  %n = linalg.generic {indexing_maps = [#id, #id],
      iterator_types = ["parallel", "parallel"]}
      ins(%a : tensor<8x16xf32>) outs(%e : tensor<8x16xf32>) {
  ^bb0(%x: f32, %o: f32):
    %y = arith.negf %x : f32
    linalg.yield %y : f32
  } -> tensor<8x16xf32>
  %p = linalg.matmul ins(%n, %b : tensor<8x16xf32>, tensor<16x4xf32>)
      outs(%c : tensor<8x4xf32>) -> tensor<8x4xf32>
  %f = tensor.empty() : tensor<8x4xf32>
  %r = linalg.generic {indexing_maps = [#id, #id],
      iterator_types = ["parallel", "parallel"]}
      ins(%p : tensor<8x4xf32>) outs(%f : tensor<8x4xf32>) {
  ^bb0(%x: f32, %o: f32):
    %y = arith.negf %x : f32
    linalg.yield %y : f32
  } -> tensor<8x4xf32>
  return %r : tensor<8x4xf32>
}

// The chain and the sum over it are one operation; what follows the sum is one
// of its own.
// CHECK-LABEL: @around_reduction
// CHECK: linalg.generic
// CHECK: arith.negf
// CHECK-NEXT: math.absf
// CHECK-NEXT: arith.addf
// CHECK: linalg.generic
// CHECK: math.sqrt
func.func @around_reduction(%a: tensor<8x16xf32>, %c: tensor<8xf32>)
    -> tensor<8xf32> {
  %e = tensor.empty() : tensor<8x16xf32>
  %n = linalg.generic {indexing_maps = [#id, #id],
      iterator_types = ["parallel", "parallel"]}
      ins(%a : tensor<8x16xf32>) outs(%e : tensor<8x16xf32>) {
  ^bb0(%x: f32, %o: f32):
    %y = arith.negf %x : f32
    linalg.yield %y : f32
  } -> tensor<8x16xf32>
  %m = linalg.generic {indexing_maps = [#id, #id],
      iterator_types = ["parallel", "parallel"]}
      ins(%n : tensor<8x16xf32>) outs(%e : tensor<8x16xf32>) {
  ^bb0(%x: f32, %o: f32):
    %y = math.absf %x : f32
    linalg.yield %y : f32
  } -> tensor<8x16xf32>
  %s = linalg.generic {indexing_maps = [#id, #row],
      iterator_types = ["parallel", "reduction"]}
      ins(%m : tensor<8x16xf32>) outs(%c : tensor<8xf32>) {
  ^bb0(%x: f32, %o: f32):
    %y = arith.addf %x, %o : f32
    linalg.yield %y : f32
  } -> tensor<8xf32>
  %f = tensor.empty() : tensor<8xf32>
  %r = linalg.generic {indexing_maps = [#flat, #flat],
      iterator_types = ["parallel"]}
      ins(%s : tensor<8xf32>) outs(%f : tensor<8xf32>) {
  ^bb0(%x: f32, %o: f32):
    %y = math.sqrt %x : f32
    linalg.yield %y : f32
  } -> tensor<8xf32>
  return %r : tensor<8xf32>
}

// CHECK-LABEL: @pad_and_transpose
// CHECK: linalg.transpose
// CHECK: tensor.pad
// CHECK: linalg.conv_2d_nhwc_hwcf
func.func @pad_and_transpose(%a: tensor<1x3x8x8xf32>, %w: tensor<3x3x3x4xf32>,
                             %c: tensor<1x8x8x4xf32>) -> tensor<1x8x8x4xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<1x8x8x3xf32>
  %t = linalg.transpose ins(%a : tensor<1x3x8x8xf32>)
      outs(%e : tensor<1x8x8x3xf32>) permutation = [0, 2, 3, 1]
  %p = tensor.pad %t low[0, 1, 1, 0] high[0, 1, 1, 0] {
  ^bb0(%i: index, %j: index, %k: index, %l: index):
    tensor.yield %zero : f32
  } : tensor<1x8x8x3xf32> to tensor<1x10x10x3xf32>
  %r = linalg.conv_2d_nhwc_hwcf
      ins(%p, %w : tensor<1x10x10x3xf32>, tensor<3x3x3x4xf32>)
      outs(%c : tensor<1x8x8x4xf32>) -> tensor<1x8x8x4xf32>
  return %r : tensor<1x8x8x4xf32>
}
