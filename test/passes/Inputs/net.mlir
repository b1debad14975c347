// A stem and one MBConv block on 64x64 images: a strided convolution of three
// channels, three swishes, a depthwise convolution.
func.func @net(%image: tensor<8x64x64x3xf32>,
    %w0: tensor<32x3x3x3xf32>, %b0: tensor<32xf32>,
    %w1: tensor<96x1x1x32xf32>, %b1: tensor<96xf32>,
    %w2: tensor<3x3x96x1xf32>, %b2: tensor<96xf32>,
    %w3: tensor<24x1x1x96xf32>, %b3: tensor<24xf32>)
    -> tensor<8x32x32x24xf32> {
  %zero = "tosa.const"() <{values = dense<0.0> : tensor<1xf32>}> : () -> tensor<1xf32>
  %shift = "tosa.const"() <{values = dense<0> : tensor<1xi8>}> : () -> tensor<1xi8>
  %c0 = tosa.conv2d %image, %w0, %b0, %zero, %zero {acc_type = f32, dilation = array<i64: 1, 1>, pad = array<i64: 0, 1, 0, 1>, stride = array<i64: 2, 2>}
      : (tensor<8x64x64x3xf32>, tensor<32x3x3x3xf32>, tensor<32xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<8x32x32x32xf32>
  %g0 = tosa.sigmoid %c0 : (tensor<8x32x32x32xf32>) -> tensor<8x32x32x32xf32>
  %s0 = tosa.mul %c0, %g0, %shift : (tensor<8x32x32x32xf32>, tensor<8x32x32x32xf32>, tensor<1xi8>) -> tensor<8x32x32x32xf32>
  %c1 = tosa.conv2d %s0, %w1, %b1, %zero, %zero {acc_type = f32, dilation = array<i64: 1, 1>, pad = array<i64: 0, 0, 0, 0>, stride = array<i64: 1, 1>}
      : (tensor<8x32x32x32xf32>, tensor<96x1x1x32xf32>, tensor<96xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<8x32x32x96xf32>
  %g1 = tosa.sigmoid %c1 : (tensor<8x32x32x96xf32>) -> tensor<8x32x32x96xf32>
  %s1 = tosa.mul %c1, %g1, %shift : (tensor<8x32x32x96xf32>, tensor<8x32x32x96xf32>, tensor<1xi8>) -> tensor<8x32x32x96xf32>
  %c2 = tosa.depthwise_conv2d %s1, %w2, %b2, %zero, %zero {acc_type = f32, dilation = array<i64: 1, 1>, pad = array<i64: 1, 1, 1, 1>, stride = array<i64: 1, 1>}
      : (tensor<8x32x32x96xf32>, tensor<3x3x96x1xf32>, tensor<96xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<8x32x32x96xf32>
  %g2 = tosa.sigmoid %c2 : (tensor<8x32x32x96xf32>) -> tensor<8x32x32x96xf32>
  %s2 = tosa.mul %c2, %g2, %shift : (tensor<8x32x32x96xf32>, tensor<8x32x32x96xf32>, tensor<1xi8>) -> tensor<8x32x32x96xf32>
  %c3 = tosa.conv2d %s2, %w3, %b3, %zero, %zero {acc_type = f32, dilation = array<i64: 1, 1>, pad = array<i64: 0, 0, 0, 0>, stride = array<i64: 1, 1>}
      : (tensor<8x32x32x96xf32>, tensor<24x1x1x96xf32>, tensor<24xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<8x32x32x24xf32>
  return %c3 : tensor<8x32x32x24xf32>
}
