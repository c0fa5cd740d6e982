// Package conv computes two-dimensional convolutions, their adjoints in the images
// (transposed convolutions) and in the weights, on slices of float32 and float64.
//
// Images are (N, C, H, W), weights (O, C/G, KH, KW), as in package ops. A [Map] is the
// convolution or its adjoint in the images with weights that were packed before:
// packing is worth it because the weights are frozen while a network relaxes. A
// [Gradient] is the adjoint in the weights.
//
// Inside, images are turned channels last, where everything is a run of vectors over
// channels:
//
//   - a 3×3 kernel of stride 1 over enough channels is computed by Winograd's minimal
//     filtering, on tiles of 2×2 or 4×4 outputs, by 16 or 36 products of matrices
//     (tiles × channels), with 2.25 or 4 times fewer multiplications. The same
//     transforms, transposed, give the adjoint in the weights. The adjoint in the
//     images is a convolution again;
//   - any other kernel gathers the inputs of some pixels at a time as the rows of a
//     matrix. The adjoint of a strided convolution is one such product for each residue
//     of the stride, over the taps that meet it, so that nothing is scattered and no
//     multiplication is by zero.
//
// A sample's result has the same bits whatever samples are computed with it, and so has
// an output channel's weight gradient: work may be split over threads anywhere.
package conv
