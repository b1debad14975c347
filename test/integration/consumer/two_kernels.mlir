// A matrix product with its clamp in one kernel, and a sum over its rows that
// no fusion rule merges with it.
module {
  func.func @main(%a: tensor<1x64x32xf32>, %b: tensor<1x32x16xf32>)
      -> tensor<1x1x16xf32> {
    %zero = "tosa.const"() {values = dense<0.0> : tensor<1xf32>} : () -> tensor<1xf32>
    %product = tosa.matmul %a, %b, %zero, %zero
        : (tensor<1x64x32xf32>, tensor<1x32x16xf32>, tensor<1xf32>, tensor<1xf32>)
        -> tensor<1x64x16xf32>
    %positive = tosa.clamp %product {min_val = 0.0 : f32, max_val = 6.0 : f32}
        : (tensor<1x64x16xf32>) -> tensor<1x64x16xf32>
    %sum = tosa.reduce_sum %positive {axis = 1 : i32}
        : (tensor<1x64x16xf32>) -> tensor<1x1x16xf32>
    return %sum : tensor<1x1x16xf32>
  }
}
