// Package conv computes two-dimensional convolutions, their adjoints in the images
// (transposed convolutions) and in the weights, on slices of float32 and float64.
//
// Images are (N, C, H, W), weights (O, C/G, KH, KW), as in package ops. A [Map] is the
// convolution or its adjoint in the images with weights that were packed before:
// packing is worth it because the weights are frozen while a network relaxes. A
// [Gradient] is the adjoint in the weights. [Pool] and [Means] are poolings.
//
// Three algorithms share the work, chosen by shape:
//
//   - Direct: the image is copied once, with its padding, into a plane for every residue
//     of the stride (planes.go). Every tap is a shift within a plane, and the kernels
//     multiply with the image where it lies; vectors run along the pixels. The adjoint
//     in the images is one such product per residue of the stride, the one in the
//     weights inner products of shifted planes. Poolings go over the same planes.
//   - Winograd's minimal filtering, for a 3×3 kernel of stride 1 over enough channels:
//     on tiles of 2×2 or 4×4 outputs, by 16 or 36 matrix products (tiles × channels),
//     with 2.25 or 4 times fewer multiplications. The transposed transforms give the
//     adjoint in the weights. The adjoint in the images is again a convolution.
//   - Gathered, for images too small for vectors along the pixels: the inputs of a block
//     of pixels are the rows of a matrix (im2col). The adjoint of a strided convolution
//     is one such product per residue of the stride, over the taps with that residue, so
//     that nothing is scattered and no multiplication is by zero.
//
// For the last two, images are transposed to channels last, where all loops are vectors
// over channels.
//
// The result of a sample has the same bits whichever samples are computed with it, and
// so has the weight gradient of an output channel: work may be split over threads
// anywhere.
package conv
